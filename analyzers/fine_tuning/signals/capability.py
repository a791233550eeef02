"""Signals that the model is not able to: a better base or smaller steps; tuning comes later, once the big model passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from analyzers.fine_tuning.exchange import Exchange
from analyzers.fine_tuning.signals.conforms import conforms
from analyzers.fine_tuning.signals.signal import Signal, followed, normal
from analyzers.fine_tuning.tools import ToolCall

_MUCH = 0.5
_REPEATS = 2


def passed_on(exchanges: Sequence[Exchange]) -> Signal:
    """Questions asked of another model soon after in the same conversation, word by word: the answer was not good enough."""
    pairs = [
        (before, after)
        for before, after in followed(exchanges)
        if exchanges[before].ok and exchanges[before].model is not None and exchanges[after].model is not None
    ]
    shown = (
        before
        for before, after in pairs
        if exchanges[before].model != exchanges[after].model
        and exchanges[before].question
        and normal(exchanges[before].question) == normal(exchanges[after].question)
    )
    return Signal("passed_on", frozenset(shown), len(pairs))


def tools_misused(exchanges: Sequence[Exchange]) -> Signal:
    """Calls of tools that were not offered, with arguments that are no JSON or not of the tool's schema, or the same call twice."""
    called = [n for n, one in enumerate(exchanges) if one.tool_calls]
    return Signal("tools_misused", frozenset(n for n in called if _misused(exchanges[n])), len(called))


def _misused(one: Exchange) -> bool:
    repeated = Counter((call.name, repr(call.arguments)) for call in one.tool_calls)
    if max(repeated.values()) >= _REPEATS:
        return True
    return any(_wrong(call, one) for call in one.tool_calls)


def _wrong(call: ToolCall, one: Exchange) -> bool:
    if one.tools and call.name not in one.tools:
        return True
    schema = one.tools.get(call.name)
    return call.arguments is None or (schema is not None and not conforms(call.arguments, schema))


def much_reasoning(exchanges: Sequence[Exchange]) -> Signal:
    """Answers of whose tokens more than half are reasoning. A hint: examples without thoughts may teach such a task badly."""
    told = [n for n, one in enumerate(exchanges) if one.output_tokens and one.reasoning_tokens is not None]
    shown = (n for n in told if (exchanges[n].reasoning_tokens or 0) / (exchanges[n].output_tokens or 1) > _MUCH)
    return Signal("much_reasoning", frozenset(shown), len(told), counts=False)


SIGNALS = (passed_on, tools_misused, much_reasoning)
