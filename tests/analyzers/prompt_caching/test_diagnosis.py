"""The provider's own word on its cache against ours: counted by reason, and where they part."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
import pytest

from analyzers.core import CacheDiagnosis, Call, Message, Part
from analyzers.names import family
from analyzers.prices import Prices
from analyzers.prompt_caching.analyse import analyse
from analyzers.prompt_caching.diagnosis import Agreement, Diagnosed
from analyzers.prompt_caching.rules import load
from tests.fixtures.talks import SYSTEM, Messages, as_it_was, logged, text

CLAUDE = ("anthropic", "claude-opus-4-8")
GPT = ("openai", "gpt-5.6")
TOOL = Part("tool_definition", '{"name":"find_truck"}')
OTHER_TOOL = Part("tool_definition", '{"name":"find_trailer"}')


def held(calls: list[Call]) -> Diagnosed:
    return analyse(calls, Prices(), load(), family).diagnosed


def by_reason(calls: list[Call]) -> dict[str, Agreement]:
    return {one.reason: one for one in held(calls).by_reason}


def said(call: Call, reason: str | None, **changes: Any) -> Call:
    diagnosis = None if reason is None else CacheDiagnosis(reason)
    return msgspec.structs.replace(call, cache_diagnosis=diagnosis, **changes)


def number_of(call: Call) -> int:
    return int(call.id.split("-")[1])


def every_request(calls: list[Call], reason: str, **changes: Any) -> list[Call]:
    """Odd requests have the changes, and all but the first of a conversation the provider's reason for them."""
    return [
        said(call, reason if number_of(call) else None, **(changes if number_of(call) % 2 else {})) for call in calls
    ]


@pytest.mark.parametrize(
    ("model", "reason", "changes"),
    [
        (CLAUDE, "model_changed", {"request_model": "claude-sonnet-4-6"}),
        (CLAUDE, "tools_changed", {"tools": (TOOL, OTHER_TOOL)}),
        (CLAUDE, "system_changed", {"system": (SYSTEM, Part("text", "Heute ist Feiertag."))}),
        (GPT, "model_changed", {"request_model": "gpt-6.1"}),
        (GPT, "tools_changed", {"tools": (TOOL,)}),
        (GPT, "tools_changed", {"parameters": {"parallel_tool_calls": False}}),
        (GPT, "prompt_cache_key_changed", {"parameters": {"prompt_cache_key": "other"}}),
        (GPT, "text_format_changed", {"parameters": {"response_format": {"type": "json_object"}}}),
        (GPT, "reasoning_effort_changed", {"parameters": {"reasoning_effort": "high"}}),
        (GPT, "verbosity_changed", {"parameters": {"verbosity": "low"}}),
        (GPT, "input_changed", {"system": (SYSTEM, Part("text", "Heute ist Feiertag."))}),
    ],
)
def test_reason_is_seen_in_the_requests(model: tuple[str, str], reason: str, changes: dict[str, Any]) -> None:
    calls = every_request(logged(as_it_was, talks=3, model=model), reason, **changes)
    found = by_reason(calls)[reason]
    assert found.requests == found.seen == sum(call.cache_diagnosis is not None for call in calls)
    assert found.alone == 0
    assert held(calls).share == 1.0
    assert held(calls).disagreements == ()


def board(messages: Messages, request: int, chance: Random) -> Messages:
    return [text("user", f"Lage Nr. {request}: {chance.randint(100, 999)} Touren offen"), *messages]


def window(messages: Messages, request: int, chance: Random) -> Messages:
    return messages[-7:]


@pytest.mark.parametrize(
    ("render", "model", "reason"),
    [(board, CLAUDE, "messages_changed"), (board, GPT, "input_changed"), (window, GPT, "context_compacted")],
)
def test_fault_of_the_history_bears_the_provider_out(render: Any, model: tuple[str, str], reason: str) -> None:
    calls = logged(render, model=model, mark="5m" if model is CLAUDE else None)
    # The window holds seven messages: from the request with nine on, something is gone.
    least = 1 if render is board else 5
    calls = [said(call, reason if number_of(call) >= least else None) for call in calls]
    found = by_reason(calls)[reason]
    assert found.seen == found.requests
    assert found.named >= 0.9 * found.requests
    assert found.other == ()


def test_hit_agrees_with_growth_and_with_no_fault() -> None:
    calls = [said(call, "cache_hit" if number_of(call) else None) for call in logged(as_it_was, model=GPT)]
    assert by_reason(calls)["cache_hit"][:5] == ("cache_hit", 88, 0, 88, 88)


def test_contradictions_are_shown() -> None:
    calls = [
        said(call, "tools_changed" if number_of(call) else None) for call in logged(board, model=CLAUDE, mark="5m")
    ]
    found = held(calls)
    assert found.share == 0.0
    assert found.by_reason[0].seen == found.by_reason[0].named == 0
    assert dict(found.by_reason[0].other).keys() == {"state_before_history"}
    last = found.disagreements[0]
    assert (last.number, last.reason, last.fault) == (95, "tools_changed", "state_before_history")
    assert last.seen == {"messages_changed", "input_changed"}


def test_what_compares_nothing_is_counted_apart() -> None:
    calls = [
        said(call, ("unavailable", "previous_message_not_found")[number_of(call) % 2] if number_of(call) else None)
        for call in logged(as_it_was, talks=2, model=CLAUDE)
    ]
    found = held(calls)
    assert (found.requests, found.compared, found.share) == (22, 0, None)


def test_first_request_of_a_conversation_stands_alone() -> None:
    calls = [said(call, "system_changed") for call in logged(as_it_was, talks=4, model=CLAUDE)]
    found = by_reason(calls)["system_changed"]
    assert (found.requests, found.alone, found.seen) == (48, 4, 0)


def test_side_calls_do_not_stand_between_turns() -> None:
    calls = logged(as_it_was, talks=3, model=CLAUDE)
    title = (Part("text", "Gib dem Gespräch einen Titel. " * 40),)
    side = [
        said(call, None, id=f"t{call.id}", system=title, started_at=call.started_at + 1, messages=(call.messages[0],))
        for call in calls
    ]
    both = sorted([*(said(c, "cache_hit") for c in calls if number_of(c)), *side], key=lambda c: c.started_at)
    both = [c for c in both if not c.id.startswith("t") or number_of(c)]
    found = by_reason(both)["cache_hit"]
    assert found.seen == found.requests - found.alone


def test_nothing_said_is_nothing_held() -> None:
    assert held(logged(as_it_was, talks=1)) == Diagnosed(0, 0, 0, (), ())


def test_messages_are_never_part_of_the_answer() -> None:
    calls = [said(call, "input_changed") for call in logged(board, model=GPT)]
    assert "Lage" not in repr(held(calls))
    assert isinstance(calls[0].messages[0], Message)
