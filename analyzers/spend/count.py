"""From a batch of calls to a state. Every call of a stream passes here: calls that count alike are grouped first."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from operator import attrgetter

from msgspec.structs import astuple

from analyzers import bounded, quantiles
from analyzers.core import Call
from analyzers.price_key import CONTEXT_BANDS, PriceKey, price_key
from analyzers.spend.state import DIMENSIONS, EVERY, Counts, Limits, State, dimension_cell, model_cell, table

_NAME_CHARACTERS = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_MICRO = 1_000_000
_MAX_COST_USD = 1e9
_LONGEST_CALL_S = 86_400.0
_HALF_HOUR_S = 1_800
_FIRST_BAND = CONTEXT_BANDS[0]
_PLAIN = (False, False)

_alike = attrgetter(
    "provider", "request_model", "response_model", "service_tier", "status", "error_type", "response_cache_hit",
    "app", "environment", "team", "tags",
)  # fmt: skip
_usage = attrgetter("usage")
_started = attrgetter("started_at")
_took = attrgetter("duration")
_first_token = attrgetter("time_to_first_token")
_logged_cost = attrgetter("logged_cost")

_Rows = dict[tuple[str | None, PriceKey], list[Counts]]


def counted(calls: Sequence[Call], limits: Limits) -> State:
    """The state of `calls`, of which there is at least one."""
    by_model: _Rows = {}
    by: dict[str, _Rows] = {name: {} for name in DIMENSIONS}
    duration: dict[tuple[str | None, str], list[float | None]] = {}
    first_token: dict[tuple[str | None, str], list[float | None]] = {}
    errors: dict[str, int] = {}
    for group in _groups(calls):
        one = group[0]
        key = price_key(one)
        counts = _counts(group, one, key)
        by_model.setdefault((None, key), []).append(counts)
        by["app"].setdefault((one.app, key), []).append(counts)
        by["environment"].setdefault((one.environment, key), []).append(counts)
        by["team"].setdefault((one.team, key), []).append(counts)
        for tag in {_clean(tag) for tag in one.tags}:
            by["tag"].setdefault((tag, key), []).append(counts)
        if one.status == "error":
            kind = _clean(one.error_type or "unknown")
            errors[kind] = errors.get(kind, 0) + len(group)
        who = (one.app, key.model)
        duration.setdefault(who, []).extend(map(_took, group))
        first_token.setdefault(who, []).extend(map(_first_token, group))
    durations, wrong = _timed(duration, limits)
    first_tokens, wrong_too = _timed(first_token, limits)
    names: dict[PriceKey, PriceKey] = {key: _clean_key(key) for _, key in by_model}
    return State(
        table(((model_cell(names[key]), rows) for (_, key), rows in by_model.items()), limits.models),
        {
            name: table(
                ((dimension_cell(_cleaned(value), names[key]), rows) for (value, key), rows in found.items()),
                limits.cells,
            )
            for name, found in by.items()
            if found
        },
        durations,
        first_tokens,
        wrong + wrong_too,
        bounded.added({}, errors, limits.errors, int.__add__),
        min(map(_started, calls)),
        max(map(_ended, calls)),
    )


def _groups(calls: Sequence[Call]) -> Iterable[list[Call]]:
    """Calls of one price key and of the same labels, together."""
    groups: dict[tuple[object, ...], list[Call]] = {}
    for call in calls:
        usage = call.usage
        total = usage.input_total
        parameters = call.parameters
        # What price_key() looks at, and no less: every call of a group has the key of its first.
        place = (
            _alike(call),
            -1 if total is None else 0 if total <= _FIRST_BAND else bisect_left(CONTEXT_BANDS, total),
            usage.output is None,
            call.started_at % 3_600.0 >= _HALF_HOUR_S,
            (bool(parameters.get("batch")), parameters.get("speed") == "fast") if parameters else _PLAIN,
        )
        group = groups.get(place)
        if group is None:
            groups[place] = [call]
        else:
            group.append(call)
    return groups.values()


def _counts(group: Sequence[Call], one: Call, key: PriceKey) -> Counts:
    calls = len(group)
    unsplit_calls = unsplit_input = 0
    tokens = [0] * 6
    if key.billing != "answered_from_cache":
        usages = list(map(astuple, map(_usage, group)))
        tokens = [sum(filter(None, column)) for column in list(zip(*usages, strict=True))[:6]]
        for uncached, read, short, long, _, _, total in usages:
            if total is not None:
                unsplit = total - (uncached or 0) - (read or 0) - (short or 0) - (long or 0)
                if unsplit > 0:
                    unsplit_input += unsplit
                    unsplit_calls += 1
    logged = [cost for cost in map(_logged_cost, group) if cost is not None and 0.0 <= cost <= _MAX_COST_USD]
    return (
        calls,
        calls if one.status == "error" else 0,
        unsplit_calls,
        unsplit_input,
        *tokens,
        len(logged),
        sum([round(cost * _MICRO) for cost in logged]),
    )


def _ended(call: Call) -> float:
    took = call.duration
    began = call.started_at
    return began + took if took is not None and 0.0 <= took <= _LONGEST_CALL_S else began


def _timed(
    found: dict[tuple[str | None, str], list[float | None]], limits: Limits
) -> tuple[dict[str, quantiles.Buckets], int]:
    """Buckets of all calls, by model and by app, and how many times were no times."""
    every: quantiles.Buckets = {}
    named: dict[str, quantiles.Buckets] = {}
    wrong = 0
    for (app, model), times in found.items():
        buckets, absurd = quantiles.bucketed(times)
        wrong += absurd
        if buckets:
            every = quantiles.added(every, buckets)
            for name in (f"m{_clean(model)}", *(() if app is None else (f"a{_clean(app)}",))):
                named[name] = quantiles.added(named.get(name, {}), buckets)
    return bounded.added({EVERY: every} if every else {}, named, limits.timed, quantiles.added), wrong


def _clean(name: str) -> str:
    """A name that is safe as a key: no control characters, no lone surrogates, not endless."""
    return _CONTROL.sub("\ufffd", name[:_NAME_CHARACTERS])


def _cleaned(name: str | None) -> str | None:
    return None if name is None else _clean(name)


def _clean_key(key: PriceKey) -> PriceKey:
    return key._replace(
        provider=_clean(key.provider), model=_clean(key.model), asked=_clean(key.asked), tier=_clean(key.tier)
    )
