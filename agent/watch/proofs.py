"""Events about recommendations that were carried out: that the stream shows it, what came of it, and that it holds no longer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from agent.events import Event
from agent.recommend.proof.state import Lapsed, Proof
from agent.report_plan import Recommendation
from agent.report_table import usd

ADOPTED = "adoption"
VERDICT = "verdict"
TOLD_S = 7 * 86_400.0
"""How long it is news."""
_SAID = {"confirmed": "confirmed", "not_confirmed": "not confirmed"}


def proof_events(proofs: Iterable[Proof], known: Mapping[str, Recommendation], now: float) -> Iterator[Event]:
    """What was noticed or decided in the last week; `known` are the recommendations by id."""
    for proof in proofs:
        about, found = known.get(proof.id), proof.found
        if about is not None and proof.back is not None and now - proof.back.at <= TOLD_S:
            yield _back(proof, proof.back, about)
        if about is None or found is None or proof.adopted_at is None:
            continue
        at = f"{datetime.fromtimestamp(proof.adopted_at, UTC):%Y-%m-%d %H:%M} UTC"
        data = {"recommendation": proof.id, "kind": proof.kind, "app": proof.app, "adopted_at": proof.adopted_at}
        if proof.noticed_at is not None and now - proof.noticed_at <= TOLD_S:
            message = f"{about.subject}: carried out, as calls since {at} show: {about.action}"
            yield Event(ADOPTED, f"{proof.id}:{proof.adopted_at:.0f}", proof.adopted_at, message, data)
        if found.verdict in _SAID and proof.verdict_at is not None and now - proof.verdict_at <= TOLD_S:
            saving, forecast = found.saving_usd_month.likely, found.forecast_usd_month
            told = "" if saving is None else f", saves {usd(saving)} USD a month"
            told += "" if forecast is None else f" of {usd(forecast)} promised"
            yield Event(
                VERDICT,
                ":".join((proof.id, found.verdict, *(f"{one.at:.0f}" for one in proof.lapsed[-1:]))),
                proof.verdict_at,
                f"{about.subject}: {_SAID[found.verdict]}{told}: {about.action}",
                {
                    **data,
                    "verdict": found.verdict,
                    "saving_usd_month": None if saving is None else float(saving),
                    "forecast_usd_month": None if forecast is None else float(forecast),
                },
            )


def _back(proof: Proof, lapsed: Lapsed, about: Recommendation) -> Event:
    data = {"recommendation": proof.id, "kind": proof.kind, "app": proof.app, "verdict": "undone", "since": lapsed.at}
    message = f"{about.subject}: was carried out and confirmed, and {lapsed.told}: {about.action}"
    return Event(VERDICT, f"{proof.id}:undone:{lapsed.at:.0f}", lapsed.at, message, data)
