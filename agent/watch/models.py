"""Models without a price, models whose price has changed, and models that their provider ends."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

from agent.events import Event
from agent.watch.hourly import Hourly, Recent
from analyzers.lifecycle import end_of
from analyzers.price_list import find
from analyzers.prices import NOT_LISTED, Prices, Rates

UNPRICED = "unpriced_model"
PRICE = "price_change"
ENDS = "model_ends"

Quoted = Mapping[str, str | None]
"""USD per million tokens, as text, by kind of token."""

_LEAST_CALLS = 10
_MOST_MODELS = 50
"""Told of one by one, those with most calls first: whoever writes the log may make up any number of names."""
_MILLION = Decimal(1_000_000)


def unpriced_events(found: Hourly, prices: Prices, now: float) -> Iterator[Event]:
    """Models that were called in the last days and are in no price list: their money is in no figure."""
    unpriced = [
        (recent.calls, provider, model)
        for (provider, model), recent in found.recent.items()
        if recent.calls >= _LEAST_CALLS and prices.rates(recent.key, now) == NOT_LISTED
    ]
    for calls, provider, model in sorted(unpriced, reverse=True)[:_MOST_MODELS]:
        yield Event(
            UNPRICED,
            _name(provider, model),
            now,
            f"{_name(provider, model)} has no price: {calls:,} calls of the last 7 days are in no figure of "
            "money; give it one in [prices.overrides]",
            {"provider": provider, "model": model, "calls": calls},
            float(calls),
        )


def quoted(found: Hourly, prices: Prices, now: float) -> dict[tuple[str, str], Quoted]:
    """The standard prices now of the models that were called in the last days."""
    table = {}
    for of, recent in found.recent.items():
        plain = recent.key._replace(tier="", batch=False, fast=False, band=0)
        rates = prices.rates(plain, now)
        if isinstance(rates, Rates):
            table[of] = _per_million(rates)
    return table


def price_events(
    before: Mapping[tuple[str, str], Quoted], after: Mapping[tuple[str, str], Quoted], source: str, now: float
) -> Iterator[Event]:
    """Models that cost something else than when they were last looked at."""
    for (provider, model), new in after.items():
        old = before.get((provider, model))
        changed = [] if old is None else [kind for kind in new if old.get(kind) != new[kind]]
        if old is None or not changed:
            continue
        said = "; ".join(f"{kind} {old.get(kind) or 'unknown'} -> {new[kind] or 'unknown'}" for kind in changed)
        yield Event(
            PRICE,
            f"{_name(provider, model)} {datetime.fromtimestamp(now, UTC):%Y-%m-%d}",
            now,
            f"{_name(provider, model)} has another price, USD per million tokens: {said} ({source})",
            {"provider": provider, "model": model, "was": dict(old), "is": dict(new), "source": source},
        )


def lifecycle_events(found: Hourly, prices: Prices, stages: Collection[int], now: float) -> Iterator[Event]:
    """Models of the last days that end soon, or have ended; days before are counted in UTC."""
    today = datetime.fromtimestamp(now, UTC).date()
    for (provider, model), recent in found.recent.items():
        name = _name(provider, model)
        end = end_of(provider, model, prices.aliases)
        if end is not None:
            left = (end.ends - today).days
            stage = min((days for days in stages if left <= days), default=None)
            if stage is not None:
                earliest = " at the earliest" if end.not_before else ""
                message = _ending(name, end.ends, left, earliest, recent)
                data = {"ends": end.ends.isoformat(), "source": end.source, "not_before": end.not_before}
                yield _end_event(name, provider, model, str(stage), message, data, now)
        elif (listed := find(provider, prices.aliases.of(provider, model))) and listed.model.deprecated:
            message = (
                f"{name} is marked as deprecated in the price list; no day is known ({recent.calls:,} calls in 7 days)"
            )
            yield _end_event(
                name, provider, model, "deprecated", message, {"ends": None, "source": "genai-prices"}, now
            )


def _ending(name: str, ends: date, left: int, earliest: str, recent: Recent) -> str:
    calls = f"{recent.calls:,} calls in 7 days"
    if left < 0:
        return f"{name} was to end on {ends}{earliest} and is still called ({calls})"
    when = "today" if left == 0 else f"in {left} days"
    return f"{name} ends {when}, on {ends}{earliest} ({calls}): move them to another model"


def _end_event(
    name: str, provider: str, model: str, stage: str, message: str, data: dict[str, object], now: float
) -> Event:
    known = {"provider": provider, "model": model, "stage": stage, **data}
    return Event(ENDS, f"{name} {stage}", now, message, known)


def _name(provider: str, model: str) -> str:
    return f"{provider}/{model}" if provider else model


def _per_million(rates: Rates) -> Quoted:
    kinds = ("uncached_input", "cache_read", "cache_write_short", "cache_write_long", "output")
    found: dict[str, str | None] = {}
    for kind in kinds:
        rate = getattr(rates, kind)
        found[kind] = None if rate is None else f"{(rate * _MILLION).normalize():f}"
    return found
