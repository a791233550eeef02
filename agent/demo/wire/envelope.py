"""The JSON in which a team's own middleware logs request and answer of a provider's API, one object per call."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson


def stamp(at: float) -> str:
    """ISO 8601 with milliseconds, UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def envelope(
    *,
    at: float,
    duration: float,
    first_token: float | None,
    status_code: int,
    request: dict[str, Any],
    response: dict[str, Any] | str,
    **labels: object,
) -> bytes:
    """One record. `at` is when the request began; durations in seconds; `labels` are further top-level fields."""
    record: dict[str, Any] = {"timestamp": stamp(at), "latency_ms": round(duration * 1e3, 1)}
    if first_token is not None:
        record["ttft_ms"] = round(first_token * 1e3, 1)
    record["status_code"] = status_code
    record.update(labels)
    record["request"] = request
    record["response"] = response
    return orjson.dumps(record)


def openai_error(status_code: int) -> dict[str, Any]:
    """What OpenAI answers when it does not answer."""
    if status_code == 429:
        return {
            "error": {
                "message": "Rate limit reached for requests. Please try again in 812ms.",
                "type": "requests",
                "param": None,
                "code": "rate_limit_exceeded",
            }
        }
    return {
        "error": {
            "message": "The server had an error while processing your request. Sorry about that!",
            "type": "server_error",
            "param": None,
            "code": None,
        }
    }
