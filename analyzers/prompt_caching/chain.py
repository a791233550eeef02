"""A prompt as a chain of keys: equal keys mean equal prompts up to there, settings and model included.

Two readings of the same prompt: `units`, one key every UNIT tokens, for caches by block and for ceilings; and `ends`,
one key at the end of every segment, for caches by breakpoint. Sizes follow from the text alone (`sizes`), so
prompts with an equal prefix are cut at the same places.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from analyzers.prompt_caching.prompt import Prompt, Segment
from analyzers.prompt_caching.sizes import FRAME, Rates, Sizes, head_key, kind_of, size_in_bytes

UNIT = 64
"""Tokens between two keys of a text prompt."""
_MEMO = 100_000
_KNOWN = 50_000
_PLAUSIBLE = (0.4, 2.5)
_ENDS = 500_000
_HEADS = 20_000
_SAID = itemgetter(*map(Segment._fields.index, ("text", "level", "position")))
_FAR = 3.0
_ENDLESS = float("inf")
_SMALL = 0.05
"""Messages that are so small a part of a prompt may be off by any factor."""


class Chain(NamedTuple):
    """`units[i]` is the key of the first (i + 1) * `unit` tokens; `ends[i]` and `tokens[i]` are those of segments 0 to i.

    Positions in a chain are tokens by the sizes of the segments; `logged` turns one into tokens as the log counts them.
    """

    unit: int
    units: list[int]
    ends: list[int]
    tokens: list[int]
    total: int
    """Tokens by the sizes of the segments, or as logged where there are only block hashes."""
    scale: float = 1.0
    """Logged tokens for one of `total`."""
    head: int = 0
    """Tokens of tools and system."""
    stretch: float = 1.0
    """Logged tokens for one behind the head. The head has one size in all requests; what the log says differs in the messages."""
    known: tuple[tuple[int, int], ...] = ()
    """(tokens, logged tokens), rising: at the end of the head, and behind it where the log tells them (an earlier request ended)."""

    def logged(self, tokens: int) -> int:
        """The first `tokens` of the chain in tokens of the log; the whole chain is the logged total."""
        if not self.known:
            return tokens if tokens <= self.head else round(self.head + (tokens - self.head) * self.stretch)
        at = bisect_right(self.known, (tokens, _ENDLESS))
        start, before = self.known[at - 1] if at else (0, 0)
        if start == tokens:
            return before
        end, after = self.known[at] if at < len(self.known) else (self.total, self.logged_total)
        return round(before + (tokens - start) * (after - before) / (end - start)) if end > start else after

    @property
    def logged_total(self) -> int:
        """The whole chain in tokens of the log."""
        return round(self.total * self.scale)


class _Head(NamedTuple):
    """A chain up to the end of tools and system, and the keys that what follows is added to."""

    units: tuple[int, ...]
    ends: tuple[int, ...]
    tokens: tuple[int, ...]
    unit_key: int
    end_key: int


class Chains:
    """Makes chains; remembers how each text is cut."""

    def __init__(self, sizes: Sizes, known: Mapping[int, int] | None = None) -> None:
        """`known`: tokens as logged up to ends, by the key of the end, where a provider told them."""
        self._sizes = sizes
        self._cuts: dict[tuple[str, float, int], tuple[tuple[int, ...], int, int]] = {}
        # Most requests begin as others do: what a text adds to a beginning is worked out once, and kept as the same integers.
        self._added: dict[tuple[int, str, float, int], tuple[tuple[int, ...], int, int]] = {}
        # The same texts are walked again and again, under one regime or set of breakpoints after the other.
        self._known: dict[tuple[object, ...], tuple[object, Chain]] = {}
        self._equal: dict[tuple[object, ...], Chain] = {}
        self._heads: dict[tuple[object, ...], _Head] = {}
        self._totals = dict(known or {})
        """Logged totals by the key of the last end: what a request is, a later one of its conversation begins with."""
        self._measured: dict[str, float] = {}
        """By text: how many times their size by bytes it and what came with it had, as two totals tell."""

    def chain(self, prompt: Prompt) -> Chain:
        """The chain of one prompt."""
        start = hash((prompt.family, prompt.account, prompt.settings[0], _separated(prompt)))
        if prompt.blocks is not None:
            return _of_blocks(prompt, start)
        segments = prompt.segments
        key = (start, prompt.app, prompt.template, prompt.total, prompt.settings, id(segments))
        known = self._known.get(key)
        if known is not None:
            return known[1]
        if len(self._known) >= _KNOWN:
            self._known.clear()
        # The same repair makes the same prompt again, as another object.
        same = (*key[:-1], *map(_SAID, segments))
        chain = self._equal.get(same)
        if chain is None:
            if len(self._equal) >= _KNOWN:
                self._equal.clear()
            chain = self._equal[same] = self._of_text(prompt, start, self._sizes.rates(prompt))
        # Kept with its segments, so that no others take over their identity.
        self._known[key] = (segments, chain)
        return chain

    def tokens(self, prompt: Prompt, *, by_bytes: bool = False) -> int:
        """`total` of the chain, without making it. `by_bytes`: also where other requests tell what messages have."""
        return sum(self._parts(prompt, by_bytes=by_bytes))

    def _parts(self, prompt: Prompt, *, by_bytes: bool = False) -> tuple[int, int]:
        """Tokens of tools and system, and of the messages."""
        per_byte = self._sizes.rates(prompt).per_byte
        measured = {} if by_bytes else self._measured
        head = turns = 0
        for segment in prompt.segments:
            size = size_in_bytes(segment.text) * per_byte[kind_of(segment)]
            if segment.level != "message":
                head += int(size + 0.5)
            else:
                turns += int(size * measured.get(segment.text, 1.0) + 0.5)
        return head, turns + FRAME * (prompt.last_message + 1)

    def resized(self, before: Prompt, after: Prompt, worth: float | None = None) -> Prompt:
        """`after` with the logged total of `before`, changed by the tokens of the text that was added or taken away.

        `worth`: what messages in another form are known to differ by, for each token that their bytes differ by.
        """
        if before.total is None:
            return after
        was, now = (self._parts(prompt, by_bytes=worth is not None) for prompt in (before, after))
        old = sum(was)
        if not old:
            return after
        grown = (now[1] - was[1]) * (before.total / old if worth is None else worth)
        if was[0] != now[0] or head_key(before) != head_key(after):
            # What both heads have in other requests is known better than the bytes of their difference tell.
            heads = self._sizes.head(before), self._sizes.head(after)
            if heads[0] is not None and heads[1] is not None:
                grown += heads[1] - heads[0]
            else:
                grown += (now[0] - was[0]) * before.total / old
        return after._replace(total=max(0, before.total + round(grown)))

    def _of_text(self, prompt: Prompt, key: int, rates: Rates) -> Chain:
        per_byte, segments = rates.per_byte, prompt.segments
        first = next((n for n, segment in enumerate(segments) if segment.level == "message"), len(segments))
        start = self._head(segments[:first], key, prompt.settings[1], per_byte)
        units, ends, tokens = list(start.units), list(start.ends), list(start.tokens)
        unit_key, end_key = start.unit_key, start.end_key
        offset = head = tokens[-1] if tokens else 0
        message = -1
        if first < len(segments) and prompt.settings[2]:
            unit_key, end_key = hash((unit_key, prompt.settings[2])), hash((end_key, prompt.settings[2]))
        for segment in segments[first:]:
            if segment.position != message:
                message = segment.position
                frame = hash((segment.role, "frame"))
                unit_key, end_key = hash((unit_key, frame)), hash((end_key, frame))
                before = offset // UNIT
                offset += FRAME
                if offset // UNIT > before:
                    units.append(unit_key)
            added, unit_key, size = self._add(unit_key, segment.text, per_byte[kind_of(segment)], offset % UNIT)
            units += added
            offset += size
            end_key = hash((end_key, segment.text, segment.kind))
            ends.append(end_key)
            tokens.append(offset)
        scale = prompt.total / offset if prompt.total and offset else 1.0
        rest = offset - head
        stretch = (prompt.total - head) / rest if prompt.total and rest else scale
        small = rest < _SMALL * offset and prompt.total is not None and prompt.total >= head
        if not small and not _PLAUSIBLE[0] <= stretch <= _PLAUSIBLE[1]:
            # The messages hold what bytes do not tell (an image): the whole is brought to the logged total alike.
            head, stretch = 0, scale
        known = self._learnt(prompt, ends, tokens, head, offset)
        return Chain(UNIT, units, ends, tokens, offset, scale, head, stretch, known)

    def _head(self, segments: Sequence[Segment], key: int, setting: str, per_byte: tuple[float, ...]) -> _Head:
        """Tools and system, which most requests have in common."""
        memo = (key, setting, per_byte, tuple([(segment.level, segment.text) for segment in segments]))
        found = self._heads.get(memo)
        if found is not None:
            return found
        units: list[int] = []
        ends: list[int] = []
        tokens: list[int] = []
        level, offset = "", 0
        unit_key = end_key = key
        for segment in segments:
            if segment.level != level:
                level = segment.level
                if setting and level == "system":
                    unit_key, end_key = hash((unit_key, setting)), hash((end_key, setting))
            added, unit_key, size = self._add(unit_key, segment.text, per_byte[kind_of(segment)], offset % UNIT)
            units += added
            offset += size
            end_key = hash((end_key, segment.text, segment.kind))
            ends.append(end_key)
            tokens.append(offset)
        if len(self._heads) >= _HEADS:
            self._heads.clear()
        found = self._heads[memo] = _Head(tuple(units), tuple(ends), tuple(tokens), unit_key, end_key)
        return found

    def _learnt(
        self, prompt: Prompt, ends: list[int], tokens: list[int], head: int, whole: int
    ) -> tuple[tuple[int, int], ...]:
        """Places inside the messages whose logged tokens are known from other requests; this one's total is kept for others."""
        if prompt.total is None or not ends or prompt.segments[-1].level != "message":
            return ()
        totals, last, logged = self._totals, head, head
        known: list[tuple[int, int]] = []
        for key, place in zip(ends, tokens, strict=True):
            total = totals.get(key)
            if total is None or place < head or place >= whole:
                continue
            if place == head:
                logged = total
            elif place > last and total > logged and total < prompt.total:
                if not known:
                    known.append((head, logged))
                known.append((place, total))
                last, logged = place, total
        if not known and logged != head:
            known.append((head, logged))
        if len(totals) >= _ENDS or len(self._measured) >= _ENDS:
            totals.clear()
            self._measured.clear()
        totals.setdefault(ends[-1], prompt.total)
        if known and known[-1][0] > head:
            ratio = (prompt.total - known[-1][1]) / (whole - known[-1][0])
            for segment, place in zip(prompt.segments, tokens, strict=True):
                if place > known[-1][0]:
                    self._measured.setdefault(segment.text, min(max(ratio, 1 / _FAR), _FAR))
        return tuple(known)

    def _add(self, before: int, text: str, rate: float, phase: int) -> tuple[tuple[int, ...], int, int]:
        """What a text adds behind the key `before`: keys of whole units, the key of everything, and its tokens."""
        memo = (before, text, rate, phase)
        found = self._added.get(memo)
        if found is None:
            if len(self._added) >= _MEMO:
                self._added.clear()
            pieces, size, left = self._cut(text, rate, phase)
            key, units = before, []
            for piece in pieces:
                key = hash((key, piece))
                units.append(key)
            found = self._added[memo] = (tuple(units), hash((key, left)) if left else key, size)
        return found

    def _cut(self, text: str, rate: float, phase: int) -> tuple[tuple[int, ...], int, int]:
        """Keys of the pieces that end at a multiple of UNIT, the text's tokens, and the key of what is left over."""
        memo = (text, rate, phase)
        found = self._cuts.get(memo)
        if found is None:
            if len(self._cuts) >= _MEMO:
                self._cuts.clear()
            data: str | bytes = text if text.isascii() else text.encode("utf-8", "surrogatepass")
            size = int(len(data) * rate + 0.5)
            pieces = []
            cut = 0
            step = UNIT - phase
            while step <= size:
                end = int(step / rate)
                pieces.append(hash(data[cut:end]))
                cut = end
                step += UNIT
            left = hash(data[cut:]) if cut < len(data) else 0
            found = self._cuts[memo] = (tuple(pieces), size, left)
        return found


def _separated(prompt: Prompt) -> str:
    # Where the key only routes, another key is most likely another machine, with a cache of its own.
    return prompt.cache_key if prompt.rule is not None and prompt.rule.cache_key else ""


def _of_blocks(prompt: Prompt, start: int) -> Chain:
    size = prompt.block_size
    blocks = prompt.blocks or ()
    units = [hash((start, block)) for block in blocks]
    total = prompt.total if prompt.total is not None else size * len(units)
    return Chain(size, units, [], [], total, 1.0)
