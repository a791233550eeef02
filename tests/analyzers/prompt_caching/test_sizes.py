"""What parts of a prompt have in tokens, as totals and reads of the log tell."""

from __future__ import annotations

import json
from statistics import mean

import pytest

from analyzers.prompt_caching.chain import Chains
from analyzers.prompt_caching.prompt import Prompt
from analyzers.prompt_caching.refine import refine
from analyzers.prompt_caching.sizes import FRAME, Sizes
from tests.analyzers.prompt_caching.prompts import call, message, prompts, text

WORDS = ["please", "where", "flight", "ticket", "return", "morning", "again", "baggage", "window", "seat"]
HEAD = text(1_200)


def prose(words: int, first: int) -> str:
    return " ".join(WORDS[(first + n * n) % len(WORDS)] for n in range(words))


def state(step: int) -> str:
    return json.dumps(
        {"step": step, "seconds": 1.5 * step, "budget_left": 40_000 - 731 * step, "paid": [step] * (4 * (1 + step % 7))}
    )


def sized(found: list[Prompt]) -> Chains:
    sizes = Sizes()
    sizes.learn(found)
    return Chains(sizes, refine(sizes, found))


def test_a_state_in_a_message_costs_what_data_costs_and_not_what_prose_does() -> None:
    """A token for every five bytes of prose, for every two of data."""
    calls, head = [], text(200)
    for n in range(60):
        asked, told = prose(20 + 7 * (n % 9), n), state(n)
        total = len(head) // 4 + 2 * FRAME + len(asked) // 5 + len(told) // 2
        calls.append(call(30.0 * n, [message("user", told), message("user", asked)], system=head, total=total))
    found = prompts(calls)
    chains = sized(found)
    parts = [chains.chain(prompt).tokens for prompt in found]
    states, questions = (
        [message.parts[0].text for one in calls for message in one.messages[n : n + 1]] for n in (0, 1)
    )
    assert sum(p[1] - p[0] - FRAME for p in parts) == pytest.approx(sum(map(len, states)) / 2, rel=0.15)
    assert sum(p[2] - p[1] - FRAME for p in parts) == pytest.approx(sum(map(len, questions)) / 5, rel=0.15)


def test_messages_that_begin_alike_are_cut_alike_however_they_go_on() -> None:
    begun = prose(60, 1)
    one, two = prompts(
        call(n, [message("user", f"{begun}\n{rest}")], system=HEAD, total=2_600)
        for n, rest in enumerate((prose(200, 3), "\n".join(map(state, range(30)))))
    )
    chains = Chains(Sizes())
    a, b = chains.chain(one), chains.chain(two)
    shared = sum(x == y for x, y in zip(a.units, b.units, strict=False))
    assert shared * a.unit > a.head + 64


def test_reads_that_end_within_a_block_tell_the_size_in_front_without_leaning_to_one_side() -> None:
    """The system begins with what differs: all that is ever read are the tools, in blocks of 128."""
    off, tools = [], text(1_100, "t")
    for rate in range(240, 300, 4):
        tokens = len(tools) * rate // 1_000
        calls = [
            call(
                30.0 * n,
                [message("user", prose(30, n))],
                tools=[tools],
                system=f"{n} {HEAD}",
                total=tokens + len(HEAD) // 4 + 50,
                read=tokens // 128 * 128 if n else 0,
            )
            for n in range(12)
        ]
        found = prompts(calls)
        off.append(sized(found).chain(found[-1]).tokens[0] - tokens)
    assert abs(mean(off)) < 12
