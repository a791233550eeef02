"""Markers, lifetimes, keys, settings, models and the minimum: named where they cost, silent where they do not."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

import msgspec
import pytest

from analyzers.core import Call, Part
from analyzers.names import family
from analyzers.prices import Prices
from analyzers.prompt_caching.analyse import Analysis, analyse
from tests.analyzers.prompt_caching.prompts import RULES, call, message, text

POLICY = text(2_500, "rule")


def look(calls: Iterable[Call]) -> Analysis:
    return analyse(list(calls), Prices(), RULES, family)


def kinds(found: Analysis) -> list[str]:
    return [priced.fault.kind for template in found.templates for priced in template.outcome.faults]


def asked(at: float, *, mark: str | None, on: str = "system", **more: Any) -> Call:
    system = [Part("text", POLICY, mark if on == "system" else None)]
    question = [Part("text", f"question {at} about this and that", mark if on == "question" else None)]
    return call(
        at,
        [message("user", question)],
        system=system,
        model="claude-sonnet-4-5",
        provider="anthropic",
        total=6_000,
        **more,
    )


EVERY_20_S = [20.0 * n for n in range(200)]


def test_in_order_is_in_order() -> None:
    found = look(asked(t, mark="5m") for t in EVERY_20_S)
    assert kinds(found) == []
    (template,) = found.templates
    assert template.restraint is not None
    assert template.restraint.verdict == "no"
    assert "in order already" in template.restraint.why


def test_caching_that_nobody_turned_on() -> None:
    found = look(asked(t, mark=None) for t in EVERY_20_S)
    assert kinds(found) == ["caching_not_enabled"]
    (priced,) = found.templates[0].outcome.faults
    # 200 calls of which all but the first read what costs a tenth.
    assert float(priced.saving) == pytest.approx(float(found.as_is.usd) * 0.9, rel=0.03)


def test_caching_that_would_lose_is_left_off() -> None:
    assert kinds(look(asked(43_200.0 * n, mark=None) for n in range(100))) == []


def test_markers_that_get_lost_on_the_way() -> None:
    rng = Random(3)
    found = look(asked(t, mark=None if rng.random() < 0.3 else "5m") for t in EVERY_20_S)
    assert kinds(found) == ["marker_lost"]
    (priced,) = found.templates[0].outcome.faults
    assert 0.2 < len(priced.fault.affected) / priced.fault.of < 0.4


def test_markers_that_came_with_a_deploy_are_no_fault() -> None:
    assert kinds(look(asked(t, mark="5m" if t > 500 else None) for t in EVERY_20_S)) == []


def test_a_breakpoint_on_what_varies() -> None:
    found = look(asked(t, mark="5m", on="question") for t in EVERY_20_S)
    assert kinds(found) == ["breakpoint_on_variable"]
    place = found.templates[0].outcome.faults[0].fault.place
    assert place.segment == "message"


def test_tools_that_requests_with_two_system_prompts_share() -> None:
    """One of the two comes too rarely to stay for an hour; the tools in front of it would."""
    tools = (Part("tool_definition", text(1_500, "tool")),)
    tone = "You are friendly and brief. Use the customer's words.\n"
    found = look(
        msgspec.structs.replace(
            asked(240.0 * n, mark="5m"),
            system=(Part("text", (tone if n % 20 == 7 else "") + POLICY, "5m"),),
            tools=tools,
        )
        for n in range(200)
    )
    assert kinds(found) == ["breakpoint_missing"]
    (priced,) = found.templates[0].outcome.faults
    assert priced.fault.place.segment == "tools"
    assert "at the end of the tools" in priced.fault.fix


def test_an_hour_paid_for_what_is_read_within_minutes() -> None:
    rng = Random(5)
    names = [rng.random() for _ in range(30)]
    # Bursts of one prefix each, hours apart: what an hour buys is never used.
    calls = [
        call(
            7_200.0 * burst + 30.0 * n,
            [message("user", f"question {burst} {n}")],
            system=[Part("text", f"{POLICY}\n{names[burst]}", "1h")],
            model="claude-sonnet-4-5",
            provider="anthropic",
            total=6_000,
        )
        for burst in range(30)
        for n in range(3)
    ]
    assert "wrong_ttl" in kinds(look(calls))


def test_requests_a_little_too_far_apart() -> None:
    found = look(asked(420.0 * n, mark="5m") for n in range(150))
    assert kinds(found) == ["idle_gap"]
    assert "1h" in found.templates[0].outcome.faults[0].fault.fix


def test_requests_all_at_once() -> None:
    calls = [
        asked(600.0 * group + 0.1 * n, mark="5m", first_token=3.0, id=f"{group}.{n}")
        for group in range(40)
        for n in range(6)
    ]
    assert "parallel_fanout" in kinds(look(calls))


def chat(at: float, **more: Any) -> Call:
    fields = {"total": 6_000, "conversation": f"c{int(at // 200)}", **more}
    return call(at, [message("user", f"question {at}")], system=POLICY, **fields)


def test_a_key_of_its_own_for_every_request() -> None:
    found = look(chat(t, parameters={"prompt_cache_key": uuid.UUID(int=int(t) + 1).hex}) for t in EVERY_20_S)
    assert kinds(found) == ["cache_key_unstable"]
    assert kinds(look(chat(t, parameters={"prompt_cache_key": "faq"}) for t in EVERY_20_S)) == []


def test_a_setting_that_goes_to_and_fro() -> None:
    rng = Random(9)
    calls = [chat(t, parameters={"reasoning_effort": rng.choice(["low", "medium", "high"])}) for t in EVERY_20_S[:40]]
    found = look(calls)
    assert kinds(found) == ["settings_toggle"]
    assert "reasoning_effort" in found.templates[0].outcome.faults[0].fault.fix
    deployed = [chat(t, parameters={"reasoning_effort": "low" if t < 2_000 else "high"}) for t in EVERY_20_S]
    assert kinds(look(deployed)) == []


def test_a_head_that_is_a_little_too_short() -> None:
    short = text(1_300, "rule")
    calls = [
        call(
            t,
            [message("user", f"question {t}")],
            system=[Part("text", short, "5m")],
            model="claude-haiku-4-5",
            provider="anthropic",
            total=3_600,
        )
        for t in EVERY_20_S
    ]
    found = look(calls)
    assert kinds(found) == ["below_minimum"]


def test_conversations_between_two_models() -> None:
    calls = []
    for talk in range(8):
        history = [message("user", f"start {talk} {text(300, f't{talk}')}")]
        for turn in range(12):
            calls.append(
                call(
                    30.0 * turn + talk,
                    history,
                    system=POLICY,
                    model="gpt-5.4" if (turn + talk) % 2 else "gpt-5-mini",
                    total=6_500 + 300 * turn,
                    id=f"{talk}.{turn}",
                    conversation=f"talk{talk}",
                )
            )
            history = [
                *history,
                message("assistant", text(100, f"a{talk}.{turn}.")),
                message("user", text(100, f"u{talk}.{turn}.")),
            ]
    assert "model_switch" in kinds(look(calls))


def test_a_handful_of_calls_says_nothing() -> None:
    assert kinds(look(asked(t, mark="5m") for t in (0.0,))) == []
    assert kinds(look([])) == []


def test_writing_what_is_never_read_again_loses_money() -> None:
    # Every call has another document in its prompt; what is marked is written at 1.25 and never read.
    calls = [
        call(
            60.0 * n,
            [message("user", [Part("text", f"summarise {text(1_500, f'd{n}.')}", "5m")])],
            model="claude-sonnet-4-5",
            provider="anthropic",
            total=6_000,
        )
        for n in range(80)
    ]
    assert kinds(look(calls)) == ["caching_loses"]


def answered_whole(seconds: float, output: int) -> Iterator[Call]:
    """Pairs of requests, further apart than an entry lives; nothing tells when answers began."""
    for pair in range(40):
        for half in (0.0, 0.8):
            one = asked(1_000.0 * pair + half, mark="5m", first_token=None, duration=seconds)
            yield msgspec.structs.replace(one, usage=msgspec.structs.replace(one.usage, output=output))


@pytest.mark.parametrize(("seconds", "output", "waits"), [(3.0, 30, True), (3.0, 170, False)])
def test_an_answer_that_was_not_streamed_began_before_it_was_there(seconds: float, output: int, waits: bool) -> None:
    assert ("parallel_fanout" in kinds(look(answered_whole(seconds, output)))) is waits


def test_a_request_that_read_what_it_should_have_waited_for_lost_nothing() -> None:
    def pairs(read: int) -> list[Call]:
        return [
            asked(
                1_000.0 * pair + half,
                mark="5m",
                first_token=2.0,
                read=read if half else 0,
                written=0 if half else 5_900,
            )
            for pair in range(40)
            for half in (0.0, 0.8)
        ]

    assert "parallel_fanout" in kinds(look(pairs(0)))
    assert "parallel_fanout" not in kinds(look(pairs(5_900)))


def test_a_longer_lifetime_names_the_requests_that_would_read_more() -> None:
    calls = [asked(400.0 * n, mark="5m") for n in range(60)]
    found = look(calls)
    assert kinds(found) == ["idle_gap"]
    fault = found.templates[0].outcome.faults[0].fault
    assert len(fault.affected) == 59
    assert fault.now == "59 requests found the entry gone"
