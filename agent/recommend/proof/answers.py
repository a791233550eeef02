"""Recommendations about who answers: whether calls are answered so, and what those before and since are like."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from agent.recommend.bills import Bill
from agent.recommend.flights import Flights
from agent.recommend.proof.answered import ANSWERED, BATCH, CACHED, Begun, Rows, before_of, begun, measured, named
from agent.recommend.proof.joined import ended
from agent.recommend.proof.joined import measured as joined
from agent.recommend.proof.measured import Measured
from agent.recommend.proof.state import Proof
from agent.recommend.world import World
from analyzers.fine_tuning.measure import is_tuned
from analyzers.prompt_caching.templates import identity

CACHES = ("exact_cache", "semantic_cache")
JOINED = "single_flight"


class Answers:
    """The calls that were looked at, by who answered them."""

    def __init__(self, world: World, flights: Mapping[str | None, Flights]) -> None:
        """`flights` are calls that were made while the same answer was on its way, by application."""
        self._world = world
        self._flights = flights
        self._rows: dict[str, Rows] = {}

    def changed(self, proof: Proof, after: float | None = None) -> tuple[float, Begun] | None:
        """When calls began to be answered so, of those from `after` (unix seconds) on."""
        rows = self._part(proof, after, None)
        found = ended(rows) if proof.kind == JOINED else begun(rows, self._world)
        return None if found is None else (self._at(rows.numbers[found.position]), found)

    def since(self, proof: Proof, start: float, end: float | None) -> Measured:
        """Figures of the calls from `start` on, before `end`."""
        since = self._part(proof, start, end)
        rows = self._all(proof)
        if proof.kind == JOINED:
            return self._joined(proof, since, start, end)
        if proof.kind in CACHES:
            return self._measured(since, rows, proof, CACHED, "answered from a cache")
        if proof.kind == "batch":
            return self._measured(since, rows, proof, BATCH, "sent as a batch")
        early = Rows(
            *map(list, zip(*((n, so) for n, so in zip(*rows, strict=True) if self._at(n) < start), strict=True))
        )
        own = [number for number, so in zip(*since, strict=True) if so]
        return self._measured(since, early, proof, ANSWERED, f"answered by {named(own, self._world)}")

    def as_proposed(self, proof: Proof) -> Rows:
        """The calls since the change, and which of them are answered otherwise than those before it."""
        rows = self._part(proof, proof.adopted_at, None)
        if proof.kind in CACHES or proof.kind == "batch":
            return rows
        bills = self._world.bills
        every = self._all(proof)
        early = [number for number in every.numbers if self._at(number) < (proof.adopted_at or 0.0)]
        before = named(early, self._world) if early else proof.model
        return Rows(rows.numbers, [bills[number].key.model != before for number in rows.numbers])

    def _joined(self, proof: Proof, since: Rows, start: float, end: float | None) -> Measured:
        before = self._part(proof, proof.known_from, start)
        eligible = set(self._all(proof).numbers)
        others = [
            number
            for number in self._of_app(proof)
            if number not in eligible and self._at(number) >= start and (end is None or self._at(number) < end)
        ]
        return joined(before, since, others, self._world, proof.share_before)

    def _measured(self, since: Rows, before: Rows, proof: Proof, method: str, told: str) -> Measured:
        world = self._world
        return measured(
            since,
            before_of(before, world),
            world,
            world.prices,
            share_before=proof.share_before,
            method=method,
            told=told,
        )

    def _all(self, proof: Proof) -> Rows:
        known = self._rows.get(proof.id)
        if known is None and proof.kind == JOINED:
            known = self._rows[proof.id] = Rows(*self._flights.get(proof.app, Flights([], [])))
        if known is None:
            numbers = self._of_app(proof) if proof.kind in CACHES else self._of_template(proof)
            if proof.asked is not None:
                of_kind = self._world.of_kinds(proof.app, proof.asked)
                numbers = [number for number in numbers if number in of_kind]
            bills, so = self._world.bills, self._so(proof)
            ordered = sorted((n for n in numbers if bills[n].key.billing != "failed"), key=self._at)
            known = self._rows[proof.id] = Rows(ordered, [so(bills[n]) for n in ordered])
        return known

    def _part(self, proof: Proof, start: float | None, end: float | None) -> Rows:
        rows = self._all(proof)
        kept = [
            i
            for i, n in enumerate(rows.numbers)
            if (start is None or self._at(n) >= start) and (end is None or self._at(n) < end)
        ]
        return Rows([rows.numbers[i] for i in kept], [rows.so[i] for i in kept])

    def _so(self, proof: Proof) -> Callable[[Bill], bool]:
        tuned = self._world.tuned
        if proof.kind in CACHES:
            return lambda bill: bill.key.billing == "answered_from_cache"
        if proof.kind == "batch":
            return lambda bill: bill.key.batch
        if proof.kind == "fine_tuning":
            return lambda bill: is_tuned(bill.key.model, tuned)
        return lambda bill: bill.key.model == proof.proposed

    def _of_app(self, proof: Proof) -> Iterable[int]:
        columns = self._world.columns
        wanted = columns.apps.index(proof.app) if proof.app in columns.apps else -1
        return [number for number, app in enumerate(columns.app.tolist()) if app == wanted]

    def _of_template(self, proof: Proof) -> Iterable[int]:
        """Calls of the template by whatever model: another one makes it another template of another name, and so does what was left out for a tuned one.

        Calls of a model whose cache has no known rules are in no template; of these all that the application makes count.
        """
        compared: set[int] = set()
        for number, one in enumerate(self._world.templates):
            if one.app != proof.app:
                continue
            numbers = self._world.numbers[number].tolist()
            compared.update(numbers)
            same = identity(one.outcome.case.prompts, proof.model), self._world.tried.get(one.id)
            if one.id in proof.templates or any(name in proof.templates for name in same):
                yield from numbers
        so = self._so(proof)
        yield from (n for n in self._of_app(proof) if n not in compared and so(self._world.bills[n]))

    def _at(self, number: int) -> float:
        return self._world.bills[number].at
