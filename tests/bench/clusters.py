"""What finding kinds of request costs: the leader step, the graph, the communities, the whole of it.

    python -m tests.bench.clusters [--queries 20000]

Vectors of 384 dimensions around 400 centres; CPU time of one thread. `kinds` is everything that a run does for one app of that many distinct
texts (labels, examples, trends), embedding aside.
"""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from analyzers.clusters.analyse import kinds
from analyzers.clusters.communities import communities, nearest
from analyzers.clusters.leader import Floats, Leaders
from analyzers.clusters.requests import PICO, Requests

_CENTRES = 400
_BATCH = 4_096
_WIDTH = 384
T = TypeVar("T")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.clusters")
    parser.add_argument("--queries", type=int, default=20_000)
    count = parser.parse_args(arguments).queries
    rng = np.random.default_rng(0)
    centres = _unit(rng.normal(size=(_CENTRES, _WIDTH)).astype(np.float32))
    of = rng.integers(_CENTRES, size=count)
    vectors = _unit(centres[of] + np.float32(0.03) * rng.normal(size=(count, _WIDTH)).astype(np.float32))

    def lead() -> int:
        leaders = Leaders(centres[:0], np.zeros(0, np.float32), np.zeros(0, np.float32))
        for at in range(0, count, _BATCH):
            leaders.assign(vectors[at : at + _BATCH])
        return len(leaders)

    spent, clusters = timed(lead)
    show("leader step", count, f"{clusters} clusters", spent)
    spent, graph = timed(lambda: nearest(vectors))
    show("graph of the nearest", count, f"{len(graph.indices):,} edges", spent)
    spent, numbers = timed(lambda: communities(vectors, graph))
    show("communities (Leiden)", count, f"{int(numbers.max()) + 1} communities", spent)
    asked = requests(count, of.tolist())
    spent, found = timed(lambda: kinds(asked, vectors, "bench", graph=graph))
    show("kinds, with the graph given", count, f"{len(found.kinds)} kinds", spent)
    spent, again = timed(lambda: kinds(asked, vectors, "bench", found.state, graph=graph))
    kept = len({kind.id for kind in found.kinds} & {kind.id for kind in again.kinds})
    show("kinds, the next time", count, f"{kept} ids kept", spent)


def requests(count: int, of: Sequence[int]) -> Requests:
    """A request for each vector, by a person of its own, with words of its centre."""
    numbers = np.arange(count, dtype=np.int32)
    letters = "bcdfghklmnprstvz"
    names = ["".join(letters[(centre >> (4 * n)) & 15] + "aeiu"[n] for n in range(3)) for centre in range(_CENTRES)]
    return Requests(
        "bench",
        1_795_000_000.0 + np.arange(count, dtype=np.float64) * 30,
        numbers,
        numbers,
        np.zeros(count, np.int32),
        numbers,
        np.full(count, -1, np.int32),
        np.full(count, PICO // 1_000, np.int64),
        np.ones(count, np.bool_),
        [f"how about {names[centre]} and {names[(centre * 7) % _CENTRES]}, number {n}" for n, centre in enumerate(of)],
        ["t"],
        [],
    )


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """CPU seconds, and what came out."""
    began = time.process_time()
    found = work()
    return time.process_time() - began, found


def show(name: str, count: int, found: str, spent: float) -> None:
    """One line of the table."""
    sys.stdout.write(f"{name:<30}{count / spent:>14,.0f} /s{found:>24}\n")
    sys.stdout.flush()


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


if __name__ == "__main__":
    main()
