"""Where in a text something identifies a person or opens a door."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from analyzers.anonymise.announced import announced
from analyzers.anonymise.shapes import shapes
from analyzers.anonymise.span import Span, apart

__all__ = ["Detector", "Span", "detect"]

_AGAIN = 256
"""Texts that are remembered: the instructions of a task stand in each of its prompts, between texts that do not come again."""


class Detector(Protocol):
    """A recogniser of one's own, of names for one. `finds` are the kinds that it may return."""

    name: str
    finds: frozenset[str]

    def __call__(self, texts: Sequence[str]) -> Sequence[Sequence[Span]]: ...


def detect(text: str) -> list[Span]:
    """Everything that the rules find, in order, without overlap. Linear in the text."""
    return list(_found(text))


@lru_cache(maxsize=_AGAIN)
def _found(text: str) -> tuple[Span, ...]:
    return tuple(apart((*shapes(text), *announced(text))))
