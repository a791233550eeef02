"""Lines over an axis, with bands of uncertainty, limits and a chosen point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from agent.plots.svg import element, percent, plot

Point = tuple[float, float]

_HEIGHT = 260
_TOP = 24
_BOTTOM = 24
_SIDE = 0.012
"""Margin at both sides, so that no marker is cut."""
_GRAIN = 1000
"""Units of the inner drawing, which is stretched to the plot."""


class Axis(NamedTuple):
    """From `low` to `high`, with words at some values."""

    low: float
    high: float
    ticks: Sequence[tuple[float, str]]

    def at(self, value: float) -> float:
        """Where a value lies, as a share of the axis."""
        return (value - self.low) / (self.high - self.low)


class Line(NamedTuple):
    """Points from left to right; `kind` is the class that the page's style draws (and the legend names)."""

    kind: str
    points: Sequence[Point]
    band: Sequence[tuple[float, float, float]] = ()
    """x, low, high."""


class Chosen(NamedTuple):
    """The point that is proposed: a vertical line with words, and a dot on each level."""

    x: float
    said: str
    levels: Sequence[float]


def curve(
    title: str, x: Axis, y: Axis, lines: Sequence[Line], limit: float | None = None, chosen: Chosen | None = None
) -> Markup:
    """The lines with `x` below and `y` at the left, on its grid; `limit` is a level that should not be passed."""
    drawn = [_level(y, value, said) for value, said in y.ticks]
    drawn += [_below(x, value, said) for value, said in x.ticks]
    paths = [each for line in lines for each in _paths(x, y, line)]
    drawn.append(
        element(
            "svg",
            *paths,
            x=percent(_SIDE),
            y=_TOP,
            width=percent(1 - 2 * _SIDE),
            height=_HEIGHT - _TOP - _BOTTOM,
            viewBox=f"0 0 {_GRAIN} {_GRAIN}",
            preserveAspectRatio="none",
        )
    )
    if limit is not None:
        at = _down(y, limit)
        drawn.append(element("line", x1=0, x2="100%", y1=at, y2=at, class_="limit"))
    if chosen is not None:
        drawn += _chosen(x, y, chosen)
    return plot(title, _HEIGHT, *drawn)


def _across(x: Axis, value: float) -> str:
    return percent(_SIDE + x.at(value) * (1 - 2 * _SIDE))


def _down(y: Axis, value: float) -> float:
    return round(_TOP + (1 - y.at(value)) * (_HEIGHT - _TOP - _BOTTOM), 1)


def _level(y: Axis, value: float, said: str) -> Markup:
    at = _down(y, value)
    line = element("line", x1=0, x2="100%", y1=at, y2=at, class_="grid")
    return line + element("text", said, x=0, y=at - 3, class_="tick")


def _below(x: Axis, value: float, said: str) -> Markup:
    side = "start" if x.at(value) < 0.04 else "end" if x.at(value) > 0.96 else "middle"
    return element("text", said, x=_across(x, value), y=_HEIGHT - 6, class_="tick", text_anchor=side)


def _paths(x: Axis, y: Axis, line: Line) -> list[Markup]:
    def inner(at: float, level: float) -> str:
        return f"{_GRAIN * x.at(at):.1f},{_GRAIN * (1 - y.at(level)):.1f}"

    out = []
    if line.band:
        upper = [inner(at, high) for at, _, high in line.band]
        lower = [inner(at, low) for at, low, _ in reversed(line.band)]
        out.append(element("polygon", points=" ".join([*upper, *lower]), class_=f"band {line.kind}"))
    points = " ".join(inner(at, level) for at, level in line.points)
    out.append(element("polyline", points=points, class_=f"line {line.kind}", vector_effect="non-scaling-stroke"))
    return out


def _chosen(x: Axis, y: Axis, chosen: Chosen) -> list[Markup]:
    at = _across(x, chosen.x)
    side = "start" if x.at(chosen.x) < 0.3 else "end" if x.at(chosen.x) > 0.7 else "middle"
    return [
        element("line", x1=at, x2=at, y1=_TOP - 6, y2=_HEIGHT - _BOTTOM, class_="chosen"),
        element("text", chosen.said, x=at, y=_TOP - 10, class_="figure", text_anchor=side),
        *(element("circle", cx=at, cy=_down(y, level), r=4, class_="dot") for level in chosen.levels),
    ]
