"""Portkey: a gateway config. It has no comments, so what there is to say is beside it."""

from __future__ import annotations

import json

from analyzers.response_caching.artefacts.point import Point, quoted

OWN_THRESHOLD = 0.95
"""Of Portkey's semantic mode, on its own model; a config cannot set it."""
_SHORTEST_S, _LONGEST_S = 60, 90 * 86_400


def config(point: Point) -> str:
    """JSON. Semantic mode only where Portkey's own threshold is no looser than the one that was found."""
    cache: dict[str, object] = {"mode": "semantic" if semantic(point) else "simple"}
    if point.lifetime_s is not None and point.lifetime_s >= _SHORTEST_S:
        cache["max_age"] = int(min(point.lifetime_s, _LONGEST_S))
    return json.dumps({"cache": cache}, indent=2) + "\n"


def semantic(point: Point) -> bool:
    """Whether the semantic mode is advised at all."""
    return point.threshold is not None and point.threshold <= OWN_THRESHOLD


def notes(point: Point) -> list[str]:
    """What the config cannot say."""
    found = [
        f"The figures above are of {quoted(point.embedder)}. Portkey's semantic mode embeds with a model of its own and serves from {OWN_THRESHOLD:g}"
        " on, which a config cannot change: expect other figures, and compare its hits with the log again.",
        "The semantic mode ignores the system prompt and serves requests of at most four messages: put what has to be equal into"
        " `x-portkey-cache-namespace`, or into the metadata.",
    ]
    if not semantic(point):
        found = ["Simple mode: equal requests only."]
        if point.threshold is not None:
            found.append(
                f"The threshold found, {point.threshold:g}, is stricter than Portkey's own {OWN_THRESHOLD:g}: its semantic mode would serve what is likely wrong."
            )
    if point.lifetime_s is not None and point.lifetime_s < _SHORTEST_S:
        found.append(
            f"Portkey keeps an answer for {_SHORTEST_S} s at least: the lifetime of {point.lifetime_s:g} s cannot be had."
        )
    return found
