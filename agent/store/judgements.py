"""The owner's verdicts on pairs of answers: kept for good, without any text."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from agent.store.read import reading
from agent.store.tables import StoredJudgement
from agent.store.write import unavailable


class Judgement(NamedTuple):
    """`key` identifies the four texts, `same` is the owner's verdict and `compared` the comparison's (None: could not tell)."""

    key: bytes
    same: bool
    who: str
    at: float
    app: str | None
    compared: bool | None
    compared_by: str


def keep(engine: Engine, judgement: Judgement) -> None:
    """Keep a verdict; a later one on the same pair takes its place. Raises StoreUnavailable."""
    try:
        with engine.connect().execution_options(immediate=True) as connection, connection.begin():
            connection.execute(delete(StoredJudgement).where(col(StoredJudgement.key) == judgement.key))
            connection.execute(insert(StoredJudgement).values(**judgement._asdict()))
    except DBAPIError as error:
        raise unavailable(error.orig or error) from error


def withdraw(engine: Engine, key: bytes) -> None:
    """Forget the verdict on one pair. Raises StoreUnavailable."""
    try:
        with engine.connect().execution_options(immediate=True) as connection, connection.begin():
            connection.execute(delete(StoredJudgement).where(col(StoredJudgement.key) == key))
    except DBAPIError as error:
        raise unavailable(error.orig or error) from error


def judgements(engine: Engine) -> list[Judgement]:
    """Every verdict, oldest first."""
    row = StoredJudgement
    query = select(*[getattr(row, name) for name in Judgement._fields]).order_by(col(row.at), col(row.key))
    with reading(engine) as connection:
        return [Judgement(bytes(key), *rest) for key, *rest in connection.execute(query)]
