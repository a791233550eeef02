"""The bulk inserts, in SQLite's and in PostgreSQL's words: `INSERT[table, postgresql]`."""

from __future__ import annotations

_TABLES = {
    "seen": (("key", "bytea"), ("observer", "int8"), ("observation", "int8"), ("day", "int4")),
    "segment": (("id", "int8"), ("day", "int4"), ("size", "int8"), ("body", "bytea")),
    "call": (
        ("day", "int4"),
        ("at", "float8"),
        ("topic", "text"),
        ("part", "int4"),
        ("record", "int8"),
        ("body", "bytea"),
    ),
    "fragment": (
        ("id", "bytea"),
        ("key", "bytea"),
        ("day", "int4"),
        ("time", "int8"),
        ("position", "int4"),
        ("body", "bytea"),
    ),
    "reject": (
        ("topic", "text"),
        ("part", "int4"),
        ("record", "int8"),
        ("element", "int4"),
        ("until", "int8"),
        ("at", "float8"),
        ("reason", "text"),
        ("detail", "text"),
        ("excerpt", "bytea"),
    ),
    "summary": (
        ("analyzer", "text"),
        ("version", "int4"),
        ("hour", "int4"),
        ("topic", "text"),
        ("part", "int4"),
        ("state", "bytea"),
    ),
    "vector": (("model", "text"), ("text", "bytea"), ("day", "int4"), ("body", "bytea")),
    "incident": (
        ("at", "float8"),
        ("kind", "text"),
        ("topic", "text"),
        ("part", "int4"),
        ("start", "int8"),
        ("end", "int8"),
        ("message", "text"),
    ),
}
_ON_CONFLICT = {
    # A vector that has lost its form is written anew.
    "vector": " ON CONFLICT (model, text) DO UPDATE SET day = excluded.day, body = excluded.body",
    "seen": " ON CONFLICT (key) DO NOTHING",
    "fragment": " ON CONFLICT (id) DO NOTHING",
    "reject": " ON CONFLICT (topic, part, record, element) DO NOTHING",
    "summary": " ON CONFLICT (analyzer, version, hour, topic, part) DO UPDATE SET state = excluded.state",
}


def _insert_sql(table: str, *, postgresql: bool) -> str:
    columns = _TABLES[table]
    names = ", ".join(f'"{name}"' for name, _ in columns)
    if postgresql:
        arrays = ", ".join(f"%s::{kind}[]" for _, kind in columns)
        values = f"SELECT * FROM unnest({arrays})"  # noqa: S608  (fixed names)
    else:
        values = f"VALUES ({', '.join('?' * len(columns))})"
    return f'INSERT INTO "{table}" ({names}) {values}{_ON_CONFLICT.get(table, "")}'


INSERT = {
    (table, postgresql): _insert_sql(table, postgresql=postgresql) for table in _TABLES for postgresql in (False, True)
}
