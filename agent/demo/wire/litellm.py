"""LiteLLM's StandardLoggingPayload, as a custom logger forwards it to Kafka.

Names and nesting follow the payload of LiteLLM 1.106; fields that are always empty in this traffic are left out, as
`standard_logging_payload_excluded_fields` would.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

_NO_KEYS: dict[str, Any] = {
    "user_api_key_hash": "5e8a1c0f7d3b",
    "user_api_key_org_id": None,
    "user_api_key_user_id": "svc-finance",
    "user_api_key_user_email": None,
    "user_api_key_end_user_id": None,
    "spend_logs_metadata": None,
    "requester_ip_address": None,
    "requester_metadata": None,
    "applied_guardrails": [],
}
_NO_ERROR = {"error_code": "", "error_class": "", "llm_provider": "", "traceback": "", "error_message": ""}


class Cost(NamedTuple):
    """USD, as LiteLLM computes it; `input` already contains `cache_read`."""

    input: float
    cache_read: float
    output: float

    @property
    def total(self) -> float:
        return self.input + self.output


class Asked(NamedTuple):
    """What one call through the proxy has in common, answered or not. `messages` is JSON already."""

    response_id: str
    call_id: str
    trace_id: str
    provider: str
    model: str
    model_group: str
    app: str
    team: str
    tags: list[str]
    started: float
    ended: float
    messages: orjson.Fragment
    parameters: dict[str, Any]


def success(asked: Asked, text: str, usage: dict[str, Any], served_model: str, cost: Cost | None) -> bytes:
    """An answered call. `cost` None: LiteLLM does not know the price and logs 0 with a reason."""
    total = cost.total if cost else 0.0
    record = _common(asked, "success", usage, total)
    record["cost_breakdown"] = cost and {
        "input_cost": cost.input,
        "output_cost": cost.output,
        "total_cost": total,
        "cache_read_cost": cost.cache_read,
        "tool_usage_cost": 0.0,
        "original_cost": total,
    }
    record["response"] = {
        "id": asked.response_id,
        "created": int(asked.started),
        "model": served_model,
        "object": "chat.completion",
        "system_fingerprint": None,
        "choices": [
            {
                "finish_reason": "stop",
                "index": 0,
                "message": {"content": text, "role": "assistant", "tool_calls": None, "function_call": None},
            }
        ],
        "usage": usage,
        "service_tier": "default",
    }
    record["error_information"] = _NO_ERROR
    if cost is None:
        record["response_cost_failure_debug_info"] = {
            "error_str": "This model isn't mapped yet.",
            "model": asked.model,
            "custom_llm_provider": asked.provider,
        }
    return orjson.dumps(record)


def failure(asked: Asked, status_code: int) -> bytes:
    """A call that the provider refused: no usage, and the proxy's own id in place of the provider's."""
    error_class = "RateLimitError" if status_code == 429 else "InternalServerError"
    message = f"litellm.{error_class}: {error_class}: OpenAIException"
    record = _common(asked, "failure", {}, 0.0)
    record["id"] = asked.call_id
    record["cost_breakdown"] = None
    record["response"] = {}
    record["error_str"] = message
    record["error_information"] = {
        "error_code": str(status_code),
        "error_class": error_class,
        "llm_provider": asked.provider,
        "traceback": "",
        "error_message": message,
    }
    return orjson.dumps(record)


def _common(asked: Asked, status: str, usage: dict[str, Any], cost: float) -> dict[str, Any]:
    return {
        "id": asked.response_id,
        "litellm_call_id": asked.call_id,
        "trace_id": asked.trace_id,
        "session_id": "",
        "call_type": "acompletion",
        "cache_hit": False,
        "stream": False,
        "status": status,
        "status_fields": {"llm_api_status": status, "guardrail_status": "not_run"},
        "custom_llm_provider": asked.provider,
        "saved_cache_cost": 0.0,
        "startTime": asked.started,
        "endTime": asked.ended,
        "completionStartTime": asked.ended,
        "response_time": asked.ended - asked.started,
        "model": asked.model,
        "metadata": {
            **_NO_KEYS,
            "user_api_key_alias": asked.app,
            "user_api_key_team_id": asked.team,
            "user_api_key_team_alias": asked.team,
            "usage_object": usage,
        },
        "cache_key": None,
        "response_cost": cost,
        "total_tokens": usage.get("total_tokens", 0),
        "prompt_tokens": usage.get("prompt_tokens", 0),
        "completion_tokens": usage.get("completion_tokens", 0),
        "request_tags": asked.tags,
        "end_user": None,
        "api_base": "https://api.openai.com/v1" if asked.provider == "openai" else "http://gpu-3.internal:8000/v1",
        "model_group": asked.model_group,
        "model_id": "",
        "messages": asked.messages,
        "model_parameters": asked.parameters,
        "hidden_params": {
            "model_id": None,
            "cache_key": None,
            "response_cost": cost,
            "litellm_overhead_time_ms": 2.1,
            "litellm_model_name": f"{asked.provider}/{asked.model}",
            "usage_object": None,
        },
        "model_map_information": {"model_map_key": asked.model, "model_map_value": None},
        "error_str": None,
        "guardrail_information": None,
    }
