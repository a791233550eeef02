"""Reading fields that may be missing, of the wrong type, too long or hostile, without ever failing on them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

import orjson

from collectors.context import Malformed

_LABEL_CHARS = 200
_KNOWN_LABELS = 4_096
_TAGS = 32
_PARAMETER_BYTES = 65_536


_SHAPES = 512
_MOST_NAMES = 256
T = TypeVar("T")

_known_labels: dict[str, str | None] = {}
"""Names repeat from record to record: what each became, emptied when ids and other one-off values have filled it."""


def label(value: object) -> str | None:
    """A short printable name, or None. Control characters (terminal escapes) are dropped, the rest is cut."""
    if type(value) is not str:
        return None
    if value in _known_labels:
        return _known_labels[value]
    found = _printable(value)
    if len(value) <= _LABEL_CHARS:
        if len(_known_labels) >= _KNOWN_LABELS:
            _known_labels.clear()
        _known_labels[value] = found
    return found


def _printable(value: str) -> str | None:
    if not value:
        return None
    if len(value) > _LABEL_CHARS:
        value = value[:_LABEL_CHARS]
    if not value.isprintable():
        value = "".join(c for c in value if c.isprintable())
    return value.strip() or None


def by_names(work: Callable[[tuple[str, ...]], T]) -> Callable[[Mapping[str, Any]], T]:
    """What `work` makes of the names of an object's fields, done once for each shape: a stream has few of them."""
    known = lru_cache(maxsize=_SHAPES)(work)

    def of(source: Mapping[str, Any]) -> T:
        names = tuple(source)
        return known(names) if len(names) <= _MOST_NAMES else work(names)

    return of


def among(names: Collection[str], known: Collection[str]) -> tuple[str, ...]:
    """Those of the known names that are there, in the order in which they are known."""
    return tuple([name for name in known if name in names])


def first_label(source: Mapping[str, Any], *names: str) -> str | None:
    """The first of these fields that holds a name."""
    for name in names:
        value = source.get(name)
        if value is not None:
            found = label(value)
            if found:
                return found
    return None


def first(source: Mapping[str, Any], *names: str) -> Any:
    """The first of these fields that is there and neither null nor an empty string."""
    for name in names:
        value = source.get(name)
        if value is not None and value != "":
            return value
    return None


def mapping(value: object) -> dict[str, Any]:
    """The object, or an empty one."""
    return value if type(value) is dict else {}


def number(value: object) -> float | None:
    """A finite number that is not a bool (money, a score), or None."""
    if (type(value) is float or type(value) is int) and -1e15 < value < 1e15:
        return float(value)
    return None


def flag(value: object) -> bool | None:
    """A bool, also as the words "True" and "false"; None for everything else."""
    if type(value) is bool:
        return value
    if type(value) is str and len(value) < 6:
        return {"true": True, "false": False}.get(value.lower())
    return None


def tags(values: object) -> tuple[str, ...]:
    """Distinct tags in their order: strings, at most 32, each at most 200 characters."""
    if type(values) is not list or not values:
        return ()
    found = dict.fromkeys(tag for value in values[: 4 * _TAGS] if (tag := label(value)))
    return tuple(found)[:_TAGS]


def tagged(values: Iterable[str], name: str) -> str | None:
    """`x` of the first tag "name:x"."""
    prefix = name + ":"
    for value in values:
        if value.startswith(prefix):
            return value[len(prefix) :].strip() or None
    return None


def compact(value: object, field: str) -> str:
    """The value as JSON without spaces, keys in their order. Malformed when it is too deep or not JSON."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError as error:
        raise Malformed(field, "too_deep" if "ecursion" in str(error) else "invalid") from None


def json_text(text: str) -> Any:
    """The JSON value in a string, or None when it is none (a string cut by a length limit)."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def parameters(source: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """These fields where they are set. An object beyond 64 KB or too deep to be written again is left out."""
    found: dict[str, Any] = {}
    for name, value in source.items():
        if name not in names or value is None:
            continue
        if type(value) is int:
            if not -(2**63) <= value < 2**63:
                continue
        elif type(value) is str:
            if len(value) > _PARAMETER_BYTES:
                continue
        elif type(value) is dict or type(value) is list:
            try:
                if len(orjson.dumps(value)) > _PARAMETER_BYTES:
                    continue
            except orjson.JSONEncodeError:
                continue
        found[name] = value
    return found
