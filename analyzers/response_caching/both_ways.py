"""Lists of neighbours, where whoever lists a text is in that text's list too."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzers.response_caching.compiled import compiled

_Ints = NDArray[np.int32]
_Longs = NDArray[np.int64]
_Singles = NDArray[np.float32]


def both_ways(owner: _Ints, near: _Ints, like: _Singles, texts: int) -> tuple[_Longs, _Ints, _Singles]:
    """Start of each text's list, neighbours, similarities (most similar first, of equals the smaller number first).

    `owner` lists `near`, in any order, none twice; similarities are above 0. A product of rows is not the same to the
    last bit from both sides: what the smaller number lists stands for both.
    """
    # Lists come out in the order of the lists they are made from: turned round twice they are in the order of numbers.
    start, listing, likes = _turned(owner, near, like, texts)
    listed = _turned(_owners(start), listing, likes, texts)
    return _merged(*listed, *_turned(_owners(listed[0]), listed[1], listed[2], texts))


@compiled
def _turned(owner: _Ints, near: _Ints, like: _Singles, texts: int) -> tuple[_Longs, _Ints, _Singles]:
    """By text, who lists it: start, owners in the order they come in, similarities."""
    start = np.zeros(texts + 1, np.int64)
    for text in near:
        start[text + 1] += 1
    start = np.cumsum(start)
    filled = start[:-1].copy()
    owners, likes = np.empty(len(near), np.int32), np.empty(len(near), np.float32)
    for pair in range(len(near)):
        place = filled[near[pair]]
        owners[place], likes[place] = owner[pair], like[pair]
        filled[near[pair]] += 1
    return start, owners, likes


def _owners(start: _Longs) -> _Ints:
    return np.repeat(np.arange(len(start) - 1, dtype=np.int32), np.diff(start))


@compiled
def _merged(
    start: _Longs, near: _Ints, like: _Singles, back_start: _Longs, back_near: _Ints, back_like: _Singles
) -> tuple[_Longs, _Ints, _Singles]:
    """What a text lists (`start`, `near`, `like`) and what lists it, both by number: as one list, by similarity."""
    texts = len(start) - 1
    bits, back_bits = like.view(np.int32), back_like.view(np.int32)
    keys = np.empty(len(near) + len(back_near), np.int64)
    begin = np.zeros(texts + 1, np.int64)
    filled = 0
    for text in range(texts):
        a, b = start[text], back_start[text]
        while a < start[text + 1] or b < back_start[text + 1]:
            one = near[a] if a < start[text + 1] else np.int32(texts)
            other = back_near[b] if b < back_start[text + 1] else np.int32(texts)
            number = min(one, other)
            value = bits[a] if one == number and (other != number or text < number) else back_bits[b]
            # Bits of a float above 0 are in its order: one number sorts by similarity, falling, and then by text.
            keys[filled] = (np.int64(0x7FFFFFFF - value) << 32) | number
            filled += 1
            a += one == number
            b += other == number
        begin[text + 1] = filled
        keys[begin[text] : filled].sort()
    all_near, all_bits = np.empty(filled, np.int32), np.empty(filled, np.int32)
    for place in range(filled):
        all_near[place] = keys[place] & 0xFFFFFFFF
        all_bits[place] = 0x7FFFFFFF - (keys[place] >> 32)
    return begin, all_near, all_bits.view(np.float32)
