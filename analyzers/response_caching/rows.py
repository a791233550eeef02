"""What all calls together tell of each request: whether its values are data, spoil the key or belong to a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers.response_caching.columns import OWN_CONTEXT, Columns
from analyzers.response_caching.eligible import Reason
from analyzers.response_caching.head import Template
from analyzers.response_caching.mixed import Numbers, mixed, numbered, summed
from analyzers.response_caching.personal import goes_with_user, of_persons
from analyzers.response_caching.places import Place, What, judged
from analyzers.response_caching.question import names_a_day
from analyzers.response_caching.stream import NO_ANSWER


class Parts(NamedTuple):
    """Values of the requests, one row each."""

    row: NDArray[np.int64]
    place: NDArray[np.int32]
    value: NDArray[np.int64]


class Rows(NamedTuple):
    """All requests that were looked at, in the order of time, eligible or not."""

    at: NDArray[np.float64]
    ready: NDArray[np.float64]
    text: NDArray[np.int32]
    answer: NDArray[np.int32]
    cost: NDArray[np.int64]
    priced: NDArray[np.bool_]
    call: NDArray[np.int64]
    app: NDArray[np.int64]
    """Number of the application."""
    base: NDArray[np.int32]
    scope: NDArray[np.int64]
    key: Numbers
    """The request as it was sent."""
    core: Numbers
    """The request without what its parts say: equal cores with equal parts are equal keys."""
    parts: Parts
    """Values that the scope does not hold: of the question, and those that spoil the key."""
    kept: Parts
    """Values that the scope holds."""
    what: Sequence[What]
    places: Sequence[Place]
    eligible: NDArray[np.int64]
    """Rows that a cache could serve."""
    named: NDArray[np.int64]
    """Rows that a cache could serve but for a value of a person in system."""
    answers: Sequence[str]
    ineligible: Mapping[Reason, int]
    templates: Sequence[Template]

    def kept_values(self, row: int) -> list[tuple[int, int]]:
        """(place, value) that the scope of a request holds."""
        first, last = np.searchsorted(self.kept.row, (row, row + 1))
        return list(zip(self.kept.place[first:last].tolist(), self.kept.value[first:last].tolist(), strict=True))


def rows_of(columns: Columns) -> Rows:
    """The requests of all calls, judged."""
    order = np.lexsort((np.asarray(columns.tie), np.asarray(columns.at)))
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    at = np.asarray(columns.at)[order]
    base = np.asarray(columns.base, np.int32)[order]
    answer = np.asarray(columns.answer, np.int32)[order]
    user = np.asarray(columns.user, np.int32)[order]
    parts = _parts(columns, back)
    seen = np.bincount(parts.place, minlength=len(columns.places))
    distinct = _distinct(columns, parts)
    what = [judged(place, int(seen[n]), int(distinct[n])) for n, place in enumerate(columns.places)]
    kept, loose, personal = (_of(parts, what, kinds) for kinds in (("data", "fixed"), _LOOSE, ("personal",)))
    count = len(at)
    variant = summed(kept.row, mixed(kept.place, kept.value), count)
    scope = numbered(mixed(base, variant))
    content = np.asarray(columns.content, np.int64)[order]
    exact = np.asarray(columns.exact, np.int32)[order]
    core = mixed(scope, content, exact)
    named = summed(personal.row, mixed(personal.place, personal.value), count)
    key = core + summed(loose.row, mixed(loose.place, loose.value), count) + named
    table = list(columns.bases)
    reasons = _Reasons(count)
    clocks = [number for number, one in enumerate(what) if one == "clock"]
    reasons.give("time_dependent", _of_its_day(columns, loose, clocks, answer))
    has_name = np.zeros(count, np.bool_)
    has_name[personal.row] = True
    marker_row = back[np.asarray(columns.marker_row, np.int64)]
    marked = of_persons(marker_row, np.asarray(columns.marker_value, np.int64), user, content)
    family = np.array([columns.heads.templates[one.template].family for one in table], np.int64)
    apps = numbered(np.array([one.app or "" for one in table], object)) if table else np.zeros(0, np.int64)
    by_user = goes_with_user(
        apps[base] if count else apps,
        family[base] if count else family,
        numbered(mixed(np.array([one.template for one in table], np.int64)[base], variant)) if count else scope,
        user,
    )
    reasons.give("personal_context", marked | by_user | has_name)
    own = np.array([_own(columns, one.context) for one in table], np.bool_)
    reasons.give("conversation", own[base] if count else np.zeros(0, np.bool_))
    others = {name: n + columns.ineligible.get(name, 0) for name, n in reasons.counts.items()}
    free = ~reasons.given
    by_name_alone = has_name & ~(marked | by_user) & ~reasons.but_personal
    return Rows(
        at=at,
        ready=np.asarray(columns.ready)[order],
        text=np.asarray(columns.text, np.int32)[order],
        answer=answer,
        cost=np.asarray(columns.cost, np.int64)[order],
        priced=np.asarray(columns.priced, np.bool_)[order],
        call=np.asarray(columns.call, np.int64)[order],
        app=apps[base] if count else apps,
        base=base,
        scope=scope,
        key=key,
        core=core,
        parts=_of(parts, what, (*_LOOSE, "personal")),
        kept=kept,
        what=what,
        places=columns.places,
        eligible=np.flatnonzero(free),
        named=np.flatnonzero(by_name_alone),
        answers=list(columns.answers),
        ineligible={name: n for name, n in {**columns.ineligible, **others}.items() if n},
        templates=columns.heads.templates,
    )


_LOOSE: tuple[What, ...] = ("clock", "random", "asked", "form")


class _Reasons:
    """Who is given a reason first keeps it."""

    def __init__(self, count: int) -> None:
        self.given = np.zeros(count, np.bool_)
        self.but_personal = np.zeros(count, np.bool_)
        self.counts: dict[Reason, int] = {}

    def give(self, name: Reason, rows: NDArray[np.bool_]) -> None:
        self.counts[name] = int((rows & ~self.given).sum())
        self.given |= rows
        if name != "personal_context":
            self.but_personal |= rows


def _parts(columns: Columns, back: NDArray[np.int64]) -> Parts:
    ends = np.asarray(columns.bundle_end)
    rows, places, values = (
        [np.asarray(columns.part_row, np.int64)],
        [np.asarray(columns.part_place, np.int32)],
        [np.asarray(columns.part_value, np.int64)],
    )
    for bundles in (np.asarray(columns.of_head), np.asarray(columns.of_question)):
        start = ends[np.maximum(bundles - 1, 0)]
        length = ends[bundles] - start
        row = np.repeat(np.arange(len(bundles)), length)
        inside = np.arange(len(row)) - np.repeat(np.cumsum(length) - length, length)
        at = start[row] + inside
        rows.append(row)
        places.append(np.asarray(columns.bundle_place, np.int32)[at])
        values.append(np.asarray(columns.bundle_value, np.int64)[at])
    row = back[np.concatenate(rows)]
    order = np.argsort(row, kind="stable")
    return Parts(row[order], np.concatenate(places)[order], np.concatenate(values)[order])


def _distinct(columns: Columns, parts: Parts) -> NDArray[np.int64]:
    """How many values each place has had."""
    pairs = np.unique(mixed(parts.place, parts.value), return_index=True)[1]
    return np.bincount(parts.place[pairs], minlength=len(columns.places))


def _of(parts: Parts, what: Sequence[What], kinds: Sequence[What]) -> Parts:
    mine = np.array([one in kinds for one in what], np.bool_)[parts.place] if len(what) else np.zeros(0, np.bool_)
    return Parts(parts.row[mine], parts.place[mine], parts.value[mine])


def _own(columns: Columns, context: int) -> bool:
    return context == OWN_CONTEXT or (context > 0 and not columns.contexts[context - 1].shared)


def _of_its_day(columns: Columns, loose: Parts, clocks: Sequence[int], answer: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Requests with a clock in them whose answer speaks of its day."""
    found = np.zeros(len(answer), np.bool_)
    rows = np.unique(loose.row[np.isin(loose.place, clocks)])
    rows = rows[answer[rows] != NO_ANSWER]
    answers = list(columns.answers)
    speaks = {int(one): names_a_day(answers[one]) for one in np.unique(answer[rows])}
    found[rows] = [speaks[one] for one in answer[rows].tolist()]
    return found
