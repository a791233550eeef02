"""Recommendations in the database: after an analysis, before a report is shown, and when a person decides."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from agent.recommend import lifecycle
from agent.recommend.proof.state import Proof, decoded, encoded
from agent.recommend.proof.track import track_record
from agent.report import Report
from agent.report_plan import Realised, Recommendation, Status
from agent.store import Store
from agent.store import proofs as kept
from agent.store.recommendations import Change, Changed, Known, change, decisions, rows


def record(store: Store, report: Report, now: float, proofs: Sequence[Proof] | None = None) -> Report:
    """Keep what an analysis at `now` (unix seconds) found (as `agent.views.report` says it) and what became of it, and return it with
    what was decided; without `proofs` these stay as they were. Raises StoreUnavailable.
    """
    if proofs is not None:
        kept.keep(store.engine, {one.id: encoded(one) for one in proofs}, now)
    realised = _realised(proofs or ())
    if report.recommendations or rows(store.engine):
        back = {one.id: one.back.told for one in proofs or () if one.back is not None}
        change(store.engine, lambda known, _: lifecycle.merged(report.recommendations, known, now, realised, back))
    return current(store, report, now)


def current(store: Store, report: Report, now: float) -> Report:
    """The report with what was decided until now: statuses, who and when. Raises StoreUnavailable."""
    known = rows(store.engine)
    if not known:
        return report
    proofs = list(known_proofs(store).values())
    told = lifecycle.shown(report.recommendations, known, decisions(store.engine), now, _realised(proofs))
    return report.model_copy(update={"recommendations": told, "track_record": track_record(proofs)})


def decide(
    store: Store, name: str, status: Status, who: str, now: float, *, why: str = "", until: float | None = None
) -> Recommendation:
    """Set the status of one; `until` (unix seconds) when it is snoozed. Raises HoneError (unknown id), StoreUnavailable."""
    change(store.engine, lambda known, _: lifecycle.decided(known, name, status, who, now, why=why, until=until))
    return one(store, name, now)


def undo(store: Store, who: str, now: float) -> Recommendation:
    """Take back the last decision of `who`. Raises HoneError when there is none, StoreUnavailable."""
    name = ""

    def made(known: Known, told: Callable[[], Sequence[Change]]) -> Changed:
        nonlocal name
        after, undone = lifecycle.undone(known, told(), who)
        name = after[0].id
        return after, undone

    change(store.engine, made)
    return one(store, name, now)


def one(store: Store, name: str, now: float) -> Recommendation:
    """A recommendation as it was last found, with what was decided. Raises HoneError for an unknown id, StoreUnavailable."""
    known = rows(store.engine)
    row = known.get(name)
    if row is None:
        raise lifecycle.unknown(name, known)
    found = Recommendation.model_validate_json(row.body)
    realised = _realised(list(known_proofs(store).values()))
    return lifecycle.shown([found], {name: row}, decisions(store.engine, name), now, realised)[0]


def known_proofs(store: Store) -> dict[str, Proof]:
    """What is remembered of each recommendation; what this version cannot read begins anew. Raises StoreUnavailable."""
    found: dict[str, Proof] = {}
    for name, body in kept.bodies(store.engine).items():
        try:
            found[name] = decoded(body)
        except msgspec.MsgspecError:
            continue
    return found


def recommendations(store: Store, names: Collection[str]) -> dict[str, Recommendation]:
    """These, as they were last found, by id. Raises StoreUnavailable."""
    known = rows(store.engine)
    return {name: Recommendation.model_validate_json(known[name].body) for name in names if name in known}


def statuses(store: Store) -> dict[str, str]:
    """By id. Raises StoreUnavailable."""
    return {row.id: row.status for row in rows(store.engine).values()}


def _realised(proofs: Sequence[Proof]) -> Mapping[str, Realised]:
    return {one.id: found for one in proofs if (found := one.found) is not None}


def with_status(store: Store, *statuses: Status) -> frozenset[str]:
    """Ids of those that have one of these. Raises StoreUnavailable."""
    return frozenset(row.id for row in rows(store.engine).values() if row.status in statuses)
