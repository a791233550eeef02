"""Who is billed for a span's request and where it was computed.

The conventions' provider is a flavour of telemetry: an SDK pointed at another server still names itself. The
server's address tells who answered, where it is a provider's own; behind a proxy it tells nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from collectors.fields import among, by_names, first, first_label, label

_HOSTS = (
    (".openai.azure.com", "azure.ai.openai"),
    (".cognitiveservices.azure.com", "azure.ai.openai"),
    (".services.ai.azure.com", "azure.ai.inference"),
    ("api.openai.com", "openai"),
    ("api.anthropic.com", "anthropic"),
    ("generativelanguage.googleapis.com", "gcp.gemini"),
    ("aiplatform.googleapis.com", "gcp.vertex_ai"),
    ("api.deepseek.com", "deepseek"),
    ("api.groq.com", "groq"),
    ("api.x.ai", "x_ai"),
    ("api.mistral.ai", "mistral_ai"),
    ("api.cohere.com", "cohere"),
    ("api.perplexity.ai", "perplexity"),
    ("api.together.xyz", "together_ai"),
    ("api.together.ai", "together_ai"),
    ("api.fireworks.ai", "fireworks_ai"),
    ("api.moonshot.ai", "moonshot_ai"),
    ("api.moonshot.cn", "moonshot_ai"),
    ("openrouter.ai", "openrouter"),
)
_BEDROCK = re.compile(r"bedrock[a-z-]*\.([a-z]{2}(?:-[a-z]+)+-\d)\.(?:amazonaws\.com|api\.aws)")
_VERTEX = re.compile(r"([a-z]+-[a-z]+\d+)-aiplatform\.googleapis\.com")
_REGIONS = ("cloud.region", "aws.region", "anthropic.response.inference_geo", "anthropic.usage.inference_geo")
_ACCOUNTS = ("openai.project", "openai.organization", "anthropic.workspace.id", "cloud.account.id", "gcp.project_id")
_LONGEST_HOST = 253


class Place(NamedTuple):
    """The provider (lower case), the region, and the raw id of the account, each as far as the span tells."""

    provider: str | None
    region: str | None
    account: object


def place(attributes: dict[str, Any]) -> Place:
    """From the attributes of a span; the resource is about the application and tells nothing of the provider."""
    name = first_label(attributes, "gen_ai.provider.name", "gen_ai.system")
    host = attributes.get("server.address")
    served, region = _of_host(host) if type(host) is str and len(host) <= _LONGEST_HOST else (None, None)
    regions, accounts = _there(attributes)
    return Place(
        served or (name.lower() if name else None),
        (label(first(attributes, *regions)) if regions else None) or region,
        first(attributes, *accounts) if accounts else None,
    )


@by_names
def _there(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return among(names, _REGIONS), among(names, _ACCOUNTS)


@lru_cache(maxsize=1_024)
def _of_host(host: str) -> tuple[str | None, str | None]:
    host = host.lower()
    if found := _BEDROCK.fullmatch(host):
        return "aws.bedrock", found[1]
    if found := _VERTEX.fullmatch(host):
        return "gcp.vertex_ai", found[1]
    for end, provider in _HOSTS:
        if host.endswith(end) and (end[0] == "." or host[: -len(end)][-1:] in ("", ".")):
            return provider, None
    return None, None
