"""What makes an exact key new with every request although the same is asked: clocks, ids, the order of keys, white space.

Requests that are equal but for such values would be repeats without them. Each kind is taken out of the keys of an
application, the exact cache is run again, and what it hits more is what the kind spoils; where several kinds stand in
the same prompts only all of them together may help, and what they bring is divided fairly (Shapley's value).

A value that the answer depends on spoils nothing: the answers of the requests that would become one are compared.
`confirmed`: they agree as often as the answers to requests that are repeats today. `suspected`: not often enough, or too few were
seen. Values in the question itself and data of a person are only named where the answers agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from math import factorial
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers.response_caching.alike import alike
from analyzers.response_caching.mixed import Numbers, mixed, numbered, summed
from analyzers.response_caching.places import Place, Segment
from analyzers.response_caching.requests import Streams
from analyzers.response_caching.rows import Rows
from analyzers.response_caching.spoiler import Spoiler, SpoilerKind
from analyzers.response_caching.stream import NO_ANSWER

_KIND: dict[str, SpoilerKind] = {
    "time": "timestamp",
    "run": "random_id",
    "id": "random_id",
    "seed": "seed",
    "key_order": "key_order",
    "whitespace": "whitespace",
}
_MOST = 5
_MOST_PAIRS = 400
_LEAST_PAIRS = 5
_LEAST_GAIN = 0.002
_AS_OFTEN = 0.9
_HALF = 0.5
_BEFORE = 60


class _Candidate(NamedTuple):
    kind: SpoilerKind
    segment: Segment
    places: tuple[int, ...]
    agree: float | None = None
    pairs: int = 0
    confidence: Literal["confirmed", "suspected"] = "suspected"


_Worth = dict[tuple[_Candidate, ...], tuple[int, int]]
"""(hits, saved) without some kinds in the keys."""


def spoilers(
    streams: Streams, lifetime: float = 86_400.0, agreeing: Callable[[str, str], bool] = alike
) -> list[Spoiler]:
    """What spoils the keys, the dearest first; `agreeing` says whether two answers say the same."""
    rows = streams.rows
    if rows is None:
        return []
    found: list[Spoiler] = []
    mine = np.sort(np.concatenate((rows.eligible, rows.named)))
    for app in np.unique(rows.app[mine]).tolist():
        found += _Keys(rows, mine[rows.app[mine] == app], lifetime).spoilers(agreeing)
    return sorted(found, key=lambda one: (-one.saved, -one.hits, one.app or "", one.kind, one.segment))


class _Keys:
    """The keys of one application's requests, and the cache that they make."""

    def __init__(self, rows: Rows, mine: NDArray[np.int64], lifetime: float) -> None:
        self._rows, self._mine, self._lifetime = rows, mine, lifetime
        self._at = rows.at[mine]
        self._ready = np.maximum(rows.ready[mine], self._at)
        local = np.full(len(rows.at), -1, np.int64)
        local[mine] = np.arange(len(mine))
        inside = local[rows.parts.row] >= 0
        self._row = local[rows.parts.row[inside]]
        self._place = rows.parts.place[inside]
        self._number = mixed(self._place, rows.parts.value[inside])
        self._fixed = rows.core[mine]
        named = np.zeros(len(rows.at), np.bool_)
        named[rows.named] = True
        self._named = named[mine]

    def spoilers(self, agreeing: Callable[[str, str], bool]) -> Iterator[Spoiler]:
        rows = self._rows
        kinds = self._candidates()
        if not kinds:
            return
        before = self._served(())
        if not self._gains(before, self._served(kinds)):
            return
        floor = self._floor(before, agreeing)
        kinds = self._spoiling(kinds, floor, agreeing)
        worth: _Worth = {(): self._worth(before)}
        kinds = self._helping(kinds, worth)
        if not kinds or not self._gains(before, self._served(kinds)):
            return
        hits_before, _ = worth[()]
        hits_after, _ = self._of(kinds, worth)
        for one in kinds:
            hits, saved = self._part(one, kinds, worth)
            if hits <= 0:
                continue
            mine = np.isin(self._place, one.places)
            place = rows.places[int(np.bincount(self._place[mine]).argmax())]
            position, label = _where(place, rows)
            was, now = _examples(place)
            yield Spoiler(
                kind=one.kind,
                app=place.name.app,
                segment=one.segment,
                position=position,
                label=label,
                was=was,
                now=now,
                affected=len(np.unique(self._row[mine])),
                requests=len(self._mine),
                hits_before=hits_before,
                hits_after=hits_after,
                hits=hits,
                saved=saved,
                alone=self._of((one,), worth)[0] - hits_before,
                pairs=one.pairs,
                agree=one.agree,
                confidence=one.confidence,
            )

    def _candidates(self) -> tuple[_Candidate, ...]:
        found: dict[tuple[SpoilerKind, Segment], list[int]] = {}
        for number in np.unique(self._place).tolist():
            name = self._rows.places[number].name
            if self._rows.what[number] == "personal":
                kind: SpoilerKind | None = "user_data"
            else:
                kind = _KIND.get(name.kind)
            if kind is not None:
                found.setdefault((kind, name.segment), []).append(number)
        return tuple([_Candidate(kind, segment, tuple(places)) for (kind, segment), places in sorted(found.items())])

    def _spoiling(
        self, kinds: Sequence[_Candidate], floor: float, agreeing: Callable[[str, str], bool]
    ) -> tuple[_Candidate, ...]:
        """Those that no answer depends on, as far as the answers tell."""
        source = self._served(kinds)
        found = []
        for one in kinds:
            mine = np.isin(self._place, one.places)
            own = summed(self._row[mine], self._number[mine], len(self._mine))
            hit = np.flatnonzero(source >= 0)
            agree, pairs = self._agree(hit[own[hit] != own[source[hit]]], source, agreeing)
            sure = agree is not None and pairs >= _LEAST_PAIRS and agree >= _AS_OFTEN * floor
            if agree is not None and agree < _HALF * floor and one.segment == "message" and one.kind in _VALUES:
                continue
            if not sure and (one.kind == "user_data" or (one.segment == "message" and one.kind in _VALUES)):
                continue
            found.append(one._replace(agree=agree, pairs=pairs, confidence="confirmed" if sure else "suspected"))
        return tuple(found)

    def _helping(self, kinds: Sequence[_Candidate], worth: _Worth) -> tuple[_Candidate, ...]:
        """Without those that bring nothing, alone or with the others; the most helpful few."""
        kept = list(kinds)
        for one in kinds:
            rest = tuple([other for other in kept if other is not one])
            if self._of(rest, worth) == self._of(tuple(kept), worth):
                kept = list(rest)
        if len(kept) > _MOST:
            whole = tuple(kept)
            kept = sorted(kept, key=lambda one: self._of(tuple(k for k in whole if k is not one), worth))[:_MOST]
        return tuple([one for one in kinds if one in kept])

    def _part(
        self,
        one: _Candidate,
        kinds: Sequence[_Candidate],
        worth: _Worth,
    ) -> tuple[int, int]:
        """Shapley's value of one kind among all: (hits, saved)."""
        others = [other for other in kinds if other is not one]
        hits = saved = 0
        for size in range(len(others) + 1):
            weight = factorial(size) * factorial(len(others) - size)
            for some in combinations(others, size):
                with_it = self._of(tuple([k for k in kinds if k in some or k is one]), worth)
                without = self._of(some, worth)
                hits += weight * (with_it[0] - without[0])
                saved += weight * (with_it[1] - without[1])
        return round(hits / factorial(len(kinds))), saved // factorial(len(kinds))

    def _of(self, kinds: tuple[_Candidate, ...], worth: _Worth) -> tuple[int, int]:
        if kinds not in worth:
            worth[kinds] = self._worth(self._served(kinds))
        return worth[kinds]

    def _worth(self, source: NDArray[np.int64]) -> tuple[int, int]:
        served = source >= 0
        return int(served.sum()), int(self._rows.cost[self._mine][served].sum())

    def _gains(self, before: NDArray[np.int64], after: NDArray[np.int64]) -> bool:
        return int((after >= 0).sum()) - int((before >= 0).sum()) > max(1, _LEAST_GAIN * len(self._mine))

    def _served(self, kinds: Sequence[_Candidate]) -> NDArray[np.int64]:
        """Whose answer each request would be served, without these kinds in its key."""
        from analyzers.response_caching.stack import chained

        gone = [place for one in kinds for place in one.places]
        stays = ~np.isin(self._place, gone)
        keys: Numbers = self._fixed + summed(self._row[stays], self._number[stays], len(self._mine))
        if not any(one.kind == "user_data" for one in kinds):
            # What names its user is no hit for anyone.
            keys = np.where(self._named, mixed(keys, np.arange(len(keys))), keys)
        key = numbered(keys).astype(np.int32)
        order = np.argsort(key, kind="stable").astype(np.int64)
        return chained(self._at, self._ready, key, order, np.zeros(len(key), np.int64), self._lifetime, 1 << 62)[0]

    def _floor(self, source: NDArray[np.int64], agreeing: Callable[[str, str], bool]) -> float:
        """How often the answers to equal requests agree; 1 where too few were repeated to tell."""
        agree, pairs = self._agree(np.flatnonzero(source >= 0), source, agreeing)
        return agree if agree is not None and pairs >= 2 * _LEAST_PAIRS else 1.0

    def _agree(
        self, hits: NDArray[np.int64], source: NDArray[np.int64], agreeing: Callable[[str, str], bool]
    ) -> tuple[float | None, int]:
        answer = self._rows.answer[self._mine]
        known = hits[(answer[hits] != NO_ANSWER) & (answer[source[hits]] != NO_ANSWER)]
        some = known[:: len(known) // _MOST_PAIRS + 1]
        texts = self._rows.answers
        same = [a == b or agreeing(texts[a], texts[b]) for a, b in zip(answer[some], answer[source[some]], strict=True)]
        return (float(sum(same)) / len(same) if same else None), len(same)


_VALUES: frozenset[SpoilerKind] = frozenset(("timestamp", "random_id"))


def _where(place: Place, rows: Rows) -> tuple[int, str]:
    """(position, the text in front) of a value in system."""
    name = place.name
    if name.segment != "system" or name.template < 0:
        return 0, ""
    text = rows.templates[name.template].text
    at = -1
    for _ in range(name.nth + 1):
        at = text.find("⟨", at + 1)
        if at < 0:
            return 0, ""
    start = max(text.rfind("⟩", 0, at) + 1, at - _BEFORE, 0)
    return at, text[start:at].strip()


def _examples(place: Place) -> tuple[str, str]:
    values = [value for value, _ in place.samples]
    was = values[0] if values else ""
    return was, next((value for value in values if value != was), was)
