"""The facts of one task, measured from its calls."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from math import sqrt
from typing import NamedTuple

from analyzers.core import Call
from analyzers.fine_tuning.call_cost import Shape
from analyzers.fine_tuning.exchange import Exchange, exchange
from analyzers.fine_tuning.facts import Cheaper, Facts, Trial
from analyzers.fine_tuning.signals import Diagnosis, diagnose
from analyzers.fine_tuning.signals.signal import normal
from analyzers.price_key import price_key
from analyzers.prices import Prices, Unpriced, cost
from analyzers.wilson import interval

_DAY_S, _WEEK_S, _HOUR_S = 86_400.0, 604_800.0, 3_600.0
_LEAST_WEEKS = 3
_LEAST_TRIED = 100
_MARGIN = 0.02
WHOLE = frozenset({None, "stop", "end_turn", "tool_calls", "tool_use", "STOP", "completed", "stop_sequence"})
"""Finish reasons of answers that were not cut."""
_ZERO = Decimal(0)
_TUNED_ON_AZURE = re.compile(r"\.ft-[0-9a-f]{8,}")


class Caching(NamedTuple):
    """What prompt caching does for the template of a task. Money is of an average call."""

    static_tokens: Decimal
    """Of a call, the same in all others."""
    saved_usd: Decimal
    """What better caching would still take off a call."""
    cached: Decimal
    """Share of the static tokens that would then be read from the cache."""


class TaskCalls(NamedTuple):
    """A task with the calls that are kept of it, in order of time. `calls_month` comes from exact totals, never from the sample."""

    id: str
    label: str
    app: str | None
    calls: Sequence[Call]
    calls_month: Decimal
    caching: Caching | None


class Looked(NamedTuple):
    """A task with what its signals show. `failing`: for each call whether its answer was of no use."""

    task: TaskCalls
    exchanges: Sequence[Exchange]
    diagnosis: Diagnosis
    failing: Sequence[bool]


def look(task: TaskCalls) -> Looked:
    """Read the task's calls once and ask every signal."""
    exchanges = [exchange(call) for call in task.calls]
    found = diagnose(exchanges)
    shown = frozenset[int]().union(*(signal.affected for score in found for signal in score.signals if signal.counts))
    failing = [not one.ok or n in shown or (one.feedback or 0) < 0 for n, one in enumerate(exchanges)]
    return Looked(task, exchanges, found, failing)


def facts_of(looked: Looked, prices: Prices, cheaper: Cheaper | None, tuned: frozenset[str] = frozenset()) -> Facts:
    """The facts that the ladder asks for. `tuned`: models, as logged, that were tuned for this; names like "ft:..." are known anyway.

    Calls of a tuned model are a trial and stand apart: everything else is measured on the calls of the models before.
    """
    task = looked.task
    before = [n for n, call in enumerate(task.calls) if not is_tuned(call.model, tuned)]
    calls = [task.calls[n] for n in before]
    usd = _mean_usd(calls, prices)
    first, last = (task.calls[0].started_at, task.calls[-1].started_at) if task.calls else (0.0, 0.0)
    saved = task.caching.saved_usd if task.caching is not None else _ZERO
    return Facts(
        days=(last - first) / _DAY_S,
        calls=len(task.calls),
        calls_month=task.calls_month,
        weekly_variation=variation([call.started_at for call in task.calls]),
        peak_to_mean=_peak([call.started_at for call in task.calls]),
        diagnosis=looked.diagnosis,
        strict_off=_strict_off(looked),
        now_usd=usd,
        cached_usd=None if usd is None else usd - saved,
        cheaper=cheaper,
        shape=_shape(calls, task.caching),
        uses_tools=any(call.tools for call in calls),
        examples=len(set(_examples(looked))),
        trial=_trial(looked, before, prices, tuned),
    )


def is_tuned(model: str | None, tuned: frozenset[str] = frozenset()) -> bool:
    """Whether a logged model is a tuned one: named so by its provider, or by the owner."""
    return model is not None and (
        model in tuned or model.startswith("ft:") or ":ft-" in model or _TUNED_ON_AZURE.search(model) is not None
    )


def _mean_usd(calls: Sequence[Call], prices: Prices) -> Decimal | None:
    found = []
    for call in calls:
        rates = prices.rates(price_key(call), call.started_at)
        usd = None if isinstance(rates, Unpriced) else cost(rates, call.usage)
        if usd is not None:
            found.append(usd)
    return sum(found, _ZERO) / len(found) if found else None


def variation(times: Sequence[float]) -> float | None:
    """Coefficient of variation of weekly volume; of daily volume below three whole weeks; None below three whole days."""
    if not times:
        return None
    for width in (_WEEK_S, _DAY_S):
        whole = int((max(times) - min(times)) // width)
        if whole >= _LEAST_WEEKS:
            counts = Counter(int((at - min(times)) // width) for at in times)
            volumes = [counts[n] for n in range(whole)]
            mean = sum(volumes) / whole
            return sqrt(sum((volume - mean) ** 2 for volume in volumes) / whole) / mean if mean else None
    return None


def _peak(times: Sequence[float]) -> Decimal | None:
    """How many times the mean the busiest hour of the busiest day asks for; None below a day.

    The hour's share of a day (over all days) times the day's share of all: few calls an hour would make a peak of mere chance.
    """
    if not times or max(times) - min(times) < _DAY_S:
        return None
    by_hour = Counter(int(at % _DAY_S // _HOUR_S) for at in times)
    by_day = Counter(int((at - min(times)) // _DAY_S) for at in times)
    days = (max(times) - min(times)) / _DAY_S
    peak = max(by_hour.values()) / len(times) * 24 * max(by_day.values()) / len(times) * days
    return Decimal(str(round(max(peak, 1.0), 4)))


def _strict_off(looked: Looked) -> int:
    missed = next(one for one in looked.diagnosis.behaviour.signals if one.name == "schema_missed")
    return sum(looked.exchanges[n].demand != "strict" for n in missed.affected)


def _shape(calls: Sequence[Call], caching: Caching | None) -> Shape:
    """Of an average call whose usage is known. Without a known template all input varies: nothing of it could be tuned in."""
    known = [call.usage for call in calls if call.usage.input_total is not None and call.usage.output is not None]
    if not known:
        return Shape(_ZERO, _ZERO, _ZERO)
    given = Decimal(sum(usage.input_total or 0 for usage in known)) / len(known)
    answered = Decimal(sum(usage.output or 0 for usage in known)) / len(known)
    if caching is None:
        return Shape(_ZERO, given, answered)
    static = min(caching.static_tokens, given)
    return Shape(static, given - static, answered, caching.cached)


def _examples(looked: Looked) -> list[str]:
    """Questions that were answered well: what a dataset can be made of."""
    return [
        normal(one.question)
        for one, bad in zip(looked.exchanges, looked.failing, strict=True)
        if not bad and one.has_text and one.question and (one.answer or one.tool_calls) and one.finish_reason in WHOLE
    ]


def _trial(looked: Looked, before: Sequence[int], prices: Prices, tuned: frozenset[str]) -> Trial | None:
    calls = looked.task.calls
    after = [n for n, call in enumerate(calls) if is_tuned(call.model, tuned)]
    usd = _mean_usd([calls[n] for n in after], prices)
    if not after or usd is None:
        return None
    bad, base = (sum(looked.failing[n] for n in some) for some in (after, before))
    share = base / len(before) if before else 0.0
    proven, worse = interval(bad, len(after))[1] <= share + _MARGIN, bad / len(after) > share + _MARGIN
    told = None if len(after) < _LEAST_TRIED or not before else proven or (False if worse else None)
    return Trial(calls[after[-1]].model or "", usd, told, len(after))
