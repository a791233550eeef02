"""What may be seen of the texts behind the newest report: one row, replaced by the next analysis and forgotten as texts are."""

from __future__ import annotations

import zstandard
from sqlalchemy import Column, Engine, Float, Integer, LargeBinary, delete, insert, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import Field, SQLModel, col

from agent.store.read import reading
from agent.store.write import unavailable

_LEVEL = 6


class StoredCloseLook(SQLModel, table=True):
    """`body` is JSON (`agent.close_look.CloseLook`, zstd), made at `at`."""

    __tablename__ = "close_look"
    id: int = Field(sa_column=Column(Integer, primary_key=True))
    at: float = Field(sa_column=Column(Float, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


def keep(engine: Engine, at: float, look: bytes) -> None:
    """Put this one in the place of the one before. Raises StoreUnavailable."""
    try:
        with engine.connect().execution_options(immediate=True) as connection, connection.begin():
            connection.execute(delete(StoredCloseLook))
            connection.execute(insert(StoredCloseLook).values(id=1, at=at, body=zstandard.compress(look, _LEVEL)))
    except DBAPIError as error:
        raise unavailable(error.orig or error) from error


def newest(engine: Engine) -> bytes | None:
    """The JSON, None before the first. Raises StoreUnavailable."""
    with reading(engine) as connection:
        body = connection.execute(select(col(StoredCloseLook.body))).scalar()
    return None if body is None else zstandard.decompress(body)
