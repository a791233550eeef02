"""Counts a call once, whatever repeats it: a producer's retry, a span and its event, two instrumentations.

Two steps: repeats inside one batch are found in memory, repeats of earlier batches in the table `seen`, in the same
transaction that counts the call. What makes two sightings one call is decided in `collectors.identity`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple

from agent.store.write import Transaction
from analyzers.core import Call
from collectors.identity import Keys, clusters, keys, same_call
from collectors.merge import merged
from collectors.source import Partition

_DAY_S = 86_400
_HOUR_S = 3_600
_ROUNDS = 3
"""A request whose id another request already has gets an identity of its own; that may be taken once more."""


class Sighting(NamedTuple):
    """One call as one record reports it, and where that record lies."""

    partition: Partition
    offset: int
    call: Call


class Candidate(NamedTuple):
    """A call that is new as far as its batch can tell: the identity to claim, and who reported it."""

    key: bytes
    reports: tuple[Keys, ...]
    sighting: Sighting


class Once(NamedTuple):
    """The calls that are new, and the sightings that repeat a counted call."""

    fresh: list[Sighting]
    repeats: list[Sighting]


def within_batch(sightings: Sequence[Sighting]) -> tuple[list[Candidate], list[Sighting]]:
    """The distinct calls of a batch, each put together from all of its sightings, and the sightings left over."""
    calls = [sighting.call for sighting in sightings]
    if len({call.id for call in calls}) == len(calls):
        return [_candidate(sighting, (keys(sighting.call),)) for sighting in sightings], []
    candidates: dict[bytes, Candidate] = {}
    repeats: list[Sighting] = []
    for group in clusters(calls):
        first = sightings[group[0]]
        if len(group) > 1:
            repeats.extend(sightings[index] for index in group[1:])
            first = first._replace(call=merged([calls[index] for index in group]))
        candidate = _candidate(first, tuple(keys(calls[index]) for index in group))
        while candidate.key in candidates:
            candidate = _another(candidate)
        candidates[candidate.key] = candidate
    return list(candidates.values()), repeats


def claim(transaction: Transaction, candidates: Sequence[Candidate], now: float) -> Once:
    """Which candidates are new to the database; the new ones are in `seen` when the transaction commits.

    `now` (unix seconds) is when they are counted, from which on they are remembered for as long as retention says.
    """
    fresh: list[Sighting] = []
    repeats: list[Sighting] = []
    for _ in range(_ROUNDS):
        found = transaction.claim([(c.key, *c.reports[0][1:], int(now // _DAY_S)) for c in candidates])
        if not found:
            fresh.extend(c.sighting for c in candidates)
            return Once(fresh, repeats)
        others: list[Candidate] = []
        for candidate in candidates:
            known = found.get(candidate.key)
            if known is None:
                fresh.append(candidate.sighting)
            elif all(same_call((report[0], *known), report) for report in candidate.reports):
                repeats.append(candidate.sighting)
            else:
                others.append(_another(candidate))
        if not others:
            return Once(fresh, repeats)
        candidates = list({c.key: c for c in others}.values())
    repeats.extend(c.sighting for c in candidates)
    return Once(fresh, repeats)


def _candidate(sighting: Sighting, reports: tuple[Keys, ...]) -> Candidate:
    return Candidate(reports[0][0], reports, sighting)


def _another(candidate: Candidate) -> Candidate:
    """The same request under an identity of its own, because another request has its id already."""
    observation = candidate.reports[0][2]
    own = blake2b(candidate.key + observation.to_bytes(8, "little"), digest_size=16).digest()
    return candidate._replace(key=own)


def by_hour(sightings: Iterable[Sighting]) -> Iterator[tuple[tuple[Partition, int], list[Call]]]:
    """Group calls by partition and hour (unix time // 3600) in which they began."""
    groups: dict[tuple[Partition, int], list[Call]] = {}
    for partition, _, call in sightings:
        groups.setdefault((partition, int(call.started_at // _HOUR_S)), []).append(call)
    yield from groups.items()
