"""Whether a JSON value is of a schema that a log holds: nothing is fetched, and no pattern of the schema is run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

import orjson


def conforms(value: Any, schema: dict[str, Any]) -> bool:
    """Whether `value` satisfies the JSON Schema, patterns aside; a schema that is none, or points outside itself, asks for nothing."""
    from referencing.exceptions import Unresolvable

    try:
        check = _validator(orjson.dumps(schema, option=orjson.OPT_SORT_KEYS))
        return check is None or bool(check.is_valid(value))
    except (TypeError, ValueError, RecursionError, Unresolvable):
        return True


@lru_cache(maxsize=256)
def _validator(schema: bytes) -> Any:
    from jsonschema.exceptions import SchemaError
    from referencing import Registry

    table = orjson.loads(schema)
    kind = _without_patterns()
    try:
        kind.check_schema(table)
    except SchemaError:
        return None
    return kind(table, registry=Registry())


@cache
def _without_patterns() -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    # A pattern of a hostile log can take for ever.
    return extend(Draft202012Validator, {"pattern": _nothing, "patternProperties": _nothing})


def _nothing(*_: object) -> Iterator[Any]:
    yield from ()
