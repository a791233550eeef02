"""Figures of a task that decide no rung and that a person wants to know before tuning; each says of how many calls it is.

| figure                | definition                                                                          | what it says                                          |
|-----------------------|-------------------------------------------------------------------------------------|-------------------------------------------------------|
| asked_again           | answers after which the conversation's next message asks nearly the same (eight tenths of its characters) or rejects it | dissatisfied, for whatever reason: a hint             |
| rated_badly           | rated calls whose rating is negative                                                  | where examples to learn from, and pairs, are          |
| refused               | answers that a filter stopped or that refuse for policy                               | tune with a set of such requests in the evaluation     |
| identifiers_per_1000  | what the detectors of anonymisation find in 1,000 texts (questions and answers)       | the cost of anonymising; a case for a model of one's own |
| first_token_p95_s     | 95th percentile of the time to the first token, in seconds                            | a reason for a small model that is not money           |
| first_token_by_length | median time to first token of the quarter of calls with most input, for each second of the quarter with least | above 1: a shorter prompt answers sooner |
| prompt_changes_week   | lasting changes of instructions or tools a week                                       | tuning freezes what still changes                      |
| failing_since_change  | share of failing calls since the last change, less the share before it                 | below 0: prompting still helps, go on with it          |
| alike_prompts         | other prompts of the app that share eight tenths of their runs of five words           | merge them first: one task, tuned once                 |

They are of the calls that were kept.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from statistics import median, quantiles
from typing import Literal, NamedTuple

from analyzers.anonymise import detect
from analyzers.core import Call
from analyzers.fine_tuning.exchange import Exchange
from analyzers.fine_tuning.signals.signal import followed, normal
from analyzers.fine_tuning.words import says

Name = Literal[
    "asked_again",
    "rated_badly",
    "refused",
    "identifiers_per_1000",
    "first_token_p95_s",
    "first_token_by_length",
    "prompt_changes_week",
    "failing_since_change",
    "alike_prompts",
]

_FILTERED = frozenset({"content_filter", "safety", "refusal", "SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST"})
_SAME = 0.8
_READ = 400
_LEAST = 20
"""Fewer calls make no quantile and no share of a change."""
_TEXTS = 500
_PAIRS = 2_000
_CHARACTERS = 2_000
_RUN = 5
_WEEK_S = 604_800.0
_WORD = re.compile(r"\w+")


class Figure(NamedTuple):
    """`value` as the module defines it, of `of` calls (texts, prompts); None where that many tell nothing."""

    name: Name
    value: float | None
    of: int


class Observed(NamedTuple):
    """What figures are made of; columns are equally long and in order of time."""

    calls: Sequence[Call]
    exchanges: Sequence[Exchange]
    failing: Sequence[bool]
    changes: Sequence[float]
    """When its instructions or tools were changed for good (unix seconds)."""
    weeks: float
    """That were looked at."""
    others: Sequence[str]
    """Instructions of the app's other prompts."""


def figures(task: Observed) -> tuple[Figure, ...]:
    """All figures, in the order of the list above."""
    return tuple(one(task) for one in FIGURES)


def asked_again(task: Observed) -> Figure:
    """Share of the answers that a message of the same conversation follows within half an hour: of the newest 2,000.

    A call that goes on with the same message, after a tool has answered, is no message.
    """
    exchanges = task.exchanges
    pairs = [
        (before, after)
        for before, after in followed(exchanges)
        if (exchanges[before].question, exchanges[before].head) != (exchanges[after].question, exchanges[after].head)
    ][-_PAIRS:]
    shown = sum(
        says("rejection", exchanges[after].question) or _same(exchanges[before], exchanges[after])
        for before, after in pairs
    )
    return Figure("asked_again", _share(shown, len(pairs)), len(pairs))


def _same(one: Exchange, other: Exchange) -> bool:
    a, b = normal(one.question)[:_READ], normal(other.question)[:_READ]
    if not a or not b:
        return False
    matcher = SequenceMatcher(None, a, b)
    return matcher.quick_ratio() >= _SAME and matcher.ratio() >= _SAME


def rated_badly(task: Observed) -> Figure:
    """Share of the calls that have a rating."""
    rated = [one.feedback for one in task.exchanges if one.feedback is not None]
    return Figure("rated_badly", _share(sum(one < 0 for one in rated), len(rated)), len(rated))


def refused(task: Observed) -> Figure:
    """Share of the calls whose answer, or why it ended, is known."""
    known = [one for one in task.exchanges if one.answer or one.finish_reason]
    shown = sum(one.finish_reason in _FILTERED or says("policy_refusal", one.answer) for one in known)
    return Figure("refused", _share(shown, len(known)), len(known))


def identifiers(task: Observed) -> Figure:
    """Of the newest 500 different texts, each up to 2,000 characters."""
    texts = dict.fromkeys(
        text[:_CHARACTERS] for one in reversed(task.exchanges) for text in (one.question, one.answer) if text
    )
    some = list(texts)[:_TEXTS]
    found = sum(len(detect(text)) for text in some)
    return Figure("identifiers_per_1000", 1_000 * found / len(some) if some else None, len(some))


def first_token(task: Observed) -> Figure:
    """Of the calls that log it; none below 20."""
    waits = [call.time_to_first_token for call in task.calls if call.time_to_first_token is not None]
    value = quantiles(waits, n=20, method="inclusive")[-1] if len(waits) >= _LEAST else None
    return Figure("first_token_p95_s", value, len(waits))


def first_token_by_length(task: Observed) -> Figure:
    """Of the calls that log both; none below 80, and none where all prompts are equally long."""
    both = sorted(
        (call.usage.input_total, call.time_to_first_token)
        for call in task.calls
        if call.time_to_first_token is not None and call.usage.input_total is not None
    )
    quarter = len(both) // 4
    if quarter < _LEAST or both[quarter - 1][0] == both[-quarter][0]:
        return Figure("first_token_by_length", None, len(both))
    short, long = (median(wait for _, wait in some) for some in (both[:quarter], both[-quarter:]))
    return Figure("first_token_by_length", long / short if short > 0 else None, len(both))


def prompt_changes(task: Observed) -> Figure:
    """None in less than a week."""
    value = len(task.changes) / task.weeks if task.weeks >= 1 else None
    return Figure("prompt_changes_week", value, len(task.calls))


def failing_since_change(task: Observed) -> Figure:
    """Of the last change with 20 calls on either side of it."""
    times = [call.started_at for call in task.calls]
    for change in sorted(task.changes, reverse=True):
        at = bisect_left(times, change)
        if at >= _LEAST and len(times) - at >= _LEAST:
            before, since = sum(task.failing[:at]) / at, sum(task.failing[at:]) / (len(times) - at)
            return Figure("failing_since_change", since - before, len(times))
    return Figure("failing_since_change", None, len(times))


def alike_prompts(task: Observed) -> Figure:
    """Jaccard similarity of the sets of five-word runs, of instructions with 20 words or more."""
    own = _runs(instructions(task.exchanges))
    others = [_runs(one) for one in task.others]
    count = sum(len(own & one) >= _SAME * len(own | one) for one in others if own and one)
    return Figure("alike_prompts", float(count) if own and others else None, len(others))


def instructions(exchanges: Sequence[Exchange]) -> str:
    """What the newest exchange was told before everything else; empty without text."""
    return next((one.head[0] for one in reversed(exchanges) if one.head), "")


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    words = _WORD.findall(text[: 10 * _CHARACTERS].casefold())
    if len(words) < _LEAST:
        return frozenset()
    return frozenset(tuple(words[n : n + _RUN]) for n in range(len(words) - _RUN + 1))


def _share(shown: int, of: int) -> float | None:
    return shown / of if of else None


FIGURES: tuple[Callable[[Observed], Figure], ...] = (
    asked_again,
    rated_badly,
    refused,
    identifiers,
    first_token,
    first_token_by_length,
    prompt_changes,
    failing_since_change,
    alike_prompts,
)
