"""Pairs of answers for the owner to judge, and what the owner's word does: it goes over the comparison's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from analyzers.core import digest
from analyzers.embed.embedder import Embedder
from analyzers.response_caching.judge import Exchange, Verdict, judge_all

EDGE = 0.5
"""Score at which a comparison says neither."""


class Compared(NamedTuple):
    """An exchange, what the comparison said of it, and what the owner said before (None: nothing yet)."""

    exchange: Exchange
    verdict: Verdict
    owner: bool | None

    @property
    def same(self) -> bool | None:
        """The verdict that counts."""
        return self.verdict.same if self.owner is None else self.owner


def key(exchange: Exchange) -> bytes:
    """Identifies the four texts wherever they occur: who judged them once is not asked again."""
    return digest(*(text or "" for text in exchange))


class Bench:
    """Judges exchanges: the owner's word where there is one, else the comparison's; remembers what came before it."""

    def __init__(self, owner: Mapping[bytes, bool], embedder: Callable[[], Embedder] | None = None) -> None:
        """`owner` is by `key`; `embedder` is asked for when there is something to judge."""
        self._owner = owner
        self._embedder = embedder
        self.seen: dict[bytes, Compared] = {}

    def __call__(self, exchanges: Sequence[tuple[str, str | None, str, str | None]]) -> list[bool | None]:
        """Of each exchange, whether both answers say the same; None: cannot tell."""
        given = [Exchange(*one) for one in exchanges]
        embedder = self._embedder() if self._embedder and given else None
        out: list[bool | None] = []
        for exchange, verdict in zip(given, judge_all(given, embedder), strict=True):
            name = key(exchange)
            found = self.seen[name] = Compared(exchange, verdict, self._owner.get(name))
            out.append(found.same)
        return out


def borderline(seen: Iterable[Compared]) -> list[Compared]:
    """Those that the owner has not judged, in the order in which a verdict tells most.

    First what the comparison could not tell, then what it told least surely; within both, what lies nearest to its edge. What
    is equal but for its form is not asked about.
    """
    open_ = [one for one in seen if one.owner is None and one.verdict.by not in ("exact", "normalised", "no_answer")]
    return sorted(
        open_, key=lambda one: (one.verdict.same is not None, abs(one.verdict.score - EDGE), key(one.exchange))
    )
