"""What is remembered of recommendations until their worth is proven, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Column, Engine, Float, LargeBinary, Text, delete, insert, select
from sqlmodel import Field, SQLModel, col

from agent.store.read import reading
from agent.store.write import writing


class StoredProof(SQLModel, table=True):
    """Of one recommendation, as of `at` (unix seconds); `body` is JSON (`agent.recommend.proof.state.Proof`), without text of calls."""

    __tablename__ = "proof"
    recommendation: str = Field(sa_column=Column(Text, primary_key=True))
    at: float = Field(sa_column=Column(Float, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


def bodies(engine: Engine) -> dict[str, bytes]:
    """By recommendation. Raises StoreUnavailable."""
    query = select(col(StoredProof.recommendation), col(StoredProof.body)).order_by(col(StoredProof.recommendation))
    with reading(engine) as connection:
        return {name: bytes(body) for name, body in connection.execute(query)}


def keep(engine: Engine, found: Mapping[str, bytes], now: float) -> None:
    """Let these be what is remembered; what is the same as before is not written. Raises StoreUnavailable."""
    known = bodies(engine)
    gone = [name for name in known if found.get(name) != known[name]]
    fresh = [
        {"recommendation": name, "at": now, "body": body} for name, body in found.items() if known.get(name) != body
    ]
    if not gone and not fresh:
        return
    with writing(engine) as connection:
        if gone:
            connection.execute(delete(StoredProof).where(col(StoredProof.recommendation).in_(gone)))
        if fresh:
            connection.execute(insert(StoredProof), fresh)
