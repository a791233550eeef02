"""The owner's verdicts on pairs of answers: kept for good, without any text."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import DBAPIError

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
    table = StoredJudgement.__table__  # type: ignore[attr-defined]  # set by SQLModel at run time
    try:
        with engine.connect().execution_options(immediate=True) as connection, connection.begin():
            connection.execute(delete(table).where(table.c.key == judgement.key))
            connection.execute(insert(table).values(**judgement._asdict()))
    except DBAPIError as error:
        raise unavailable(error.orig or error) from error


def withdraw(engine: Engine, key: bytes) -> None:
    """Forget the verdict on one pair. Raises StoreUnavailable."""
    table = StoredJudgement.__table__  # type: ignore[attr-defined]  # set by SQLModel at run time
    try:
        with engine.connect().execution_options(immediate=True) as connection, connection.begin():
            connection.execute(delete(table).where(table.c.key == key))
    except DBAPIError as error:
        raise unavailable(error.orig or error) from error


def judgements(engine: Engine) -> list[Judgement]:
    """Every verdict, oldest first."""
    columns = StoredJudgement.__table__.c  # type: ignore[attr-defined]  # set by SQLModel at run time
    query = select(*[columns[name] for name in Judgement._fields]).order_by(columns.at, columns.key)
    with reading(engine) as connection:
        return [Judgement(bytes(key), *rest) for key, *rest in connection.execute(query)]
