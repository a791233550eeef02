"""Calls written as hone records, for whoever wants to hand them on."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

from analyzers.core import Call, Part
from collectors.formats.hone import COUNTERS, VERSION


def record(call: Call) -> dict[str, Any]:
    """The hone record of a call; `parse` gives an equal call back, but for `format` and `time_source`."""
    usage = call.usage
    fields: dict[str, Any] = {
        "hone": VERSION,
        "id": call.id,
        "timestamp": datetime.fromtimestamp(call.started_at, UTC).isoformat(),
        "observer": call.observer or None,
        "observation": call.observation or None,
        "duration": call.duration,
        "gen_ai.response.time_to_first_chunk": call.time_to_first_token,
        "gen_ai.provider.name": call.provider,
        "gen_ai.request.model": call.request_model,
        "gen_ai.response.model": call.response_model,
        "gen_ai.operation.name": call.operation,
        "app": call.app,
        "deployment.environment.name": call.environment,
        "team": call.team,
        "user.hash": call.user,
        "gen_ai.conversation.id": call.conversation,
        "tags": list(call.tags) or None,
        "gen_ai.system_instructions": [_written(part) for part in call.system] or None,
        "gen_ai.tool.definitions": [_written(part) for part in call.tools] or None,
        "gen_ai.input.messages": [
            {"role": message.role, "parts": [_written(part) for part in message.parts]} for message in call.messages
        ]
        or None,
        "gen_ai.output.messages": [{"role": "assistant", "parts": [_written(part) for part in call.output]}]
        if call.output
        else None,
        "parameters": call.parameters or None,
        "usage": {name: found for name in COUNTERS if (found := getattr(usage, name)) is not None} or None,
        "status": call.status,
        "error.type": call.error_type,
        "gen_ai.response.finish_reason": call.finish_reason,
        "service_tier": call.service_tier,
        "stream": call.stream,
        "cost_usd": call.logged_cost,
        "feedback": call.feedback,
        "response_cache_hit": call.response_cache_hit or None,
        "text_state": call.text_state,
        "region": call.region,
        "account.hash": call.account,
        "cache_diagnosis": None
        if call.cache_diagnosis is None
        else {"reason": call.cache_diagnosis.reason, "missed_tokens": call.cache_diagnosis.missed_tokens},
        "embedding": None if call.embedding is None else b64encode(call.embedding).decode(),
        "embedding_model": call.embedding_model,
        "prompt_blocks": None
        if call.prompt_blocks is None
        else {"size": call.prompt_blocks.size, "hashes": list(call.prompt_blocks.hashes)},
    }
    return {name: found for name, found in fields.items() if found is not None}


def _written(part: Part) -> dict[str, Any]:
    written: dict[str, Any] = {"type": part.kind, "content": part.text}
    if part.cache_mark is not None:
        written["cache_mark"] = part.cache_mark
    return written
