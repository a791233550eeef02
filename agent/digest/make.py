"""From what was measured to the digest: what is left out, what is compared, and what may not be."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice

from agent.digest.changes import changes, proofs
from agent.digest.facts import Analysed, Facts
from agent.digest.unchecked import unchecked
from agent.digest.value import (
    Advice,
    Basis,
    CachedShare,
    DaySpend,
    Digest,
    DigestPeriod,
    Happening,
    Mover,
    Plan,
    Spent,
    Undelivered,
)
from agent.printable import printable
from agent.report import Event, Report, Spend
from agent.report_plan import Recommendation

LATE_S = 900.0
"""Made so long after it was due, a digest says that it is late."""
SHOWN = 3
_MOVERS = 2
_LEAST_MOVE = Decimal("0.01")
"""A smaller part of the spend has not moved."""
_NAME = 60


def digest(facts: Facts, now: float, *, recommendations: int = SHOWN, due: float | None = None) -> Digest:
    """The digest of `facts.period`, made at `now`; `due` is when it should have been (unix seconds)."""
    period = facts.period
    report = facts.analysis.report if facts.analysis else None
    earlier = facts.earlier.report if facts.earlier else None
    advised = [one for one in report.recommendations if one.status == "open"] if report else []
    changed = changes(report.recommendations, earlier.recommendations) if report and earlier else []
    proven = proofs(report.recommendations, earlier.recommendations if earlier else []) if report else []
    happened = [_happening(event) for event in facts.events]
    gaps = list(unchecked(facts))
    raised = [one for one in happened if period.start <= one.raised_at.timestamp() < period.end]
    return Digest(
        period=DigestPeriod(
            kind=period.kind, start=_moment(period.start), end=_moment(period.end), timezone=facts.zone.key
        ),
        made_at=_moment(now),
        due_at=None if due is None else _moment(due),
        late=due is not None and now - due > LATE_S,
        quiet=not changed and not raised and not any(one.new for one in proven) and earlier is not None,
        spend=_spent(facts),
        cached=_cached(facts),
        basis=_basis(facts.analysis),
        basis_reason=None if report else "nothing was analysed yet",
        plan=_plan(report),
        recommendations=[_advice(one) for one in advised[:recommendations]],
        more_recommendations=max(0, len(advised) - recommendations),
        restraint=None if advised or report is None else _restraint(report),
        changes=changed[:SHOWN],
        more_changes=max(0, len(changed) - SHOWN),
        changes_reason=None if earlier else "there is no analysis from before to compare with",
        proofs=proven[: SHOWN - 1],
        more_proofs=max(0, len(proven) - SHOWN + 1),
        track_record=report.track_record if report else Digest.model_fields["track_record"].get_default(),
        events=happened[:SHOWN],
        more_events=max(0, len(happened) - SHOWN),
        open_events=sum(one.resolved_at is None for one in happened),
        unchecked=gaps[:SHOWN],
        more_unchecked=max(0, len(gaps) - SHOWN),
        undelivered=[
            Undelivered(
                channel=printable(one.channel),
                state="given_up" if one.given_up else "waiting",
                messages=one.messages,
                error=printable(one.error, limit=120),
            )
            for one in islice(facts.stuck, SHOWN)
        ],
    )


def _spent(facts: Facts) -> Spent:
    now, before = facts.spend, facts.spend_before
    incomparable = _incomparable(facts)
    change = None
    if incomparable is None and now.total_usd is not None and before.total_usd:
        change = float((now.total_usd - before.total_usd) / before.total_usd)
    elif incomparable is None:
        incomparable = "spend is not known" if now.total_usd is None else _no_spend(before)
    known = before.total_usd if facts.calls_before else None
    return Spent(
        usd=now.total_usd,
        usd_reason=now.total_usd_reason,
        calls=facts.received.calls,
        unpriced_calls=now.unpriced_calls,
        before_usd=known,
        before_usd_reason=None if known is not None else before.total_usd_reason,
        before_calls=facts.calls_before,
        change=change,
        change_reason=incomparable,
        movers=[] if change is None else _movers(now, before),
        by_day=[
            DaySpend(date=one.day.date, usd=one.spend.total_usd, usd_reason=one.spend.total_usd_reason, calls=one.calls)
            for one in facts.days
        ],
    )


def _no_spend(before: Spend) -> str:
    return "the period before cost nothing" if before.total_usd == 0 else "spend of the period before is not known"


def _incomparable(facts: Facts) -> str | None:
    """Why the two periods may not be held against each other: a whole one against a part says nothing."""
    length = facts.period.end - facts.period.start
    start = facts.period.start - length
    if facts.known_from is None or facts.read_until is None:
        return "nothing was read yet"
    if facts.known_from >= facts.period.start:
        return "nothing is known of the period before"
    # The first hour with totals begins within the first hour of calls: a period may begin with an hour without any.
    if not facts.calls_before or facts.known_from > start + length / 12:
        return "the period before is known in part only"
    if facts.read_until < facts.period.end:
        return "nothing was read since it ended, so it may not be whole"
    return None


def _movers(now: Spend, before: Spend) -> list[Mover]:
    """Applications with the largest differences, both ways."""
    new = {one.app: one.usd for one in now.by_app if one.usd is not None}
    old = {one.app: one.usd for one in before.by_app if one.usd is not None}
    zero = Decimal(0)
    moved = sorted(new.keys() | old.keys(), key=lambda app: (-abs(new.get(app, zero) - old.get(app, zero)), app or ""))
    least = _LEAST_MOVE * max(now.total_usd or zero, before.total_usd or zero)
    return [
        Mover(app=printable(app, limit=_NAME), usd=new.get(app, zero), before_usd=old.get(app, zero))
        for app in moved[:_MOVERS]
        if abs(new.get(app, zero) - old.get(app, zero)) > least
    ]


def _cached(facts: Facts) -> CachedShare:
    share, reason, tokens = _share(facts.spend)
    before, before_reason, _ = _share(facts.spend_before)
    return CachedShare(
        share=share, share_reason=reason, input_tokens=tokens, before=before, before_reason=before_reason
    )


def _share(spend: Spend) -> tuple[float | None, str | None, int]:
    tokens = spend.tokens
    known = tokens.input - tokens.input_split_unknown
    if not known:
        return None, "no log says how much of the input was cached" if tokens.input else "there was no input", 0
    return tokens.cache_read / known, None, known


def _basis(analysis: Analysed | None) -> Basis | None:
    if analysis is None:
        return None
    report = analysis.report
    return Basis(
        made_at=_moment(analysis.at),
        start=report.period.start,
        end=report.period.end,
        hours=report.period.hours,
        calls=report.input.calls,
    )


def _plan(report: Report | None) -> Plan:
    if report is None or not report.plan:
        return Plan(reason="there is no plan yet")
    today, last = report.plan[0], report.plan[-1]
    return Plan(
        today_usd_month=today.usd_month,
        after_usd_month=last.usd_month if len(report.plan) > 1 else None,
        reason=today.usd_month_reason or last.usd_month_reason,
    )


def _advice(one: Recommendation) -> Advice:
    measured = next((fact for fact in one.evidence if fact.n is not None), None)
    return Advice(
        id=one.id,
        lever=one.lever,
        subject=printable(one.subject, limit=60),
        action=printable(one.action, limit=160),
        first_step=printable(one.how[0], limit=140) if one.how else None,
        status=one.status,
        saving_usd_month=one.saving_usd_month,
        saving_usd_month_reason=one.saving_usd_month_reason,
        alone_usd_month=one.alone_usd_month,
        effort_days=one.effort_days,
        risk=one.risk,
        measured=one.measured,
        n=measured.n if measured else None,
        hours=measured.hours if measured else None,
    )


def _restraint(report: Report) -> str | None:
    """What would be worth doing first if there were more traffic."""
    nearest = next((one for one in report.restraint if one.verdict == "not_yet" and one.worth_it_from), None)
    if nearest is None:
        return None
    about = f" of {printable(nearest.subject)}" if nearest.subject else ""
    return printable(f"{nearest.lever.replace('_', ' ')}{about}: worth it from {nearest.worth_it_from}", limit=200)


def _happening(event: Event) -> Happening:
    return Happening(
        kind=event.kind,
        message=printable(event.message, limit=180),
        raised_at=event.raised_at,
        resolved_at=event.resolved_at,
    )


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
