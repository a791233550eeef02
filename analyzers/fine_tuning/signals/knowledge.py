"""Signals that a fact is missing, old or was not found: the remedy is retrieval, whatever tuning would cost."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzers.fine_tuning.exchange import Exchange
from analyzers.fine_tuning.signals.signal import Signal, followed, normal
from analyzers.fine_tuning.words import says

_FIGURE = re.compile(r"\d[\d.,:/-]*")
_DAY_S = 86_400.0
_WORD = re.compile(r"[^\W\d_]{4,}")
_OVERLAP = 0.05
_LEAST_WORDS = 3


def does_not_know(exchanges: Sequence[Exchange]) -> Signal:
    """Answers that say a piece of information is missing; refusals for policy are not counted."""
    answered = [n for n, one in enumerate(exchanges) if one.answer]
    shown = (n for n in answered if _lacks(exchanges[n].answer))
    return Signal("does_not_know", frozenset(shown), len(answered))


def _lacks(answer: str) -> bool:
    return says("missing_information", answer) and not says("policy_refusal", answer)


def nothing_retrieved(exchanges: Sequence[Exchange]) -> Signal:
    """Looked-up context that is empty or shares almost no word with the question (below 5 % of its words of four letters)."""
    looked = [n for n, one in enumerate(exchanges) if one.context]
    return Signal("nothing_retrieved", frozenset(n for n in looked if _empty(exchanges[n])), len(looked))


def _empty(one: Exchange) -> bool:
    text = " ".join(one.context).strip()
    if text in {"", "[]", "{}", "null", "None"} or says("missing_information", text):
        return True
    asked = set(_WORD.findall(one.question.casefold()))
    if len(asked) < _LEAST_WORDS:
        return False
    return len(asked & set(_WORD.findall(text.casefold()))) / len(asked) < _OVERLAP


def answer_drifts(exchanges: Sequence[Exchange]) -> Signal:
    """The same question answered a day or more later with other figures or dates: knowledge that changes cannot be tuned in."""
    first: dict[str, int] = {}
    again, shown = 0, set()
    for number, one in enumerate(exchanges):
        if not one.question or not one.answer:
            continue
        before = first.setdefault(normal(one.question), number)
        earlier = exchanges[before]
        if one.at - earlier.at < _DAY_S:
            continue
        again += 1
        if set(_FIGURE.findall(one.answer)) != set(_FIGURE.findall(earlier.answer)):
            shown.add(number)
    return Signal("answer_drifts", frozenset(shown), again)


def corrected_in_a_fact(exchanges: Sequence[Exchange]) -> Signal:
    """Answers that the user's next message rejects with a figure, name, date or the like."""
    pairs = list(followed(exchanges))
    shown = (before for before, after in pairs if _corrects(exchanges[after].question))
    return Signal("corrected_in_a_fact", frozenset(shown), len(pairs))


def _corrects(reaction: str) -> bool:
    return says("rejection", reaction) and says("about_fact", reaction) and not says("about_style", reaction)


SIGNALS = (does_not_know, nothing_retrieved, answer_drifts, corrected_in_a_fact)
