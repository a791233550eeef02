"""Faults in no text at all: which model, which settings, which cache key, and when requests are sent."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import Any

from tests.quality.caching.edits import by_conversation, in_time
from tests.quality.caching.shapes import uuid4
from tests.quality.caching.stream import Fault, Inject
from tests.quality.caching.trajectories import Turn

_OTHER = {"gpt-5": "gpt-5.1", "claude-opus-4-8": "claude-opus-5"}
"""A model with the same price of input for each."""


def model(style: str) -> Inject:
    """Single requests go to another model of the same price: at random ("fallback") or when no tool was called last
    ("router"); mended, all go to one.
    """

    def inject(rng: Random, turns: list[Turn]) -> Fault:
        broken, other = [], 0
        for turn in turns:
            away = rng.random() < 0.25 if style == "fallback" else turn.messages[-1]["role"] == "user"
            other += away
            broken.append(turn._replace(model=_OTHER[turn.model]) if away else turn)
        return Fault(broken, turns, "model_switch", None, style, min(other, len(turns) - other) / len(turns))

    return inject


def settings(style: str) -> Inject:
    """A setting that is part of the prefix changes from request to request; mended, it has its first value always."""
    answer = {"type": "object", "properties": {"reply": {"type": "string"}}, "required": ["reply"]}
    values: dict[str, list[dict[str, Any]]] = {
        "reasoning_effort": [{"reasoning_effort": effort} for effort in ("low", "medium", "high")],
        "response_format": [
            {},
            {"response_format": {"type": "json_object"}},
            {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": answer}}},
        ],
        "thinking": [{"thinking": {"type": "disabled"}}, {"thinking": {"type": "enabled", "budget_tokens": 1_024}}],
    }

    def inject(rng: Random, turns: list[Turn]) -> Fault:
        first, *others = values[style]
        broken, changed = [], 0
        for turn in turns:
            drawn = rng.choice(others) if rng.random() < 0.5 else first
            changed += drawn is not first
            broken.append(turn._replace(settings={**turn.settings, **drawn}))
        fixed = [turn._replace(settings={**turn.settings, **first}) for turn in turns]
        return Fault(broken, fixed, "settings_toggle", None, style, changed / len(turns))

    return inject


def cache_key(rng: Random, turns: list[Turn]) -> Fault:
    """Every request has a cache key of its own; mended, the application has one."""
    broken = [turn._replace(settings={**turn.settings, "prompt_cache_key": uuid4(rng)}) for turn in turns]
    fixed = [turn._replace(settings={**turn.settings, "prompt_cache_key": turn.app}) for turn in turns]
    return Fault(broken, fixed, "cache_key_unstable", None, "", 1.0)


def idle(rng: Random, turns: list[Turn]) -> Fault:
    """People take longer to reply than entries live; mended, entries live longer: 1 h, or OpenAI's "24h"."""
    claude = turns[0].model.startswith("claude")
    if claude:
        marks = tuple(mark._replace(ttl="1h") for mark in turns[0].marks)
        return Fault(
            turns, [turn._replace(marks=marks) for turn in turns], "idle_gap", None, "5m", _after(turns, 300.0)
        )

    def kept(retention: str) -> list[Turn]:
        return [turn._replace(settings={**turn.settings, "prompt_cache_retention": retention}) for turn in turns]

    return Fault(kept("in_memory"), kept("24h"), "idle_gap", None, "in_memory", _after(turns, 600.0))


def cold(ttl: str) -> Inject:
    """Requests come hours apart, each finds nothing; mended, what they have in common is sent by itself every 50 minutes in between."""

    def inject(rng: Random, turns: list[Turn]) -> Fault:
        broken, kept = ([_lasting(turn, life) for turn in turns] for life in (ttl, "1h"))
        pings: list[Turn] = []
        for turn, following in pairwise(kept):
            at = turn.at + 3_000.0
            while at < following.at:
                name = f"ping {len(pings)}"
                pings.append(turn._replace(at=at, conversation=name, messages=({"role": "user", "content": "."},)))
                at += 3_000.0
        share = (len(turns) - 1) / len(turns)
        return Fault(broken, in_time([kept, pings]), "keep_warm", None, ttl, share)

    return inject


def _lasting(turn: Turn, ttl: str) -> Turn:
    return turn._replace(marks=tuple(mark._replace(ttl=ttl) for mark in turn.marks))


def _after(turns: list[Turn], seconds: float) -> float:
    """The share of requests that begin so long after the one before them in their conversation."""
    late = sum(
        later.at - earlier.at > seconds
        for conversation in by_conversation(turns)
        for earlier, later in pairwise(conversation)
    )
    return late / len(turns)


_QUESTIONS = (
    "Does the customer have to pay for a bag? Answer with yes or no and one sentence.",
    "Which rule of the policy decides this request? Quote it.",
    "How does the customer feel, on a scale from 1 (angry) to 5 (happy)?",
    "List every reservation code that is named.",
    "Was the customer's identity established before anything was changed?",
    "Write a title of at most eight words.",
    "Is a refund due, and if so, to which payment method?",
)


def fanout(rng: Random, turns: list[Turn]) -> Fault:
    """Several questions about one transcript at once; mended, the first is answered before the others are asked."""
    broken, fixed, late = [], [], 0
    width = rng.randint(5, 7)
    for conversation in by_conversation(turns):
        last = conversation[-1]
        first = rng.uniform(1.2, 3.0)
        for number, question in enumerate(rng.sample(_QUESTIONS, width)):
            asked = last._replace(
                at=last.at + 0.02 * number,
                first_token=first if number == 0 else rng.uniform(1.2, 3.0),
                duration=3.5,
                messages=(*last.messages, last.answer, {"role": "user", "content": question}),
                answer={"role": "assistant", "content": "Yes, since the policy says so. " * rng.randint(1, 3)},
            )
            late += number > 0
            broken.append(asked)
            fixed.append(asked._replace(at=asked.at + (first + 0.1 if number else 0.0)))
    return Fault(in_time([broken]), in_time([fixed]), "parallel_fanout", None, f"{width} at once", late / len(broken))


def too_short(rng: Random, turns: list[Turn]) -> Fault:
    """A prompt a little below the model's minimum; mended, examples fill it up."""
    examples = "\n\n".join(
        f"Example {number}: {_QUESTIONS[number % 7]} -> ok, {number * 37}" for number in range(1, 160)
    )
    claude = turns[0].model.startswith("claude")
    padding = "\n\n## Examples\n\n" + examples[: 6_500 if claude else 1_800]
    fixed = [turn._replace(system=(turn.system[0] + padding, *turn.system[1:])) for turn in turns]
    return Fault(turns, fixed, "below_minimum", None, "", 1.0)
