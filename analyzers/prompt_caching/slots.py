"""The places of a template's head: one tools, system or leading message part each, with its text in every request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.fault import Place
from analyzers.prompt_caching.prompt import Level, Prompt
from analyzers.prompt_caching.skeleton import Skeleton, Span, skeleton

_SAMPLES = 12
_ROUNDS = 5
_MORE = 4
_MOST_LEADING = 16
_LEAST_STATIC = 200
"""Characters that a leading message shares over conversations to count as instructions."""

_KNOWN: dict[tuple[str, ...], Skeleton] = {}
_MEMO = 2_000


class Slot:
    """One part of the head. `texts[i]` is what request i has there, None where it has no such part."""

    def __init__(self, level: Level, position: int, part: int, texts: Sequence[str | None]) -> None:
        self.level, self.position, self.part = level, position, part
        self.texts = list(texts)
        self._gaps: dict[str, list[Span] | None] = {}

    @cached_property
    def distinct(self) -> list[str]:
        """All texts, the newest first."""
        return list(dict.fromkeys(text for text in reversed(self.texts) if text is not None))

    @cached_property
    def skeleton(self) -> Skeleton:
        """What the texts have in common, from samples over the whole time."""
        some = self.distinct
        samples = list(dict.fromkeys([some[0], *some[:: len(some) // _SAMPLES + 1]]))
        for _ in range(_ROUNDS):
            found = _made(samples)
            missed = [text for text in some if found.gaps(text) is None]
            if len(missed) <= 0.01 * len(some):
                break
            samples += missed[:: len(missed) // _MORE + 1][:_MORE]
        return found

    def gaps(self, text: str) -> list[Span] | None:
        """Where the gaps of the skeleton lie in one of the texts."""
        if text not in self._gaps:
            self._gaps[text] = self.skeleton.gaps(text)
        return self._gaps[text]

    def values(self, first: int, last: int) -> list[str | None]:
        """What each request has from gap `first` to gap `last`."""
        found: list[str | None] = []
        for text in self.texts:
            gaps = None if text is None else self.gaps(text)
            found.append(None if gaps is None or text is None else text[gaps[first][0] : gaps[last][1]])
        return found

    def number(self, prompt: Prompt) -> int:
        """Which segment of a prompt this is, or -1."""
        for number, segment in enumerate(prompt.segments):
            if segment.level == self.level and segment.position == self.position and segment.part == self.part:
                return number
        return -1

    def place(self, case: Case, request: int, start: int, end: int) -> Place:
        """Characters of the slot's text in a request, as places of the text that was logged."""
        from analyzers.prompt_caching.diff import changes, mapped

        now = self.texts[request] or ""
        origin = case.origin.prompts[request] if case.origin is not case else None
        number = -1 if origin is None else self.number(origin)
        was = now if origin is None or number < 0 else origin.segments[number].text
        if was != now:
            found = changes(now, was)
            start, end = mapped(found, start, before=True), mapped(found, end, before=False)
        return Place(self.level, self.position, start, end, self.part)


def _made(samples: Sequence[str]) -> Skeleton:
    key = tuple(samples)
    found = _KNOWN.get(key)
    if found is None:
        if len(_KNOWN) >= _MEMO:
            _KNOWN.clear()
        found = _KNOWN[key] = skeleton(samples)
    return found


def system_slots(case: Case) -> Iterator[Slot]:
    """The parts of the system, in order."""
    yield from _slots(case, "system", 64)


def leading_slots(case: Case) -> Iterator[Slot]:
    """Parts of the first messages, as long as conversations share enough of them to call them instructions."""
    firsts = _first_requests(case)
    for slot in _slots(case, "message", _MOST_LEADING):
        some = [text for i in firsts if (text := slot.texts[i]) is not None]
        if 2 * len(some) < len(firsts) or len(some) < 3:
            return
        own = Slot(slot.level, slot.position, slot.part, some)
        if len(own.distinct) > 1 and own.skeleton.static < _LEAST_STATIC:
            return
        yield slot


def _first_requests(case: Case) -> list[int]:
    seen: set[int] = set()
    found = []
    for i, talk in enumerate(case.conversation):
        if talk not in seen:
            seen.add(talk)
            found.append(i)
    return found


def _slots(case: Case, level: Level, most: int) -> Iterator[Slot]:
    columns: dict[tuple[int, int], list[str | None]] = {}
    for i, prompt in enumerate(case.prompts):
        count = 0
        for segment in prompt.segments:
            if segment.level != level:
                continue
            column = columns.setdefault((segment.position, segment.part), [])
            column.extend([None] * (i - len(column)))
            column.append(segment.text)
            count += 1
            if count >= most:
                break
    for (position, part), texts in sorted(columns.items()):
        texts.extend([None] * (len(case.prompts) - len(texts)))
        yield Slot(level, position, part, texts)
