"""Embeddings that a producer logs with its calls: numbers become the bytes of float32."""

from __future__ import annotations

import binascii
import struct
from math import isfinite
from typing import Any

from collectors.context import Malformed

MOST_DIMENSIONS = 8_192


def vector(raw: Any, field: str) -> bytes | None:
    """Little-endian float32, from a list of numbers or from the same bytes in base64 (as embedding APIs send them).

    None when there is none. Raises Malformed for what is no vector: other values, none at all or too many of them,
    values that are not finite or all 0.
    """
    if raw is None or raw == "":
        return None
    found = _packed(raw) if type(raw) is list else _decoded(raw) if type(raw) is str else None
    if found is None or not found or len(found) > 4 * MOST_DIMENSIONS:
        raise Malformed(field)
    values = struct.unpack(f"<{len(found) // 4}f", found)
    if not any(values) or not all(map(isfinite, values)):
        raise Malformed(field)
    return found


def _packed(raw: list[Any]) -> bytes | None:
    if len(raw) > MOST_DIMENSIONS or not {int, float}.issuperset(map(type, raw)):
        return None
    try:
        return struct.pack(f"<{len(raw)}f", *raw)
    except (OverflowError, struct.error):
        return None


def _decoded(raw: str) -> bytes | None:
    if len(raw) > 6 * MOST_DIMENSIONS:
        return None
    try:
        found = binascii.a2b_base64(raw, strict_mode=True)
    except (binascii.Error, ValueError):
        return None
    return found if len(found) % 4 == 0 else None
