"""The name of a database, made by chance when its tables are: by it two deployments in one consumer group notice each other."""

from __future__ import annotations

from sqlalchemy import Column, Engine, Text, select
from sqlmodel import Field, SQLModel, col

from agent.store.read import reading


class StoredDeployment(SQLModel, table=True):
    """The one row."""

    __tablename__ = "deployment"
    id: str = Field(sa_column=Column(Text, primary_key=True))


def deployment(engine: Engine) -> str:
    """The database's name. Raises StoreUnavailable."""
    with reading(engine) as connection:
        return str(connection.execute(select(col(StoredDeployment.id))).scalar_one())
