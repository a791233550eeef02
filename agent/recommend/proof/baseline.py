"""What calls were like before a change, as sums that can be kept, and what later calls would have cost in the same way.

A later call is taken to have its own size, its own day's prices, and of every token of input the shares that calls of its kind read
from the cache, wrote to it or paid in full before. The kind is whether the call goes on with a conversation and how long ago the last
one was: more traffic makes gaps shorter and caches warmer by itself, and that is no merit of the change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from agent.recommend.proof.state import CELLS, COUNTERS, Cells
from analyzers.prompt_caching.availability import tokens_of
from analyzers.prompt_caching.prompt import Prompt
from analyzers.prompt_caching.served import Served

ANY = ""
"""All kinds of calls together."""
_LEAST = 30
"""With fewer calls of a kind all kinds together stand in for it."""
_GAPS = ((300.0, "5m"), (3_600.0, "1h"))


class Line(NamedTuple):
    """One call: its prompt, number of its conversation, kind, and the input as its log says it was billed."""

    prompt: Prompt
    talk: int
    kind: str
    tokens: Served | None


def lines_of(prompts: Sequence[Prompt], talks: Sequence[int]) -> list[Line]:
    """The requests of one template, in the order of time; `talks` numbers their conversations."""
    last: dict[int, float] = {}
    before: float | None = None
    found = []
    for prompt, talk in zip(prompts, talks, strict=True):
        since = last.get(talk, before)
        gap = next((name for most, name in _GAPS if since is not None and prompt.at - since <= most), "later")
        kind = f"{'next' if talk in last else 'first'} {gap}"
        found.append(Line(prompt, talk, kind, tokens_of(prompt)))
        last[talk] = before = prompt.at
    return found


def cells_of(lines: Iterable[Line]) -> dict[str, Cells]:
    """Sums of tokens by kind of call, and of all kinds."""
    found: dict[str, Cells] = {}
    for line in lines:
        if line.tokens is not None:
            for kind in (line.kind, ANY):
                count(found.setdefault(kind, empty()), line.talk, line.tokens, 0)
    return found


def empty() -> Cells:
    """Nothing counted yet."""
    return [[0] * COUNTERS for _ in range(CELLS)]


def count(cells: Cells, talk: int, tokens: Served, output: int) -> None:
    """Add one call."""
    cell = cells[talk % CELLS]
    for number, amount in enumerate((*tokens, output, 1)):
        cell[number] += amount


def summed(cells: Cells) -> list[int]:
    """Each counter over all cells."""
    return [sum(cell[number] for cell in cells) for number in range(COUNTERS)]


def input_of(counters: Sequence[int]) -> Served:
    """The input of a cell, or of the sum of several."""
    return Served(*counters[:4])


def kind_for(before: Mapping[str, Cells], kind: str) -> str | None:
    """The kind whose calls stand for one of `kind`; None when nothing is known of any."""
    for name in (kind, ANY):
        counters = summed(before[name]) if name in before else [0] * COUNTERS
        if counters[5] >= _LEAST or (name == ANY and input_of(counters).total):
            return name
    return None


def read_share(before: Mapping[str, Cells]) -> float | None:
    """Of the input, the share that was read from the cache."""
    tokens = input_of(summed(before[ANY])) if ANY in before else Served(0, 0)
    return tokens.read / tokens.total if tokens.total else None
