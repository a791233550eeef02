"""The providers' rules, as data: `rules.toml`, with the owner's own over it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import msgspec

from analyzers.errors import HoneError

MATCHES = Literal["breakpoint", "block", "unit"]


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one provider caches prompts of one group of models; the fields are told in `rules.toml`."""

    id: str
    provider: str | tuple[str, ...]
    model: str
    match: MATCHES
    marking: Literal["explicit", "automatic", "both"]
    minimum: int
    increment: int
    lifetime_s: float
    typical_s: float = 300.0
    lifetimes_s: tuple[float, ...] = ()
    kind: Literal["exact", "minimum", "typical", "best_effort", "lru"]
    write: tuple[float, ...]
    read: float
    breakpoints: int = 0
    lookback: int = 0
    runs_count_once: bool = False
    """A run of tool calls is one position of the look-back, and so is a run of tool results."""
    visible: str
    head: tuple[str, ...] = ()
    system: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    cache_key: Literal["", "routes", "separates"] = ""
    rpm_per_key: int | None = None
    isolation: str
    not_batch: bool = False
    source: tuple[str, ...]
    date: str
    confidence: str
    note: str = ""

    @property
    def lifetime(self) -> float:
        """Seconds that an entry lives unused: as documented, else what is typical (`documented` tells)."""
        return self.lifetime_s or self.typical_s

    @property
    def documented(self) -> bool:
        """Whether the provider itself names a lifetime."""
        return self.lifetime_s > 0

    def lifetime_of(self, mark: object) -> float:
        """Seconds for a breakpoint's own lifetime ("5m", "1h", "30m", "12h"); the usual one for whatever else a log may hold there."""
        return _LIFETIMES.get(mark, self.lifetime) if isinstance(mark, str) else self.lifetime

    def is_long(self, lifetime: float) -> bool:
        """Whether that is the provider's longer lifetime, billed as `cache_write_long`."""
        return len(self.lifetimes_s) > 1 and lifetime > self.lifetimes_s[0]

    @property
    def break_even(self) -> float:
        """Share of tokens that must be read again for writing everything to pay: (w-1)/(w-r)."""
        write = self.write[0]
        return 0.0 if write <= 1 else (write - 1) / (write - self.read)


_LIFETIMES = {"5m": 300.0, "30m": 1_800.0, "1h": 3_600.0, "12h": 43_200.0, "24h": 86_400.0}


class Rules:
    """All rules in the order in which they are tried."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = [(rule, _providers(rule), re.compile(rule.model)) for rule in rules]
        self._found: dict[tuple[str, str], Rule | None] = {}

    def __iter__(self) -> Iterator[Rule]:
        return iter([rule for rule, _, _ in self._rules])

    @property
    def date(self) -> str:
        """Date of the newest rule."""
        return max(rule.date for rule in self)

    def find(self, provider: str | None, model: str | None) -> Rule | None:
        """The rule for a provider family and a bare model name (`analyzers.names.family`), or None when none fits."""
        key = (provider or "", model or "")
        if key not in self._found:
            self._found[key] = next(
                (rule for rule, whose, fits in self._rules if key[0] in whose and fits.search(key[1])), None
            )
        return self._found[key]


def load(own: Iterable[Mapping[str, Any]] = ()) -> Rules:
    """The package's rules with the owner's before them. Raises HoneError naming the rule and the field at fault."""
    tables = _tables()
    known = {table["id"]: table for table in tables}
    given = []
    for table in own:
        name = str(table.get("id", table.get("model", "?")))
        base = known.get(str(table.get("like", "")), {})
        if "like" in table and not base:
            raise HoneError(f"prompt_caching.rules {name!r}: there is no rule {table['like']!r}", "see `like`")
        try:
            given.append(_rule({"id": name, "source": ["your configuration"], **table}, known))
        except (msgspec.ValidationError, re.error) as error:
            raise HoneError(f"prompt_caching.rules {name!r}: {error}", "a rule has the fields of rules.toml") from None
    return Rules([*given, *_package()])


@cache
def _tables() -> tuple[dict[str, Any], ...]:
    text = files(__package__).joinpath("rules.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["rule"])


@cache
def _package() -> tuple[Rule, ...]:
    known = {table["id"]: table for table in _tables()}
    return tuple(_rule(table, known) for table in _tables() if not table.get("abstract"))


def _rule(table: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> Rule:
    whole = _whole(table, known)
    rule = msgspec.convert({k: v for k, v in whole.items() if k not in ("like", "abstract")}, Rule, strict=False)
    re.compile(rule.model)
    return rule


def _whole(table: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    base = table.get("like")
    inherited = _whole(known[base], known) if base else {}
    return {**{k: v for k, v in inherited.items() if k not in ("note", "abstract")}, **table}


def _providers(rule: Rule) -> frozenset[str]:
    return frozenset((rule.provider,) if isinstance(rule.provider, str) else rule.provider)
