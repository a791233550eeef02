"""Ways to have a model tuned and served, as data: `routes.toml`, with the owner's own over it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date as Day
from datetime import timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

import msgspec

from analyzers.errors import HoneError
from analyzers.prices import Override


class Route(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way; the fields are told in `routes.toml`. Absent prices are not known, absent hosting and storage cost nothing."""

    id: str
    name: str
    provider: str
    base: str
    train_mtok: Decimal | None = None
    train_run_usd: Decimal | None = None
    input: Decimal | None = None
    cached_input: Decimal | None = None
    output: Decimal | None = None
    caching: Literal["yes", "no", "unknown"] = "unknown"
    hosting_hour: Decimal = Decimal(0)
    capacity_tokens_s: float | None = None
    storage_month: Decimal = Decimal(0)
    tools: bool
    methods: tuple[str, ...]
    open_to: Literal["everyone", "existing_customers", "preview", "closing"]
    new_jobs_end: Day | None = None
    serving_end: Day | None = None
    not_before: Day | None = None
    source: str
    date: Day
    confidence: Literal["official", "copy", "secondary", "memory"]
    note: str = ""

    @property
    def by_token(self) -> bool:
        """Whether inference is paid by token; otherwise hosting is all."""
        return self.input is not None

    @property
    def available_until(self) -> Day | None:
        """The day from which the tuned model does not serve, as far as announced."""
        return self.serving_end or self.not_before

    @property
    def priced(self) -> bool:
        """Whether everything that has to be paid has a known price."""
        trained = self.train_mtok is not None or self.train_run_usd is not None
        served = (self.input is not None and self.output is not None) or self.hosting_hour > 0
        return trained and served


class Routes(NamedTuple):
    """All of them, when they were gathered, and after how many days a row says nothing any more."""

    rows: tuple[Route, ...]
    version: str
    max_age_days: int

    def stale(self, route: Route, today: Day) -> bool:
        """Whether the row is too old to answer with."""
        return today - route.date > timedelta(days=self.max_age_days)

    def closed(self, route: Route, today: Day) -> str | None:
        """Why it cannot be begun today, or None."""
        if route.serving_end is not None and route.serving_end <= today:
            return f"the model stopped on {route.serving_end}"
        if route.new_jobs_end is not None and route.new_jobs_end <= today:
            return f"no training since {route.new_jobs_end}"
        return None


def tuned_prices(routes: Routes) -> dict[str, Override]:
    """What a log's calls of tuned models cost, by "ft:" and the base's name, where a provider bills them by tokens, cached ones too."""
    return {
        f"ft:{route.base}": Override(route.input, route.output, route.cached_input)
        for route in routes.rows
        if route.provider == "openai"
        and route.input is not None
        and route.output is not None
        and route.cached_input is not None
    }


def load(own: Sequence[Mapping[str, Any]] = (), *, max_age_days: int | None = None) -> Routes:
    """The package's routes, and before them `own` (rows as in routes.toml; `like` takes over what a row does not say).

    A row of one's own with the id of the package's replaces it. Raises HoneError naming the row and the field that is wrong.
    """
    rows, version, age = _package()
    raw = {row["id"]: row for row in rows}
    made = [_row(row, raw, "[[fine_tuning.routes]]") for row in own]
    named = {row.id for row in made}
    kept = [row for row in (_row(one, raw, "routes.toml") for one in rows) if row.id not in named]
    return Routes((*made, *kept), version, age if max_age_days is None else max_age_days)


@cache
def _package() -> tuple[tuple[Mapping[str, Any], ...], str, int]:
    table = tomllib.loads((files(__package__) / "routes.toml").read_text("utf-8"), parse_float=Decimal)
    rows: dict[str, Mapping[str, Any]] = {}
    for row in table["route"]:
        rows[row["id"]] = dict(_inherited(row, rows))
    return tuple(rows.values()), table["version"], table["max_age_days"]


def _inherited(row: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    whole = {**known.get(row.get("like", ""), {}), **row}
    if whole.pop("no_train_mtok", False):
        whole.pop("train_mtok", None)
    whole.pop("like", None)
    yield from whole.items()


def _row(row: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]], where: str) -> Route:
    like = row.get("like")
    if like is not None and like not in known:
        raise HoneError(f"{where}: no route {str(like)[:80]!r} to be like", f"known: {', '.join(_some(known))}")
    try:
        return msgspec.convert(dict(_inherited(row, known)), Route, strict=False)
    except (msgspec.ValidationError, ValueError) as error:
        raise HoneError(f"{where}, {str(row.get('id', 'a row without id'))[:80]}: {str(error)[:200]}") from None


def _some(known: Iterable[str]) -> list[str]:
    return sorted(known)[:8]
