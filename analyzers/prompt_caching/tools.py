"""Tool definitions as values: name, order of keys, and the same definition written with sorted keys."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from analyzers.prompt_caching.prompt import Prompt, Segment
from analyzers.prompt_caching.templates import tool_name

_STYLES: tuple[dict[str, Any], ...] = tuple(
    {"ensure_ascii": ascii_only, "indent": indent, "separators": separators}
    for indent in (None, 2, 4)
    for separators in ((",", ":"), (", ", ": "), (",", ": "))
    for ascii_only in (False, True)
)
"""The ways in which programs write JSON."""

Name = tuple[str, int]
"""Name of a tool, and which of those with that name."""


class Tools(NamedTuple):
    """The tools of one request: names in their order, the segment of each."""

    names: tuple[Name, ...]
    texts: tuple[str, ...]

    @property
    def by_name(self) -> dict[Name, str]:
        """The definition of each tool."""
        return dict(zip(self.names, self.texts, strict=True))


def tools_of(prompt: Prompt) -> Tools:
    """The tools of a request; equal lists of texts are read once."""
    return _named(tuple([s.text for s in prompt.segments if s.level == "tools"]))


@lru_cache(maxsize=20_000)
def _named(texts: tuple[str, ...]) -> Tools:
    seen: Counter[str] = Counter()
    names = []
    for text in texts:
        name = tool_name(text)
        names.append((name, seen[name]))
        seen[name] += 1
    return Tools(tuple(names), texts)


def with_tools(prompt: Prompt, chosen: Sequence[tuple[str, int]]) -> Prompt:
    """The prompt with tools of these texts; each takes over the kind and the mark of the old one with that number (-1: none).

    A breakpoint at the end of the tools stays at their end.
    """
    old = [s for s in prompt.segments if s.level == "tools"]
    end = old[-1].mark if old else None
    made = []
    for position, (text, source) in enumerate(chosen):
        kind = old[source].kind if source >= 0 else old[0].kind if old else "tool"
        mark = old[source].mark if 0 <= source < len(old) - 1 else None
        made.append(Segment("tools", position, 0, "", kind, text, mark))
    if made and end:
        made[-1] = made[-1]._replace(mark=end)
    return prompt.with_segments((*made, *[s for s in prompt.segments if s.level != "tools"]))


@lru_cache(maxsize=20_000)
def key_order(text: str) -> tuple[str, str]:
    """The keys of a definition in their order, and the same keys sorted; equal ("", "") for what is no JSON."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return "", ""
    return json.dumps(_keys(value, order=True)), json.dumps(_keys(value, order=False))


def _keys(value: object, *, order: bool) -> object:
    if isinstance(value, dict):
        names = list(value) if order else sorted(value)
        return [[name, _keys(value[name], order=order)] for name in names]
    if isinstance(value, list):
        return [_keys(inner, order=order) for inner in value if isinstance(inner, dict | list)]
    return 0


@lru_cache(maxsize=20_000)
def sorted_keys(text: str) -> str:
    """The definition with its keys sorted, written as it was where that is a usual way; what is no JSON stays."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    style = next((style for style in _STYLES if json.dumps(value, **style) == text), _STYLES[0])
    return json.dumps(value, sort_keys=True, **style)
