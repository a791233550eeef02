"""What the report says of recommendations that were carried out, apart from how it is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from agent.report_plan import Realised, Recommendation, TrackRecord
from agent.report_table import SHOWN, Cell, Table, count, more, usd

VERDICTS = {"confirmed": "confirmed", "not_confirmed": "not confirmed", "cannot_tell": "cannot tell"}


def table(found: Sequence[Recommendation], record: TrackRecord) -> Iterable[Table]:
    """Those that the stream shows to be carried out, and how forecasts came out."""
    proven = [(one, one.realised) for one in found if one.realised is not None]
    if not proven:
        return
    rows = tuple(
        (
            Cell(one.id),
            Cell(one.subject, is_name=True),
            Cell(VERDICTS[real.verdict]),
            Cell("" if real.adopted_at is None else f"{real.adopted_at:%Y-%m-%d %H:%M}"),
            Cell("" if real.saving_usd_month.likely is None else usd(real.saving_usd_month.likely)),
            Cell(_bounds(real)),
            Cell("" if real.forecast_usd_month is None else usd(real.forecast_usd_month)),
            Cell(count(real.calls)),
        )
        for one, real in proven[:SHOWN]
    )
    columns = ("Carried out", "About", "Verdict", "Since (UTC)", "USD/month", "Low to high", "Promised", "Calls")
    notes = [f"{one.id}: {real.why}." for one, real in proven[:SHOWN]]
    yield Table(
        "Carried out", columns, rows, "\n".join((*notes, f"{track(record)}.", *filter(None, [more(len(proven))])))
    )


def ended(record: TrackRecord) -> int:
    """How many of the newest ten there are."""
    return record.confirmed + record.not_confirmed + record.cannot_tell


def track(record: TrackRecord) -> str:
    """How forecasts came out, or that none did yet; without a full stop."""
    if not ended(record):
        return "Track record: nothing that was recommended has been carried out and measured yet"
    told = f"Track record, the last {ended(record)}: {record.confirmed} confirmed, {record.not_confirmed} not"
    if record.cannot_tell:
        told += f", {record.cannot_tell} cannot be told"
    if record.proven:
        told += f"; {record.within} of {record.proven} within {100 * record.within_share:.0f} % of the forecast"
    if record.largest_error is not None:
        told += f", the furthest {100 * record.largest_error:.0f} % away"
    return told


def told(real: Realised) -> Iterator[str]:
    """One recommendation's in sentences."""
    since = "" if real.adopted_at is None else f", carried out since {real.adopted_at:%Y-%m-%d %H:%M} UTC"
    yield f"{VERDICTS[real.verdict].capitalize()}{since}: {real.why}."
    saving = real.saving_usd_month
    if saving.likely is not None:
        yield f"Saves {usd(saving.likely)} USD a month ({_bounds(real)}, 95 %) at the pace since, over {count(real.calls)} calls."
    if real.forecast_usd_month is not None:
        yield f"Promised for the volume, mix and prices of these calls: {usd(real.forecast_usd_month)} USD a month."
    yield f"How: {real.method}."


def _bounds(real: Realised) -> str:
    low, high = real.saving_usd_month.low, real.saving_usd_month.high
    return "" if low is None or high is None else f"{usd(low)} to {usd(high)}"
