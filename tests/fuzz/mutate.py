"""Records that are nearly right: one seed, changed in a few places, the same for the same random numbers."""

from __future__ import annotations

import gzip
import json
import random
from typing import Any

ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    1.5,
    -0.0,
    2**53,
    2**63,
    2**64,
    -(2**63) - 1,
    10**30,
    1e308,
    float("nan"),
    float("inf"),
    "",
    " ",
    "0",
    "-1",
    "12",
    "١٢",
    "1e999",
    "True",
    "null",
    "{}",
    '{"a": [1, "b"]}',
    "[{}]",
    "data: {}",
    'data: {"type": "message_start"}\n\n',
    "event: ping\r\n\r\n",
    "arn:aws:bedrock",
    "2026-11-24T00:00:00Z",
    "0000-00-00 00:00:00",
    "9999-12-31T23:59:59.999999+14:00",
    "\ud800",
    "\u2028\x85\x00\x1b[31m",
    "x" * 5_000,
    [],
    {},
    [[]],
    [None],
    [{}],
    [""],
    {"": None},
    {"text": {"text": []}},
    {"type": ["text"]},
    {"a": {"b": {"c": {"d": {"e": {}}}}}},
)
"""What logs hold where something else was meant."""


def mutated(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """The record with one to four changes: to its JSON while it is JSON, to its bytes otherwise or now and then."""
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        value = _decoded(data) if rng.random() < 0.85 else None
        data = _bytes(data, others, rng) if value is None else _written(_json(value, others, rng))
    return _wrapped(data, rng) if rng.random() < 0.05 else data


def _decoded(data: bytes) -> Any:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def _written(value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")
    except (ValueError, RecursionError):
        return b"{}"


def _wrapped(data: bytes, rng: random.Random) -> bytes:
    text = data.decode("utf-8", "replace")
    return rng.choice(
        (
            gzip.compress(data, 1),
            gzip.compress(data, 1) + gzip.compress(data, 1),
            _written(text),
            b"[" + data + b"," + data + b"]",
            data + b"\n" + data,
            b"\x00\x00\x00\x00\x07" + data,
            b"data: " + data + b"\n\n",
            _written({"messageType": "DATA_MESSAGE", "logGroup": "g", "logEvents": [{"message": text}]}),
            _written({"response": [text, text]}),
            _written({"request": text, "response": text}),
            _written({"standard_logging_object": text}),
        )
    )


def _bytes(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    end = min(len(data), at + rng.choice((1, 1, 2, 4, 16, 200)))
    kind = rng.randrange(6)
    if kind == 0:
        return data[:at]
    if kind == 1:
        return data[:at] + data[end:]
    if kind == 2:
        return data[:at] + rng.randbytes(rng.choice((1, 1, 2, 8))) + data[at:]
    if kind == 3 and at < len(data):
        return data[:at] + bytes((data[at] ^ (1 << rng.randrange(8)),)) + data[at + 1 :]
    if kind == 4:
        return data[:end] + data[at:end] * rng.choice((1, 2, 50)) + data[end:]
    other = rng.choice(others)
    return data[:at] + other[rng.randrange(len(other) + 1) :]


def _json(value: Any, others: list[bytes], rng: random.Random) -> Any:
    place, key = _somewhere(value, rng)
    if place is None:
        return value
    kind = rng.randrange(9)
    if kind <= 2:
        place[key] = rng.choice(ODD)
    elif kind == 3:
        del place[key]
    elif kind == 4:
        other = _decoded(rng.choice(others))
        source, name = _somewhere(other, rng) if other is not None else (None, None)
        place[key] = source[name] if source is not None else None
    elif kind == 5:
        inner = place[key]
        place[key] = inner[: rng.randrange(len(inner) + 1)] if isinstance(inner, str) else _text(inner)
    elif kind == 6:
        place[key] = rng.choice(([place[key]], {"value": place[key]}, [place[key]] * 3))
    elif kind == 7 and isinstance(place, dict):
        name = _somewhere(value, rng)[1]
        name = name if isinstance(name, str) else "value"
        place[name] = place.pop(key)
    elif isinstance(place, list):
        rng.shuffle(place)
    else:
        source, name = _somewhere(value, rng)
        if source is not None:
            place[key] = json.loads(json.dumps(source[name]))
    return value


def _text(value: Any) -> str:
    return _written(value).decode()


def _somewhere(value: Any, rng: random.Random) -> tuple[Any, Any]:
    """A container inside the value and one of its keys; (None, None) when all is empty."""
    place, key = None, None
    while isinstance(value, dict | list) and value:
        place = value
        key = rng.choice(list(value)) if isinstance(value, dict) else rng.randrange(len(value))
        if place is not None and rng.random() < 0.25:
            break
        value = place[key]
    return place, key
