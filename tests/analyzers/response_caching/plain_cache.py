"""A cache as one would write it down: a list of entries, looked at one by one. Slow, and easy to believe."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers.response_caching.stream import Stream


class Entry(NamedTuple):
    text: int
    request: int
    since: float


def plain(
    stream: Stream, alike: NDArray[np.float32], threshold: float, lifetime: float, entries: int
) -> tuple[list[int], list[float]]:
    """Source (-1 for a miss) and similarity for every request; `alike` is texts x texts, -1 between scopes."""
    source: list[int] = []
    similarity: list[float] = []
    waiting: list[tuple[float, int]] = []
    cache: list[Entry] = []  # least recently used first

    def live(moment: float) -> list[Entry]:
        return [entry for entry in cache if moment < entry.since + lifetime]

    for request in range(len(stream)):
        now, text = float(stream.at[request]), int(stream.text[request])
        for when, asked in sorted(item for item in waiting if item[0] <= now):
            cache = [entry for entry in live(when) if entry.text != stream.text[asked]]
            if len(cache) == entries:
                cache.pop(0)
            cache.append(Entry(int(stream.text[asked]), asked, when))
        waiting = [item for item in waiting if item[0] > now]
        cache = live(now)
        fit = [(1.0 if entry.text == text else float(alike[text, entry.text]), entry) for entry in cache]
        fit = [(like, entry) for like, entry in fit if like >= threshold]
        if not fit:
            source.append(-1)
            similarity.append(0.0)
            waiting.append((max(float(stream.ready[request]), now), request))
            continue
        like, best = min(fit, key=lambda found: (-found[0], found[1].since, found[1].request))
        cache.remove(best)
        cache.append(best)
        source.append(best.request)
        similarity.append(like)
    return source, similarity
