"""The kinds of request that were found last, by application: the same kind has the same id in the next analysis.

What is kept is `analyzers.clusters.state.State`: bounded, and of the texts no more than the words of labels and digests.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy import Column, Engine, Float, LargeBinary, Text, delete, insert, select
from sqlmodel import Field, SQLModel, col

from agent.store.read import reading
from agent.store.write import writing
from analyzers.clusters.state import REMEMBERED_S, State

_NAMED = "="
"""Before the name of an application: calls that name none are kept under the empty one."""


class StoredKinds(SQLModel, table=True):
    """Kinds of one application, found at `at` (unix seconds); `body` is JSON."""

    __tablename__ = "cluster"
    app: str = Field(sa_column=Column(Text, primary_key=True))
    at: float = Field(sa_column=Column(Float, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


def load(engine: Engine) -> dict[str | None, State]:
    """The kinds of each application; of one whose row this version cannot read, none. Raises StoreUnavailable."""
    found: dict[str | None, State] = {}
    query = select(col(StoredKinds.app), col(StoredKinds.body)).order_by(col(StoredKinds.app))
    with reading(engine) as connection:
        for key, body in connection.execute(query):
            try:
                found[key.removeprefix(_NAMED) if key else None] = msgspec.json.decode(bytes(body), type=State)
            except msgspec.MsgspecError:
                # Found anew, under new ids: better than no report.
                continue
    return found


def keep(engine: Engine, states: Mapping[str | None, State], now: float) -> None:
    """Replace the kinds of these applications; those of applications that have not come for long are forgotten. Raises StoreUnavailable."""
    rows = {_key(app): msgspec.json.encode(state) for app, state in states.items()}
    with writing(engine) as connection:
        connection.execute(
            delete(StoredKinds).where(col(StoredKinds.app).in_(list(rows)) | (col(StoredKinds.at) < now - REMEMBERED_S))
        )
        if rows:
            connection.execute(
                insert(StoredKinds), [{"app": app, "at": now, "body": body} for app, body in sorted(rows.items())]
            )


def _key(app: str | None) -> str:
    # Log text in a key: PostgreSQL takes no NUL and neither takes lone surrogates.
    return "" if app is None else _NAMED + app.replace("\0", "").encode("utf-8", "replace").decode()
