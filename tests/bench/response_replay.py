"""What a replay costs beside a cache that really runs: look-ups of 100,000 distinct questions, and a grid over 1,000,000 calls.

    python -m tests.bench.response_replay [--distinct 100000] [--calls 1000000] [--gptcache 500]

Vectors are of real questions and of mixtures of two of the same intent, which makes as many distinct ones as are asked for;
GPTCache gets the same vectors, so that neither pays for embedding. It is first filled with what the replay inserted before
the last of the questions, in bulk, and then timed on look-ups of those alone. One thread each; seconds are of processor
time, so that a busy neighbour moves both alike. Needs the extra `test`.
"""

from __future__ import annotations

import argparse
import atexit
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from analyzers.embed.embedder import Vectors
from analyzers.response_caching.graph import Graph, neighbours
from analyzers.response_caching.replay import FOREVER, MISS, UNLIMITED, Point, Replay
from tests.analyzers.response_caching.made import stream
from tests.fixtures import banking
from tests.quality.response_caching.running_cache import opened

THRESHOLD = 0.9
THRESHOLDS = (0.75, 0.80, 0.85, 0.90, 0.95, 0.98)
LIFETIMES = (60.0, 900.0, 3_600.0, 86_400.0, FOREVER)
ENTRIES = (100, 1_000, 3_000, 10_000, 30_000, UNLIMITED)
ASKED = 3_000
"""Texts whose neighbours are looked up completely, to know what the graph misses."""


def mixed(count: int) -> Vectors:
    """Distinct unit vectors: every question, then mixtures of two of one intent in random parts with a little noise."""
    random = np.random.default_rng(5)
    known, intents = banking.vectors(), np.array(banking.questions()[1])
    order = np.argsort(intents, kind="stable")
    first = random.integers(len(order), size=count)
    second = np.clip(first + random.integers(-60, 61, size=count), 0, len(order) - 1)
    part = random.random((count, 1)).astype(np.float32)
    made = part * known[order[first]] + (1 - part) * known[order[second]]
    made += (0.45 / np.sqrt(known.shape[1])) * random.standard_normal(made.shape, np.float32)
    made[: len(known)] = known[:count]
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


def main(distinct: int, calls: int, lookups: int) -> None:
    """Print what the graph costs and finds, then GPTCache's look-ups, then the grid."""
    vectors = mixed(distinct)
    # Functions are compiled once per machine; that is not what is measured.
    Replay(stream([0, 1]), neighbours(vectors[:2])).grid((THRESHOLD,), (60.0,), (1,))
    neighbours(vectors[:31_000])
    started = time.process_time()
    graph = neighbours(vectors)
    built = time.process_time() - started
    _say(f"graph of {distinct:,} texts, {len(graph.near):,} neighbours: {built:.1f} s, {_peak():,.0f} MB at most")
    _recall(vectors, graph)
    _against_gptcache(vectors, graph, built, lookups)
    _grid(graph, calls)


def _recall(vectors: Vectors, graph: Graph) -> None:
    asked = np.random.default_rng(7).permutation(len(vectors))[:ASKED]
    alike = vectors[asked] @ vectors.T
    alike[np.arange(len(asked)), asked] = -1.0
    for threshold in (0.75, 0.80, 0.85, 0.90, 0.95):
        there = found = 0
        for row, text in enumerate(asked.tolist()):
            # Below `complete_from` a list is cut short on purpose.
            near = np.flatnonzero(alike[row] >= max(threshold, float(graph.complete_from[text]) + 1e-5))
            there += len(near)
            found += int(np.isin(near, graph.near[graph.start[text] : graph.start[text + 1]]).sum())
        _say(f"  of {there:,} neighbours from {threshold:.2f} it has {found / max(there, 1):.4f}")


def _against_gptcache(vectors: Vectors, graph: Graph, built: float, lookups: int) -> None:
    log = stream(np.arange(len(vectors)))
    started = time.process_time()
    served = Replay(log, graph).served(Point(THRESHOLD, FOREVER, UNLIMITED))
    took = built + time.process_time() - started
    _say(f"replay of {len(log):,} with its graph: {took:.1f} s, {len(log) / took:,.0f} look-ups/s")

    inserted = np.flatnonzero(served.source[:-lookups] == MISS)
    asked = np.arange(len(log) - lookups, len(log))
    folder = tempfile.mkdtemp()
    # GPTCache writes its index once more when the process ends; what is registered first runs after that.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    running = opened(Path(folder) / "cache", vectors, log, THRESHOLD)
    running.data_manager.import_data(
        [log.texts[i] for i in inserted.tolist()],
        [log.answers[i] for i in inserted.tolist()],
        list(vectors[inserted]),
        [None] * len(inserted),
    )
    from gptcache.adapter.api import get

    started = time.process_time()
    found = np.array([get(log.texts[i], cache_obj=running) is not None for i in asked.tolist()])
    each = (time.process_time() - started) / lookups
    # The replay also knows what the last look-ups themselves inserted; only what the filled cache holds is compared.
    ours = _hits(graph, asked, inserted)
    best = (vectors[asked] @ vectors[inserted].T).max(axis=1) >= THRESHOLD
    _say(f"GPTCache with {len(inserted):,} entries: {lookups:,} look-ups at {1 / each:,.0f} a second")
    _say(f"  the replay is {each * len(log) / took:,.0f} times as fast")
    _say(f"  of {best.sum():,} hits the replay has {ours[best].mean():.4f}, GPTCache {found[best].mean():.4f}")


def _hits(graph: Graph, asked: NDArray[np.int64], inserted: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which look-ups find one of the inserted over the graph."""
    held = np.zeros(len(graph), np.bool_)
    held[inserted] = True
    places = [slice(graph.start[i], graph.start[i + 1]) for i in asked]
    return np.array([(held[graph.near[p]] & (graph.similarity[p] >= THRESHOLD)).any() for p in places], np.bool_)


def _grid(graph: Graph, calls: int) -> None:
    random = np.random.default_rng(6)
    share = 1.0 / np.arange(1, len(graph) + 1) ** 0.8
    text = random.permutation(len(graph))[random.choice(len(graph), calls, p=share / share.sum())]
    at = np.sort(random.random(calls)) * 14 * 86_400
    replay = Replay(stream(text, at=at, ready=at + 2.0, texts=[str(i) for i in range(len(graph))]), graph)
    started = time.process_time()
    done = replay.grid(THRESHOLDS, LIFETIMES, ENTRIES)
    took = time.process_time() - started
    _say(
        f"grid of {done.hits.size} points on {calls:,} calls of {len(graph):,} texts: {took:.1f} s; hit rates "
        f"{done.hits.min() / calls:.3f} to {done.hits.max() / calls:.3f}; {_peak():,.0f} MB at most"
    )


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--distinct", type=int, default=100_000)
    options.add_argument("--calls", type=int, default=1_000_000)
    options.add_argument("--gptcache", type=int, default=500)
    given = options.parse_args()
    with threadpool_limits(1):
        main(given.distinct, given.calls, given.gptcache)
