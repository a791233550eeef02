"""How near the end of the plan is to what the log costs with everything in it really done, over several logs.

`python -m tests.bench.plan_end --seeds 5`. Two kinds of log for each seed: twelve hours of the demo, whose generator knows what its mended
prompts cost, and `tests/quality/plan/mixed`, on which every lever pays. About two minutes of CPU a seed.
"""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from agent import loop, views
from agent.demo import Truth, traffic
from agent.demo.source import DemoSource
from agent.ingest import Ingest
from agent.store import open_store
from analyzers import ALL
from analyzers.prices import Prices
from collectors.parse import Parser
from tests.agent.mended import FAULTS, left_month
from tests.quality.plan.carried_out import LEVERS
from tests.quality.plan.whole import SIZES, planned_and_done

_START, _HOURS = 1_795_392_000.0, 12.0


def demo(seed: int) -> str:
    """One line about the demo's stream."""
    truth, now = Truth(), _START + _HOURS * 3_600
    store = open_store("sqlite://")
    source = DemoSource(traffic(seed=seed, start=_START, hours=_HOURS, truth=truth))
    loop.run(source, Ingest(store, Parser(clock=lambda: now), ALL), stop=threading.Event(), clock=lambda: now)
    report = views.report(store, Prices())
    store.close()
    by_id = {one.id: one for one in report.recommendations}
    planned = {(str(by_id[name].app), by_id[name].kind) for step in report.plan for name in step.recommendations}
    true = left_month(truth.as_dict(), Decimal(str(report.period.hours)))
    other = "" if planned == FAULTS else f"; planned besides or not: {sorted(planned ^ FAULTS)}"
    return f"demo   seed {seed}: {_against(float(report.plan[-1].usd_month or 0), float(true))}{other}"


def mixed(seed: int, folder: Path) -> Iterator[str]:
    """A line for each lever."""
    made = planned_and_done(seed, SIZES, folder)
    for step in made.report.plan:
        if step.step in LEVERS:
            yield f"mixed  seed {seed}: {_against(float(step.usd_month or 0), made.left[step.step])} after {step.step}"


def _against(planned: float, true: float) -> str:
    return f"planned {planned:9.2f}  really {true:9.2f} USD a month  {100 * (planned / true - 1):+5.1f} %"


def main(given: Sequence[str] | None = None) -> None:
    """Print the lines."""
    arguments = argparse.ArgumentParser(description=main.__doc__)
    arguments.add_argument("--seeds", type=int, default=5)
    arguments.add_argument("--first", type=int, default=1)
    options = arguments.parse_args(given)
    with TemporaryDirectory() as folder:
        for seed in range(options.first, options.first + options.seeds):
            sys.stdout.write(demo(seed) + "\n")
            for line in mixed(seed, Path(folder)):
                sys.stdout.write(line + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
