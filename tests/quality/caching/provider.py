"""What the providers' prompt caches do with a log, by their documents: a plain oracle, independent of the analyzers.

| family               | an entry ends at             | read when                                    | lives (idle)    |
|----------------------|------------------------------|----------------------------------------------|-----------------|
| OpenAI up to GPT-5.4 | every 128th token, from 1024 | the longest run of blocks from the start     | 600 s (1,800 s) |
| OpenAI from GPT-5.6  | breakpoints, implicit or not | the longest at its own or earlier boundaries | 1,800 s         |
| Anthropic Claude     | cache_control                | the longest within 20 positions of a mark    | 5 min or 1 h    |

Everywhere: a prefix counts only when it is identical from the first token; an entry can be read once the request that
wrote it begins to answer; its life starts again with the start of every request that uses it; below the minimum nothing
is read or written. 1,800 s is for `prompt_cache_retention: "24h"`, which is typical rather than promised. Where the
documents leave room there are no surprises: one machine has it all and evicts nothing early. Sources (October 2026):
https://platform.claude.com/docs/en/build-with-claude/prompt-caching and
https://developers.openai.com/api/docs/guides/prompt-caching
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from tests.quality.caching.bodies import Block, Body, anthropic_blocks, openai_blocks
from tests.quality.caching.tokens import count, tokenize

_MINIMA = (
    (r"^claude-(opus-5|fable|mythos-5|sonnet-5-5|haiku-5-5)", 512),
    (r"^claude-(opus-4-7|mythos-preview|3-5-haiku|3-haiku)", 2048),
    (r"^claude-(opus-4-6|opus-4-5|haiku-4-5)", 4096),
    (r"^", 1024),
)
_TTL_S = {"5m": 300.0, "1h": 3_600.0, "30m": 1_800.0, "12h": 43_200.0}
_LONG = ("1h", "12h")
_FRAME = 3
"""Tokens that every message costs beyond its text."""


class Served(NamedTuple):
    """The input of one request, in disjoint parts; together they are the whole prompt."""

    uncached: int
    read: int
    write_short: int
    write_long: int

    @property
    def total(self) -> int:
        """All tokens of the prompt."""
        return sum(self)


class Entry(NamedTuple):
    """Something cached: from when it can be read, when it was last used, how long it lives from then."""

    readable: float
    used: float
    ttl: float

    def live(self, at: float) -> bool:
        """Whether it can be read at this time."""
        return self.readable <= at <= self.used + self.ttl


Entries = dict[bytes, Entry]


def minimum(model: str) -> int:
    """Tokens below which a model caches nothing."""
    return next(tokens for pattern, tokens in _MINIMA if re.match(pattern, model))


def is_breakpoint_model(model: str) -> bool:
    """OpenAI from GPT-5.6 on."""
    return re.match(r"^gpt-(5\.[6-9]|6)", model) is not None


def serve(entries: Entries, body: Body, at: float, first_token: float) -> Served:
    """What the cache does for one request that begins at `at`. Requests must come in the order of `at`."""
    if body["model"].startswith("claude"):
        return _anthropic(entries, body, at, at + first_token)
    if is_breakpoint_model(body["model"]):
        return _openai_breakpoints(entries, body, at, at + first_token)
    return _openai_blocks(entries, body, at, at + first_token)


def _openai_blocks(entries: Entries, body: Body, at: float, answering: float) -> Served:
    size, ttl = 128, 1_800.0 if body.get("prompt_cache_retention") == "24h" else 600.0
    key, total = _seed(body), 0
    rest: tuple[str, ...] = ()
    ends: list[bytes] = []
    for block in openai_blocks(body):
        if block.kind == "setting":
            key = _chained(key, block.text)
            continue
        found, key, rest = _whole_blocks(key, rest, block.text, size)
        ends += found
        total += _size(block)
    if total < 1024:
        return Served(total, 0, 0, 0)
    run = 0
    while run < len(ends) and (found_entry := entries.get(ends[run])) is not None and found_entry.live(at):
        run += 1
    for end in ends:
        _keep(entries, end, at, answering, ttl)
    read = run * size if run * size >= 1024 else 0
    return Served(total - read, read, 0, 0)


@lru_cache(maxsize=20_000)
def _whole_blocks(
    key: bytes, rest: tuple[str, ...], text: str, size: int
) -> tuple[list[bytes], bytes, tuple[str, ...]]:
    """Keys of the blocks that are full once `text` has followed `rest`; the last key; what is left over."""
    tokens = rest + tokenize(text) + ("<end>",) * _FRAME
    ends = []
    for begin in range(0, len(tokens) - size + 1, size):
        key = _chained(key, "\0".join(tokens[begin : begin + size]))
        ends.append(key)
    return ends, key, tokens[len(ends) * size :]


class _Prompt(NamedTuple):
    """The blocks that have tokens, and for each the key and the length of the prefix that ends with it."""

    blocks: list[Block]
    keys: list[bytes]
    ends: list[int]


def _prompt(body: Body, blocks: Sequence[Block]) -> _Prompt:
    key, total = _seed(body), 0
    found = _Prompt([], [], [])
    for block in blocks:
        key = _chained(key, block.text)
        if block.kind != "setting":
            total += _size(block)
            found.blocks.append(block)
            found.keys.append(key)
            found.ends.append(total)
    return found


def _openai_breakpoints(entries: Entries, body: Body, at: float, answering: float) -> Served:
    prompt = _prompt(body, openai_blocks(body))
    options = body.get("prompt_cache_options") or {}
    eligible, developer = _implicit_ends(prompt.blocks)
    explicit = [index for index, block in enumerate(prompt.blocks) if block.mark]
    lookups = {*explicit[:2], *explicit[-50:]}
    marks = {index: prompt.blocks[index].mark or "30m" for index in explicit[-4:]}
    if options.get("mode") != "explicit":
        lookups |= {*eligible[-21:], *developer}
        marks = {index: prompt.blocks[index].mark or "30m" for index in explicit[-3:]}
        marks |= {index: options.get("ttl", "30m") for index in eligible[-1:]}
    return _at_breakpoints(entries, prompt, sorted(lookups), marks, 1024, at, answering)


def _implicit_ends(blocks: Sequence[Block]) -> tuple[list[int], list[int]]:
    """Ends of messages that OpenAI takes for boundaries by itself, and the end of the initial developer messages."""
    first_turn = next(
        (index for index, block in enumerate(blocks) if block.role not in ("", "system", "developer")), len(blocks)
    )
    developer = [first_turn - 1] if first_turn and blocks[first_turn - 1].role else []
    ends = [
        index
        for index, block in enumerate(blocks)
        if block.ends_message
        and (
            block.role == "user"
            or (block.role == "tool" and (index + 1 == len(blocks) or blocks[index + 1].role != "tool"))
            or index in developer
        )
    ]
    return ends, developer


def _anthropic(entries: Entries, body: Body, at: float, answering: float) -> Served:
    prompt = _prompt(body, anthropic_blocks(body))
    position, positions = 0, []
    for index, block in enumerate(prompt.blocks):
        before = prompt.blocks[index - 1].kind if index else ""
        if not (block.kind in ("tool_use", "tool_result") and block.kind == before):
            position += 1
        positions.append(position)
    marks = {index: block.mark for index, block in enumerate(prompt.blocks) if block.mark}
    if len(marks) > 4:
        raise ValueError("more than four breakpoints: the API refuses this")
    lookups = [
        index for index in range(len(positions)) if any(0 <= positions[mark] - positions[index] < 20 for mark in marks)
    ]
    return _at_breakpoints(entries, prompt, lookups, marks, minimum(body["model"]), at, answering)


def _at_breakpoints(
    entries: Entries,
    prompt: _Prompt,
    lookups: list[int],
    marks: dict[int, str],
    least: int,
    at: float,
    answering: float,
) -> Served:
    keys, ends = prompt.keys, prompt.ends
    total = ends[-1] if ends else 0
    hit = next((i for i in reversed(lookups) if (found := entries.get(keys[i])) is not None and found.live(at)), None)
    read = 0
    if hit is not None:
        read = ends[hit]
        entries[keys[hit]] = entries[keys[hit]]._replace(used=at)
    marks = {index: ttl for index, ttl in marks.items() if ends[index] >= least}
    for index, ttl in marks.items():
        _keep(entries, keys[index], at, answering, _TTL_S[ttl])
    long_end = max([read, *(ends[index] for index, ttl in marks.items() if ttl in _LONG)])
    end = max([long_end, *(ends[index] for index in marks)])
    return Served(total - end, read, end - long_end, long_end - read)


def _keep(entries: Entries, key: bytes, at: float, answering: float, ttl: float) -> None:
    known = entries.get(key)
    if known is not None and known.used + known.ttl >= at:
        entries[key] = Entry(min(known.readable, answering), at, max(known.ttl, ttl))
    else:
        entries[key] = Entry(answering, at, ttl)


def _seed(body: Body) -> bytes:
    """Requests with different cache keys share nothing."""
    return _chained(b"", str(body.get("prompt_cache_key") or ""))


def _chained(key: bytes, text: str) -> bytes:
    return blake2b(key + text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _size(block: Block) -> int:
    return count(block.text) + _FRAME
