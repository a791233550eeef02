"""Who answers in OpenAI's format, and the bodies of its older interfaces: completions and embeddings."""

from __future__ import annotations

import re
from typing import Any

from analyzers.core import Message, Part
from collectors.fields import mapping

_NOT_TEXT = ("size", "quality", "style", "voice", "duration", "seconds")
"""Fields of requests for images, speech and video, which have a prompt too."""
_AZURE = re.compile(r"\.(?:openai\.azure|services\.ai\.azure|cognitiveservices\.azure)\.")
_RESIDENCY = re.compile(r"^https?://([a-z]{2})\.api\.openai\.com")
_SHOWN_TEXTS = 256


def is_plain_request(value: dict[str, Any]) -> bool:
    """Whether it asks for a completion of a prompt."""
    return (
        type(value.get("prompt")) in (str, list)
        and type(value.get("model")) is str
        and not any(name in value for name in _NOT_TEXT)
        and "image" not in value["model"]
        and not value["model"].startswith("dall-e")
    )


def is_embeddings(value: dict[str, Any]) -> bool:
    """Whether it is an answer with embeddings."""
    if value.get("object") != "list":
        return False
    data = value.get("data")
    return type(data) is list and bool(data) and mapping(data[0]).get("object") == "embedding"


def operation(request: dict[str, Any], response: dict[str, Any]) -> str:
    """The operation of a request and its answer, either of which may be missing."""
    kind = response.get("object")
    if kind == "list" or (not kind and "input" in request and "embed" in str(request.get("model"))):
        return "embeddings"
    if kind == "text_completion" or (not kind and "prompt" in request and "messages" not in request):
        return "text_completion"
    return "chat"


def plain_messages(given: object) -> tuple[Message, ...]:
    """The texts of a prompt or of an input to embed; tokens given as numbers have none."""
    texts = given if type(given) is list else [given]
    parts = tuple(Part("text", text) for text in texts[:_SHOWN_TEXTS] if type(text) is str and text)
    return (Message("user", parts),) if parts else ()


def embeddings_usage(raw: Any) -> Any:
    """The usage with what every embedding leaves out because it is always zero: output, and tokens from a cache."""
    if type(raw) is not dict or raw.get("prompt_tokens") is None:
        return raw
    return {"completion_tokens": 0, "prompt_tokens_details": {"cached_tokens": 0}} | raw


def provider(response: dict[str, Any], url: str) -> str:
    """Whose dialect it is; OpenAI's own when nothing tells."""
    usage = response.get("usage")
    if type(usage) is dict and "prompt_cache_hit_tokens" in usage:
        return "deepseek"
    if "prompt_filter_results" in response or "content_filters" in response or (url and _AZURE.search(url[:2_000])):
        return "azure"
    choices = response.get("choices")
    choice = choices[0] if type(choices) is list and choices else None
    if type(choice) is dict:
        if "content_filter_results" in choice:
            return "azure"
        if "stop_reason" in choice:
            return "vllm"
    if "prompt_logprobs" in response or "kv_transfer_params" in response:
        return "vllm"
    return "openai"


def region(url: str) -> str | None:
    """The region of data residency that is part of the host."""
    found = _RESIDENCY.match(url) if url else None
    return found[1] if found else None
