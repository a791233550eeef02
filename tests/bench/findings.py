"""A month of 10,000 findings a day: how large the store is then, and how long a report of it takes.

python -m tests.bench.findings
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from agent.recommend.record import current
from agent.store import open_store, read
from agent.store.analyses import Analysis, keep
from tests.agent.recommendations import ANALYSES_A_DAY, DAY, DAYS, NOW, OPPORTUNITIES, month


def main() -> None:
    """Make the store and look at it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "month.db"
        store = open_store(f"sqlite:///{path}")
        began = time.process_time()
        made = month(store)
        analyses = DAYS * ANALYSES_A_DAY
        took = (time.process_time() - began) / analyses
        say(
            f"{analyses * OPPORTUNITIES:,} findings in {analyses:,} analyses: {took * 1_000:.1f} ms of CPU each to keep"
        )
        began = time.process_time()
        current(store, made, NOW + DAYS * DAY)
        say(
            f"what was decided about {OPPORTUNITIES} into a report: {(time.process_time() - began) * 1_000:.1f} ms of CPU"
        )
        # As if the last analysis had been made just now, which is the rule beside an agent.
        revision = read.revision(store.engine).number
        keep(store.engine, Analysis(time.time(), None, None, revision, 1.0, made.to_json(indent=None).encode()))
        store.close()
        say(f"the store: {path.stat().st_size:,} bytes")
        command = [
            sys.executable,
            "-m",
            "agent",
            "report",
            "--db",
            f"sqlite:///{path}",
            "--json",
            f"{folder}/report.json",
        ]
        for more in ([], ["--anew"]):
            took_s, cpu_s = run([*command, *more])
            say(f"hone report {' '.join(more)}: {took_s:.2f} s, {cpu_s:.2f} of CPU, all of the program's start in it")


def run(command: list[str]) -> tuple[float, float]:
    """Seconds that a command takes, and those of CPU; the second of two, when its code is compiled."""
    took = 0.0, 0.0
    for _ in range(2):
        wall, cpu = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took = time.perf_counter() - wall, after.ru_utime + after.ru_stime - cpu.ru_utime - cpu.ru_stime
    return took


def say(line: str) -> None:
    """One line of the result."""
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
