"""Answers of OpenAI's Responses API, from GPT-5.6 on with billed cache writes."""

from __future__ import annotations

from typing import Any

from agent.demo.provider import Served


def response(
    response_id: str,
    at: float,
    duration: float,
    model: str,
    output_items: list[dict[str, Any]],
    served: Served,
    output: int,
    tools: list[dict[str, Any]],
) -> dict[str, Any]:
    """A completed `response`. `input_tokens` includes reads and writes."""
    return {
        "id": response_id,
        "object": "response",
        "created_at": int(at),
        "completed_at": int(at + duration),
        "status": "completed",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "model": model,
        "output": output_items,
        "parallel_tool_calls": False,
        "previous_response_id": None,
        "prompt_cache_options": {"mode": "implicit", "ttl": "30m"},
        "reasoning": {"effort": "none", "summary": None},
        "service_tier": "default",
        "store": False,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": tools,
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": {
            "input_tokens": served.total,
            "input_tokens_details": {
                "cached_tokens": served.read,
                "cache_write_tokens": served.written,
                "cache_write_tokens_details": {"ttl_30m_tokens": served.written, "ttl_12h_tokens": 0},
            },
            "output_tokens": output,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": served.total + output,
        },
    }
