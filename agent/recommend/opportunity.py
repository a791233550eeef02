"""Something that could be done: what it is, and what the calls are like once it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

from agent.recommend.bills import Longs
from agent.recommend.world import State, World
from agent.report_plan import Evidence, Lever
from analyzers.prompt_caching.fault import Place

LEVERS: tuple[Lever, ...] = ("prompt_caching", "exact_cache", "semantic_cache", "model_choice", "fine_tuning")
"""The order of resort."""


class Opportunity(NamedTuple):
    """One recommendation in the making; money is USD."""

    id: str
    kind: str
    lever: Lever
    app: str | None
    model: str | None
    template: str | None
    action: str
    evidence: tuple[Evidence, ...]
    how: tuple[str, ...]
    done: Callable[[World, State], State]
    """The state with it done too."""
    calls: int
    """That are looked at and concerned."""
    rank: int = 0
    """Of those of a lever, which comes first."""
    running: Decimal = Decimal(0)
    """What it costs to run, over the period that was looked at."""
    fixed_month: Decimal = Decimal(0)
    """What it costs a month, whatever the volume."""
    alone: Mapping[int, float] | None = None
    """By template, what it saves alone of the simulated input, where that was worked out already (USD of what was looked at)."""
    groups: Longs | None = None
    """What belongs together, by call; None: conversations."""
    least: float = 1.0
    """Times the saving: what the analyzer itself does not exclude."""
    most: float = 1.0
    fuller: float = 1.0
    """Of `most`, times that a cache which began empty may answer once it is full."""
    reason: str | None = None
    """Why it has no number of its own, whatever the calls say; its saving is in no sum then."""
    measured: bool = True
    place: Place | None = None
    """Where in the prompt."""
    templates: tuple[int, ...] = ()
    """Of the analysis; none where it is about all calls of the application."""
    proposed: str | None = None
    """The model that should answer."""
    asked: str | None = None
    """The kind of request that it is about alone, of the calls of its templates; several with spaces between."""

    @property
    def subject(self) -> str:
        """What it is about, for a person."""
        app = self.app or "(no app)"
        return f"{app} · {self.model}" if self.model else app

    @property
    def order(self) -> tuple[int, int, str]:
        """Where in the plan: the lever, the place in the prompt, the name; nothing that hangs on how things were listed."""
        return LEVERS.index(self.lever), self.rank, self.id
