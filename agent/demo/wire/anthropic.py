"""Answers of Anthropic's Messages API."""

from __future__ import annotations

from typing import Any

from agent.demo.provider import Served


def message(response_id: str, model: str, text: str, served: Served, output: int) -> dict[str, Any]:
    """A `message`. `input_tokens` is only what was neither read from the cache nor written to it."""
    return {
        "id": response_id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": served.uncached,
            "cache_creation_input_tokens": served.written,
            "cache_read_input_tokens": served.read,
            "cache_creation": {"ephemeral_5m_input_tokens": served.written, "ephemeral_1h_input_tokens": 0},
            "output_tokens": output,
            "service_tier": "standard",
        },
    }


def overloaded(request_id: str) -> dict[str, Any]:
    """The answer with status 529."""
    return {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "Overloaded"},
        "request_id": request_id,
    }
