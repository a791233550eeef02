"""The oracle against cases that were worked out by hand from the providers' documents."""

from __future__ import annotations

from typing import Any

import pytest

from tests.quality.caching.provider import Entries, Served, minimum, serve
from tests.quality.caching.tokens import count

WORD = " word"
"""One token."""


def said(tokens: int, around: int) -> str:
    """A text that with `around` tokens for role and frame has so many tokens."""
    return WORD * (tokens - around)


def chat(*sizes: int, model: str = "gpt-5.2", **settings: Any) -> dict[str, Any]:
    roles = ["system", *(["user", "assistant"] * len(sizes))]
    messages = [{"role": role, "content": said(size, 9)} for role, size in zip(roles, sizes, strict=False)]
    return {"model": model, "messages": messages, **settings}


def claude(*messages: tuple[int, str | None], model: str = "claude-sonnet-5") -> dict[str, Any]:
    """Alternating messages of (tokens, lifetime of a mark on it)."""
    rendered = []
    for number, (size, ttl) in enumerate(messages):
        block: dict[str, Any] = {"type": "text", "text": said(size, 6)}
        if ttl:
            block["cache_control"] = {"type": "ephemeral", "ttl": ttl}
        rendered.append({"role": "assistant" if number % 2 else "user", "content": [block]})
    return {"model": model, "max_tokens": 9, "messages": rendered}


def test_a_message_has_the_tokens_that_the_cases_below_count_on() -> None:
    for role in ("user", "system", "assistant"):
        assert count(f"<|{role}|>" + said(100, 6)) + 3 == 100
        assert count(f"<|{role}|>" + said(100, 9) + "<|end|>") + 3 == 100


def test_blocks_are_read_whole_and_from_1024_tokens_on() -> None:
    entries: Entries = {}
    assert serve(entries, chat(1000, 200), 0.0, 1.0) == Served(1200, 0, 0, 0)
    assert serve(entries, chat(1000, 200), 0.5, 1.0) == Served(1200, 0, 0, 0)
    assert serve(entries, chat(1000, 200), 1.0, 1.0) == Served(1200 - 9 * 128, 9 * 128, 0, 0)
    assert serve(entries, chat(1000, 300), 2.0, 1.0) == Served(1300 - 9 * 128, 9 * 128, 0, 0)
    assert serve(entries, chat(900, 100), 3.0, 1.0) == Served(1000, 0, 0, 0)
    assert serve(entries, chat(1001, 199), 4.0, 1.0) == Served(1200, 0, 0, 0)


def test_idle_blocks_live_ten_minutes_from_the_start_of_their_last_use() -> None:
    for second, read in ((600.0, True), (600.1, False)):
        entries: Entries = {}
        serve(entries, chat(2000), 0.0, 1.0)
        assert (serve(entries, chat(2000), second, 1.0).read > 0) is read
        assert serve(entries, chat(2000), second + 599.0, 1.0).read > 0


@pytest.mark.parametrize(
    "other",
    [
        {"model": "gpt-5.4"},
        {"prompt_cache_key": "other"},
        {"reasoning_effort": "high"},
        {"response_format": {"type": "json_object"}},
        {"verbosity": "low"},
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
    ],
)
def test_what_stands_before_the_prompt_or_separates_caches_leaves_nothing_to_read(other: dict[str, Any]) -> None:
    entries: Entries = {}
    serve(entries, chat(2000), 0.0, 1.0)
    assert serve(entries, {**chat(2000), **other}, 5.0, 1.0).read == 0
    assert serve(entries, {**chat(2000), "tool_choice": "none", "temperature": 0.0}, 6.0, 1.0).read == 1920


def test_breakpoints_are_written_at_the_newest_message_and_read_at_earlier_ones() -> None:
    entries: Entries = {}
    one, two = chat(1500, 100, model="gpt-5.6"), chat(1500, 100, 50, 70, model="gpt-5.6")
    assert serve(entries, one, 0.0, 1.0) == Served(0, 0, 1600, 0)
    assert serve(entries, two, 5.0, 1.0) == Served(0, 1600, 120, 0)
    assert serve(entries, two, 1_805.0, 1.0) == Served(0, 1720, 0, 0)
    # The end of the system prompt was never written, so another conversation finds nothing.
    assert serve(entries, chat(1500, 101, model="gpt-5.6"), 1_810.0, 1.0) == Served(0, 0, 1601, 0)
    assert serve(entries, chat(900, model="gpt-5.6"), 1_811.0, 1.0) == Served(900, 0, 0, 0)


def test_a_message_that_grows_hides_its_old_end() -> None:
    entries: Entries = {}
    serve(entries, chat(1500, 100, model="gpt-5.6"), 0.0, 1.0)
    assert serve(entries, chat(1500, 150, model="gpt-5.6"), 5.0, 1.0) == Served(0, 0, 1650, 0)


def test_explicit_mode_without_marks_caches_nothing() -> None:
    entries: Entries = {}
    body = chat(2000, 100, model="gpt-5.6", prompt_cache_options={"mode": "explicit"})
    assert serve(entries, body, 0.0, 1.0) == serve(entries, body, 5.0, 1.0) == Served(2100, 0, 0, 0)


def test_claude_reads_what_was_marked_and_only_once_the_answer_has_begun() -> None:
    entries: Entries = {}
    body = claude((1500, "5m"), (200, None))
    assert serve(entries, body, 0.0, 2.0) == Served(200, 0, 1500, 0)
    assert serve(entries, body, 1.9, 2.0) == Served(200, 0, 1500, 0)
    assert serve(entries, body, 2.0, 2.0) == Served(200, 1500, 0, 0)
    assert serve(entries, claude((1500, None), (200, None)), 3.0, 2.0) == Served(1700, 0, 0, 0)
    assert serve(entries, claude((1000, "5m"), (700, None)), 4.0, 2.0) == Served(1700, 0, 0, 0)


def test_claude_counts_five_minutes_from_the_start_of_the_request_that_used_the_entry() -> None:
    entries: Entries = {}
    body = claude((1500, "5m"))
    serve(entries, body, 0.0, 250.0)
    assert serve(entries, body, 300.0, 1.0).read == 1500
    assert serve(entries, body, 600.0, 1.0).read == 1500
    assert serve(entries, body, 900.5, 1.0).read == 0


def test_claude_bills_writes_of_both_lifetimes_apart() -> None:
    entries: Entries = {}
    body = claude((1500, "1h"), (300, None), (100, "5m"), (50, None))
    assert serve(entries, body, 0.0, 1.0) == Served(50, 0, 400, 1500)
    assert serve(entries, body, 1_000.0, 1.0) == Served(50, 1500, 400, 0)


def test_claude_looks_back_twenty_positions_and_a_run_of_tool_blocks_is_one() -> None:
    first = claude((1500, "5m"))
    for added, found in ((19, True), (20, False)):
        entries: Entries = {}
        serve(entries, first, 0.0, 1.0)
        later = claude((1500, None), *((10, None) for _ in range(added - 1)), (10, "5m"))
        assert (serve(entries, later, 5.0, 1.0).read == 1500) is found
    entries = {}
    serve(entries, first, 0.0, 1.0)
    later = claude((1500, None), (10, None), (10, "5m"))
    uses = [{"type": "tool_use", "id": f"t{n}", "name": "f", "input": {}} for n in range(40)]
    later["messages"][1]["content"] = uses
    assert serve(entries, later, 5.0, 1.0).read == 1500


def test_claude_thinking_keeps_the_system_prompt_and_loses_the_messages() -> None:
    entries: Entries = {}
    system = [{"type": "text", "text": WORD * 1500, "cache_control": {"type": "ephemeral"}}]
    body = {**claude((300, "5m")), "system": system}
    assert serve(entries, body, 0.0, 1.0) == Served(0, 0, 1803, 0)
    thinking = {**body, "thinking": {"type": "enabled", "budget_tokens": 1024}}
    assert serve(entries, thinking, 5.0, 1.0) == Served(0, 1503, 300, 0)


def test_minima_are_those_of_the_model() -> None:
    found = {model: minimum(model) for model in ("claude-opus-5", "claude-sonnet-5", "claude-opus-4-7")}
    assert found == {"claude-opus-5": 512, "claude-sonnet-5": 1024, "claude-opus-4-7": 2048}
    assert minimum("claude-haiku-4-5") == 4096
    assert minimum("claude-sonnet-5-5") == 512
