"""How often what is true lies between low and high: 100 small logs of one process through the whole report.

`python -m tests.bench.plan_coverage --streams 100 --hours 4`: conversations and the cache keys of questions;
`--hours 24 --questions 1100 --conversations 0`: the caches of answers and a cheaper model, which need longer logs.
The truth is the mean over logs of what carrying the recommendation out as it is set takes off their bills, those before it carried
out too (`tests/quality/plan`). Some five to ten seconds of CPU a log.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from agent.config import Settings
from agent.config.recommend_settings import RecommendSettings
from agent.recommend.prompts import UNLEARNT
from agent.report import Report
from agent.report_values import HOURS_A_MONTH
from tests.quality.caching.trajectories import START, Turn
from tests.quality.plan.applied import Setting, answered_by, billed, exactly_cached, kept_longer, similarly_cached
from tests.quality.plan.drawn import Process, drawn
from tests.quality.plan.mixed import CENTER, DEAR, GUIDE, HOUR_S, SMALL, Traffic
from tests.quality.plan.reporting import reported, stored, written

CLOCK, KEY = "the clock in conversations", "the cache key of questions"
EXACT, SIMILAR, MODEL = "an exact cache of questions", "a cache by similarity", "a cheaper model"
NAMES = {
    ("timestamp_before_static", GUIDE): CLOCK,
    ("cache_key_unstable", CENTER): KEY,
    ("exact_cache", CENTER): EXACT,
    ("semantic_cache", CENTER): SIMILAR,
    ("model_choice", CENTER): MODEL,
}


class Told(NamedTuple):
    """What a report says, USD a month."""

    low: float
    likely: float
    high: float

    @property
    def drawn_low(self) -> float:
        """The lower bound without the doubt about what a provider serves, which is only in the bounds of prompts."""
        both, doubt = self.likely - self.low, (1 - UNLEARNT) * self.likely
        return self.likely - float(np.sqrt(max(both**2 - doubt**2, 0.0)))


class Planned(NamedTuple):
    """How the caches of answers are set that a report recommends, None for one that it does not; models to be asked to keep entries."""

    exact: Setting | None
    similar: Setting | None
    kept: frozenset[str]


def told(report: Report) -> dict[str, Told]:
    """The bounds of what is looked at here, where there are any."""
    found = {}
    for one in report.recommendations:
        name = NAMES.get((one.kind, one.app or ""))
        saving = one.saving_usd_month
        if name is None or one.model not in (None, DEAR):
            continue
        if saving.low is not None and saving.likely is not None and saving.high is not None:
            found[name] = Told(float(saving.low), float(saving.likely), float(saving.high))
    return found


def planned(report: Report) -> Planned:
    """As recommended for the questions."""
    kinds = {one.kind for one in report.recommendations if one.app == CENTER}
    answers = report.response_caching
    assert answers is not None
    exact = similar = None
    if "exact_cache" in kinds:
        assert answers.exact.ttl_s is not None
        exact = Setting(answers.exact.ttl_s, answers.exact.entries or sys.maxsize)
    if "semantic_cache" in kinds:
        (part,) = (each for each in answers.semantic.by_app if each.app == CENTER)
        assert answers.semantic.ttl_s is not None
        assert part.recommended_threshold is not None
        entries = answers.semantic.entries or sys.maxsize
        similar = Setting(answers.semantic.ttl_s, entries, part.recommended_threshold)
    kept = {str(one.model) for one in report.recommendations if (one.kind, one.app) == ("idle_gap", CENTER)}
    return Planned(exact, similar, frozenset(kept))


def true(traffic: Traffic, how: Planned) -> dict[str, float]:
    """What carrying each out takes off the bill behind those before it, USD a month."""
    guide, center = traffic.of(GUIDE), traffic.of(CENTER)
    dear = [[turn for turn in turns if turn.model == DEAR] for turns in (center.broken, center.fixed)]
    fixed = _kept(center.fixed, how)
    exact = fixed if how.exact is None else exactly_cached(fixed, [CENTER], how.exact)
    similar = exact if how.similar is None else similarly_cached(exact, CENTER, how.similar)
    cheaper = _kept(answered_by(similar, CENTER, DEAR, SMALL), how)
    month = HOURS_A_MONTH / traffic.hours
    return {
        CLOCK: (billed(guide.broken) - billed(guide.fixed)) * month,
        KEY: (billed(dear[0]) - billed(dear[1])) * month,
        EXACT: (billed(fixed) - billed(exact)) * month,
        SIMILAR: (billed(exact) - billed(similar)) * month,
        MODEL: (billed(similar) - billed(cheaper)) * month,
    }


def _kept(turns: Sequence[Turn], how: Planned) -> list[Turn]:
    left = list(turns)
    for model in how.kept:
        left = kept_longer(left, CENTER, model)
    return left


def main(given: Sequence[str] | None = None) -> None:
    """Print the table."""
    usual = Process()
    arguments = argparse.ArgumentParser(description=main.__doc__)
    arguments.add_argument("--streams", type=int, default=100)
    arguments.add_argument("--truths", type=int, default=100, help="logs that a truth is the mean of")
    arguments.add_argument("--hours", type=float, default=usual.hours)
    arguments.add_argument("--questions", type=float, default=usual.questions)
    arguments.add_argument("--conversations", type=float, default=usual.conversations)
    options = arguments.parse_args(given)
    settings = Settings.model_validate(
        {"store": {"url": "sqlite://"}, "recommend": RecommendSettings(usd_day=Decimal("0.01"))}
    )
    process = Process(options.hours, options.conversations, options.questions)
    logs = [drawn(seed, process) for seed in range(max(options.streams, options.truths))]
    said: list[tuple[Planned, dict[str, Told]]] = []
    with TemporaryDirectory() as folder:
        for number, traffic in enumerate(logs[: options.streams]):
            store = stored(written(traffic.broken, str(number)), Path(folder), settings)
            report = reported(store, settings, START + process.hours * HOUR_S)
            said.append((planned(report), told(report)))
            store.close()
            sys.stderr.write(f"\r{number + 1} of {options.streams}")
    sys.stderr.write("\n")
    truths = {how: [true(traffic, how) for traffic in logs[: options.truths]] for how in {how for how, _ in said}}
    for name in NAMES.values():
        rows = [(bounds[name], [one[name] for one in truths[how]]) for how, bounds in said if name in bounds]
        sys.stdout.write((_row(name, rows) if rows else f"{name:30} never with a number") + "\n")
    counts: defaultdict[Planned, int] = defaultdict(int)
    for how, _ in said:
        counts[how] += 1
    for how, count in sorted(counts.items(), key=lambda one: -one[1]):
        sys.stdout.write(f"{count:4} logs: exact {how.exact}, by similarity {how.similar}, kept {sorted(how.kept)}\n")


def _row(name: str, rows: Sequence[tuple[Told, list[float]]]) -> str:
    found = [(one, float(np.mean(truths))) for one, truths in rows]
    covered = np.mean([one.low <= truth <= one.high for one, truth in found])
    drawn_alone = (
        np.mean([one.drawn_low <= truth <= one.high for one, truth in found]) if name in (CLOCK, KEY) else covered
    )
    below = np.mean([truth > one.high for one, truth in found])
    width = np.mean([(one.high - one.low) / one.likely for one, _ in found])
    likely, truth = np.mean([one.likely for one, _ in found]), np.mean([truth for _, truth in found])
    return (
        f"{name:30} {len(found):4} with a number  covered {covered:6.1%}  by drawing alone {drawn_alone:6.1%}  above high {below:6.1%}  "
        f"width {width:5.2f} of likely  likely {likely:8.2f}  true {truth:8.2f} (sd of a log {np.std(rows[0][1]):.2f})"
    )


if __name__ == "__main__":
    main()
