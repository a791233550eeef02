"""One analysis: the report over the configured days, kept for whoever reads the database."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from agent import intake
from agent.events import Event
from agent.recommend.proof.state import Proof
from agent.recommend.record import record
from agent.store import Store, close_looks, kinds, read
from agent.store.analyses import Analysis, keep
from agent.watch.look import after_analysis

if TYPE_CHECKING:
    from agent.close_look import CloseLook
    from agent.config import Settings
    from analyzers.clusters.state import State

_HOUR_S = 3_600
_HOURS_A_DAY = 24


class Analysed(NamedTuple):
    """What was kept, and the events that are new."""

    analysis: Analysis
    events: list[Event]


def analyse(store: Store, settings: Settings, now: float) -> Analysis:
    """Make the report of `hone report` over `[analysis] days` and keep it, with what may be seen of its texts and the kinds of request;
    look at what became of the recommendations, and raise the events that follow from it. Raises StoreUnavailable.
    """
    return analysed(store, settings, now).analysis


def analysed(store: Store, settings: Settings, now: float) -> Analysed:
    """As `analyse`."""
    from agent.commands import wiring

    began = time.perf_counter()
    revision = read.revision(store.engine).number
    start_hour = first_hour(store, settings.analysis.days, now)

    def seen(look: CloseLook) -> None:
        close_looks.keep(store.engine, now, look.model_dump_json().encode())

    def found(states: dict[str | None, State]) -> None:
        kinds.keep(store.engine, states, now)

    proofs: list[Proof] = []
    made = wiring.report_of(
        store, settings, start_hour=start_hour, now=now, closely=seen, found_kinds=found, proven=proofs.extend
    )
    made = record(store, made, now, proofs)
    start, end = made.period.start, made.period.end
    analysis = Analysis(
        at=now,
        start=None if start is None else start.timestamp(),
        end=None if end is None else end.timestamp(),
        revision=revision,
        seconds=round(time.perf_counter() - began, 3),
        report=made.to_json(indent=None).encode(),
    )
    keep(store.engine, analysis)
    return Analysed(analysis, after_analysis(store, settings, wiring.prices_of(settings), analysis, now))


def first_hour(store: Store, days: int, now: float) -> int | None:
    """The hour (unix time // 3600) with which the last `days` of the log begin; None when it has no hour of the past.

    They are counted from the newest hour, so that a log of long ago is analysed too; hours ahead of `now` come from wrong clocks.
    """
    newest = read.newest_hour(store.engine, intake.NAME, intake.VERSION, before=int(now // _HOUR_S) + 2)
    return None if newest is None else newest - days * _HOURS_A_DAY + 1
