"""The prompt caches of two providers, as they document them, over the prompts that the demo really sends.

BlockCache, OpenAI up to GPT-5.4: whole blocks of 128 tokens from the start, from 1,024 tokens on, for about 10 minutes
after the last use; writes are free.
BreakpointCache, OpenAI from GPT-5.6 and Anthropic Claude: an entry exists only where a request wrote one; the longest
living one that is looked up is read; writes are billed.

Common to both: the prompt must be identical from its first token; life is counted from the start of the last request
that wrote or read the entry; an entry can be read once the request that wrote it begins to answer.
Sources: https://developers.openai.com/api/docs/guides/prompt-caching (2026-10-02) and
https://platform.claude.com/docs/en/build-with-claude/prompt-caching (2026-10-01). What the documents leave open is
decided against surprises: every server has the whole cache, nothing is evicted early, idle life is the typical one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from agent.demo.tokens import Piece

_Entries = dict[int, tuple[float, float]]
"""Key -> (readable from, last used), in the order of last use."""


class Served(NamedTuple):
    """What a cache did for one prompt. `read + written + uncached` is the whole prompt."""

    total: int
    read: int
    written: int

    @property
    def uncached(self) -> int:
        """Tokens at the full price."""
        return self.total - self.read - self.written


class BlockCache:
    """Automatic caching by blocks. Requests must come in the order in which they begin."""

    def __init__(self, *, minimum: int = 1024, block: int = 128, ttl: float = 600.0) -> None:
        self._minimum = minimum
        self._block = block
        self._ttl = ttl
        self._entries: _Entries = {}

    def __len__(self) -> int:
        return len(self._entries)

    def serve(self, prompt: Sequence[Piece], at: float, answering: float) -> Served:
        """Read what is cached of the prompt at time `at`, and keep it for others from time `answering` on."""
        chain, total = _chain(prompt, self._block)
        entries = self._entries
        _forget(entries, at - self._ttl)
        if total < self._minimum:
            return Served(total, 0, 0)
        blocks = 0
        for key in chain:
            found = entries.get(key)
            if found is None or found[0] > at:
                break
            blocks += 1
        for key in chain:
            found = entries.pop(key, None)
            entries[key] = (answering if found is None else min(found[0], answering), at)
        read = blocks * self._block
        return Served(total, read if read >= self._minimum else 0, 0)


class BreakpointCache:
    """Caching at breakpoints. Requests must come in the order in which they begin."""

    def __init__(self, *, minimum: int, ttl: float) -> None:
        self._minimum = minimum
        self._ttl = ttl
        self._entries: _Entries = {}

    def __len__(self) -> int:
        return len(self._entries)

    def serve(
        self, prompt: Sequence[Piece], marks: Sequence[int], lookups: Sequence[int], at: float, answering: float
    ) -> Served:
        """Read the longest living entry among `lookups`, write entries at `marks`.

        Both are positions in the prompt: k means "up to and including piece k". Below the minimum nothing is
        read or written, and nobody is told.
        """
        ends = list(accumulate(piece.size for piece in prompt))
        keys = list(accumulate((piece.key for piece in prompt), lambda chain, key: hash((chain, key)), initial=0))[1:]
        total = ends[-1] if ends else 0
        entries = self._entries
        _forget(entries, at - self._ttl)
        read = 0
        for position in sorted(lookups, reverse=True):
            found = entries.get(keys[position])
            if found is not None and found[0] <= at:
                read = ends[position]
                del entries[keys[position]]
                entries[keys[position]] = (found[0], at)
                break
        marked = [position for position in marks if ends[position] >= self._minimum]
        for position in marked:
            found = entries.pop(keys[position], None)
            entries[keys[position]] = (answering if found is None else min(found[0], answering), at)
        end = max((ends[position] for position in marked), default=0)
        return Served(total, read, max(end - read, 0))


def claude_lookups(marks: Sequence[int], positions: int = 20) -> list[int]:
    """Where Claude looks: at each breakpoint and at the positions before it, 20 with the breakpoint itself."""
    return sorted({at for mark in marks for at in range(max(mark - positions + 1, 0), mark + 1)})


def implicit_points(roles: Sequence[str]) -> tuple[list[int], list[int]]:
    """(marks, look-ups) of OpenAI's implicit mode, from the role of each piece.

    Roles: "tools", "developer", "user", "assistant", "tool". A message ends an eligible prefix when it is the last
    developer message of the initial run, a user message, or the last of a group of tool responses. The latest such
    end is written; it, up to 20 earlier ones and the end of the developer block are looked up.
    """
    following = [*roles[1:], ""]
    initial = -1
    for index, role in enumerate(roles):
        if role not in ("tools", "developer"):
            break
        if role == "developer":
            initial = index
    ends = [
        index
        for index, role in enumerate(roles)
        if role == "user" or (role == "tool" and following[index] != "tool") or index == initial
    ]
    if not ends:
        return [], []
    lookups = set(ends[-21:])
    if initial >= 0:
        lookups.add(initial)
    return ends[-1:], sorted(lookups)


def _chain(prompt: Sequence[Piece], size: int) -> tuple[list[int], int]:
    """Keys of the prefixes that end at whole blocks, and the tokens of the whole prompt."""
    chain: list[int] = []
    key = total = 0
    rest: list[str] = []
    for piece in prompt:
        total += piece.size
        begin = 0
        if rest:
            begin = size - len(rest)
            rest += piece.tokens[:begin]
            if len(rest) < size:
                continue
            key = hash((key, hash(tuple(rest))))
            chain.append(key)
        blocks, stop = piece.blocks(begin, size)
        for block in blocks:
            key = hash((key, block))
            chain.append(key)
        rest = list(piece.tokens[stop:])
    return chain, total


def _forget(entries: _Entries, before: float) -> None:
    """Drop what was last used before this time. The front of the dictionary holds the oldest."""
    while entries:
        key = next(iter(entries))
        if entries[key][1] >= before:
            return
        del entries[key]
