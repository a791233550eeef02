"""Which attributes of a GenAI span mean what, beside its texts, counts and labels, under every name they have had."""

from __future__ import annotations

from typing import NamedTuple

from collectors.fields import among, by_names

_TIERS = (
    "openai.response.service_tier",
    "gen_ai.openai.response.service_tier",
    "anthropic.response.service_tier",
    "openai.request.service_tier",
    "gen_ai.openai.request.service_tier",
)
_FIRST_TOKEN = (
    "gen_ai.response.time_to_first_chunk",
    "gen_ai.server.time_to_first_token",
    "gen_ai.latency.time_to_first_token",
)
_FINISHES = (
    "gen_ai.response.finish_reasons",
    "gen_ai.response.finish_reason",
    "anthropic.message.stop_reason",
    "gen_ai.response.stop_reason",
    "llm.response.finish_reason",
    "llm.response.stop_reason",
)
_STREAMS = ("gen_ai.request.stream", "gen_ai.is_streaming", "litellm.request.streaming", "llm.is_streaming")
_COSTS = ("gen_ai.usage.cost", "gen_ai.cost.total_cost", "litellm.cost.total")
DIAGNOSES = ("openai.response.prompt_cache_diagnostics", "gen_ai.openai.response.prompt_cache_diagnostics")
_DIAGNOSED = frozenset(name + end for name in DIAGNOSES for end in ("", ".type", ".reason"))
_PARAMETERS = {
    **{
        prefix + name: name
        for prefix in ("gen_ai.request.", "openai.request.", "gen_ai.openai.request.", "anthropic.request.")
        for name in (
            "temperature",
            "top_p",
            "top_k",
            "max_tokens",
            "max_completion_tokens",
            "n",
            "seed",
            "stop_sequences",
            "frequency_penalty",
            "presence_penalty",
            "reasoning_effort",
            "verbosity",
            "speed",
            "cache_control",
            "prompt_cache_key",
            "prompt_cache_retention",
            "prompt_cache_options",
        )
    },
    "gen_ai.request.choice.count": "n",
    "gen_ai.request.previous_response.id": "previous_response_id",
    "llm.request.reasoning_effort": "reasoning_effort",
    "llm.top_k": "top_k",
    "llm.frequency_penalty": "frequency_penalty",
    "llm.presence_penalty": "presence_penalty",
    "llm.chat.stop_sequences": "stop_sequences",
}
PARAMETERS = frozenset(_PARAMETERS.values())


class Plan(NamedTuple):
    """Which attributes of a span mean what, the best name first."""

    tiers: tuple[str, ...]
    first_tokens: tuple[str, ...]
    finishes: tuple[str, ...]
    streams: tuple[str, ...]
    costs: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]
    """Names, and those that Call.parameters has for them."""
    diagnosed: bool


@by_names
def plan_of(names: tuple[str, ...]) -> Plan:
    return Plan(
        among(names, _TIERS),
        among(names, _FIRST_TOKEN),
        among(names, _FINISHES),
        among(names, _STREAMS),
        among(names, _COSTS),
        tuple([(name, _PARAMETERS[name]) for name in names if name in _PARAMETERS]),
        not _DIAGNOSED.isdisjoint(names),
    )
