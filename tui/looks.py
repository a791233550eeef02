"""What may be seen of the texts behind the newest report, for the screens that show them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from agent.printable import inert
from tui.live_screen import Blank

if TYPE_CHECKING:
    from agent.close_look import CloseLook
    from tui.reading import Reading

Shown = Callable[[str], str]
"""A line of a prompt as it may be drawn now."""

NO_ANALYSIS = Blank(
    "No analysis yet.",
    "hone run makes one every few minutes, the first as soon as there are calls;\nhone report makes one now, without the dashboard.",
)


def look_of(reading: Reading) -> CloseLook | None:
    """The newest; None before the first analysis, or where its texts are forgotten."""
    from agent.close_look import CloseLook
    from agent.store.close_looks import newest

    found = newest(reading.store.engine)
    return None if found is None else CloseLook.model_validate_json(found)


def shown_by(reading: Reading) -> Shown:
    """Masks what is not to be shown now, and takes every control character out."""
    return lambda line: inert(reading.text(line))


def why_masked(reading: Reading, look: CloseLook) -> str:
    """What to do to read the words, "" where they are shown."""
    if not reading.database.may_show_text:
        return "words are masked: the configuration does not say [privacy] show_text = true"
    if look.masked:
        return "words are masked: the analysis was made before show_text was set; the next one keeps them"
    return "" if reading.shows_text else "words are masked: m shows them"
