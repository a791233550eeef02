"""What became of the recommendations between two analyses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from agent.digest.value import Change, Proof
from agent.printable import printable
from agent.report_plan import Recommendation

_LEAST_SHARE = Decimal("0.2")
"""Where there is no interval, a smaller difference is no news."""
_OPEN = ("open", "accepted")


def changes(now: Sequence[Recommendation], before: Sequence[Recommendation]) -> list[Change]:
    """Every difference that somebody would want to know, those about most money first."""
    known = {one.id: one for one in before}
    here = {one.id for one in now}
    found = [change for one in now if (change := _change(one, known.get(one.id)))]
    found += [_told("gone", one, None, one) for one in before if one.id not in here and one.status in _OPEN]
    return sorted(found, key=lambda change: (-_size(change), change.id))


def proofs(now: Iterable[Recommendation], before: Sequence[Recommendation]) -> list[Proof]:
    """What was realised, new verdicts first, then those about most money."""
    known: Mapping[str, Recommendation] = {one.id: one for one in before}
    found = []
    for one in now:
        proof = one.realised
        if proof is None:
            continue
        was = known[one.id].realised if one.id in known else None
        found.append(
            Proof(
                id=one.id,
                subject=printable(one.subject, limit=60),
                action=printable(one.action, limit=120),
                verdict=proof.verdict,
                why=printable(proof.why, limit=100) if proof.why else "",
                calls=proof.calls,
                saving_usd_month=proof.saving_usd_month,
                forecast_usd_month=proof.forecast_usd_month,
                new=was is None or was.verdict != proof.verdict,
            )
        )
    return sorted(found, key=lambda proof: (not proof.new, -abs(proof.saving_usd_month.likely or Decimal(0)), proof.id))


def _change(one: Recommendation, was: Recommendation | None) -> Change | None:
    if was is None:
        return _told("new", one, one, None) if one.status in _OPEN else None
    if was.status != one.status:
        return _told("back" if one.status == "open" else "decided", one, one, was)
    new, old = one.saving_usd_month, was.saving_usd_month
    if one.status not in _OPEN or new.likely is None or old.likely is None:
        return None
    moved = new.likely - old.likely
    low = old.low if old.low is not None else old.likely - _LEAST_SHARE * abs(old.likely)
    high = old.high if old.high is not None else old.likely + _LEAST_SHARE * abs(old.likely)
    if low <= new.likely <= high:
        return None
    return _told("more" if moved > 0 else "less", one, one, was)


def _told(what: str, one: Recommendation, new: Recommendation | None, old: Recommendation | None) -> Change:
    return Change.model_validate(
        {
            "id": one.id,
            "what": what,
            "subject": printable(one.subject, limit=60),
            "action": printable(one.action, limit=120),
            "status": new.status if new else None,
            "usd_month": new.saving_usd_month.likely if new else None,
            "before_usd_month": old.saving_usd_month.likely if old else None,
        }
    )


def _size(change: Change) -> Decimal:
    return abs((change.usd_month or Decimal(0)) - (change.before_usd_month or Decimal(0)))
