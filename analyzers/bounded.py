"""Tables of counts that stay small and still add up.

Of more rows than fit, those with the smallest hashes of their keys stay and the others flow into one row. A row that
was let go in one part of the data has at least `limit` rows with smaller hashes there, hence in the whole too: so the
outcome does not depend on how the data were cut or ordered, and no count is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import blake2b
from heapq import nsmallest
from typing import TypeVar

V = TypeVar("V")

OTHER = "\x00other"
"""Key of the row that takes what does not fit. Names from logs carry no control characters, so none is this one."""


@lru_cache(maxsize=65_536)
def _hash(key: str) -> bytes:
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def added(
    a: Mapping[str, V],
    b: Mapping[str, V],
    limit: int,
    add: Callable[[V, V], V],
    other: Callable[[str], str] = lambda _: OTHER,
) -> dict[str, V]:
    """Both tables together, at most `limit` rows and those that `other` names for the rest."""
    total = dict(a)
    for key, value in b.items():
        present = total.get(key)
        total[key] = value if present is None else add(present, value)
    if len(total) <= limit:
        return total
    named = [key for key in total if not key.startswith(OTHER)]
    if len(named) <= limit:
        return total
    keep = set(nsmallest(limit, named, key=lambda key: (_hash(key), key)))
    for key in named:
        if key not in keep:
            value = total.pop(key)
            rest = other(key)
            present = total.get(rest)
            total[rest] = value if present is None else add(present, value)
    return total
