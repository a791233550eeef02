"""How long an analysis takes, and what memory, over the databases that a year of one and of ten million calls leaves behind.

    python -m tests.bench.analysis [--calls 1000000,10000000]

Every call of the year is in the totals; what an analysis looks at closely is what `[store] retention_days` and `[analysis] days` leave of them
(the column `kept`), and of these what each analyzer takes at most.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from agent.store import open_store
from agent.store.read import count_calls
from tests.bench.year import make


def analysed(url: str) -> tuple[float, float, float]:
    """Seconds on the clock and of processors, and the most MiB, of `hone analyse` in a process of its own."""
    began = time.monotonic()
    hone = [sys.executable, "-m", "agent", "analyse", "--db", url]
    pid = os.posix_spawn(sys.executable, hone, {**os.environ, "HONE_ANALYSIS__TIMEOUT_S": "36000"})
    _, status, used = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"hone analyse ended with {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    """Make, analyse, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", default="1000000,10000000")
    chosen = parser.parse_args()
    sys.stdout.write(f"{'calls':>12} {'kept':>10} {'MiB of database':>16} {'s':>8} {'CPU s':>8} {'most MiB':>9}\n")
    for calls in map(int, chosen.calls.split(",")):
        with tempfile.TemporaryDirectory(prefix="hone-bench-") as folder:
            path = Path(folder) / "year.db"
            url = f"sqlite:///{path}"
            make(url, calls=calls, say=lambda said: sys.stderr.write(f"{said}\n"))
            store = open_store(url)
            kept = count_calls(store.engine)
            store.close()
            wall, cpu, mib = analysed(url)
            size = path.stat().st_size / (1 << 20)
            sys.stdout.write(f"{calls:>12,} {kept:>10,} {size:>16,.0f} {wall:>8.1f} {cpu:>8.1f} {mib:>9,.0f}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
