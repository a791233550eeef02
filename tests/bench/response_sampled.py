"""What the estimate from a static model and verified look-ups costs, and how far it is from the full replay of the same calls.

    python -m tests.bench.response_sampled [--calls 1000000] [--wordings 8] [--lookups 4000]

Real texts, the model of the package and the static model that learns from it. The full replay embeds every text, which takes some
minutes; it is no part of the estimate's time. One thread; seconds are of processor time.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time

import numpy as np
from threadpoolctl import threadpool_limits

from analyzers.embed.choice import default_embedder
from analyzers.response_caching.beyond import LEARNED_FROM, estimated
from analyzers.response_caching.graph import neighbours
from analyzers.response_caching.replay import FOREVER, UNLIMITED, Replay
from analyzers.response_caching.sampled import Budget
from tests.quality.response_caching.varied import varied

THRESHOLDS = (0.75, 0.80, 0.85, 0.90, 0.95)
LIFETIMES = (3_600.0, 86_400.0, FOREVER)
ENTRIES = (1_000, 10_000, UNLIMITED)


def main(calls: int, wordings: int, lookups: int) -> None:
    """Print the estimate's time and memory, then its error at every setting."""
    log = varied(calls, 5, wordings).stream
    _say(f"{calls:,} calls of {len(log.texts):,} texts, {np.mean([len(one) for one in log.texts]):.0f} characters each")
    model = default_embedder()
    started = time.process_time()
    newest = log.text[::-1]
    known = newest[np.sort(np.unique(newest, return_index=True)[1])][:LEARNED_FROM]
    texts = [log.texts[one] for one in known.tolist()]
    scopes = np.zeros(len(log.texts), np.int32)
    budget = Budget(lookups, 10**9)
    found = estimated(log, scopes, model, (texts, model.embed(texts)), 86_400.0, 100_000, budget)
    ready = time.process_time() - started
    grid = found.grid(THRESHOLDS, LIFETIMES, ENTRIES)
    took = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _say(
        f"estimate with {found.lookups:,} look-ups: {took:.0f} s, {took - ready:.0f} of them the grid; {peak:,.0f} MB at most"
    )
    _say(f"  {found.embedded:,} texts embedded for look-ups, {len(texts):,} to learn from")
    started = time.process_time()
    vectors = model.embed(log.texts)
    full = Replay(log, neighbours(vectors, least=THRESHOLDS[0])).grid(THRESHOLDS, LIFETIMES, ENTRIES)
    _say(f"full replay: {time.process_time() - started:.0f} s")
    off = 100 * (grid.hits - full.hits) / calls
    for row, threshold in enumerate(THRESHOLDS):
        for column, lifetime in enumerate(LIFETIMES):
            each = ", ".join(
                f"{100 * hits / calls:.1f} % ({error:+.2f})"
                for hits, error in zip(full.hits[row, column], off[row, column], strict=True)
            )
            _say(f"  from {threshold:.2f}, {lifetime:>8,.0f} s, {ENTRIES[0]:,} / {ENTRIES[1]:,} / all entries: {each}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--calls", type=int, default=1_000_000)
    options.add_argument("--wordings", type=int, default=8)
    options.add_argument("--lookups", type=int, default=4_000)
    given = options.parse_args()
    with threadpool_limits(1):
        main(given.calls, given.wordings, given.lookups)
