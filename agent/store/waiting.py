"""How many records of each partition wait to be read, as the agent that reads it last told: for dashboards, which ask no broker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import BigInteger, Column, Engine, Float, Integer, Text, delete, insert, select, tuple_
from sqlmodel import Field, SQLModel, col

from agent.store.read import reading
from agent.store.write import writing
from collectors.source import Partition

FRESH_S = 60.0
"""What was told longer ago says nothing about now."""


class StoredWaiting(SQLModel, table=True):
    """Records between the next offset and the end of one partition, at a time (unix seconds)."""

    __tablename__ = "waiting"
    topic: str = Field(sa_column=Column(Text, primary_key=True))
    part: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    records: int = Field(sa_column=Column(BigInteger, nullable=False))
    owner: str = Field(sa_column=Column(Text, nullable=False))
    at: float = Field(sa_column=Column(Float, nullable=False))


class Told(NamedTuple):
    """So many records waited at `at` (unix seconds)."""

    records: int
    at: float


def keep(engine: Engine, waiting: Mapping[Partition, int | None], owner: str, now: float) -> None:
    """In place of all that `owner` told before, and of what others told of these partitions. Raises StoreUnavailable."""
    rows = [
        {"topic": partition.topic, "part": partition.number, "records": records, "owner": owner, "at": now}
        for partition, records in waiting.items()
        if records is not None
    ]
    row = StoredWaiting
    own = [(one["topic"], one["part"]) for one in rows]
    with writing(engine) as connection:
        taken = tuple_(col(row.topic), col(row.part)).in_(own)
        connection.execute(delete(row).where((col(row.owner) == owner) | taken))
        if rows:
            connection.execute(insert(row), rows)


def told(engine: Engine) -> dict[Partition, Told]:
    """Of every partition, however long ago. Raises StoreUnavailable."""
    row = StoredWaiting
    with reading(engine) as connection:
        found = connection.execute(select(col(row.topic), col(row.part), col(row.records), col(row.at)))
        return {Partition(topic, part): Told(records, at) for topic, part, records, at in found}
