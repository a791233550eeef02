"""What is kept of kinds from run to run, so that they stay the same ones: bounded, and free of text but for labels."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from hashlib import blake2b

import msgspec
import numpy as np

from analyzers.clusters.leader import Floats

MOST_KINDS = 300
"""Of one app, that are remembered."""
REMEMBERED_S = 90 * 86_400.0
"""A kind that did not come for so long is forgotten; when it comes again it is a new one."""
MOST_TEXTS = 32
_STEPS = 127.0


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """One kind as it was found last."""

    id: str
    label: str
    template: str | None = None
    """Of a kind of requests without text: theirs."""
    centroid: str = ""
    """Unit vector as signed bytes (base64); empty without text."""
    floor: float = 0.0
    """Least similarity to the centroid that it asks of a text."""
    texts: tuple[str, ...] = ()
    """Digests of its most frequent texts: what joins it with itself where the vectors are of another model."""
    calls: int = 0
    first_seen: float
    last_seen: float


class State(msgspec.Struct, frozen=True):
    """The kinds of one app, by id; JSON by msgspec."""

    embedder: str = ""
    """Whose vectors the centroids are."""
    kinds: tuple[Known, ...] = ()


def text_digest(text: str) -> str:
    """Names a text without saying it."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def new_id(app: str | None, first: str, taken: Iterable[str]) -> str:
    """An id for a kind that is new, from what it was found by; the same wherever the same is found first."""
    used, number = set(taken), 0
    while True:
        name = blake2b(f"{app or ''}\0{number}\0{first}".encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()
        if name not in used:
            return name
        number += 1


def packed(centroid: Floats) -> str:
    """A unit vector as text."""
    scale = float(np.abs(centroid).max(initial=0.0)) or 1.0
    return base64.b64encode(np.rint(centroid / scale * _STEPS).astype(np.int8).tobytes()).decode()


def centroids(kinds: Sequence[Known], dimensions: int) -> Floats:
    """The unit vectors of kinds with text, a row each; zeros (near to nothing) where it has another length."""
    rows = np.zeros((len(kinds), dimensions), np.float32)
    for row, kind in zip(rows, kinds, strict=True):
        values = np.frombuffer(base64.b64decode(kind.centroid), np.int8).astype(np.float32)
        if len(values) == dimensions:
            row[:] = values / max(float(np.linalg.norm(values)), 1.0)
    return rows


def remembered(found: Sequence[Known], previous: State, embedder: str, now: float) -> State:
    """The kinds found now and those of before that did not come, newest first up to MOST_KINDS."""
    ids = {kind.id for kind in found}
    # A centroid of another model means nothing to the next run.
    same = previous.embedder == embedder
    absent = [
        kind if same else msgspec.structs.replace(kind, centroid="")
        for kind in previous.kinds
        if kind.id not in ids and now - kind.last_seen <= REMEMBERED_S
    ]
    absent.sort(key=lambda kind: (-kind.last_seen, kind.id))
    kept = [*found, *absent][:MOST_KINDS]
    return State(embedder, tuple(sorted(kept, key=lambda kind: kind.id)))
