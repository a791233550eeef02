"""Tools as a log holds them: what is on offer, and what the model called, in any provider's shape."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson

from analyzers.core import Part


class ToolCall(NamedTuple):
    """A tool as the model called it; `arguments` is None where they are not JSON."""

    name: str
    arguments: dict[str, Any] | None
    id: str = ""
    """By which a result names it; empty where the log has none."""


class Tool(NamedTuple):
    """A tool on offer; `schema` of its arguments, None where there is none."""

    name: str
    description: str
    schema: dict[str, Any] | None


def offered(parts: Iterable[Part]) -> Iterator[Tool]:
    """Those that have a name."""
    for part in parts:
        table = as_object(part.text)
        if table is None:
            continue
        held = _function(table)
        name = held.get("name")
        if isinstance(name, str):
            schema = held.get("parameters") or held.get("input_schema")
            yield Tool(name, str(held.get("description", "")), schema if isinstance(schema, dict) else None)


def called(parts: Iterable[Part]) -> Iterator[ToolCall]:
    """Each tool call among parts of a message."""
    for part in parts:
        if part.kind != "tool_call":
            continue
        table = as_object(part.text) or {}
        held = _function(table)
        arguments = held.get("arguments", held.get("input"))
        if isinstance(arguments, str):
            arguments = as_object(arguments)
        yield ToolCall(
            str(held.get("name", "")), arguments if isinstance(arguments, dict) else None, str(table.get("id") or "")
        )


def as_object(text: str) -> dict[str, Any] | None:
    """The JSON object that `text` is, or None."""
    try:
        value = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None


def _function(table: dict[str, Any]) -> dict[str, Any]:
    inner = table.get("function")
    return inner if isinstance(inner, dict) else table
