"""Prompts and answers in the attributes of the Vercel AI SDK's spans."""

from __future__ import annotations

from typing import Any

from analyzers.core import Message, Part, PartKind, Role
from collectors.fields import json_text, mapping
from collectors.formats.chat_parts import stand_in, written
from collectors.formats.otlp_messages import Content

_ROLES: dict[str, Role] = {"system": "system", "user": "user", "assistant": "assistant", "tool": "tool"}
_MEDIA: dict[str, PartKind] = {"image": "image", "audio": "audio"}


def content(attributes: dict[str, Any]) -> Content:
    """From `ai.prompt.messages`, `ai.prompt.tools`, `ai.response.*`; of embeddings the values."""
    raw = attributes.get("ai.prompt.messages")
    given = json_text(raw) if type(raw) is str else raw
    system: list[Part] = []
    turns: list[Message] = []
    for one in given if type(given) is list else ():
        if type(one) is not dict:
            continue
        role: Role = _ROLES.get(str(one.get("role")), "user")
        parts = _parts(one)
        if not turns and role == "system":
            system += parts
        else:
            turns.append(Message(role, tuple(parts)))
    turns += [Message("user", (Part("text", text),)) for text in _values(attributes)]
    cut = type(raw) is str and given is None
    return Content(
        tuple(system), _tools(attributes), tuple(turns), _answer(attributes), "truncated" if cut else "absent"
    )


def _parts(message: dict[str, Any]) -> list[Part]:
    inner = message.get("content")
    whole = _mark(message)
    if type(inner) is str:
        return [Part("text", inner, whole)] if inner else []
    parts = [_part(block, _mark(block)) for block in inner if type(block) is dict] if type(inner) is list else []
    if whole is not None and parts and parts[-1].cache_mark is None:
        # A mark on a message is one on its last part.
        parts[-1] = Part(parts[-1].kind, parts[-1].text, whole)
    return parts


def _mark(block: dict[str, Any]) -> str | None:
    """Lifetime of a cache breakpoint: `providerOptions.anthropic.cacheControl`, Bedrock's `cachePoint`."""
    options = mapping(block.get("providerOptions") or block.get("providerMetadata"))
    if not options:
        return None
    anthropic = mapping(options.get("anthropic"))
    control = anthropic.get("cacheControl") or anthropic.get("cache_control")
    control = control or mapping(options.get("bedrock")).get("cachePoint")
    if type(control) is not dict:
        return None
    ttl = control.get("ttl")
    return ttl if type(ttl) is str and len(ttl) < 8 else "5m"


def _part(block: dict[str, Any], mark: str | None) -> Part:
    kind = block.get("type")
    text = block.get("text")
    if kind in ("text", "reasoning") and type(text) is str:
        return Part("text" if kind == "text" else "reasoning", text, mark)
    if kind == "tool-call":
        return Part("tool_call", _tool_call(block), mark)
    if kind == "tool-result":
        output = block.get("output", block.get("result"))
        value = output.get("value", output) if type(output) is dict else output
        return Part("tool_result", value if type(value) is str else written(value), mark)
    if kind in ("image", "file"):
        named = str(block.get("mediaType") or block.get("mimeType") or kind).partition("/")[0]
        return Part(_MEDIA.get(named, "file"), stand_in(block.get("data") or block.get("image") or block), mark)
    return Part("other", stand_in(block), mark)


def _tool_call(block: dict[str, Any]) -> str:
    arguments = block.get("input", block.get("args"))
    return written({"id": block.get("toolCallId"), "name": block.get("toolName"), "arguments": arguments})


def _tools(attributes: dict[str, Any]) -> tuple[Part, ...]:
    given = attributes.get("ai.prompt.tools")
    parts = []
    for tool in given if type(given) is list else ():
        decoded = json_text(tool) if type(tool) is str else tool
        mark = _mark(decoded) if type(decoded) is dict else None
        parts.append(Part("tool_definition", written(tool if decoded is None else decoded), mark))
    return tuple(parts)


def _answer(attributes: dict[str, Any]) -> tuple[Part, ...]:
    parts = []
    for kind, names in (
        ("reasoning", ("ai.response.reasoning",)),
        ("text", ("ai.response.text", "ai.result.text")),
        ("text", ("ai.response.object", "ai.result.object")),
    ):
        text = next((attributes[name] for name in names if type(attributes.get(name)) is str), "")
        if text:
            parts.append(Part(kind, text))  # type: ignore[arg-type]  # one of the two above
    raw = attributes.get("ai.response.toolCalls") or attributes.get("ai.result.toolCalls")
    calls = json_text(raw) if type(raw) is str else raw
    parts += [Part("tool_call", _tool_call(one)) for one in calls if type(one) is dict] if type(calls) is list else []
    return tuple(parts)


def _values(attributes: dict[str, Any]) -> list[str]:
    values = attributes.get("ai.values")
    texts = []
    for value in values if type(values) is list else [attributes.get("ai.value")]:
        decoded = json_text(value) if type(value) is str else None
        text = decoded if type(decoded) is str else value
        if type(text) is str and text:
            texts.append(text)
    return texts
