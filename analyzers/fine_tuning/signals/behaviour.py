"""Signals that the model knows enough and does not do as it is told: the prompt first, then tuning."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

from analyzers.fine_tuning.exchange import Exchange
from analyzers.fine_tuning.signals.conforms import conforms
from analyzers.fine_tuning.signals.signal import Signal, followed, normal
from analyzers.fine_tuning.tools import as_object
from analyzers.fine_tuning.words import says

_CUT = frozenset({"length", "max_tokens", "content_filter"})
_DAY_S = 86_400.0
_ALIKE = 0.6
_COLD = 0.3
_EXAMPLE = re.compile(r"(?:^|\n)\W{0,4}(?:example|beispiel|ejemplo|exemple|input|q)\s*\d*\s*:", re.IGNORECASE)
_EXAMPLES = 2
_LOOKED_AT = 4_000


def examples_in_prompt(exchanges: Sequence[Exchange]) -> Signal:
    """Prompts that carry worked examples: "Example n:" in the instructions, or the same exchange before most questions.

    A hint, not a failure: what examples teach, tuning can teach, and their tokens can then go.
    """
    told = [n for n, one in enumerate(exchanges) if one.head]
    repeated = {
        text
        for text, times in Counter(t for n in told for t in set(exchanges[n].head[1:])).items()
        if times > len(told) / 2
    }
    shown = (
        n
        for n in told
        if len(_EXAMPLE.findall(exchanges[n].head[0][:_LOOKED_AT])) >= _EXAMPLES
        or sum(text in repeated for text in exchanges[n].head[1:]) >= _EXAMPLES
    )
    return Signal("examples_in_prompt", frozenset(shown), len(told), counts=False)


def schema_missed(exchanges: Sequence[Exchange]) -> Signal:
    """Answers that were to be JSON and are none, or not of the schema; cut and filtered answers are left out."""
    asked = [
        n
        for n, one in enumerate(exchanges)
        if one.demand != "free" and one.ok and one.answer and one.finish_reason not in _CUT
    ]
    return Signal("schema_missed", frozenset(n for n in asked if not _conforms(exchanges[n])), len(asked))


def _conforms(one: Exchange) -> bool:
    table = as_object(one.answer)
    return table is not None and (one.schema is None or conforms(table, one.schema))


def asked_again_for_format(exchanges: Sequence[Exchange]) -> Signal:
    """Answers after which the same conversation asks for nothing but valid JSON (or the like), or asks the same again."""
    pairs = list(followed(exchanges))
    shown = (
        before
        for before, after in pairs
        if says("format_demand", exchanges[after].question) and not says("format_demand", exchanges[before].question)
    )
    return Signal("asked_again_for_format", frozenset(shown), len(pairs))


def corrected_in_style(exchanges: Sequence[Exchange]) -> Signal:
    """Answers whose tone, length or form the user's next message asks to be other."""
    pairs = list(followed(exchanges))
    shown = (
        before
        for before, after in pairs
        if says("about_style", exchanges[after].question)
        and (says("rejection", exchanges[after].question) or _alike(exchanges[before], exchanges[after]))
    )
    return Signal("corrected_in_style", frozenset(shown), len(pairs))


def _alike(one: Exchange, other: Exchange) -> bool:
    return SequenceMatcher(None, normal(one.question)[:400], normal(other.question)[:400]).quick_ratio() > _ALIKE


def inconsistent(exchanges: Sequence[Exchange]) -> Signal:
    """The same question within a day at a temperature of 0.3 or less, answered with another meaning: another JSON value, another label,
    or less than six tenths of the text in common.
    """
    first: dict[tuple[str, ...], int] = {}
    again, shown = 0, set()
    for number, one in enumerate(exchanges):
        if not one.question or not one.answer or one.temperature is None or one.temperature > _COLD:
            continue
        key = (normal(one.question), *map(normal, one.context), *one.head)
        before = first.setdefault(key, number)
        if before == number:
            continue
        earlier = exchanges[before]
        if one.at - earlier.at >= _DAY_S:
            first[key] = number
            continue
        again += 1
        if not _same_answer(earlier.answer, one.answer):
            shown.add(number)
    return Signal("inconsistent", frozenset(shown), again)


def _same_answer(one: str, other: str) -> bool:
    a, b = normal(one), normal(other)
    if a == b:
        return True
    left, right = as_object(one), as_object(other)
    if left is not None and right is not None:
        return left == right
    return SequenceMatcher(None, a[:400], b[:400]).ratio() >= _ALIKE


SIGNALS = (examples_in_prompt, schema_missed, asked_again_for_format, corrected_in_style, inconsistent)
