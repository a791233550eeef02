"""A log on which every lever pays, the plan for it, and what it costs once that is carried out."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from agent.config import Settings
from agent.config.recommend_settings import RecommendSettings
from agent.recommend.record import decide, record
from agent.report import Report
from tests.quality.caching.trajectories import START
from tests.quality.plan.carried_out import carried_out
from tests.quality.plan.mixed import HOUR_S, INTAKE, Sizes, Traffic, traffic
from tests.quality.plan.reporting import reported, stored, written

SIZES = Sizes(questions=900, documents=120)
SETTINGS = Settings.model_validate(
    {"store": {"url": "sqlite://"}, "recommend": RecommendSettings(usd_day=Decimal("0.5"))}
)


class Made(NamedTuple):
    """A log, what is said of it, and USD a month after each lever once it is carried out."""

    traffic: Traffic
    report: Report
    left: dict[str, float]


def planned_and_done(seed: int, sizes: Sizes, folder: Path) -> Made:
    """Of one log; the owner has said that nobody waits for documents."""
    now = START + sizes.hours * HOUR_S
    log = traffic(seed, sizes)
    # What the owner says of batch is known by its id, which is the same in the log of the application alone.
    alone = reported(stored(written(log.of(INTAKE).broken, "alone"), folder, SETTINGS), SETTINGS, now)
    store = stored(written(log.broken, "log"), folder, SETTINGS)
    record(store, alone, now)
    (batch,) = (one.id for one in alone.recommendations if one.kind == "batch")
    decide(store, batch, "accepted", "owner", now)
    report = reported(store, SETTINGS, now)
    store.close()
    return Made(log, report, carried_out(log, report))
