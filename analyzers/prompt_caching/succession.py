"""Templates that took the place of others: a deploy that leaves so little of a prompt that the two are not one template.

One ends where the other begins, of the same application and model. That they are of one kin shows in tools or lines that both have, or in
conversations that go on from one to the other. Where all is new, calls come as often as before, and do not ask again what was asked
before: else they are steps of one work, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from analyzers.prompt_caching.prompt import Prompt
from analyzers.prompt_caching.templates import is_tool, lines_of, weight_of

_BEFORE, _AFTER = 10, 5
"""Calls of either that a deploy can be told from."""
_ROLL_OUT = 20
"""Calls that may still have the old prompt when the new one has come."""
_SOME = 50
_KIN = 0.05
_PACE = 2.0
_AGAIN = 0.2
_PAUSES = 2.0
_SILENT = 5.0
"""So many calls that would have been expected of it make a template gone."""


def successions(templates: Mapping[int, Sequence[Prompt]]) -> dict[int, int]:
    """From the number of a template to that of the one that it replaced. Requests of each are in the order of time."""
    found: dict[int, list[int]] = {}
    for earlier, later in _neighbours(templates):
        if _replaces(templates[earlier], templates[later]):
            found.setdefault(later, []).append(earlier)
    replaced = [earlier for candidates in found.values() for earlier in candidates]
    # Of several that it could be, none can be told.
    return {
        later: candidates[0]
        for later, candidates in found.items()
        if len(candidates) == 1 and replaced.count(candidates[0]) == 1
    }


def lineages(numbers: Sequence[int], before: Mapping[int, int]) -> list[list[int]]:
    """Each template with all that it replaced, the oldest first; those that were replaced stand in no list of their own."""
    gone = set(before.values())
    found = []
    for number in numbers:
        if number in gone:
            continue
        line = [number]
        while line[0] in before:
            line.insert(0, before[line[0]])
        found.append(line)
    return found


def _neighbours(templates: Mapping[int, Sequence[Prompt]]) -> Iterator[tuple[int, int]]:
    by_owner: dict[tuple[str | None, tuple[str, str]], list[int]] = {}
    for number, prompts in templates.items():
        by_owner.setdefault((prompts[0].app, prompts[0].family), []).append(number)
    for numbers in by_owner.values():
        for later in numbers:
            start = templates[later][0].at
            yield from ((one, later) for one in numbers if one != later and templates[one][0].at < start)


def _replaces(earlier: Sequence[Prompt], later: Sequence[Prompt]) -> bool:
    if len(earlier) < _BEFORE or len(later) < _AFTER or not later[0].segments:
        return False
    start = later[0].at
    late = sum(prompt.at >= start for prompt in earlier[-_ROLL_OUT - 1 :])
    before = earlier[: len(earlier) - late]
    if late > min(_ROLL_OUT, len(earlier) / 4) or len(before) < _BEFORE:
        return False
    pauses = [after.at - one.at for one, after in pairwise(before)]
    newest = pauses[-_SOME:]
    if start - before[-1].at > _PAUSES * max(pauses) or later[-1].at - start < _SILENT * sum(newest) / len(newest):
        return False
    if _kin(before, later):
        return True
    return later[0].app is not None and _same_pace(before, later) and not _asked_again(before, later)


def _kin(before: Sequence[Prompt], after: Sequence[Prompt]) -> bool:
    talks = {prompt.talk for prompt in before[-_SOME:] if prompt.talk >= 0}
    if any(prompt.talk in talks for prompt in after[:_SOME]):
        return True
    one, two = (frozenset().union(*map(lines_of, prompts)) for prompts in (before[-_SOME:], after[:_SOME]))
    tools = [frozenset(filter(is_tool, lines)) for lines in (one, two)]
    smaller = min(map(len, tools))
    if smaller and 2 * len(tools[0] & tools[1]) >= smaller:
        return True
    text = min(weight_of(one), weight_of(two))
    return text > 0 and weight_of(one & two) >= _KIN * text


def _same_pace(before: Sequence[Prompt], after: Sequence[Prompt]) -> bool:
    one, two = before[-_SOME:], after[:_SOME]
    spans = [(prompts[-1].at - prompts[0].at) / (len(prompts) - 1) for prompts in (one, two)]
    return max(spans) <= _PACE * min(spans)


def _asked_again(before: Sequence[Prompt], after: Sequence[Prompt]) -> bool:
    asked = {prompt.segments[-1].text for prompt in before if prompt.segments}
    again = sum(prompt.segments[-1].text in asked for prompt in after[:_SOME] if prompt.segments)
    return again >= _AGAIN * min(len(after), _SOME)
