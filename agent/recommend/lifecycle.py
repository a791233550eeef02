"""The life of a recommendation: open, accepted, dismissed, snoozed, done. Pure: what was found and what is known in, rows out.

An estimate is noted when it moved by more than 5 % (at most once an hour), and once a day if it moved at all. What was dismissed comes back
when its likely saving has at least doubled or it rests on other figures than then; what was snoozed comes back by itself. What is found
no longer stays: accepted ones and those that were carried out wait for their proof, other open ones are shown for a day more. What is
confirmed is done; what was done and is back in the stream is open again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from agent.report_plan import Interval, Realised, Recommendation, Status, StatusChange
from agent.store.recommendations import Change, Changed, Known, Row
from analyzers.errors import HoneError

HONE = "hone"
"""Who changes a status when nobody does."""
SHOWN_S = 86_400.0
_HOUR_S, _DAY_S = 3_600.0, 86_400.0
_MOVED = 0.05
_MUCH = 2.0
_UNDONE = ("open", "accepted", "snoozed")
_NOTHING: Mapping[str, Realised] = {}
_NOWHERE: Mapping[str, str] = {}
_ORDER = ("open", "accepted", "snoozed", "done", "dismissed")


def merged(
    found: Iterable[Recommendation],
    known: Known,
    now: float,
    realised: Mapping[str, Realised] = _NOTHING,
    back: Mapping[str, str] = _NOWHERE,
) -> Changed:
    """The rows after an analysis at `now` (unix seconds), and what changed. `realised`: what became of them, by id; `back`: why those that were
    confirmed are to be done again.
    """
    rows = dict(known)
    changes: list[Change] = []
    for one in found:
        before = known.get(one.id)
        row = _new(one, now) if before is None else before._replace(seen_at=now, body=_body(one))
        rows[one.id], told = _estimated(row, one, now)
        changes += told
    for name, row in rows.items():
        why = _back(row, now)
        if why is not None:
            changes.append(Change(name, now, "open", row.status, HONE, why))
            rows[name] = row._replace(status="open", why=why, who=HONE, changed_at=now, until=None)
    for name, why in back.items():
        if name in rows and rows[name].status == "done":
            changes.append(Change(name, now, "open", "done", HONE, why))
            rows[name] = rows[name]._replace(status="open", why=why, who=HONE, changed_at=now, until=None)
    for name, proven in realised.items():
        if name in rows and proven.verdict == "confirmed" and rows[name].status in _UNDONE:
            why = f"confirmed: {proven.saving_usd_month.likely or 0:,.0f} USD a month"
            changes.append(Change(name, now, "done", rows[name].status, HONE, why))
            rows[name] = rows[name]._replace(status="done", why=why, who=HONE, changed_at=now, until=None)
    return tuple(rows.values()), changes


def decided(
    known: Known, name: str, status: Status, who: str, now: float, *, why: str = "", until: float | None = None
) -> Changed:
    """A person's decision. Raises HoneError for an id that is not known, naming the nearest."""
    row = known.get(name)
    if row is None:
        raise unknown(name, known)
    before = {"status": row.status, "why": row.why, "who": row.who, "at": row.changed_at, "until": row.until}
    facts = json.loads(row.facts)
    before["decided"] = facts.get("decided")
    one = Recommendation.model_validate_json(row.body)
    facts["decided"] = {"likely": _number(one.saving_usd_month.likely), "measured": one.measured}
    after = row._replace(status=status, why=why, who=who, changed_at=now, until=until, facts=_json(facts))
    return (after,), (Change(name, now, status, row.status, who, why, _json(before)),)


def undone(known: Known, changes: Sequence[Change], who: str) -> Changed:
    """Take back the last decision of `who`. Raises HoneError when there is none."""
    last = next((c for c in reversed(changes) if c.status and c.who == who and not c.undone and c.data), None)
    row = known.get(last.recommendation) if last is not None else None
    if last is None or row is None:
        raise HoneError(f"{who} has decided nothing that could be taken back")
    before: dict[str, Any] = json.loads(last.data)
    facts = json.loads(row.facts)
    facts["decided"] = before["decided"]
    after = row._replace(
        status=before["status"],
        why=before["why"],
        who=before["who"],
        changed_at=before["at"],
        until=before["until"],
        facts=_json(facts),
    )
    return (after,), (last._replace(undone=True),)


def shown(
    found: Sequence[Recommendation],
    known: Known,
    changes: Iterable[Change],
    now: float,
    realised: Mapping[str, Realised] = _NOTHING,
) -> list[Recommendation]:
    """The report's recommendations with what was decided and what became of them: open ones first, each status in the order of `found`."""
    history: dict[str, list[StatusChange]] = {}
    for each in changes:
        if each.status is not None and not each.undone:
            told = StatusChange.model_validate(
                {"at": _at(each.at), "status": each.status, "who": each.who, "why": each.why}
            )
            history.setdefault(each.recommendation, []).append(told)
    listed = {one.id for one in found}
    missing = [_missing(row) for row in known.values() if row.id not in listed and _stays(row, now, realised)]
    every = [_with(one, known.get(one.id), history.get(one.id, []), realised.get(one.id)) for one in (*found, *missing)]
    return sorted(every, key=lambda one: _ORDER.index(one.status))


def unknown(name: str, known: Iterable[str]) -> HoneError:
    """What is said of an id that is not there."""
    near = get_close_matches(name, list(known), n=3, cutoff=0.3)
    hint = (
        f"did you mean {', '.join(near)}?"
        if near
        else "`hone report` has the ids; `hone run` or `hone analyse` keeps them"
    )
    return HoneError(f"there is no recommendation {name[:40]!r}", hint)


def _new(one: Recommendation, now: float) -> Row:
    return Row(one.id, "open", "", "", now, None, now, now, _body(one), b"{}")


def _estimated(row: Row, one: Recommendation, now: float) -> tuple[Row, list[Change]]:
    likely = _number(one.saving_usd_month.likely)
    facts = json.loads(row.facts)
    last = facts.get("estimate")
    if last is not None:
        was, since = last["likely"], now - last["at"]
        moved = was != likely
        much = (was is None) != (likely is None) or abs((likely or 0.0) - (was or 0.0)) > _MOVED * abs(was or 0.0)
        if not moved or not (since >= _DAY_S or (much and since >= _HOUR_S)):
            return row, []
    facts["estimate"] = {"at": now, "likely": likely}
    saving = one.saving_usd_month
    data = {"low": _number(saving.low), "likely": likely, "high": _number(saving.high)}
    return row._replace(facts=_json(facts)), [Change(row.id, now, None, None, HONE, "", _json(data))]


def _back(row: Row, now: float) -> str | None:
    """Why it is open again, or None."""
    if row.status == "snoozed" and row.until is not None and row.until <= now:
        return "its time is over"
    if row.status != "dismissed" or row.seen_at != now:
        return None
    then = json.loads(row.facts).get("decided") or {}
    one = Recommendation.model_validate_json(row.body)
    likely, was = _number(one.saving_usd_month.likely), then.get("likely")
    if likely is not None and was is not None and was > 0 and likely >= _MUCH * was:
        return f"it would save {likely:,.0f} USD a month now, {was:,.0f} when it was dismissed"
    if likely is not None and was is None:
        return "there is a figure for it now"
    if then.get("measured") is not None and then["measured"] != one.measured:
        return "it rests on what was measured now" if one.measured else "it rests on other figures now"
    return None


def _stays(row: Row, now: float, realised: Mapping[str, Realised]) -> bool:
    """Whether what is found no longer is shown."""
    if row.status in ("accepted", "done") or (row.status in _UNDONE and row.id in realised):
        return True
    return row.status in ("open", "snoozed") and now - row.seen_at <= SHOWN_S


def _missing(row: Row) -> Recommendation:
    one = Recommendation.model_validate_json(row.body)
    why = f"not found any more since {_at(row.seen_at):%Y-%m-%d %H:%M} UTC"
    return one.model_copy(
        update={
            "saving_usd_month": Interval(),
            "saving_usd_month_reason": why,
            "alone_usd_month": None,
            "payback_months": None,
        }
    )


def _with(
    one: Recommendation, row: Row | None, history: list[StatusChange], realised: Realised | None
) -> Recommendation:
    if row is None:
        return one
    until = None if row.until is None else _at(row.until)
    decided = {"status": row.status, "status_reason": row.why or None, "snoozed_until": until}
    return one.model_copy(update={**decided, "first_seen": _at(row.first_at), "history": history, "realised": realised})


def _body(one: Recommendation) -> bytes:
    return one.model_dump_json(
        exclude={"status", "status_reason", "snoozed_until", "first_seen", "history", "realised"}
    ).encode()


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode()


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else round(float(amount), 6)


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
