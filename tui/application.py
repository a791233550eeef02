"""One application. Enter on one of the overview comes here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.spender import Spender

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from agent.report_caching import PromptFault, PromptTemplate, Restraint
    from agent.report_plan import Recommendation
    from agent.spend_hours import Hour, Spent
    from analyzers.spend.view import Row


class Application(Spender):
    """One level below the overview."""

    KIND = "application"
    NOBODY = "(no app)"
    OTHER = "Model"
    HELP_TEXT = "Spend, calls and the cached share of one application in the chosen range; what to do and its prompts are of the newest analysis."

    def rows(self, spent: Spent | Hour) -> Sequence[Row]:
        """Applications."""
        return spent.by_app

    def of(self, one: Recommendation | PromptTemplate | PromptFault) -> str | None:
        """Its application."""
        return one.app

    def other(self, one: PromptTemplate) -> str:
        """An application has prompts on several models."""
        return one.model

    def left(self, one: Restraint, names: Collection[str | None]) -> str | None:
        """The lever and why say enough."""
        return "" if one.subject.split(" · ")[0] == (self._name or self.NOBODY) else None
