"""What many versions of a text have in common: static pieces in one order, with gaps between them for what varies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from analyzers.prompt_caching.units import permuted, units
from analyzers.values.spans import widened

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_MOST_UNITS = 3_000
_MOST_WORDS = 400
_MOST_LINES = 60
_LABEL = re.compile(r"[:=<(\"\[{>]")
_LEAST_ISLAND = 12
_ANCHOR = 64

Span = tuple[int, int]


class Skeleton(NamedTuple):
    """`pieces[0] gap pieces[1] gap ... pieces[-1]`; the first and the last piece may be empty.

    `ordered[i]` tells that gap i holds the same content in another order.
    """

    pieces: tuple[str, ...]
    ordered: tuple[bool, ...]

    @property
    def static(self) -> int:
        """Characters of all pieces."""
        return sum(map(len, self.pieces))

    def gaps(self, text: str) -> list[Span] | None:
        """Where the gaps lie in a text; None for a text that is none of this kind."""
        first, last = self.pieces[0], self.pieces[-1]
        if len(self.pieces) == 1:
            return [] if text == first else None
        end = len(text) - len(last)
        if not text.startswith(first) or not text.endswith(last) or end < len(first):
            return None
        at = len(first)
        found = []
        for piece in self.pieces[1:-1]:
            place = text.find(piece, at, end)
            if place < 0:
                return None
            found.append((at, place))
            at = place + len(piece)
        found.append((at, end))
        return found

    def gap(self, text: str, first: int, last: int) -> Span | None:
        """From the start of gap `first` to the end of gap `last`, also in a text whose other gaps were changed."""
        found = self.gaps(text)
        if found is not None:
            return found[first][0], found[last][1]
        before, after = self.pieces[first][-_ANCHOR:], self.pieces[last + 1][:_ANCHOR]
        start = 0 if first == 0 and not before else text.find(before) if before else -1
        if start < 0:
            return None
        start += len(before)
        if not after:
            return (start, len(text)) if last + 2 == len(self.pieces) else None
        end = text.find(after, start)
        return None if end < 0 else (start, end)


def skeleton(versions: Sequence[str]) -> Skeleton:
    """The common part of some versions of a text, the first of which stands for all."""
    reference, *others = versions
    spans = _spans(reference, [other for other in others if other != reference])
    pieces, ordered, done = [], [], 0
    for start, end, moved in spans:
        pieces.append(reference[done:start])
        ordered.append(moved)
        done = end
    pieces.append(reference[done:])
    return Skeleton(tuple(pieces), tuple(ordered))


def _spans(reference: str, others: Sequence[str]) -> list[tuple[int, int, bool]]:
    parts = units(reference)
    starts = [0]
    for part in parts:
        starts.append(starts[-1] + len(part))
    images = [_image(parts, units(other)) for other in others]
    moved = [False] * len(parts)
    for other in others:
        region = permuted(reference, other)
        if region is not None:
            moved[region[0] : region[1]] = [True] * (region[1] - region[0])
    static = [not moved[i] and all(image[i] >= 0 for image in images) for i in range(len(parts))]
    other_starts = [_starts(units(other)) for other in others]
    found: list[tuple[int, int, bool]] = []
    i = 0
    while i <= len(parts):
        j = i
        while j < len(parts) and not static[j]:
            j += 1
        # Between static units i - 1 and j: what stands there in each version.
        values = [reference[starts[i] : starts[j]]]
        for image, marks, other in zip(images, other_starts, others, strict=True):
            low = marks[image[i - 1] + 1] if i else 0
            high = marks[image[j]] if j < len(parts) else len(other)
            values.append(other[low:high])
        if len(set(values)) > 1:
            if any(moved[i:j]):
                found.append(_trimmed(starts[i], values[0]))
            else:
                found += [(starts[i] + a, starts[i] + b, False) for a, b in _refined(values)]
        i = j + 1
    return _widened(reference, found)


def _trimmed(start: int, value: str) -> tuple[int, int, bool]:
    """Without the white space around it, which belongs to the place."""
    lead = len(value) - len(value.lstrip())
    return start + lead, start + len(value.rstrip()), True


def _starts(parts: Sequence[str]) -> list[int]:
    starts = [0]
    for part in parts:
        starts.append(starts[-1] + len(part))
    return starts


def _image(a: Sequence[str], b: Sequence[str]) -> list[int]:
    """For each unit of `a` the same one in `b`, or -1; in order."""
    image = [-1] * len(a)
    most = min(len(a), len(b))
    start = next((i for i in range(most) if a[i] != b[i]), most)
    end = next((i for i in range(most - start) if a[-1 - i] != b[-1 - i]), most - start)
    image[:start] = range(start)
    for i in range(1, end + 1):
        image[-i] = len(b) - i
    inner_a, inner_b = a[start : len(a) - end], b[start : len(b) - end]
    if inner_a and inner_b and max(len(inner_a), len(inner_b)) <= _MOST_UNITS:
        for block in SequenceMatcher(None, inner_a, inner_b, autojunk=False).get_matching_blocks():
            for step in range(block.size):
                image[start + block.a + step] = start + block.b + step
    return image


def _refined(values: Sequence[str]) -> list[Span]:
    """Spans of the first value that vary over all of them."""
    reference = values[0]
    start, end = _common_ends(values)
    middles = [value[start : len(value) - end] for value in values]
    if len(set(middles)) == 1:
        return []
    lines = [middle.split("\n") for middle in middles]
    count = len(lines[0])
    if 1 < count <= _MOST_LINES and all(len(some) == count for some in lines):
        return _by_line(lines, start)
    return [(start + a, start + b) for a, b in _by_word(middles)] or [(start, len(reference) - end)]


def _by_line(lines: Sequence[Sequence[str]], start: int) -> list[Span]:
    found: list[Span] = []
    at = start
    for column in zip(*lines, strict=True):
        if len(set(column)) > 1:
            before, behind = _common_ends(column)
            inner = [line[before : len(line) - behind] for line in column]
            found += [(at + before + a, at + before + b) for a, b in _by_word(inner)]
        at += len(column[0]) + 1
    return found


def _by_word(values: Sequence[str]) -> list[Span]:
    """Spans of the first value between the words that all values have and that tell what follows."""
    split = [_WORDS.findall(value) for value in values]
    whole = [(0, len(values[0]))]
    if min(map(len, split)) < 2 or max(map(len, split)) > _MOST_WORDS:
        return whole
    reference = split[0]
    images = [_image(reference, other) for other in split[1:]]
    starts = _starts(reference)
    found: list[Span] = []
    open_at, i = 0, 0
    while i < len(reference):
        j = i
        while j < len(reference) and all(_follows(image, i, j) for image in images):
            j += 1
        island = values[0][starts[i] : starts[j]]
        if j > i and _tells(island) and (starts[i] > open_at or found):
            found.append((open_at, starts[i]))
            open_at = starts[j]
        i = max(j, i + 1)
    found.append((open_at, len(values[0])))
    return found


def _follows(image: Sequence[int], i: int, j: int) -> bool:
    return image[j] >= 0 and (j == i or image[j] == image[j - 1] + 1)


def _tells(island: str) -> bool:
    letters = sum(c.isalpha() for c in island)
    return letters >= 2 and (len(island) >= _LEAST_ISLAND or _LABEL.search(island) is not None)


def _common_ends(values: Sequence[str]) -> Span:
    """Lengths of what all values begin and end with, in whole words."""
    low, high = min(values), max(values)
    most = min(map(len, values))
    start = 0
    while start < most and low[start] == high[start]:
        start += 1
    while start and any(_inside_word(value, start) for value in values):
        start -= 1
    turned = [value[start:][::-1] for value in values]
    low, high = min(turned), max(turned)
    most = min(map(len, turned))
    end = 0
    while end < most and low[end] == high[end]:
        end += 1
    while end and any(_inside_word(value, len(value) - end) for value in values):
        end -= 1
    return start, end


def _inside_word(text: str, position: int) -> bool:
    return 0 < position < len(text) and text[position - 1].isalnum() and text[position].isalnum()


def _widened(reference: str, spans: Sequence[tuple[int, int, bool]]) -> list[tuple[int, int, bool]]:
    """Every span as the whole values that it cuts."""
    joined: list[tuple[int, int, bool]] = []
    for cut_start, cut_end, moved in spans:
        cuts = not moved and cut_start < cut_end
        start, end = widened(reference, cut_start, cut_end) if cuts else (cut_start, cut_end)
        if joined and start <= joined[-1][1]:
            last = joined[-1]
            joined[-1] = (last[0], max(end, last[1]), moved or last[2])
        else:
            joined.append((start, end, moved))
    return joined
