"""How fast the dashboard is against the database that a year of an agent leaves behind: ten million calls.

    python -m tests.bench.dashboard [--database PATH|URL] [--rounds 9] [--postgres] [--calls 10000000]

The real program runs in a terminal of 120x36 and is timed from outside: from the key to the last byte of the picture that has what
the key asks for. DATABASE is kept and used again where it exists; without it one is made (`tests.bench.year`), and thrown away.

| line   | what is timed                                                                                        |
|--------|------------------------------------------------------------------------------------------------------|
| frame  | `hone watch` to the first picture: the bars and the names of the screens                              |
| data   | the same to the figures of the overview                                                              |
| first  | a screen that is shown for the first time, to its figures                                            |
| again  | a screen that was shown before, to its figures                                                       |
| range  | another range of the overview                                                                        |
| key    | a key that moves the cursor, at rest and while an agent writes at full speed into the same database   |
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from agent.demo import traffic
from agent.demo.record import Sent
from agent.demo.source import DemoSource
from tests.bench.terminal import Terminal, Took
from tests.bench.year import CALLS, make
from tui.screens import SCREENS

MARKS = {
    "overview": "Where it goes",
    "savings": "analysed",
    "prompts": "Behind it",
    "cache": "threshold of its own",
    "kinds": "Trend",
    "tuning": "Calls a month",
    "stream": "records in",
    "events": "resolved",
}
"""Words that only stand on a screen once it has its figures."""
_KEYS = 60
_PACE_S = 0.15
Row = tuple[str, list[Took]]


def started(url: str) -> tuple[Terminal, Took, Took]:
    """A running dashboard, and the seconds to its first picture and to its figures."""
    terminal = Terminal([sys.executable, "-m", "agent", "watch"], {**os.environ, "HONE_STORE__URL": url})
    return terminal, terminal.until("8 Events"), terminal.until(MARKS["overview"])


def start(url: str, rounds: int) -> list[Row]:
    """From nothing to the figures."""
    frames, data = [], []
    for _ in range(rounds):
        terminal, frame, figures = started(url)
        frames.append(frame)
        data.append(figures)
        terminal.close()
    return [("start to frame", frames), ("start to data", data)]


def switches(url: str, rounds: int) -> list[Row]:
    """Every screen once for the first time, and then round and round."""
    terminal, _, _ = started(url)
    terminal.rest()
    first: dict[str, list[Took]] = {}
    again: dict[str, list[Took]] = {}
    for number in range(rounds + 1):
        for entry in (*SCREENS[1:], SCREENS[0]):
            seen = again if number or entry is SCREENS[0] else first
            seen.setdefault(entry.name, []).append(terminal.press(entry.key, MARKS[entry.name]))
            terminal.rest()
    ranges = [terminal.press("t", f"Spend in {name}") for name in ("7d", "30d", "1h", "6h", "24h") if terminal.rest()]
    terminal.close()
    every = [took for name in again for took in again[name]]
    rows: list[Row] = [(f"first {name}", took) for name, took in first.items()]
    rows += [(f"again {entry.name}", again[entry.name]) for entry in SCREENS]
    return [
        *rows,
        ("again, all screens", every),
        *((f"range {n}", [s]) for n, s in zip(("7d", "30d", "1h", "6h", "24h"), ranges, strict=True)),
    ]


def keys(url: str, name: str) -> Row:
    """The cursor up and down in a table of the stream screen."""
    terminal, _, _ = started(url)
    terminal.press("8", MARKS["events"])
    terminal.rest()
    took = []
    for number in range(_KEYS):
        took.append(terminal.press("\x1b[B" if number % 2 == 0 else "\x1b[A", None))
        time.sleep(_PACE_S)
    terminal.close()
    return name, took


def _write(url: str, stop: Any, ready: Any, count: Any) -> None:
    from agent import loop
    from agent.commands import wiring
    from agent.config import load
    from agent.store import open_store

    settings = load(None, {"HONE_STORE__URL": url})
    store = open_store(settings.store.database_url)

    def committed(progress: loop.Progress) -> None:
        count.value += progress.committed.received.calls
        ready.set()

    def without_end() -> Iterator[Sent]:
        # Topics of its own: what the year has read of the others is behind it.
        for seed in itertools.count(100):
            for sent in traffic(seed, start=time.time() - 3_600, hours=1, calls=20_000):
                yield sent._replace(topic=f"bench.{sent.topic}")

    source = DemoSource(without_end())
    loop.run(source, wiring.ingest_of(store, settings), stop=stop, pace=wiring.pace_of(settings), on_commit=committed)
    store.close()


def under_load(url: str, rounds: int) -> list[Row]:
    """Keys and switches while an agent writes as fast as it can."""
    context = multiprocessing.get_context("spawn")
    stop, ready, count = context.Event(), context.Event(), context.Value("q", 0)
    writer = context.Process(target=_write, args=(url, stop, ready, count))
    writer.start()
    try:
        if not ready.wait(120):
            raise SystemExit("the writer does not write")
        before, began = count.value, time.monotonic()
        pressed = keys(url, "key, agent writing")
        rate = (count.value - before) / (time.monotonic() - began)
        switched = switches(url, rounds)
        if not writer.is_alive():
            raise SystemExit("the writer has ended")
    finally:
        stop.set()
        writer.join()
    _, every = next(row for row in switched if row[0] == "again, all screens")
    return [pressed, (f"again, agent writing {rate:,.0f} calls/s", every)]


def table(rows: list[Row], out: Callable[[str], object]) -> None:
    """Milliseconds."""
    out(f"{'ms':<36} {'n':>4} {'median':>8} {'p90':>8} {'most':>8} {'CPU':>8}\n")
    for name, took in rows:
        ordered = sorted(one.wall for one in took)
        high = ordered[min(len(ordered) - 1, int(0.9 * len(ordered)))]
        figures = (statistics.median(ordered), high, ordered[-1], statistics.median(one.cpu for one in took))
        out(f"{name:<36} {len(took):>4} {' '.join(f'{1e3 * one:>8.0f}' for one in figures)}\n")


def main() -> None:
    """Make the database where there is none, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", help="a path, or the URL of a PostgreSQL database that tests.bench.year filled")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--calls", type=int, default=CALLS, help="of the year that is made; hours stay as many")
    parser.add_argument("--postgres", action="store_true", help="make it on a PostgreSQL server")
    parser.add_argument("--only", default="start,switches,keys,load")
    chosen = parser.parse_args()
    server = None
    folder = Path(tempfile.mkdtemp(prefix="hone-bench-"))
    try:
        if chosen.postgres:
            from tests.fixtures.postgres_server import PostgresServer

            server = PostgresServer(durable=True).start()
            url = server.database()
        else:
            found = chosen.database or str(folder / "year.db")
            url = found if "://" in found else f"sqlite:///{Path(found).resolve()}"
        path = Path(url.removeprefix("sqlite:///"))
        if server is not None or ("sqlite" in url and not path.exists()):
            make(url, calls=chosen.calls, say=lambda said: sys.stderr.write(f"{said}\n"))
        rows: list[Row] = []
        if "start" in chosen.only:
            rows += start(url, chosen.rounds)
        if "switches" in chosen.only:
            rows += switches(url, chosen.rounds)
        if "keys" in chosen.only:
            rows.append(keys(url, "key, at rest"))
        if "load" in chosen.only:
            if path.exists():  # what the writer adds is not to be found by the next run
                url = f"sqlite:///{shutil.copy(path, folder / 'written.db')}"
            rows += under_load(url, max(chosen.rounds // 3, 1))
        table(rows, sys.stdout.write)
    finally:
        if server is not None:
            server.remove()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
