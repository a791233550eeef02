"""The newest part of every application's requests, where there is more to embed than there is time for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analyzers.embed.embedder import Embedder, Vectors
from analyzers.response_caching.stream import Stream

Longs = NDArray[np.int64]


def newest(stream: Stream, app_of: Sequence[str | None], room: int, sizes: NDArray[np.int64] | None = None) -> Longs:
    """The requests that are replayed: all whose different questions together have at most so many characters.

    Each application has the same room; what one does not need the others have. Of one that needs more, the newest.
    `sizes` are of each of the stream's texts what counts in place of its characters.
    """
    apps: dict[str | None, int] = {}
    numbers = np.array([apps.setdefault(app, len(apps)) for app in app_of], np.int64)
    if sizes is None:
        sizes = np.array([len(text) for text in stream.texts], np.int64)
    needs = []
    for number in range(len(apps)):
        rows = np.flatnonzero(numbers == number)
        _, last = np.unique(stream.text[rows][::-1], return_index=True)
        back = np.sort(last)
        needs.append((rows, back, np.cumsum(sizes[stream.text[rows[::-1][back]]])))
    kept: list[Longs] = [np.zeros(0, np.int64)]
    for left, (rows, back, summed) in enumerate(sorted(needs, key=lambda need: int(need[2][-1]))):
        share = room // (len(needs) - left)
        fits = int(np.searchsorted(summed, share, side="right"))
        first = 0 if fits == len(back) else len(rows) - int(back[fits])
        kept.append(rows[first:])
        room -= int(summed[fits - 1]) if fits else 0
    return np.sort(np.concatenate(kept))


def of(stream: Stream, rows: Longs) -> Stream:
    """These requests alone; their texts are numbered anew."""
    if len(rows) == len(stream):
        return stream
    used, text = np.unique(stream.text[rows], return_inverse=True)
    columns = {name: getattr(stream, name)[rows] for name in ("at", "ready", "key", "answer", "cost", "priced", "call")}
    columns |= {"text": text.astype(np.int32), "texts": [stream.texts[number] for number in used]}
    # Stream's own length is that of its columns, which _replace cannot cope with.
    return Stream(**(stream._asdict() | columns))


def vectors(model: Embedder, stream: Stream) -> Vectors:
    """A row for each of the stream's texts; a text that is asked in several scopes is embedded once."""
    numbers: dict[str, int] = {}
    places = [numbers.setdefault(text, len(numbers)) for text in stream.texts]
    return model.embed(list(numbers))[places]
