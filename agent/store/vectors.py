"""Vectors of texts as they are kept: by model and digest of the text, with the day they were last of use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from sqlalchemy import Engine, func, select
from sqlmodel import col

from agent.store.read import reading
from agent.store.tables import StoredVector
from agent.store.write import transaction

_DAY_S = 86_400
_KEYS_AT_ONCE = 5_000
_ROWS_AT_ONCE = 5_000


def vectors(engine: Engine, model: str, keys: Sequence[bytes]) -> dict[bytes, tuple[int, bytes]]:
    """Day of last use (unix time // 86400) and bytes for each of `keys` (16-byte digests) that is there."""
    found: dict[bytes, tuple[int, bytes]] = {}
    with reading(engine) as connection:
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            query = select(col(StoredVector.text), col(StoredVector.day), col(StoredVector.body)).where(
                col(StoredVector.model) == model, col(StoredVector.text).in_(keys[start : start + _KEYS_AT_ONCE])
            )
            found.update((bytes(key), (day, bytes(body))) for key, day, body in connection.execute(query))
    return found


def keep_vectors(engine: Engine, model: str, rows: Mapping[bytes, bytes], now: float) -> None:
    """Keep vectors as used at `now` (unix seconds), in small transactions; those that are there already are used again.

    Raises StoreUnavailable; what was written until then stays so.
    """
    day = int(now // _DAY_S)
    # In one order for all agents, or two that keep the same texts could wait for each other for ever.
    ordered = iter(sorted(rows.items()))
    while some := list(islice(ordered, _ROWS_AT_ONCE)):
        with transaction(engine) as t:
            t.insert("vector", [(model, key, day, body) for key, body in some])


def first_day_within(engine: Engine, most: int) -> int:
    """The first day to keep so that at most `most` vectors stay; the newest day always stays."""
    query = select(col(StoredVector.day), func.count()).group_by(col(StoredVector.day))
    with reading(engine) as connection:
        days = sorted([(day, count) for day, count in connection.execute(query)], reverse=True)
    total, kept = 0, None
    for day, count in days:
        total += count
        if kept is not None and total > most:
            return kept
        kept = day
    return 0
