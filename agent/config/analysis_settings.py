"""Settings of the analyst."""

from __future__ import annotations

from pydantic import Field

from agent.config.table import Table


class AnalysisSettings(Table):
    """The analysis that `hone run` makes by the clock, in a process of its own, for the dashboard and the digests."""

    enabled: bool = True
    """An agent without it only collects; among several agents on one database one analyses, whichever is elected."""
    every_s: float = Field(600.0, gt=0)
    """Seconds between two analyses; nothing is done while nothing comes in."""
    days: int = Field(28, ge=1, le=400)
    """Days before the newest call that are looked at: whole weeks, so that weekends weigh what they weigh."""
    timeout_s: float = Field(1_800.0, gt=0)
    """An analysis that takes longer is ended, and tried again at the next turn."""
    nice: int = Field(10, ge=0, le=19)
    """How far it stands back for whatever else wants the processor, reading the stream first of all: 0 not at all."""
