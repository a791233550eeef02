"""The screens by number: one line each, which keys, bar, palette and help are made from."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from tui.live_screen import LiveScreen


class Entry(NamedTuple):
    """A screen: its key, its name (of the mode and in `hone watch --screen`), its title, and where its class is."""

    key: str
    name: str
    title: str
    place: str
    """"module:Class", imported when the screen is first shown."""
    what: str
    """One line for the palette and the help."""

    def fetch(self) -> type[LiveScreen[Any]]:
        """Its class, imported when it is first asked for."""
        module, _, name = self.place.partition(":")
        found: type[LiveScreen[Any]] = getattr(import_module(module), name)
        return found

    def make(self) -> LiveScreen[Any]:
        """A new screen."""
        made = self.fetch()()
        made.title = self.title
        return made


SCREENS = (
    Entry("1", "overview", "Overview", "tui.overview:Overview", "What it costs, what could be saved, what to do next"),
    Entry("2", "savings", "Savings", "tui.savings:Savings", "Every recommendation with its evidence; decide"),
    Entry("3", "prompts", "Prompts", "tui.prompts:Prompts", "What breaks the provider's cache, in place"),
    Entry("4", "cache", "Cache", "tui.cache:Cache", "A cache of answers: thresholds, wrong answers, pairs to judge"),
    Entry("5", "kinds", "Kinds", "tui.kinds:Kinds", "What is asked again and again in other words"),
    Entry("6", "tuning", "Tuning", "tui.tuning:Tuning", "Whether fine-tuning pays, and what is missing"),
    Entry("7", "stream", "Stream", "tui.stream:Stream", "Partitions, formats, refused records, jobs"),
    Entry("8", "events", "Events", "tui.events:Events", "What changed, open and resolved"),
)
BY_NAME = {entry.name: entry for entry in SCREENS}
