"""Which task a tuned model answers whose prompt is not that of any task: what is tuned in is left out of the prompt, or all of it is.

A task of the same application is the one when

- the prompt is shorter than the task's, and two thirds of its different words stand there too; or there is none;
- it is offered no tool that the task is not;
- what it is asked and what it answers (words, and names of the tools that are called) is spread over words as the task's is. Spreads are held
  against one another by the Bhattacharyya coefficient, the sum of sqrt(p q) over all words, in samples of one size; that of the trial and the task has
  to be at least eight tenths of that of two halves of the task's own calls, so that free text is held to what free text can be.

Instructions are looked for in the system text; those that stand in a message of the user are part of what is asked. Of two tasks that fit, one has to be alike by a tenth more than the other; else nothing is said. Nor is it below 20 calls of either.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from math import sqrt
from typing import NamedTuple

from analyzers.core import Call
from analyzers.fine_tuning.exchange import Exchange, exchange

_MOST = 400
_LEAST = 20
_CHARACTERS = 2_000
_PROMPT_CHARACTERS = 40_000
_ALIKE = 0.8
_KEPT = 2 / 3
_CLEARLY = 1.1
_NO_PROMPT = 3
"""Words, that are no prompt yet."""
# Where words are written without spaces each sign is taken for one.
_WORD = re.compile(r"[\u3040-\u9fff\uac00-\ud7af]|[^\W\u3040-\u9fff\uac00-\ud7af]+")
_DIGITS = re.compile(r"\d+")


class Sample(NamedTuple):
    """Some calls of one prompt: the words of the instructions that most of them have, and what was asked and answered."""

    prompt: Sequence[str]
    tools: frozenset[str]
    asked: Sequence[Sequence[str]]
    answered: Sequence[Sequence[str]]


class Same(NamedTuple):
    """The task, by its number among those that were asked for, and what speaks for it."""

    number: int
    why: str


def sample(calls: Sequence[Call]) -> Sample:
    """Of so many calls some, spread over all of them."""
    some = calls[:: max(1, len(calls) // _MOST)][:_MOST]
    exchanges = [exchange(call) for call in some]
    prompts = Counter("\n".join(part.text for part in call.system)[:_PROMPT_CHARACTERS] for call in some)
    return Sample(
        _words(max(prompts, key=lambda text: (prompts[text], text), default="")),
        frozenset(name for one in exchanges for name in one.tools),
        [words for one in exchanges if one.has_text and (words := _words(one.question[:_CHARACTERS]))],
        [words for one in exchanges if one.has_text and one.ok and (words := _answer(one))],
    )


def same_task(trial: Sample, tasks: Sequence[Sample]) -> Same | None:
    """The task that the calls of a tuned model are of; None where none is, or more than one may be."""
    found = sorted(
        ((fit.score, number, fit) for number, task in enumerate(tasks) if (fit := _fit(trial, task)) is not None),
        key=lambda one: (-one[0], one[1]),
    )
    if not found or (len(found) > 1 and found[0][0] < _CLEARLY * found[1][0]):
        return None
    _, number, fit = found[0]
    prompt = (
        "it has no prompt"
        if len(trial.prompt) <= _NO_PROMPT
        else f"its prompt is shorter ({fit.kept:.0%} of its words are in the task's)"
    )
    return Same(
        number,
        f"{prompt}; what it is asked is {min(fit.asked, 1):.0%} and what it answers {min(fit.answered, 1):.0%} as alike to the task's calls as they are to each other",
    )


class _Fit(NamedTuple):
    kept: float
    asked: float
    answered: float

    @property
    def score(self) -> float:
        return self.asked * self.answered


def _fit(trial: Sample, task: Sample) -> _Fit | None:
    if len(trial.prompt) >= len(task.prompt) or not trial.tools <= task.tools:
        return None
    own = set(trial.prompt)
    kept = len(own & set(task.prompt)) / len(own) if len(trial.prompt) > _NO_PROMPT else 1.0
    if kept < _KEPT:
        return None
    asked, answered = _alike(trial.asked, task.asked), _alike(trial.answered, task.answered)
    if asked is None or answered is None or min(asked, answered) < _ALIKE:
        return None
    return _Fit(kept, asked, answered)


def _alike(trial: Sequence[Sequence[str]], task: Sequence[Sequence[str]]) -> float | None:
    """How alike they are, of how alike calls of the task are to one another; None where too few are known, or these have nothing in common."""
    size = min(len(trial), len(task) // 2)
    if size < _LEAST:
        return None
    some = _spread(trial[:: len(trial) // size][:size])
    step = max(1, len(task) // (2 * size))
    halves = [_spread(task[start * step :: 2 * step][:size]) for start in (0, 1)]
    own = _overlap(*halves)
    return sum(_overlap(some, half) for half in halves) / 2 / own if own > 0 else None


def _spread(texts: Iterable[Sequence[str]]) -> dict[str, float]:
    words = Counter(word for text in texts for word in text)
    whole = sum(words.values())
    return {word: number / whole for word, number in words.items()}


def _overlap(a: dict[str, float], b: dict[str, float]) -> float:
    return sum(sqrt(share * b[word]) for word, share in a.items() if word in b)


def _answer(one: Exchange) -> list[str]:
    return [*_words(one.answer[:_CHARACTERS]), *(f"\0{called.name}" for called in one.tool_calls)]


def _words(text: str) -> list[str]:
    return [_DIGITS.sub("0", word) for word in _WORD.findall(text.casefold())]
