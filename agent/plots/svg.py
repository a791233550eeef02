"""Elements of SVG, with everything in them escaped."""

from __future__ import annotations

from markupsafe import Markup, escape
from rich.cells import cell_len, set_cell_size

from agent.printable import printable

LABEL_CELLS = 30
"""Columns of a name (a wide character takes two) that leave room for a figure on a narrow screen."""


def element(name: str, *inside: str, **attributes: str | float | None) -> Markup:
    """One element; `class_` and `stroke_width` become `class` and `stroke-width`, None leaves an attribute out."""
    drawn = Markup().join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), value)
        for key, value in attributes.items()
        if value is not None
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, drawn, Markup().join(escape(each) for each in inside))


def plot(title: str, height: float, *inside: Markup) -> Markup:
    """A whole plot as wide as its place; `title` is what is read aloud in its stead."""
    return element("svg", element("title", title), *inside, class_="plot", role="img", width="100%", height=height)


def name(text: str | None, y: float) -> Markup:
    """A name from a log above its bar; where the screen is narrow, no longer than leaves room for the figure beside it."""
    whole = printable(text)
    short = whole if cell_len(whole) <= LABEL_CELLS else f"{set_cell_size(whole, LABEL_CELLS - 1).rstrip()}…"
    if short == whole:
        return element("text", whole, x=0, y=y)
    return element("text", whole, x=0, y=y, class_="full") + element("text", short, x=0, y=y, class_="short")


def percent(share: float) -> str:
    """A length along the width of a plot."""
    return f"{100 * share:.2f}%"
