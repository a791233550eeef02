"""Brings a database to this version's schema, and refuses one from the future."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from analyzers.errors import HoneError

MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x486F6E65
"""Advisory lock (PostgreSQL) that lets one of several starting agents migrate while the others wait."""

_DEADLOCK = "40P01"
_TRIES = 9


class NewerDatabase(HoneError):
    """The database was written by a later version of Hone."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def migrate(engine: Engine) -> None:
    """Apply every missing migration in one transaction. Raises NewerDatabase when the schema is unknown to us."""
    config = _config()
    script = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        # Most starts find the schema in place and must not wait for whoever is writing.
        if MigrationContext.configure(connection).get_current_revision() == script.get_current_head():
            return
    known = {revision.revision for revision in script.walk_revisions()}
    for _ in range(_TRIES):
        try:
            _upgrade(engine, config, script, known)
            return
        except OperationalError as error:
            # Agents that write lock the tables in another order; of two that wait for each other one is told to begin again.
            if getattr(error.orig, "sqlstate", None) != _DEADLOCK:
                raise
    _upgrade(engine, config, script, known)


def _upgrade(engine: Engine, config: Config, script: ScriptDirectory, known: set[str]) -> None:
    with engine.connect().execution_options(immediate=True) as connection:
        # Of several agents that start together one migrates; the others wait here and find the work done.
        connection.begin()
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
        current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and current not in known:
            connection.rollback()
            raise NewerDatabase(
                f"the database has schema {current}, which this version of Hone does not know",
                "it was written by a newer Hone: upgrade this one, or use another database",
            )
        if current == script.get_current_head():
            connection.rollback()
            return
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
