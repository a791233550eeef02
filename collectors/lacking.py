"""What the record of a call does not say, counted by who logged it and so by whose setting would change that.

| lack                                                  | of a call                                                      |
|-------------------------------------------------------|----------------------------------------------------------------|
| text:absent, :redacted, :encrypted, :truncated, :offloaded | whose prompt is not there, or not whole                    |
| text:apart                                            | whose prompt comes, if at all, in records of its own            |
| usage                                                 | whose input or output is not counted, though somebody paid for it |
| cache_split                                           | whose input is counted, but not how much of it was cached       |
| time                                                  | that carries no time of its own                                 |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import cast

from analyzers.core import Call
from collectors.switches import Missing, deciding_scope, switch

Lacks = dict[str, dict[str, int]]
"""Producer -> lack -> calls. A producer is a format, and where that decides an instrumentation's scope behind a space."""

ABSENT, APART = "text:absent", "text:apart"

_WHOLE = ("full", "hashes")


def lacks(call: Call) -> tuple[str, ...]:
    """What of the table above holds for a call."""
    return _of(_text(call), _counted(call), call.time_source == "record")


def lacking(calls: Sequence[Call]) -> Lacks:
    """The lacks of `calls`."""
    alike = Counter(
        [
            (call.format, call.observer if call.format == "otel" else "", _text(call), _counted(call), call.time_source)
            for call in calls
        ]
    )  # fmt: skip
    found: Lacks = {}
    for (form, observer, text_state, usage, time_source), calls_alike in alike.items():
        for lack in _of(text_state, usage, time_source == "record"):
            scope = deciding_scope(form, observer)
            producer = found.setdefault(f"{form} {scope}" if scope else form, {})
            producer[lack] = producer.get(lack, 0) + calls_alike
    return found


def added(a: Lacks, b: Lacks) -> Lacks:
    """Both together."""
    if not b:
        return a
    total = {producer: dict(table) for producer, table in a.items()}
    for producer, table in b.items():
        mine = total.setdefault(producer, {})
        for lack, calls in table.items():
            mine[lack] = mine.get(lack, 0) + calls
    return total


def setting(producer: str, lack: str) -> str | None:
    """What at the producer would make its records say it, or None where no setting is known."""
    form, _, scope = producer.partition(" ")
    return switch(form, scope, cast(Missing, lack.partition(":")[0]))


def _text(call: Call) -> str:
    return "apart" if call.text_state == "absent" and call.text_key else call.text_state


def _counted(call: Call) -> str:
    usage = call.usage
    if call.response_cache_hit:
        return ""
    if usage.input_total is None or usage.output is None:
        # A failed call without any usage costs nothing, so nothing is missing.
        free = call.status == "error" and usage.input_total is None and usage.output is None
        return "" if free else "usage"
    return "cache_split" if usage.uncached_input is None else ""


def _of(text_state: str, usage: str, timed: bool) -> tuple[str, ...]:
    text = () if text_state in _WHOLE else (f"text:{text_state}",)
    return (*text, *((usage,) if usage else ()), *(() if timed else ("time",)))
