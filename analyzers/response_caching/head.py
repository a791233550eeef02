"""What a request brings besides the question: system and tools as a template with values in it.

A template is the text without its values, in canonical form. Heads that carry a clock are a new text with every
request, so a head is first tried against the templates of the latest ones: that reads 8 KB in some microseconds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from analyzers.core import Part, digest
from analyzers.values.form import form, number
from analyzers.values.marked import Kind, marked

_REMEMBERED = 16_000_000
"""Characters of heads that are remembered as they were sent."""
_RECENT = 24
_LONGEST_VALUE = 80
_LINE = re.compile(r"[^\n\x1e.!?]{8,}")
_DIGITS = re.compile(r"(?=[^\n]*\d)[\w\-.:+/=,@() ]{1,80}")
_TOKEN = re.compile(r"(?=[^\n]*\d)[\w\-.:+/=]{1,80}")
_NAME = re.compile(r"[A-ZÀ-Þ][\w'’.-]*(?: [A-ZÀ-Þ][\w'’.-]*){0,4}")
_LIKE: Mapping[Kind, re.Pattern[str]] = {
    "time": _DIGITS,
    "phone": _DIGITS,
    "account": _DIGITS,
    "run": _TOKEN,
    "id": _TOKEN,
    "number": _TOKEN,
    "email": re.compile(r"[\w.+-]+@[\w.-]+"),
    "name": _NAME,
}
_TOOL_NAME = re.compile(r"\"name\"\s*:\s*\"([^\"]{1,64})\"")
_SHOWN = 160
_MOST_FAMILIES = 64
_ALIKE = 0.5
_SEARCH_TOOLS = re.compile(
    r"\"(?:type|name)\":\"(?:web_search|web_search_preview|google_search|googleSearch|browser|bing|x_search)[\w]*\""
)


class Head(NamedTuple):
    """System and tools of one request."""

    number: int
    """Heads of one number are the same text; a head that was forgotten comes back with another."""
    template: int
    """Number of the template."""
    values: tuple[str, ...]
    """Of the template's places, in their order."""
    numbers: tuple[int, ...]
    """The same as numbers."""
    order: int
    """Number for the order of keys and of tools; 0 for the one in which the template was seen first."""
    space: int
    """Number for the white space; 0 for the first of the template."""


class Template(NamedTuple):
    """System and tools without their values."""

    identity: bytes
    kinds: tuple[Kind, ...]
    text: str
    """The system's beginning, its kinds of values in their place: to show where they stand. Empty for rare templates."""
    family: int
    """Number of the templates that it shares most of its sentences with; -1 where there are too many."""
    live: bool
    """The provider's own web search is among the tools."""


class _Skeleton(NamedTuple):
    """The text as sent between the values that were seen to vary (`free`); the others stand in the pieces."""

    pieces: tuple[str, ...]
    free: tuple[int, ...]
    tools: tuple[str, ...]
    head: Head


class Heads:
    """Reads heads and numbers their templates."""

    def __init__(self) -> None:
        self.templates: list[Template] = []
        self._numbers: dict[bytes, int] = {}
        self._seen: dict[tuple[tuple[Part, ...], tuple[Part, ...]], Head] = {}
        self._characters = 0
        self._recent: list[_Skeleton] = []
        self._read_before: dict[int, tuple[tuple[str, ...], frozenset[int]]] = {}
        self._count = 0
        self._forms: dict[int, tuple[int, int, str, tuple[str, ...]]] = {}
        self.ways: dict[int, tuple[str, str]] = {}
        """Two ways in which a template was written, where there are two: their beginnings."""
        self._leaders: list[frozenset[str]] = []
        self._tools: dict[tuple[str, ...], tuple[bytes, int, int, bool]] = {}

    def read(self, system: tuple[Part, ...], tools: tuple[Part, ...]) -> Head:
        """The head of a request."""
        key = (system, tools)
        found = self._seen.get(key)
        if found is None:
            raw = "\x1e".join([part.text for part in system])
            texts = tuple([part.text for part in tools])
            found = self._by_skeleton(raw, texts) or self._read(raw, texts)
            self._count += 1
            self._characters += len(raw) + 200 + sum(map(len, texts))
            if self._characters > _REMEMBERED:
                self._seen.clear()
                self._characters = 0
            self._seen[key] = found
        return found

    def _by_skeleton(self, raw: str, tools: tuple[str, ...]) -> Head | None:
        for skeleton in self._recent:
            if skeleton.tools == tools and (values := _values(skeleton.pieces, raw)) is not None:
                head = skeleton.head
                kinds = self.templates[head.template].kinds
                all_values, numbers = list(head.values), list(head.numbers)
                for place, value in zip(skeleton.free, values, strict=True):
                    if _LIKE[kinds[place]].fullmatch(value) is None:
                        break
                    all_values[place], numbers[place] = value, number(value)
                else:
                    return Head(self._count, head.template, tuple(all_values), tuple(numbers), head.order, head.space)
        return None

    def _read(self, raw: str, tools: tuple[str, ...]) -> Head:
        written = form(raw)
        found = marked(written.content)
        kept, tool_order, tool_space, live = self._of_tools(tools)
        text = found.text()
        identity = digest(text) + kept
        number_ = self._numbers.get(identity)
        if number_ is None:
            number_ = self._numbers[identity] = len(self.templates)
            family = self._family(frozenset(_LINE.findall(text)) | {f"\x00{kept.hex()}"})
            self.templates.append(Template(identity, found.kinds, text[:4_000] if found.kinds else "", family, live))
        keys = 0 if written.written == written.content else number(marked(written.written).text())
        order, space = keys ^ tool_order, written.space ^ tool_space
        first = self._forms.setdefault(number_, (order, space, raw[:_SHOWN], tools))
        if (order, space) != first[:2] and number_ not in self.ways:
            same = raw[:_SHOWN] == first[2]
            self.ways[number_] = (_names(first[3]), _names(tools)) if same else (first[2], raw[:_SHOWN])
        numbers = tuple(map(number, found.values))
        head = Head(self._count, number_, found.values, numbers, order ^ first[0], space ^ first[1])
        free = self._free(number_, found.values)
        pieces = _pieces(raw, found.values, free)
        if pieces is not None:
            # Where only the white space differs the pieces do too: a skeleton tells the form with the template.
            self._recent.insert(0, _Skeleton(pieces, free, tools, head))
            del self._recent[_RECENT:]
        return head

    def _free(self, template: int, values: tuple[str, ...]) -> tuple[int, ...]:
        """Which values of the template were seen to vary: only those are looked for in its next heads."""
        before, free = self._read_before.get(template, (values, frozenset()))
        free |= {place for place, (a, b) in enumerate(zip(before, values, strict=True)) if a != b}
        self._read_before[template] = (values, free)
        return tuple(sorted(free))

    def _family(self, lines: frozenset[str]) -> int:
        for family, leader in enumerate(self._leaders):
            if len(lines & leader) >= _ALIKE * min(len(lines), len(leader)):
                return family
        if len(self._leaders) >= _MOST_FAMILIES:
            return -1
        self._leaders.append(lines)
        return len(self._leaders) - 1

    def _of_tools(self, tools: tuple[str, ...]) -> tuple[bytes, int, int, bool]:
        if not tools:
            return b"", 0, 0, False
        found = self._tools.get(tools)
        if found is None:
            forms = [form(text) for text in tools]
            contents = [one.content for one in forms]
            written = [one.written for one in forms]
            ordered = sorted(contents)
            order = 0 if written == ordered else number("\x00".join(written))
            space = number(repr([one.space for one in forms])) if any(one.space for one in forms) else 0
            live = any(_SEARCH_TOOLS.search(content) is not None for content in contents)
            found = digest(*ordered), order, space, live
            if len(self._tools) >= 2_000:
                self._tools.clear()
            self._tools[tools] = found
        return found


def _names(tools: Sequence[str]) -> str:
    found = [_TOOL_NAME.search(text) for text in tools]
    return ", ".join([one[1] for one in found if one])[:_SHOWN]


def _pieces(raw: str, values: Sequence[str], free: Sequence[int]) -> tuple[str, ...] | None:
    """The text as sent between its free values; None where there are none or they do not stand in it in this order."""
    if not free:
        return None
    found, done, start = [], 0, 0
    for place, value in enumerate(values):
        at = raw.find(value, done)
        if at < 0:
            return None
        done = at + len(value)
        if place in free:
            found.append(raw[start:at])
            start = done
    return (*found, raw[start:])


def _values(pieces: Sequence[str], raw: str) -> tuple[str, ...] | None:
    first, last = pieces[0], pieces[-1]
    end = len(raw) - len(last)
    at = len(first)
    if end < at or not raw.startswith(first) or not raw.endswith(last):
        return None
    found = []
    for piece in pieces[1:-1]:
        place = raw.find(piece, at, at + _LONGEST_VALUE + len(piece))
        if place < 0:
            return None
        found.append(raw[at:place])
        at = place + len(piece)
    found.append(raw[at:end])
    return tuple(found)
