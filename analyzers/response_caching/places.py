"""A place in which a value of requests stands, and what the value is there: found from how it moves over all requests.

| what     | the values                                                             | for a cache                        |
|----------|------------------------------------------------------------------------|------------------------------------|
| fixed    | always the same                                                        | part of the scope                  |
| clock    | times that move with the requests                                      | spoil the key                      |
| random   | ids that are new with nearly every request, or belong to a run         | spoil the key                      |
| personal | an address, a number, a name of a person, and not always the same      | the request is not to be cached    |
| data     | anything else                                                          | part of the scope                  |
| asked    | a value in the question itself                                         | part of the text                   |
| form     | the order of keys or tools, white space                                | spoil the key                      |
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from analyzers.values.marked import Kind
from analyzers.values.times import clock

Segment = Literal["settings", "system", "message"]
What = Literal["fixed", "clock", "random", "personal", "data", "asked", "form"]
Written = Literal["key_order", "whitespace", "seed"]

_MOST_SAMPLES = 96
_SHOWN = 160
_NEW = 0.9
_LEAST = 3
_LEAST_UNLABELLED = 5
_FEW = 3
_MANY = 10


class PlaceName(NamedTuple):
    """Which place it is: of one application, in system of one template."""

    app: str | None
    segment: Segment
    kind: Kind | Written
    template: int
    """Number of the template, -1 where it is a matter of the application."""
    nth: int
    """Which of the values there, in their order."""


class Place:
    """Samples of the values that stood in one place, evenly over time."""

    __slots__ = ("_seen", "_stride", "name", "samples")

    def __init__(self, name: PlaceName) -> None:
        self.name = name
        self.samples: list[tuple[str, float]] = []
        self._seen = 0
        self._stride = 1

    def add(self, value: str, at: float) -> None:
        """One more value, in the order of time."""
        if self._seen % self._stride == 0:
            self.samples.append((value, at))
            if len(self.samples) > _MOST_SAMPLES:
                del self.samples[1::2]
                self._stride *= 2
        self._seen += 1

    def written(self, ways: tuple[str, str]) -> None:
        """A text that is written otherwise than the first of its content; the beginnings of both."""
        if not self.samples:
            self.samples += [(way[:_SHOWN], 0.0) for way in ways]


def judged(place: Place, seen: int, distinct: int) -> What:
    """What the values of a place are, `distinct` of them over `seen` requests."""
    segment, kind = place.name.segment, place.name.kind
    if kind in ("key_order", "whitespace"):
        return "form"
    if segment == "message":
        return "asked"
    if distinct == 1:
        return "fixed"
    if kind == "time":
        return "clock" if clock(place.samples) is not None else "data"
    if kind == "run":
        # One run has several requests, so its ids come back.
        return "random" if distinct >= _LEAST and any(map(str.isdigit, place.samples[0][0])) else "data"
    if kind in ("id", "seed"):
        return "random" if seen >= _LEAST_UNLABELLED and distinct >= _NEW * seen else "data"
    if kind == "number":
        return "data"
    # A few names over many requests are those of the product, not of its users.
    return "personal" if distinct > _FEW or seen < _MANY * distinct else "data"
