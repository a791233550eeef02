"""When providers end the models that are called (lifecycle.toml, with its sources)."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from importlib.resources import files

import msgspec

from analyzers.names import Aliases, family, placed, stem


class End(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last day of some models at one host."""

    host: str
    models: tuple[str, ...]
    ends: date
    source: str
    tuned: bool = False
    """Only what is tuned from them."""
    not_before: bool = False
    """`ends` is the earliest day that it may be."""


def end_of(provider: str | None, model: str, aliases: Aliases) -> End | None:
    """When the model, as logged, ends; None when no date is known."""
    name = aliases.of(provider, model)
    host = placed(provider, name).host
    host = family(provider, name).provider if host not in ("vertex", "bedrock") else host
    base = stem(name)
    tuned = name.lower().startswith("ft:") or ".ft-" in name.lower()
    return next(
        (one for one in _table() if one.host == host and base in one.models and (tuned or not one.tuned)),
        None,
    )


@cache
def _table() -> tuple[End, ...]:
    text = files("analyzers").joinpath("lifecycle.toml").read_text(encoding="utf-8")
    return msgspec.convert(tuple(tomllib.loads(text)["model"]), tuple[End, ...])
