"""Calls become the requests that a cache of answers would see: which are eligible, in which scope, with which key.

A scope is what has to be equal before two questions may share an answer: application, environment, operation, model
class, system and tools in canonical form, parameters that change an answer, tags of a tenant, and all messages
around the question. Values in system that vary are part of it too, unless they only spoil the key (`places`).
The key is the request as it was sent: an exact cache knows nothing of clocks and ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from analyzers import names
from analyzers.core import Call, digest
from analyzers.response_caching.columns import Base, Columns
from analyzers.response_caching.eligible import Reason
from analyzers.response_caching.mixed import numbered
from analyzers.response_caching.own import OwnVectors
from analyzers.response_caching.rows import Rows, rows_of
from analyzers.response_caching.stream import NO_ANSWER, Stream


class Scope(NamedTuple):
    """What the requests of one scope have in common."""

    digest: str
    app: str | None
    environment: str | None
    model: str
    requests: int


class Streams(Sequence[Stream]):
    """The eligible requests, scope by scope (as a sequence) and together (`merged`), with what was left out and why."""

    def __init__(
        self,
        merged: Stream,
        scope: NDArray[np.int32],
        scopes: Sequence[Scope],
        calls: int,
        rows: Rows | None = None,
        own: OwnVectors | None = None,
    ) -> None:
        self.merged = merged
        self.scope = scope
        """Of each request of `merged`: number of its scope."""
        self.scopes = scopes
        self.calls = calls
        """All calls that were looked at."""
        self.rows = rows
        """What the keys are made of, for `spoilers`."""
        self.own = own
        """Vectors of the questions that the log brings."""
        self._order = np.argsort(scope, kind="stable")
        self._starts = np.concatenate(([0], np.cumsum(np.bincount(scope, minlength=len(scopes))))).astype(np.int64)

    @property
    def eligible(self) -> int:
        """Calls that a cache could serve."""
        return len(self.merged)

    @property
    def ineligible(self) -> Mapping[Reason, int]:
        """Other calls by reason; with `eligible` they are all calls."""
        return self.rows.ineligible if self.rows is not None else {}

    @property
    def scope_of_text(self) -> NDArray[np.int32]:
        """Of each text of `merged`: number of its scope."""
        found = np.zeros(len(self.merged.texts), np.int32)
        found[self.merged.text] = self.scope
        return found

    def __len__(self) -> int:
        return len(self.scopes)

    @overload
    def __getitem__(self, index: int) -> Stream: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Stream]: ...
    def __getitem__(self, index: int | slice) -> Stream | Sequence[Stream]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        number = range(len(self))[index]
        rows = self._order[self._starts[number] : self._starts[number + 1]]
        one, scope = self.merged, self.scopes[number]
        texts, text = np.unique(one.text[rows], return_inverse=True)
        known = one.answer[rows] != NO_ANSWER
        answers, answer = np.unique(one.answer[rows][known], return_inverse=True)
        column = np.full(len(rows), NO_ANSWER, np.int32)
        column[known] = answer
        return Stream(
            scope=scope.digest,
            app=scope.app,
            model=scope.model,
            at=one.at[rows],
            ready=one.ready[rows],
            text=text.astype(np.int32),
            key=numbered(one.key[rows]).astype(np.int32),
            answer=column,
            cost=one.cost[rows],
            priced=one.priced[rows],
            call=one.call[rows],
            texts=[one.texts[i] for i in texts],
            answers=[one.answers[i] for i in answers],
        )

    def __iter__(self) -> Iterator[Stream]:
        return (self[number] for number in range(len(self)))


def streams(
    calls: Iterable[Call],
    cost: Callable[[Call], Decimal | None],
    *,
    family: Callable[[str | None, str | None], names.Family] = names.family,
) -> Streams:
    """The requests of these calls, which come in the order of time; `cost` is what the provider charged, None for unknown.

    A call that a gateway's cache answered costs nothing and has no answer: it says nothing of what the model would say.
    """
    columns = Columns(family)
    for call in calls:
        columns.add(call, cost)
    rows = rows_of(columns)
    kept = rows.eligible
    scope = rows.scope[kept]
    distinct, number = np.unique(scope, return_inverse=True)
    first = np.zeros(len(distinct), np.int64)
    first[number[::-1]] = np.arange(len(number))[::-1]
    texts, text = _apart(number, columns, rows.text[kept])
    answers, answer = _answers(number, columns, rows.answer[kept])
    merged = Stream(
        scope="",
        app=None,
        model="",
        at=rows.at[kept],
        ready=rows.ready[kept],
        text=text,
        key=numbered(rows.key[kept]).astype(np.int32),
        answer=answer,
        cost=rows.cost[kept],
        priced=rows.priced[kept],
        call=rows.call[kept],
        texts=texts,
        answers=answers,
    )
    counts = np.bincount(number, minlength=len(distinct))
    bases = list(columns.bases)
    of_first = rows.base[kept][first]
    scopes = [
        _scope(columns, bases[of_first[i]], rows.kept_values(int(kept[first[i]])), int(counts[i]))
        for i in range(len(distinct))
    ]
    return Streams(merged, number.astype(np.int32).reshape(-1), scopes, columns.calls, rows, columns.vectors.most())


def merged(streams: Streams | Sequence[Stream]) -> Stream:
    """One stream over all scopes, in the order of time; texts, keys and answers of different scopes are different numbers."""
    if isinstance(streams, Streams):
        return streams.merged
    return together(streams).merged


def together(streams: Sequence[Stream]) -> Streams:
    """Streams that were made one by one, as if they had been found together."""
    texts: list[str] = []
    answers: list[str] = []
    keys = 0
    columns: list[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]] = []
    for one in streams:
        answer = np.where(one.answer == NO_ANSWER, NO_ANSWER, one.answer + len(answers)).astype(np.int32)
        columns.append(((one.text + len(texts)).astype(np.int32), (one.key + keys).astype(np.int32), answer))
        texts += one.texts
        answers += one.answers
        keys += int(one.key.max(initial=-1)) + 1
    none = np.zeros(0)
    scope = np.repeat(np.arange(len(streams), dtype=np.int32), [len(one) for one in streams])
    at = np.concatenate([none, *(one.at for one in streams)])
    call = np.concatenate([none.astype(np.int64), *(one.call for one in streams)])
    order = np.lexsort((call, at))
    empty = none.astype(np.int32)
    whole = Stream(
        scope="",
        app=None,
        model="",
        at=at[order],
        ready=np.concatenate([none, *(one.ready for one in streams)])[order],
        text=np.concatenate([empty, *(text for text, _, _ in columns)])[order],
        key=np.concatenate([empty, *(key for _, key, _ in columns)])[order],
        answer=np.concatenate([empty, *(answer for _, _, answer in columns)])[order],
        cost=np.concatenate([none.astype(np.int64), *(one.cost for one in streams)])[order],
        priced=np.concatenate([none.astype(np.bool_), *(one.priced for one in streams)])[order],
        call=call[order],
        texts=texts,
        answers=answers,
    )
    scopes = [Scope(one.scope, one.app, None, one.model, len(one)) for one in streams]
    return Streams(whole, scope[order], scopes, len(at))


def _apart(
    scope: NDArray[np.int64], columns: Columns, text: NDArray[np.int32]
) -> tuple[Sequence[str], NDArray[np.int32]]:
    count = max(1, len(columns.texts))
    pairs, number = np.unique(scope.reshape(-1) * count + text, return_inverse=True)
    known = list(columns.texts)
    return [known[pair % count] for pair in pairs.tolist()], number.astype(np.int32).reshape(-1)


def _answers(
    scope: NDArray[np.int64], columns: Columns, answer: NDArray[np.int32]
) -> tuple[Sequence[str], NDArray[np.int32]]:
    count = max(1, len(columns.answers))
    has = answer != NO_ANSWER
    pairs, number = np.unique(scope.reshape(-1)[has] * count + answer[has], return_inverse=True)
    known = list(columns.answers)
    found = np.full(len(answer), NO_ANSWER, np.int32)
    found[has] = number.reshape(-1)
    return [known[pair % count] for pair in pairs.tolist()], found


def _scope(columns: Columns, base: Base, values: Sequence[tuple[int, int]], requests: int) -> Scope:
    context = columns.contexts[base.context - 1].digest.hex() if base.context > 0 else ""
    parts = [
        base.app or "",
        base.environment or "",
        base.operation,
        *base.model,
        columns.heads.templates[base.template].identity.hex(),
        base.settings.hex(),
        *base.tenants,
        context,
        *[f"{columns.places[place].name.segment}{columns.places[place].name.nth}={value}" for place, value in values],
    ]
    return Scope(digest(*parts).hex(), base.app, base.environment, base.model[1], requests)
