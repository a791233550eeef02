"""What models cost when they were last looked at, so that a change is noticed."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from agent.store.read import reading
from agent.store.table_of_prices import StoredPriceQuote
from agent.store.write import unavailable

_decode = msgspec.json.Decoder(dict[str, str | None]).decode


def quotes(engine: Engine) -> dict[tuple[str, str], dict[str, str | None]]:
    """USD per million tokens, as text, by kind of token; by provider and model as logged."""
    row = StoredPriceQuote
    with reading(engine) as connection:
        found = connection.execute(select(col(row.provider), col(row.model), col(row.body)))
        return {(provider, model): _decode(body) for provider, model, body in found}


def keep(engine: Engine, table: Mapping[tuple[str, str], Mapping[str, str | None]], now: float) -> None:
    """Keep them in place of what was kept of the same models. Raises StoreUnavailable."""
    row = StoredPriceQuote
    if not table:
        return
    known = quotes(engine)
    changed = {of: quote for of, quote in table.items() if known.get(of) != quote}
    if not changed:
        return
    try:
        with engine.connect().execution_options(immediate=True) as connection, connection.begin():
            for provider, model in changed:
                connection.execute(delete(row).where(col(row.provider) == provider, col(row.model) == model))
            connection.execute(
                insert(row),
                [
                    {"provider": provider, "model": model, "at": now, "body": msgspec.json.encode(quote)}
                    for (provider, model), quote in changed.items()
                ],
            )
    except DBAPIError as error:
        raise unavailable(error.orig or error) from error
