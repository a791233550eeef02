"""The parameters of a request that may change its answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from analyzers.core import digest

_ELSEWHERE = frozenset(
    (
        "stream",
        "stream_options",
        "user",
        "metadata",
        "safety_identifier",
        "prompt_cache_key",
        "prompt_cache_retention",
        "prompt_cache_options",
        "cache_control",
        "service_tier",
        "speed",
        "store",
        "timeout",
        "temperature",
        "seed",
    )
)
"""Changes no answer, or is looked at apart."""
_LIVE = ("web_search_options", "search_parameters", "web_search")
_EARLIER = ("previous_response_id", "conversation")
_SEVERAL = ("n", "best_of", "candidateCount", "candidate_count")
_TEMPERATURES = ((0.05, "0"), (0.5, "low"), (1.0, "middle"))
_CREATIVE = 1.0


class Settings(NamedTuple):
    """What of the parameters matters to a cache of answers."""

    scope: bytes
    """Equal for requests that may share answers: all that change an answer, the temperature roughly."""
    exact: bytes
    """Equal for requests that an exact cache cannot tell apart, the seed aside."""
    seed: str = ""
    creative: bool = False
    several: bool = False
    media: bool = False
    """The answer was asked for as an image or as speech."""
    live: bool = False
    """The provider may search the web."""
    earlier: bool = False
    """Earlier turns are kept at the provider: the log does not show them."""


def settings(parameters: Mapping[str, Any]) -> Settings:
    """Read from `Call.parameters`; the order of their names does not matter."""
    return _settings(msgspec.json.encode(parameters))


@lru_cache(maxsize=4_096)
def _settings(encoded: bytes) -> Settings:
    given: dict[str, Any] = msgspec.json.decode(encoded)
    kept = {name: value for name, value in given.items() if name not in _ELSEWHERE}
    rest = msgspec.json.encode(kept, order="deterministic").decode()
    heat = given.get("temperature")
    heat = heat if isinstance(heat, (int, float)) else None
    bucket = "" if heat is None else next((name for most, name in _TEMPERATURES if heat <= most), "high")
    modalities = given.get("modalities") or given.get("response_modalities") or ()
    seed = given.get("seed")
    return Settings(
        digest(rest, bucket),
        digest(rest, repr(heat)),
        "" if seed is None else repr(seed),
        heat is not None and heat > _CREATIVE,
        any(isinstance(given.get(name), int) and given[name] > 1 for name in _SEVERAL),
        isinstance(modalities, list) and any(str(one).lower() != "text" for one in modalities),
        any(given.get(name) for name in _LIVE),
        any(given.get(name) for name in _EARLIER),
    )
