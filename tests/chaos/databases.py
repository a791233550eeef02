"""A PostgreSQL database seen from outside its agents: held up, reached through a proxy, asked who waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.engine import make_url


def _plain(url: str) -> str:
    return url.replace("+psycopg", "")


@contextmanager
def held(url: str, table: str) -> Iterator[None]:
    """Nobody writes to `table` within it; everybody may read."""
    with psycopg.connect(_plain(url)) as session:
        session.execute(f'LOCK TABLE "{table}" IN SHARE MODE')
        yield
        session.rollback()


def waiting(url: str) -> int:
    """How many sessions of the database wait for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with psycopg.connect(_plain(url)) as session:
        return int((session.execute(query).fetchone() or (0,))[0])


def through(url: str, port: int) -> str:
    """The same database by way of another port of this machine."""
    return make_url(url).set(host="127.0.0.1", port=port).render_as_string(hide_password=False)


def port_of(url: str) -> int:
    """Where the server listens."""
    return make_url(url).port or 5432
