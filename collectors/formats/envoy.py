"""Envoy AI Gateway's access log in JSON, whose names the operator chooses: those of its examples, and one's own.

Counts include the cache, whose counters are there only where the gateway was told to keep them (`llmRequestCosts`). "-" and
null are missing. There is never any text.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from analyzers.core import NO_USAGE, Call, Usage
from analyzers.names_table import HOSTS
from collectors.around import Around
from collectors.context import Context
from collectors.fields import label
from collectors.formats.gateway_parts import http_status, operation
from collectors.formats.genai_provider import place
from collectors.times import lasting
from collectors.usage import Reported, count, normalise

KEYS: dict[str, tuple[str, ...]] = {
    "request_model": ("gen_ai.request.model", "genai_model_name"),
    "sent_model": ("gen_ai.request.model_override", "genai_model_name_override"),
    "response_model": ("gen_ai.response.model", "genai_response_model"),
    "provider": ("gen_ai.provider.name", "genai_backend_name"),
    "input": ("gen_ai.usage.input_tokens", "genai_tokens_input"),
    "output": ("gen_ai.usage.output_tokens", "genai_tokens_output"),
    "total": ("gen_ai.usage.total_tokens", "genai_tokens_total"),
    "cache_read": (
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cached_input_tokens",
        "genai_tokens_cached",
        "genai_tokens_cached_input",
        "genai_tokens_cache_read",
    ),
    "cache_write": (
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cached_write_input_tokens",
        "genai_tokens_cache_write",
        "genai_tokens_cached_write",
        "genai_tokens_cached_write_input",
        "genai_tokens_cache_creation",
    ),
    "reasoning": ("gen_ai.usage.reasoning.output_tokens", "genai_tokens_reasoning"),
    "user": ("x-user-id",),
    "team": ("x-team-id",),
    "conversation": ("session.id", "x-session-id"),
}
"""What each may be called; names of one's own go first."""
_MARKS = (
    "response_flags",
    "upstream_cluster",
    "upstream_host",
    "x-envoy-upstream-service-time",
    "response_code_details",
)
_MISSING = (None, "", "-")


class Envoy:
    """A `Format` that reads access logs under the usual names and `own` ones: from a word of `KEYS` to names."""

    NAME = "envoy"
    ANY_ENVELOPE = False

    def __init__(self, own: Mapping[str, Sequence[str]] | None = None) -> None:
        self._keys = {word: (*(own or {}).get(word, ()), *names) for word, names in KEYS.items()}
        self._signs = tuple(
            name
            for word in ("request_model", "response_model", "input", "output", "total")
            for name in self._keys[word]
        )

    def may_hold(self, names: Collection[str]) -> bool:
        """Whether an object with these fields may be of this format."""
        return any(name in names for name in self._signs) and any(mark in names for mark in _MARKS)

    def parse(self, value: dict[str, Any], context: Context) -> list[Call] | None:
        """One call, none of a route without a model behind it; None when the object is no such log."""
        signs = [name for name in self._signs if name in value]
        if not signs or not any(mark in value for mark in _MARKS):
            return None
        if all(value[name] in _MISSING for name in signs):
            context.skipped += 1
            return []
        status = http_status(value.get("response_code"))
        # 0 is a connection that ended before there was an answer.
        failed = status >= 400 or (status == 0 and value.get("response_code") not in _MISSING)
        flags = label(value.get("response_flags"))
        own_id = None if value.get("x-request-id") in _MISSING else label(value["x-request-id"])
        at, source = context.when(value.get("start_time"), value.get("timestamp"))
        asked = self._name(value, "request_model")
        labels = Around(context, {k: v for k, v in value.items() if v != "-"}).labels({})
        return [
            Call(
                id=context.identify(own_id, timed=source == "record"),
                started_at=at,
                time_source=source,
                format=self.NAME,
                observer=self.NAME,
                observation=own_id or "",
                duration=lasting(value.get("duration"), 0.001),
                provider=_provider(self._name(value, "provider"), value.get(":authority")),
                request_model=asked,
                response_model=self._name(value, "response_model") or self._name(value, "sent_model") or asked,
                operation=operation(value.get("x-envoy-origin-path"), value.get("path")),
                app=labels.app,
                environment=labels.environment,
                team=self._name(value, "team") or labels.team,
                user=context.user(self._first(value, "user")) or labels.user,
                conversation=self._name(value, "conversation") or labels.conversation,
                tags=labels.tags,
                usage=self._usage(value, ok=not failed),
                status="error" if failed else "ok",
                error_type=(str(status) if status else flags or "unknown") if failed else None,
                text_state="absent",
            )
        ]

    def _first(self, value: dict[str, Any], word: str) -> Any:
        return next((value[name] for name in self._keys[word] if value.get(name) not in _MISSING), None)

    def _name(self, value: dict[str, Any], word: str) -> str | None:
        return label(self._first(value, word))

    def _usage(self, value: dict[str, Any], *, ok: bool) -> Usage:
        reported = Reported(
            input=count(self._first(value, "input"), "input tokens"),
            output=count(self._first(value, "output"), "output tokens"),
            total=count(self._first(value, "total"), "total tokens"),
            cache_read=count(self._first(value, "cache_read"), "cached input tokens"),
            cache_write=count(self._first(value, "cache_write"), "cached write tokens"),
            reasoning=count(self._first(value, "reasoning"), "reasoning tokens"),
        )
        if not ok and not reported.input and not reported.output:
            return NO_USAGE
        return normalise(reported, ok=ok)


def _provider(backend: str | None, host: Any) -> str | None:
    """Whose host it went to, else the backend, which the operator names, where that is a provider's name.

    The backend may stand in the path of its route: namespace/backend/route/...
    """
    parts = (backend or "").split("/")
    name = parts[1] if len(parts) > 2 else parts[0]
    known = name if "".join(c for c in name.lower() if c.isalnum()) in HOSTS else None
    return place({"server.address": host, "gen_ai.provider.name": known}).provider


usual = Envoy()
"""With the usual names alone."""
