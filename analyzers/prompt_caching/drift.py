"""Texts of a template that were replaced for good: deploys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise, zip_longest
from typing import NamedTuple

from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.diff import changes
from analyzers.prompt_caching.fault import Place, excerpt
from analyzers.prompt_caching.prompt import Level, Prompt
from analyzers.values.canonical import shape
from analyzers.values.times import clock

_ERA = 5
_MOST = 3_000
_ROLL_OUT = 20
_STILL = 1 / 3
"""Calls, and share of all that ever have it, that may still have the old text when the new one has come: more are two texts by turns."""
_COVERED = 0.9
_MOST_ERAS = 8
_SOME = 200


class Drift(NamedTuple):
    """A text of the head that was replaced for good: `was` before `at` (unix seconds), `now` from then on."""

    at: float
    place: Place
    was: str
    now: str
    calls_before: int
    calls_after: int


def drifts(case: Case) -> list[Drift]:
    """Every lasting change of a tools or system text, in the order of time.

    A text that comes back later, one that only tells the time, or that only a handful of calls or one conversation has, is no deploy. While a deploy is rolled
    out both texts may be sent.
    """
    prompts, talks = case.prompts[-_MOST:], case.conversation[-_MOST:]
    slots = sorted({(s.level, s.position) for p in prompts for s in p.segments if s.level != "message"})
    texts: dict[tuple[str, int], list[str]] = {slot: [""] * len(prompts) for slot in slots}
    for number, prompt in enumerate(prompts):
        for segment in prompt.segments:
            if segment.level != "message":
                texts[segment.level, segment.position][number] = segment.text
    found: list[Drift] = []
    for level, position in slots:
        for was, now in pairwise(_eras(texts[level, position], talks)):
            late = sum(number >= now.numbers[0] for number in was.numbers)
            found_changes = changes(was.text, now.text)
            if late > min(_ROLL_OUT, _STILL * len(was.numbers)) or not found_changes:
                continue
            first, last = found_changes[0], found_changes[-1]
            lines = _lines(was.text, first.a0, last.a1), _lines(now.text, first.b0, last.b1)
            if shape(lines[0]) == shape(lines[1]) and clock(
                [(line, prompts[era.numbers[0]].at) for line, era in zip(lines, (was, now), strict=True)]
            ):
                continue
            found.append(
                Drift(
                    prompts[now.numbers[0]].at,
                    Place(level, position, first.b0, last.b1),
                    excerpt(was.text, first.a0, first.a1),
                    excerpt(now.text, first.b0, first.b1),
                    len(was.numbers),
                    len(now.numbers),
                )
            )
    return sorted(found, key=lambda drift: drift.at)


def replaced(before: Sequence[Prompt], after: Sequence[Prompt]) -> list[Drift]:
    """What is another text when one template takes the place of another: the first of each level. Requests in the order of time."""
    was, now = before[-1], after[0]
    levels: tuple[Level, ...] = ("tools", "system") if was.head or now.head else ("message",)
    found = []
    for level in levels:
        one, two = ([s for s in prompt.segments if s.level == level] for prompt in (was, now))
        for old, new in zip_longest(one, two):
            spans = changes(old.text if old else "", new.text if new else "")
            if not spans:
                continue
            place = Place(level, (new or old).position, spans[0].b0, spans[-1].b1)
            gone = excerpt(old.text, spans[0].a0, spans[-1].a1) if old else ""
            come = excerpt(new.text, spans[0].b0, spans[-1].b1) if new else ""
            found.append(Drift(now.at, place, gone, come, len(before), len(after)))
            break
    return found


def _lines(text: str, start: int, end: int) -> str:
    """The whole lines that the span is in."""
    stop = text.find("\n", end)
    return text[text.rfind("\n", 0, start) + 1 : len(text) if stop < 0 else stop]


class _Era(NamedTuple):
    text: str
    numbers: list[int]
    """Of the requests that have it."""


def _eras(texts: Sequence[str], talks: Sequence[int]) -> list[_Era]:
    """The texts of one place that lasted, by their first request; none where most requests have something of their own."""
    if len(set(texts)) < 2:
        return []
    eras = _lasting(texts, talks, texts)
    if 0 < len(eras) <= _MOST_ERAS:
        return eras
    # A number that moves all the time makes no new text. Some of the texts tell whether anything else ever changes.
    some = {shape(text) for text in texts[:: len(texts) // _SOME + 1]}
    if not 1 < len(some) <= _MOST_ERAS:
        return []
    return _lasting(texts, talks, [shape(text) for text in texts])


def _lasting(texts: Sequence[str], talks: Sequence[int], forms: Sequence[str]) -> list[_Era]:
    by_form: defaultdict[str, list[int]] = defaultdict(list)
    for number, form in enumerate(forms):
        by_form[form].append(number)
    eras = [
        _Era(texts[numbers[-1]], numbers)
        for numbers in by_form.values()
        if len(numbers) >= _ERA and len({talks[number] for number in numbers}) > 1
    ]
    covered = sum(len(era.numbers) for era in eras)
    return eras if covered >= _COVERED * len(texts) else []
