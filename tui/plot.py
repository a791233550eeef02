"""Lines on axes, in the colours of the theme; what they mean is said beside them, in signs that need no colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from textual.color import Color, ColorParseError
from textual_plotext import PlotextPlot


class Line(NamedTuple):
    """Points from left to right, drawn with `mark` (a sign, or plotext's "braille") in a colour of the theme."""

    points: Sequence[tuple[float, float]]
    mark: str
    color: str
    """A variable of the theme, without its $."""


class Plot(PlotextPlot):
    """Drawn anew whenever it is filled, and when the theme changes."""

    def __init__(self, identity: str) -> None:
        super().__init__(id=identity)
        self.theme = "clear"
        self._draw: Callable[[], None] | None = None

    def on_mount(self) -> None:
        """Its colours are those of the theme."""
        super().on_mount()
        self.app.theme_changed_signal.subscribe(self, lambda _: self._again())

    def fill(
        self,
        lines: Sequence[Line],
        *,
        x: Sequence[tuple[float, str]],
        y: Sequence[tuple[float, str]],
        upright: Sequence[float] = (),
        level: float | None = None,
        limits: tuple[float, float] | None = None,
    ) -> None:
        """`x` and `y` are the ticks and their words, `upright` and `level` lines across, `limits` the ends of y."""

        def draw() -> None:
            plt: Any = self.plt
            plt.clear_figure()
            plt.theme("clear")
            for line in lines:
                xs, ys = zip(*line.points, strict=True)
                plt.plot(list(xs), list(ys), marker=line.mark, color=self._color(line.color))
            for place in upright:
                plt.vline(place, self._color("accent"))
            if level is not None:
                plt.hline(level, self._color("error"))
            plt.xticks([place for place, _ in x], [word for _, word in x])
            plt.yticks([place for place, _ in y], [word for _, word in y])
            plt.xaxes(True, False)
            plt.yaxes(True, False)
            if limits is not None:
                plt.ylim(*limits)

        self._draw = draw
        self._again()

    def _again(self) -> None:
        if self._draw is not None:
            self._draw()
            self.refresh()

    def _color(self, variable: str) -> tuple[int, int, int] | int | str:
        try:
            color = Color.parse(self.app.theme_variables[variable])
        except (ColorParseError, KeyError):
            return "default"
        if color.ansi is None:
            return color.rgb
        # One of the terminal's own sixteen, by number; below nought is its foreground.
        return color.ansi if color.ansi >= 0 else "default"
