"""How often what is true lies between low and high: 100 small logs of one process through the whole report.

`python -m tests.bench.plan_coverage --streams 100`. The truth is the mean of all logs, of what carrying the recommendation out takes
off their bills (`tests/quality/plan`). Some five seconds of CPU a log.
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
from tests.quality.caching.trajectories import START
from tests.quality.plan.applied import Setting, billed, exactly_cached
from tests.quality.plan.drawn import Process, drawn
from tests.quality.plan.mixed import CENTER, DEAR, GUIDE, HOUR_S, Traffic
from tests.quality.plan.reporting import reported, stored, written

NAMES = {
    ("timestamp_before_static", GUIDE): "the clock in conversations",
    ("cache_key_unstable", CENTER): "the cache key of questions",
    ("exact_cache", CENTER): "an exact cache of questions",
}
_DAY_S = 86_400.0


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


def true(traffic: Traffic) -> dict[str, float]:
    """What carrying it out takes off the bill, USD a month."""
    guide, center = traffic.of(GUIDE), traffic.of(CENTER)
    dear = [[turn for turn in turns if turn.model == DEAR] for turns in (center.broken, center.fixed)]
    left = exactly_cached(center.fixed, [CENTER], Setting(_DAY_S, len(center.fixed)))
    month = HOURS_A_MONTH / traffic.hours
    return {
        "the clock in conversations": (billed(guide.broken) - billed(guide.fixed)) * month,
        "the cache key of questions": (billed(dear[0]) - billed(dear[1])) * month,
        "an exact cache of questions": (billed(center.fixed) - billed(left)) * month,
    }


def main(given: Sequence[str] | None = None) -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=main.__doc__)
    arguments.add_argument("--streams", type=int, default=100)
    arguments.add_argument("--hours", type=float, default=Process().hours)
    options = arguments.parse_args(given)
    settings = Settings.model_validate(
        {"store": {"url": "sqlite://"}, "recommend": RecommendSettings(usd_day=Decimal("0.01"))}
    )
    process = Process(hours=options.hours)
    said: defaultdict[str, list[Told]] = defaultdict(list)
    truths: defaultdict[str, list[float]] = defaultdict(list)
    with TemporaryDirectory() as folder:
        for seed in range(options.streams):
            traffic = drawn(seed, process)
            store = stored(written(traffic.broken, str(seed)), Path(folder), settings)
            for name, one in told(reported(store, settings, START + process.hours * HOUR_S)).items():
                said[name].append(one)
            store.close()
            for name, usd in true(traffic).items():
                truths[name].append(usd)
            sys.stderr.write(f"\r{seed + 1} of {options.streams}")
    sys.stderr.write("\n")
    for name, found in said.items():
        sys.stdout.write(_row(name, found, truths[name]) + "\n")


def _row(name: str, found: Sequence[Told], truths: Sequence[float]) -> str:
    truth = float(np.mean(truths))
    covered = np.mean([one.low <= truth <= one.high for one in found])
    drawn_alone = np.mean([one.drawn_low <= truth <= one.high for one in found])
    below = np.mean([truth > one.high for one in found])
    width = np.mean([(one.high - one.low) / one.likely for one in found])
    likely = np.mean([one.likely for one in found])
    return (
        f"{name:30} {len(found):4} with a number  covered {covered:6.1%}  by drawing alone {drawn_alone:6.1%}  above high {below:6.1%}  "
        f"width {width:5.2f} of likely  likely {likely:8.2f}  true {truth:8.2f} (sd of a log {np.std(truths):.2f})"
    )


if __name__ == "__main__":
    main()
