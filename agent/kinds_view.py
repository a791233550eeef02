"""From the kinds of request to their part of the report."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from agent.kinds_of_request import KindsOfApp
from agent.mask import masked
from agent.report_response import Cluster
from agent.report_values import a_month
from analyzers.clusters.kind import OTHER, Kind
from analyzers.clusters.requests import PICO
from analyzers.clusters.state import text_digest

MOST = 200
"""Kinds in a report: those with most calls."""
_EXCERPT = 300
_NO_PRICE = "none of its calls has a price"


def clusters(
    found: Iterable[KindsOfApp], hours: float | None, *, scale: Decimal = Decimal(1), show_text: bool = False
) -> list[Cluster]:
    """The kinds of all applications, most calls first; `scale` brings the money of the calls looked at up to that of all."""
    every = [(one, kind) for one in found for kind in one.found.kinds]
    every.sort(key=lambda pair: (-pair[1].calls, pair[0].requests.app or "", pair[1].id))
    return [_cluster(one, kind, hours, scale, show_text=show_text) for one, kind in every[:MOST]]


def _cluster(one: KindsOfApp, kind: Kind, hours: float | None, scale: Decimal, *, show_text: bool) -> Cluster:
    month, reason = a_month(Decimal(kind.cost) / PICO * scale, hours) if kind.priced else (None, _NO_PRICE)
    # What is in parentheses is a description and no word of a request.
    shown = show_text or kind.label.startswith("(")
    texts = [one.requests.texts[number][:_EXCERPT] for number in kind.examples]
    app = one.requests.app
    return Cluster(
        id=text_digest(f"{app or ''}\0{OTHER}")[:10] if kind.id == OTHER else kind.id,
        label=kind.label if shown else masked(kind.label),
        app=app,
        calls=kind.calls,
        share=round(kind.share_of_calls, 6),
        share_of_spend=None if kind.share_of_spend is None else round(kind.share_of_spend, 6),
        texts=kind.texts,
        usd_month=month,
        usd_month_reason=reason,
        repeat_rate=None if kind.repeat_rate is None else round(kind.repeat_rate, 6),
        trend=None if kind.trend.change is None else round(kind.trend.change, 6),
        trend_word=kind.trend.word,
        trend_of=kind.trend.of,
        first_seen=datetime.fromtimestamp(kind.first_seen, UTC),
        last_seen=datetime.fromtimestamp(kind.last_seen, UTC),
        examples=[text if show_text else masked(text) for text in texts],
    )
