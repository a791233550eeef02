"""A report's recommendations on `mixed` traffic, carried out lever by lever as their words ask for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from agent.report import Report
from agent.report_plan import Recommendation
from agent.report_values import HOURS_A_MONTH
from tests.quality.caching.edits import in_time
from tests.quality.caching.trajectories import Turn
from tests.quality.plan.applied import (
    Pings,
    Setting,
    answered_by,
    billed,
    exactly_cached,
    kept_longer,
    marked_for_an_hour,
    pinged,
    similarly_cached,
)
from tests.quality.plan.mixed import Traffic

WRONG = {"tool_order", "timestamp_before_static", "cache_key_unstable"}
"""What is wrong with the prompts of the applications: one thing each."""
_KEEP = re.compile(
    r"(?P<minutes>[\d.]+) minutes after its last use send (?P<what>.+?) again, with max_tokens 1, (?:once|at most (?P<most>\d+) times)"
)
_MARKED = "Set a breakpoint (1h) at the end of the system prompt and one (1h) at the end of the last message. "
LEVERS = ("prompt_caching", "exact_cache", "semantic_cache", "model_choice")


class Left(NamedTuple):
    """The requests that are left once so much is done, and the applications that use the batch interface."""

    turns: list[Turn]
    batch: frozenset[str] = frozenset()
    pings: tuple[tuple[str, str, Pings], ...] = ()
    """By application and the model that answers."""

    def usd(self) -> float:
        """What they are billed over the period, with the pings that keep entries alive between them."""
        turns = self.turns
        for app, model, pings in self.pings:
            turns = pinged(turns, app, model, pings)
        return billed(turns, lambda app: app in self.batch)


def planned(report: Report, lever: str) -> list[Recommendation]:
    """What of a lever is in the plan, in its order."""
    (step,) = (one for one in report.plan if one.step == lever)
    by_id = {one.id: one for one in report.recommendations}
    return [by_id[name] for name in step.recommendations]


def carried_out(traffic: Traffic, report: Report) -> dict[str, float]:
    """USD a month after each lever, those before it done too."""
    assert report.period.hours is not None
    left, found = Left(traffic.broken), {}
    for lever in LEVERS:
        left = _done(left, traffic, report, planned(report, lever))
        found[lever] = left.usd() * HOURS_A_MONTH / report.period.hours
    return found


def _done(left: Left, traffic: Traffic, report: Report, wanted: Sequence[Recommendation]) -> Left:
    answers = report.response_caching
    assert answers is not None
    turns = left.turns
    exact = [one.app for one in wanted if one.kind == "exact_cache" and one.app is not None]
    if exact:
        assert answers.exact.ttl_s is not None
        turns = exactly_cached(turns, exact, Setting(answers.exact.ttl_s, answers.exact.entries or len(turns)))
    for one in wanted:
        assert one.app is not None
        if one.kind in WRONG:
            mine = {
                (turn.app, turn.at): turn for turn in traffic.fixed if (turn.app, turn.model) == (one.app, one.model)
            }
            turns = [mine.get((turn.app, turn.at), turn) for turn in turns]
        elif one.kind == "idle_gap":
            turns = kept_longer(turns, one.app, str(one.model))
        elif one.kind == "keep_warm":
            assert one.action.startswith(_MARKED), one.action
            turns = marked_for_an_hour(turns, one.app, str(one.model))
            left = left._replace(pings=(*left.pings, (one.app, str(one.model), _pings(one.action))))
        elif one.kind == "semantic_cache":
            (part,) = (each for each in answers.semantic.by_app if each.app == one.app)
            assert part.recommended_threshold is not None
            assert answers.semantic.ttl_s is not None
            assert answers.semantic.entries is not None
            setting = Setting(answers.semantic.ttl_s, answers.semantic.entries, part.recommended_threshold)
            turns = similarly_cached(turns, one.app, setting)
        elif one.kind == "model_choice":
            other = one.action.removeprefix("Let ").partition(" ")[0]
            turns = answered_by(turns, one.app, str(one.model), other)
            left = left._replace(
                pings=tuple(
                    (app, other if (app, model) == (one.app, one.model) else model, each)
                    for app, model, each in left.pings
                )
            )
        elif one.kind == "batch":
            left = left._replace(batch=left.batch | {one.app})
        else:
            assert one.kind == "exact_cache", one.kind
    return left._replace(turns=in_time([turns]))


def _pings(action: str) -> Pings:
    said = _KEEP.search(action)
    assert said, action
    return Pings(60 * float(said["minutes"]), int(said["most"] or 1), said["what"].startswith("the last request"))
