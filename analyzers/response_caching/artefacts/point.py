"""What was found best for a cache, and what it is expected to do."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import NamedTuple


class Point(NamedTuple):
    """One recommended cache; None is not known, or, of a limit, none."""

    app: str | None
    embedder: str
    """`Embedder.name` that the threshold was found with."""
    threshold: float | None
    """Least cosine similarity of a hit; None: only equal requests are to be served."""
    lifetime_s: float | None
    entries: int | None
    scope_keys: tuple[str, ...]
    """What has to be equal besides the question: "app", "model", "tenant", ..."""
    hit_rate: float | None
    """Share of the calls that may be cached."""
    wrong_rate_high: float | None
    """Upper bound of the share of calls that get a wrong answer."""
    max_wrong_rate: float | None
    """The owner's limit of it."""
    saving_usd_month: Decimal | None
    period: str
    """The log that the figures are from, as people write it: "2026-11-01 to 2026-11-14"."""


class Model(NamedTuple):
    """How a target names the model of the threshold."""

    litellm: str
    sentence_transformers: str | None
    """None: not a model that runs in the process."""
    same: bool
    """The target's vectors are those that the threshold was found with."""
    note: str


_MINILM = "sentence-transformers/all-MiniLM-L6-v2"


def model(embedder: str) -> Model:
    """The target's model for an embedder of Hone; where there is none, a name to be filled in, said in the note."""
    lower = embedder.casefold()
    if "minilm-l6-v2" in lower:
        exact = "int8" not in lower
        note = (
            "the threshold is of the same weights"
            if exact
            else "the threshold was found with 8-bit weights; full precision moves the similarity of a pair by about 0.01, so compare the first hits"
        )
        return Model(f"huggingface/{_MINILM}", _MINILM, exact, note)
    if "text-embedding" in lower:
        name = embedder.rsplit("/", 1)[-1]
        return Model(f"openai/{name}", None, True, "the threshold is of this model")
    if "/" in embedder:
        return Model(f"huggingface/{embedder}", embedder, True, "the threshold is of this model")
    note = f"the threshold is of {quoted(embedder)} and means nothing to another model: name the same one here"
    return Model("REPLACE/with-the-same-model", None, False, note)


def expected(point: Point) -> list[str]:
    """Lines that say what was found, each fit for a comment."""
    limit = "not set" if point.max_wrong_rate is None else _percent(point.max_wrong_rate)
    money = "not known" if point.saving_usd_month is None else f"{point.saving_usd_month:,.2f} USD a month"
    threshold = (
        "equal requests only"
        if point.threshold is None
        else f"cosine similarity of {point.threshold:g} or more between vectors of {quoted(point.embedder)}"
    )
    return [
        f"For {quoted(point.app) if point.app else 'calls that name no app'}, from the log of {quoted(point.period)[1:-1]}.",
        f"Serves: {threshold}.",
        f"Expected: answers {_percent(point.hit_rate)} of the calls that may be cached,",
        f"at most {_percent(point.wrong_rate_high)} of them wrongly (95 % bound; the owner's limit: {limit}), and saves {money}.",
        f"Lifetime: {_lifetime(point.lifetime_s)}. Entries: {'no limit' if point.entries is None else f'{point.entries:,}'}.",
        f"An answer may be served only where these are equal: {', '.join(map(quoted, point.scope_keys)) or 'nothing besides the question'}.",
    ]


def comment(point: Point) -> str:
    """`expected` behind number signs."""
    return "\n".join(f"# {line}" for line in expected(point)) + "\n"


def quoted(text: str) -> str:
    """A literal of JSON, YAML and Python alike: log text in it cannot end a line or a string."""
    return json.dumps(text)


def field_name(key: str) -> str:
    """A scope key as the name of a field."""
    return "scope_" + re.sub(r"[^a-z0-9]+", "_", key.casefold()).strip("_")


def _percent(share: float | None) -> str:
    return "an unknown share" if share is None else f"{100 * share:.3g} %"


def _lifetime(seconds: float | None) -> str:
    if seconds is None:
        return "no limit"
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:g} s"
