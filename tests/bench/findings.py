"""A month of 10,000 findings a day: how large the store is then, and how long a report of it takes.

python -m tests.bench.findings
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from agent.recommend.record import current
from agent.store import open_store
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
        store.close()
        say(f"the store: {path.stat().st_size:,} bytes")
        began = time.perf_counter()
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
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        say(f"hone report: {time.perf_counter() - began:.2f} s, all of the program's start in it")


def say(line: str) -> None:
    """One line of the result."""
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
