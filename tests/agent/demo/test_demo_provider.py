"""The simulated prompt caches obey the documented rules: minimum, increment, life, visibility, breakpoints."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.demo.provider import BlockCache, BreakpointCache, Served, claude_lookups, implicit_points
from agent.demo.tokens import Piece, count, message, tokenize


def words(size: int, name: str = "w") -> Piece:
    return Piece(f"{name}{n}" for n in range(size))


def test_blocks_are_read_in_steps_of_128_once_the_first_request_answers() -> None:
    cache = BlockCache()
    prompt = [words(1300)]
    assert cache.serve(prompt, 0.0, 1.0) == Served(1300, 0, 0)
    assert cache.serve(prompt, 0.5, 1.5).read == 0
    assert cache.serve(prompt, 1.0, 2.0).read == 1280
    assert cache.serve(prompt, 2.0, 3.0).uncached == 20


@pytest.mark.parametrize(("size", "read"), [(1023, 0), (1024, 1024), (1151, 1024), (1152, 1152)])
def test_nothing_below_the_minimum(size: int, read: int) -> None:
    cache = BlockCache()
    cache.serve([words(size)], 0.0, 0.1)
    assert cache.serve([words(size)], 1.0, 1.1).read == read


def test_a_common_start_below_the_minimum_is_not_read() -> None:
    cache = BlockCache()
    cache.serve([words(1000), words(400, "a")], 0.0, 0.1)
    assert cache.serve([words(1000), words(400, "b")], 1.0, 1.1).read == 0


def test_life_is_counted_from_the_last_use() -> None:
    cache = BlockCache(ttl=600.0)
    prompt = [words(1280)]
    cache.serve(prompt, 0.0, 0.1)
    assert cache.serve(prompt, 600.0, 600.1).read == 1280
    assert cache.serve(prompt, 1200.0, 1200.1).read == 1280
    assert cache.serve(prompt, 1800.5, 1800.6).read == 0


def test_what_is_over_is_forgotten() -> None:
    cache = BlockCache(ttl=10.0)
    for second in range(500):
        cache.serve([words(1280, f"{second}-")], float(second), second + 0.1)
    assert len(cache) <= 11 * 10


def test_a_change_at_the_start_costs_everything_and_one_at_the_end_nothing() -> None:
    front, back = BlockCache(), BlockCache()
    policy = words(2000)
    for second in range(3):
        clock = message("system", f"Current time: 2026-11-23T10:00:0{second}Z")
        assert front.serve([clock, policy], float(second), second + 0.1).read == 0
        read = back.serve([policy, clock], float(second), second + 0.1).read
        assert read == (0 if second == 0 else 1920)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=12), st.data())
def test_how_a_prompt_is_cut_into_pieces_does_not_matter(sizes: list[int], data: st.DataObject) -> None:
    tokens = [f"t{n}" for n in range(sum(sizes))]
    pieces, at = [], 0
    for size in sizes:
        pieces.append(Piece(tokens[at : at + size]))
        at += size
    same = data.draw(st.integers(0, len(tokens)))
    cache = BlockCache(minimum=1, block=16)
    cache.serve(pieces, 0.0, 0.1)
    other = Piece([*tokens[:same], *(f"x{n}" for n in range(len(tokens) - same))])
    assert cache.serve([other], 1.0, 1.1) == Served(len(tokens), same // 16 * 16, 0)


def test_claude_writes_at_the_mark_and_reads_it_for_five_minutes() -> None:
    cache = BreakpointCache(minimum=1024, ttl=300.0)
    prompt = [words(1500), words(100, "question")]
    look = claude_lookups([0])
    assert cache.serve(prompt, [0], look, 0.0, 1.0) == Served(1600, 0, 1500)
    assert cache.serve(prompt, [0], look, 0.5, 1.5) == Served(1600, 0, 1500)  # not answering yet: written again
    assert cache.serve(prompt, [0], look, 2.0, 3.0) == Served(1600, 1500, 0)
    assert cache.serve(prompt, [0], look, 302.0, 303.0).read == 1500
    assert cache.serve(prompt, [0], look, 602.5, 603.0) == Served(1600, 0, 1500)


def test_claude_says_nothing_below_its_minimum() -> None:
    cache = BreakpointCache(minimum=4096, ttl=300.0)
    for second in range(3):
        assert cache.serve([words(4095)], [0], claude_lookups([0]), float(second), second + 0.1) == Served(4095, 0, 0)
    assert len(cache) == 0


def test_claude_looks_back_twenty_positions_and_not_further() -> None:
    cache = BreakpointCache(minimum=1, ttl=300.0)
    pieces = [words(10, f"{n}-") for n in range(40)]
    cache.serve(pieces[:5], [4], claude_lookups([4]), 0.0, 0.1)
    assert cache.serve(pieces[:24], [23], claude_lookups([23]), 1.0, 1.1) == Served(240, 50, 190)
    fresh = BreakpointCache(minimum=1, ttl=300.0)
    fresh.serve(pieces[:5], [4], claude_lookups([4]), 0.0, 0.1)
    assert fresh.serve(pieces[:25], [24], claude_lookups([24]), 1.0, 1.1) == Served(250, 0, 250)


def test_the_implicit_breakpoint_is_the_latest_user_message_or_the_last_tool_response_of_a_group() -> None:
    assert implicit_points(["tools", "developer", "user"]) == ([2], [1, 2])
    roles = ["tools", "developer", "user", "assistant", "tool", "tool"]
    assert implicit_points(roles) == ([5], [1, 2, 5])
    assert implicit_points(["tools"]) == ([], [])


def test_steps_of_an_agent_read_the_step_before_and_write_the_rest() -> None:
    cache = BreakpointCache(minimum=1024, ttl=1800.0)
    roles, pieces = ["tools", "developer", "user"], [words(800, "t"), words(400, "d"), words(50, "u")]
    marks, lookups = implicit_points(roles)
    assert cache.serve(pieces, marks, lookups, 0.0, 1.0) == Served(1250, 0, 1250)
    roles, pieces = [*roles, "assistant", "tool"], [*pieces, words(20, "a"), words(300, "r")]
    marks, lookups = implicit_points(roles)
    assert cache.serve(pieces, marks, lookups, 5.0, 6.0) == Served(1570, 1250, 320)


@given(st.text(max_size=300))
def test_the_tokens_of_a_text_are_the_text(content: str) -> None:
    assert "".join(tokenize(content)) == content


@given(st.lists(st.text(alphabet=st.characters(whitelist_categories=["L", "N", "P"]), min_size=1), max_size=8))
def test_counts_add_up_over_lines(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert count(text) == sum(count(line) for line in lines) + max(len(lines) - 1, 0)
