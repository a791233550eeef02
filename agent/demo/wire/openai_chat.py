"""Answers of OpenAI's Chat Completions: as one object, or as the event stream that a proxy saw."""

from __future__ import annotations

from typing import Any

import orjson

from agent.demo.provider import Served


def completion(response_id: str, at: float, model: str, text: str, served: Served, output: int) -> dict[str, Any]:
    """A `chat.completion`. `prompt_tokens` includes what was read from the cache, as OpenAI reports it.

    There is no `cache_write_tokens`: models before GPT-5.6 do not bill writes.
    """
    return {
        "id": response_id,
        "object": "chat.completion",
        "created": int(at),
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, "refusal": None, "annotations": []},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": served.total,
            "completion_tokens": output,
            "total_tokens": served.total + output,
            "prompt_tokens_details": {"cached_tokens": served.read, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "default",
        "system_fingerprint": None,
    }


def events(response_id: str, at: float, model: str, text: str) -> str:
    """The stream of an answer whose request did not ask for usage: no chunk ever says how many tokens it cost."""
    words = text.split(" ")
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [
        {"content": " ".join(words[i : i + 6]) + (" " if i + 6 < len(words) else "")} for i in range(0, len(words), 6)
    ]
    lines = [_chunk(response_id, at, model, delta, None) for delta in deltas]
    lines.append(_chunk(response_id, at, model, {}, "stop"))
    return "".join(lines) + "data: [DONE]\n\n"


def _chunk(response_id: str, at: float, model: str, delta: dict[str, Any], finish: str | None) -> str:
    body = {
        "id": response_id,
        "object": "chat.completion.chunk",
        "created": int(at),
        "model": model,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    return f"data: {orjson.dumps(body).decode()}\n\n"
