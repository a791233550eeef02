"""One model. Enter on one of the overview comes here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.reading import Reading
from tui.spender import Spender

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from agent.report_caching import PromptFault, PromptTemplate, Restraint
    from agent.report_plan import Recommendation
    from agent.spend_hours import Hour, Spent
    from analyzers.spend.view import Row


class Model(Spender):
    """One level below the overview."""

    KIND = "model"
    NOBODY = "(no model)"
    OTHER = "Application"
    HELP_TEXT = (
        "Spend, calls and the cached share of one model in the chosen range, whoever calls it; what to do and the prompts that its calls "
        "share are of the newest analysis, which takes the snapshots of a model together. What is about several models (a cache of answers) "
        "stands on the screen of savings."
    )

    def rows(self, spent: Spent | Hour) -> Sequence[Row]:
        """Models."""
        return spent.by_model

    def of(self, one: Recommendation | PromptTemplate | PromptFault) -> str | None:
        """Its model."""
        return one.model

    def other(self, one: PromptTemplate) -> str:
        """A model serves several applications."""
        return one.app or "(no app)"

    def names(self, reading: Reading) -> Collection[str | None]:
        """The log names a snapshot, the analysis the model that it is one of."""
        return {self._name, reading.database.prices.aliases.family(None, self._name).model}

    def left(self, one: Restraint, names: Collection[str | None]) -> str | None:
        """Which application's calls of it."""
        app, _, model = one.subject.partition(" · ")
        return app if model in names else None
