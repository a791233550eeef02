"""What is proposed beyond faults, each beside the traffic on which it would be wrong, with the reason that is given there."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from analyzers.core import Call, Part
from analyzers.names import family
from analyzers.prices import Prices
from analyzers.prompt_caching.analyse import Template, analyse
from tests.analyzers.prompt_caching.prompts import RULES, call, message, text

POLICY = text(2_500, "rule")
MINUTE, HOUR = 60.0, 3_600.0
SONNET: dict[str, Any] = {"model": "claude-sonnet-4-5", "provider": "anthropic"}
BEDROCK: dict[str, Any] = {"model": "anthropic.claude-sonnet-4-5-20250929-v1:0", "provider": "bedrock"}
NOVA: dict[str, Any] = {"model": "amazon.nova-pro-v1:0", "provider": "bedrock"}

Traffic = Callable[[], list[Call]]


def asked(
    every: float,
    mark: str | None,
    *,
    count: int = 60,
    policy: str = POLICY,
    total: int = 6_000,
    on: str = "system",
    **fields: Any,
) -> Traffic:
    """Questions to one system prompt, a breakpoint at its end or on the question."""

    def calls() -> list[Call]:
        return [
            call(
                every * n,
                [message("user", [Part("text", f"question {n} about this", mark if on == "question" else None)])],
                system=[Part("text", policy, mark if on == "system" else None)],
                total=total,
                **(fields or SONNET),
            )
            for n in range(count)
        ]

    return calls


def talks(pause: float, *, count: int, turns: int, head: str | None, tail: str | None) -> Traffic:
    """Conversations that begin ten pauses apart."""

    def calls() -> list[Call]:
        rng, found = Random(1), []
        for talk in range(count):
            at, history = 10 * pause * talk, [message("user", text(150, f"t{talk}q0."))]
            for turn in range(turns):
                last = message("user", [Part("text", history[-1].parts[0].text, tail)])
                system = [Part("text", POLICY, head)]
                found.append(
                    call(
                        at,
                        [*history[:-1], last],
                        system=system,
                        total=6_000 + 1_000 * turn,
                        conversation=f"t{talk}",
                        id=f"{talk}.{turn}",
                        **SONNET,
                    )
                )
                history += [
                    message("assistant", text(200, f"t{talk}a{turn}.")),
                    message("user", text(150, f"t{talk}q{turn}.")),
                ]
                at += pause * rng.uniform(0.6, 1.4)
        return sorted(found, key=lambda one: one.started_at)

    return calls


def looked(traffic: Traffic) -> Template:
    (template,) = analyse(traffic(), Prices(), RULES, family).templates
    return template


ADVICE: dict[str, tuple[Traffic, str, str, float]] = {
    "on": (asked(20.0, None), "caching_not_enabled", "a breakpoint (5m) at the end of the system prompt.", 0.85),
    "on, at Bedrock": (asked(20.0, None, **BEDROCK), "caching_not_enabled", "Turn caching on", 0.85),
    "on, for an hour": (asked(15 * MINUTE, None), "caching_not_enabled", "a breakpoint (1h) at the end", 0.85),
    "on, and kept warm": (asked(1.5 * HOUR, None), "caching_not_enabled", "54 minutes after its last use", 0.7),
    "breakpoint elsewhere": (asked(20.0, "5m", on="question"), "breakpoint_on_variable", "Move the breakpoint", 0.85),
    "a further breakpoint": (
        talks(40.0, count=12, turns=6, head="5m", tail=None),
        "breakpoint_missing",
        "one (5m) at the end of the last message",
        0.3,
    ),
    "an hour": (asked(7 * MINUTE, "5m"), "idle_gap", "longer lifetime (1h)", 0.85),
    "five minutes": (asked(20.0, "1h", count=12), "wrong_ttl", "shorter lifetime (5m)", 0.2),
    "warm, where an hour is the longest": (asked(1.5 * HOUR, "1h"), "keep_warm", "54 minutes after its last use", 0.85),
    "warm, and for an hour": (asked(1.5 * HOUR, "5m"), "keep_warm", "Ask for another lifetime (1h). Keep", 0.75),
    "warm, where there is one lifetime": (asked(7 * MINUTE, "5m", **NOVA), "keep_warm", "4.5 minutes after", 0.4),
    "warm, by what only one conversation has": (
        talks(1.5 * HOUR, count=8, turns=8, head="1h", tail="1h"),
        "keep_warm",
        "the last request of the conversation again",
        0.5,
    ),
    "warm, where the provider marks by itself": (
        asked(45 * MINUTE, None, model="gpt-5.6", provider="openai"),
        "keep_warm",
        "Set a breakpoint (30m) at the end of the system prompt",
        0.75,
    ),
    "off": (asked(12 * HOUR, "5m"), "caching_loses", "Set no breakpoints", 0.15),
    "longer, marked": (asked(20.0, "5m", policy=text(700, "rule"), total=960), "below_minimum", "about 1", 0.8),
    "longer, and on": (asked(20.0, None, policy=text(700, "rule"), total=960), "below_minimum", "turn caching on", 0.8),
}


@pytest.mark.parametrize(("traffic", "kind", "words", "least"), ADVICE.values(), ids=ADVICE)
def test_advice_that_pays(traffic: Traffic, kind: str, words: str, least: float) -> None:
    template = looked(traffic)
    (one,) = template.outcome.faults
    assert one.fault.kind == kind
    assert words in one.fault.fix
    assert template.restraint is None
    assert one.saving == template.outcome.before.usd - template.outcome.after.usd
    assert least <= one.saving / template.outcome.before.usd < 0.91


RESTRAINT: dict[str, tuple[Traffic, str, str]] = {
    "in order": (asked(20.0, "5m"), "no", "in order already"),
    "too rare to write": (
        asked(12 * HOUR, None),
        "not_yet",
        "pings that would keep it until then cost too much for what they save",
    ),
    "too rare, and no lifetime to ping by": (
        asked(45 * MINUTE, None, model="gpt-5.5", provider="openai"),
        "not_yet",
        "promises no lifetime that pings to keep it could be timed by",
    ),
    "too short to be padded": (
        asked(20.0, "5m", policy=text(40, "rule"), total=90),
        "no",
        "padding it would cost more than it saves",
    ),
    "a call each, of nothing in common": (
        lambda: [call(MINUTE * n, [message("user", text(900, f"d{n}."))], total=3_000, **SONNET) for n in range(60)],
        "no",
        "share no beginning",
    ),
    "a single call": (asked(20.0, "5m", count=1), "cannot_tell", "a single call has too little"),
    "no price": (asked(20.0, None, model="my-own-model", provider="vllm"), "cannot_tell", "the price"),
}


@pytest.mark.parametrize(("traffic", "verdict", "why"), RESTRAINT.values(), ids=RESTRAINT)
def test_no_advice_and_why(traffic: Traffic, verdict: str, why: str) -> None:
    template = looked(traffic)
    assert template.outcome.faults == ()
    assert template.restraint is not None
    assert (template.restraint.verdict, why in template.restraint.why) == (verdict, True), template.restraint


def test_what_pings_cost_is_taken_off() -> None:
    # 60 calls 90 minutes apart: each is pinged once, 54 minutes after it.
    template = looked(asked(1.5 * HOUR, "1h"))
    (one,) = template.outcome.faults
    before, after = template.outcome.before, template.outcome.after
    assert after.pings == 59
    assert after.requests == before.requests == 60
    written, read, tokens = Decimal("6e-6"), Decimal("0.3e-6"), 5_990
    # One write, then for each call a read and a ping that reads as much and answers with one token.
    expected = (written - read) * tokens * 59 - (read * tokens + Decimal("15e-6")) * 59
    assert float(one.saving) == pytest.approx(float(expected), rel=0.01)


def test_pings_stop_where_nobody_comes_back() -> None:
    # Four calls 90 minutes apart, then nothing for a week: pinging all week would cost more than it saves.
    def at(seconds: float) -> Call:
        question = message("user", [Part("text", f"question at {seconds}")])
        return call(seconds, [question], system=[Part("text", POLICY, "1h")], total=6_000, **SONNET)

    calls = [at(7 * 24 * HOUR * week + 1.5 * HOUR * number) for week in range(12) for number in range(4)]
    template = looked(lambda: calls)
    (one,) = template.outcome.faults
    assert one.fault.kind == "keep_warm"
    pings = template.outcome.repaired.prompts[0].pings
    assert pings is not None
    assert pings.most == 1
    assert template.outcome.after.pings == 47
