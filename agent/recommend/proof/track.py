"""How forecasts came out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent.recommend.proof.state import Proof
from agent.report_plan import Realised, TrackRecord

NEWEST = 10
WITHIN = 0.2


def track_record(proofs: Iterable[Proof]) -> TrackRecord:
    """Of the newest ten changes that came to an end; what is still being measured is none of them."""
    ended = sorted((one for proof in proofs for one in _ended(proof)), key=lambda one: one[:2])
    newest = [found for _, _, found in ended[:NEWEST]]
    errors = []
    for found in newest:
        real, forecast = found.saving_usd_month.likely, found.forecast_usd_month
        if found.verdict != "cannot_tell" and real is not None and forecast:
            errors.append(abs(float(real) - float(forecast)) / abs(float(forecast)))
    return TrackRecord(
        proven=len(errors),
        confirmed=sum(found.verdict == "confirmed" for found in newest),
        not_confirmed=sum(found.verdict == "not_confirmed" for found in newest),
        cannot_tell=sum(found.verdict == "cannot_tell" for found in newest),
        within_share=WITHIN,
        within=sum(error <= WITHIN for error in errors),
        largest_error=round(max(errors), 4) if errors else None,
    )


def _ended(proof: Proof) -> Iterator[tuple[float, str, Realised]]:
    """How long ago it was said, and what; a change that was undone later had come out as it had."""
    found = proof.found
    if found is not None and (proof.settled or proof.verdict_at is not None):
        yield -(proof.verdict_at or proof.adopted_at or 0.0), proof.id, found
    for one in proof.lapsed:
        yield -one.verdict_at, proof.id, Realised.model_validate_json(one.realised)
