"""Typed placeholders, the same for the same value throughout one conversation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from analyzers.anonymise.detect import Detector, detect
from analyzers.anonymise.span import Span, apart

_PLACEHOLDER = re.compile(r"\[[A-Z]+_(?:\d+|[a-p]{8})\]")
_LEAST_REPEATED = 4
"""Characters: a shorter value is replaced only where it was found, never wherever its letters stand."""


class Anonymised(NamedTuple):
    """Texts with placeholders, and how many values of each kind were replaced."""

    texts: tuple[str, ...]
    counts: dict[str, int]


class Conversation:
    """Replaces values in the texts of one conversation; what it has once seen it knows in later texts."""

    def __init__(self, detectors: Sequence[Detector] = (), known: Iterable[tuple[str, str]] = ()) -> None:
        """`known`: (kind, value) that the log itself names, the user's name for one."""
        self._detectors = tuple(detectors)
        self._placeholders: dict[str, str] = {}
        self._values: dict[str, str] = {}
        self._numbers: Counter[str] = Counter()
        for kind, value in known:
            if value.strip():
                self._placeholder(kind, value.strip())

    def replace(self, texts: Sequence[str]) -> Anonymised:
        """All of them, first found, then replaced, so that a value announced late is gone from the earlier texts too."""
        found = [apart(spans) for spans in self._detected(texts)]
        counts: Counter[str] = Counter()
        for text, spans in zip(texts, found, strict=True):
            for span in spans:
                self._placeholder(span.kind, text[span.start : span.end])
                counts[span.kind] += 1
        known = self._everywhere()
        return Anonymised(
            tuple(self._put(text, spans, known) for text, spans in zip(texts, found, strict=True)), dict(counts)
        )

    def _detected(self, texts: Sequence[str]) -> list[list[Span]]:
        found = [detect(text) for text in texts]
        for detector in self._detectors:
            for own, more in zip(found, detector(texts), strict=True):
                own.extend(more)
        return found

    def _placeholder(self, kind: str, value: str) -> str:
        key = _key(value)
        known = self._placeholders.get(key)
        if known is None:
            self._numbers[kind] += 1
            known = self._placeholders[key] = f"[{kind}_{self._numbers[kind]}]"
            self._values[value] = known
        return known

    def _everywhere(self) -> re.Pattern[str] | None:
        values = [value for value in self._values if len(value) >= _LEAST_REPEATED]
        if not values:
            return None
        longest_first = sorted(values, key=lambda value: (-len(value), value))
        return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)")

    def _put(self, text: str, spans: Sequence[Span], known: re.Pattern[str] | None) -> str:
        parts, at = [], 0
        for span in spans:
            parts.append(self._known(text[at : span.start], known))
            parts.append(self._placeholder(span.kind, text[span.start : span.end]))
            at = span.end
        parts.append(self._known(text[at:], known))
        return "".join(parts)

    def _known(self, text: str, known: re.Pattern[str] | None) -> str:
        return (
            text
            if known is None or not text
            else known.sub(lambda match: self._placeholders[_key(match.group())], text)
        )


def _key(value: str) -> str:
    return " ".join(value.casefold().split())


def residue(text: str) -> list[Span]:
    """What the rules still find in a text that was anonymised; placeholders aside."""
    return detect(_PLACEHOLDER.sub(" ", text))
