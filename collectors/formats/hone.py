"""Hone's own record: the shortest way in for a producer that has no log format yet.

One JSON object per call. Only `"hone": 1` is required; every field may be left out, and what is left out is unknown,
never zero. Names are OpenTelemetry's where it has one.

| field                                   | meaning                                                                |
|-----------------------------------------|------------------------------------------------------------------------|
| hone                                    | 1, the version of this format                                           |
| gen_ai.response.id                      | the provider's id of the answer; makes repeats of the record one call   |
| id                                      | used when there is no response id                                       |
| timestamp                               | when the request began: ISO 8601, or unix seconds (also ms, us, ns)     |
| duration                                | seconds until the last token                                            |
| gen_ai.response.time_to_first_chunk     | seconds                                                                 |
| gen_ai.provider.name                    | openai, anthropic, aws.bedrock, gcp.vertex_ai, ...                      |
| gen_ai.request.model, gen_ai.response.model | asked and served                                                    |
| gen_ai.operation.name                   | chat (default), text_completion, embeddings, ...                        |
| app, team, tags                         | what money is grouped by; tags is a list                                |
| deployment.environment.name             | prod, staging, ...                                                      |
| user.id                                 | hashed on arrival; `user.hash` is taken as it is                        |
| gen_ai.conversation.id                  | calls of one conversation                                               |
| gen_ai.system_instructions              | list of parts {"type": "text", "content": "..."}                        |
| gen_ai.tool.definitions                 | list of parts or of tool objects                                        |
| gen_ai.input.messages                   | list of {"role", "parts"}                                               |
| gen_ai.output.messages                  | the same, role assistant                                                |
| prompt_blocks                           | {"size": 512, "hashes": [...]} in place of text                         |
| parameters                              | object: temperature, max_tokens, ...                                    |
| usage                                   | {"uncached_input", "cache_read", "cache_write_short", "cache_write_long", "output", "reasoning"} |
| gen_ai.usage.*                          | OpenTelemetry's counters, when `usage` is not given                     |
| status, error.type                      | "ok" or "error", and the class of the error                             |
| gen_ai.response.finish_reason           | stop, length, tool_calls, ...                                           |
| service_tier, stream, cost_usd          | as the provider says; whether it streamed; what the producer paid       |
| feedback                                | a number, higher is better                                              |
| response_cache_hit                      | true: a cache of your own answered, nothing is owed                     |
| region, account                         | where the provider computed; workspace, project or key whose cache it is (hashed on arrival; `account.hash` is taken as it is) |
| cache_diagnosis                         | {"reason", "missed_tokens"}: the provider's own word on its prompt cache |
| embedding, embedding_model              | your own vector of what was asked (a list, or float32 in base64), and what made it |
| text_state                              | full, absent, redacted, truncated, encrypted, offloaded, hashes         |

A part has `type` (text, tool_definition, tool_call, tool_result, reasoning, image, audio, file, other), `content` and,
where the request set a cache breakpoint, `cache_mark` with its lifetime ("5m", "1h", "30m").
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast, get_args

from analyzers.core import CacheDiagnosis, Call, Message, Part, PartKind, PromptBlocks, Role, TextState, Usage
from collectors.context import Context, Malformed
from collectors.fields import compact, first_label, flag, label, mapping, number, parameters, tags
from collectors.times import lasting
from collectors.usage import Reported, count, normalise
from collectors.vector import vector

NAME = "hone"
ANY_ENVELOPE = False
VERSION = 1

_KINDS = frozenset(get_args(PartKind))
_ROLES = frozenset(get_args(Role))
_STATES = frozenset(get_args(TextState))
COUNTERS = (
    "uncached_input",
    "cache_read",
    "cache_write_short",
    "cache_write_long",
    "output",
    "reasoning",
    "input_total",
)
_MOST_BLOCKS = 100_000
_LONGEST_HASH = 128


def may_hold(names: Collection[str]) -> bool:
    """Whether an object with these fields may be of this format."""
    return "hone" in names


def parse(value: dict[str, Any], context: Context) -> list[Call] | None:
    """One call, or None when the object is no hone record. Raises Malformed for a version or a count that is none."""
    mark = value.get("hone")
    if mark is None:
        return None
    if mark != VERSION or type(mark) is bool:
        raise Malformed("hone", "invalid")
    at, source = context.when(value.get("timestamp"))
    system = _parts(value.get("gen_ai.system_instructions"), "gen_ai.system_instructions")
    messages = _messages(value.get("gen_ai.input.messages"), "gen_ai.input.messages")
    blocks = _blocks(value.get("prompt_blocks"))
    status = value.get("status", "ok")
    if status not in ("ok", "error"):
        raise Malformed("status")
    answer = _messages(value.get("gen_ai.output.messages"), "gen_ai.output.messages")
    return [
        Call(
            id=context.identify(first_label(value, "gen_ai.response.id", "id"), timed=source == "record"),
            started_at=at,
            time_source=source,
            format=NAME,
            observer=label(value.get("observer")) or context.observer,
            observation=label(value.get("observation")) or "",
            duration=lasting(value.get("duration")),
            time_to_first_token=lasting(value.get("gen_ai.response.time_to_first_chunk")),
            provider=label(value.get("gen_ai.provider.name")),
            request_model=label(value.get("gen_ai.request.model")),
            response_model=label(value.get("gen_ai.response.model")),
            operation=label(value.get("gen_ai.operation.name")) or "chat",
            app=label(value.get("app")),
            environment=label(value.get("deployment.environment.name")),
            team=label(value.get("team")),
            user=label(value.get("user.hash")) or context.user(value.get("user.id")),
            conversation=label(value.get("gen_ai.conversation.id")),
            tags=tags(value.get("tags")),
            system=system,
            tools=_tools(value.get("gen_ai.tool.definitions")),
            messages=messages,
            output=tuple(part for message in answer for part in message.parts),
            parameters=_parameters(value.get("parameters")),
            usage=_usage(value, ok=status == "ok"),
            status=status,
            error_type=label(value.get("error.type")),
            finish_reason=label(value.get("gen_ai.response.finish_reason")),
            service_tier=label(value.get("service_tier")),
            stream=flag(value.get("stream")),
            logged_cost=number(value.get("cost_usd")),
            feedback=number(value.get("feedback")),
            response_cache_hit=flag(value.get("response_cache_hit")) is True,
            text_state=_text_state(value, bool(system or messages), blocks),
            prompt_blocks=blocks,
            region=label(value.get("region")),
            account=label(value.get("account.hash")) or context.user(value.get("account")),
            cache_diagnosis=_diagnosis(value.get("cache_diagnosis")),
            embedding=vector(value.get("embedding"), "embedding"),
            embedding_model=label(value.get("embedding_model")),
        )
    ]


def _diagnosis(raw: Any) -> CacheDiagnosis | None:
    given = mapping(raw)
    reason = label(given.get("reason"))
    if reason is None:
        return None
    return CacheDiagnosis(reason, count(given.get("missed_tokens"), "cache_diagnosis.missed_tokens"))


def _usage(value: dict[str, Any], *, ok: bool) -> Usage:
    given = value.get("usage")
    if given is not None:
        if type(given) is not dict:
            raise Malformed("usage")
        counts = {name: count(given.get(name), f"usage.{name}") for name in COUNTERS}
        inputs = [counts[name] for name in COUNTERS[:4]]
        if counts["input_total"] is None and counts["uncached_input"] is not None:
            counts["input_total"] = sum(part or 0 for part in inputs)
        return Usage(**counts)
    if "gen_ai.usage.input_tokens" not in value and "gen_ai.usage.output_tokens" not in value:
        return Usage()

    def counter(*names: str) -> int | None:
        for name in names:
            if value.get(name) is not None:
                return count(value[name], name)
        return None

    return normalise(
        Reported(
            input=counter("gen_ai.usage.input_tokens"),
            output=counter("gen_ai.usage.output_tokens"),
            cache_read=counter("gen_ai.usage.cache_read.input_tokens"),
            cache_write=counter("gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens"),
            reasoning=counter("gen_ai.usage.reasoning.output_tokens"),
        ),
        ok=ok,
    )


def _parts(raw: Any, field: str) -> tuple[Part, ...]:
    if raw is None:
        return ()
    if type(raw) is str:
        return (Part("text", raw),)
    if type(raw) is not list:
        raise Malformed(field)
    return tuple([_part(one, field) for one in raw])


def _part(raw: Any, field: str) -> Part:
    if type(raw) is str:
        return Part("text", raw)
    if type(raw) is not dict:
        raise Malformed(field)
    kind = raw.get("type", "text")
    if kind == "tool_call_response":
        kind = "tool_result"
    content = raw.get("content")
    if type(content) is not str:
        content = compact({k: v for k, v in raw.items() if k not in ("type", "cache_mark")}, field)
    return Part(cast(PartKind, kind) if kind in _KINDS else "other", content, label(raw.get("cache_mark")))


def _tools(raw: Any) -> tuple[Part, ...]:
    field = "gen_ai.tool.definitions"
    if raw is None:
        return ()
    if type(raw) is not list:
        raise Malformed(field)
    found = []
    for one in raw:
        whole = type(one) is dict and type(one.get("content")) is str
        found.append(_part(one, field) if whole else Part("tool_definition", compact(one, field)))
    return tuple(found)


def _messages(raw: Any, field: str) -> tuple[Message, ...]:
    if raw is None:
        return ()
    if type(raw) is not list:
        raise Malformed(field)
    found = []
    for one in raw:
        if type(one) is not dict:
            raise Malformed(field)
        role = one.get("role", "assistant" if field == "gen_ai.output.messages" else "user")
        if role not in _ROLES:
            raise Malformed(f"{field}.role")
        parts = one.get("parts", one.get("content"))
        found.append(Message(role, _parts(parts, field)))
    return tuple(found)


def _blocks(raw: Any) -> PromptBlocks | None:
    if raw is None:
        return None
    size, hashes = mapping(raw).get("size"), mapping(raw).get("hashes")
    if type(size) is not int or not 0 < size <= 1 << 20 or type(hashes) is not list or len(hashes) > _MOST_BLOCKS:
        raise Malformed("prompt_blocks")
    found = tuple([str(one) if type(one) is int else one for one in hashes])
    if any(type(one) is not str or len(one) > _LONGEST_HASH for one in found):
        raise Malformed("prompt_blocks.hashes")
    return PromptBlocks(size, found)


def _parameters(raw: Any) -> dict[str, Any]:
    given = mapping(raw)
    return parameters(given, [name for name in given if len(name) <= 64][:64]) if given else {}


def _text_state(value: dict[str, Any], has_text: bool, blocks: PromptBlocks | None) -> TextState:
    given = value.get("text_state")
    if given in _STATES:
        return cast(TextState, given)
    if given is not None:
        raise Malformed("text_state")
    return "full" if has_text else "hashes" if blocks else "absent"
