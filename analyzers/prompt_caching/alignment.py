"""Which message of a request is which message of the request before it.

Equal bytes are matched first, then equal texts with other ids and numbers, then what stands between the same neighbours or
uses the same words. What finds no partner was dropped, or is new.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from difflib import SequenceMatcher

from analyzers.prompt_caching.likeness import resemblance
from analyzers.prompt_caching.messages import Turn
from analyzers.values.canonical import shape

_KIN = 0.5
_MEMO = 50_000
_known: dict[tuple[int, int], tuple[int, ...]] = {}


def align(a: Sequence[Turn], b: Sequence[Turn]) -> tuple[int, ...]:
    """For each message of `a` its number in `b`, or -1 where it was dropped; numbers rise."""
    n = len(a)
    if a == b[:n]:
        return tuple(range(n))
    key = (hash(tuple(a)), hash(tuple(b)))
    found = _known.get(key)
    if found is None:
        image = [-1] * n
        start = first_difference(a, b)
        image[:start] = range(start)
        _gap(a, b, (start, n, start, len(b)), image, 0)
        if len(_known) > _MEMO:
            _known.clear()
        found = _known[key] = tuple(image)
    return found


def first_difference(a: Sequence[Turn], b: Sequence[Turn]) -> int:
    """Number of messages that both begin with."""
    most = min(len(a), len(b))
    return next((i for i in range(most) if a[i] != b[i]), most)


def _gist(turn: Turn) -> Hashable:
    return (turn.role, *(shape(text) for _, text in turn.parts))


_KEYS: tuple[Callable[[Turn], Hashable], ...] = (lambda turn: turn, _gist)

Gap = tuple[int, int, int, int]
"""Messages `a[0:1]` and `b[2:3]` that are yet to be matched."""


def _gap(a: Sequence[Turn], b: Sequence[Turn], gap: Gap, image: list[int], level: int) -> None:
    i0, i1, j0, j1 = gap
    if i0 == i1 or j0 == j1:
        return
    if level == len(_KEYS):
        _by_place(a, b, gap, image)
        return
    key = _KEYS[level]
    keys_a, keys_b = [key(turn) for turn in a[i0:i1]], [key(turn) for turn in b[j0:j1]]
    blocks = SequenceMatcher(None, keys_a, keys_b, autojunk=False).get_matching_blocks()
    done_a, done_b = i0, j0
    for block in blocks:
        _gap(a, b, (done_a, i0 + block.a, done_b, j0 + block.b), image, level + 1)
        for step in range(block.size):
            image[i0 + block.a + step] = j0 + block.b + step
        done_a, done_b = i0 + block.a + block.size, j0 + block.b + block.size


def _by_place(a: Sequence[Turn], b: Sequence[Turn], gap: Gap, image: list[int]) -> None:
    i0, i1, j0, j1 = gap
    last = j1 == len(b)
    roles = [turn.role for turn in a[i0:i1]]
    if (i1 - i0 == j1 - j0 or (last and i1 == len(a) and i1 - i0 <= j1 - j0)) and roles == [
        turn.role for turn in b[j0 : j0 + len(roles)]
    ]:
        # As many on both sides, of the same roles: they changed where they stand. Behind them there may be new ones.
        if not last or i1 - i0 <= 2 or _kin(a[i0], b[j0]):
            image[i0:i1] = range(j0, j0 + len(roles))
        return
    j = j0
    for i in range(i0, i1):
        partner = next((k for k in range(j, j1) if a[i].role == b[k].role and _kin(a[i], b[k])), -1)
        if partner >= 0:
            image[i] = partner
            j = partner + 1


def _kin(a: Turn, b: Turn) -> bool:
    return resemblance(a.text, b.text) >= _KIN
