"""Content of Amazon's Converse API, and of its Nova models, as parts.

A `cachePoint` is a block of its own there: it marks the block before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from analyzers.core import Message, Part
from collectors.fields import json_text, mapping
from collectors.formats.chat_parts import stand_in, written

_MEDIA = ("image", "video", "document", "audio")


def converse_content(content: object) -> tuple[Part, ...]:
    """A list of content blocks, of a message or of the system prompt."""
    if type(content) is str:
        return (Part("text", content),) if content else ()
    parts: list[Part] = []
    for block in content if type(content) is list else ():
        if type(block) is not dict:
            continue
        if "cachePoint" in block:
            _mark_last(parts, block["cachePoint"])
        else:
            parts.append(_part(block))
    return tuple(parts)


def converse_messages(messages: object) -> tuple[Message, ...]:
    """The turns."""
    return tuple(
        Message("assistant" if turn.get("role") == "assistant" else "user", converse_content(turn.get("content")))
        for turn in (messages if type(messages) is list else ())
        if type(turn) is dict
    )


def converse_tools(tools: object) -> tuple[Part, ...]:
    """Tool definitions as sent, in their order."""
    parts: list[Part] = []
    for tool in tools if type(tools) is list else ():
        if type(tool) is dict and "cachePoint" in tool:
            _mark_last(parts, tool["cachePoint"])
        else:
            parts.append(Part("tool_definition", written(tool)))
    return tuple(parts)


def _mark_last(parts: list[Part], point: object) -> None:
    if parts:
        ttl = point.get("ttl") if type(point) is dict else None
        parts[-1] = Part(parts[-1].kind, parts[-1].text, ttl if type(ttl) is str and 0 < len(ttl) < 8 else "5m")


def _part(block: dict[str, Any]) -> Part:
    text = block.get("text")
    if type(text) is str:
        return Part("text", text)
    for name, inner in block.items():
        if type(inner) is not dict:
            continue
        if name == "toolUse":
            call = {"id": inner.get("toolUseId"), "name": inner.get("name"), "arguments": inner.get("input")}
            return Part("tool_call", written(call))
        if name == "toolResult":
            return Part("tool_result", _result(inner.get("content")))
        if name == "reasoningContent":
            reasoning = inner.get("reasoningText")
            thought = reasoning.get("text") if type(reasoning) is dict else None
            return Part("reasoning", thought if type(thought) is str else "")
        if name in _MEDIA:
            return Part("image" if name == "image" else "audio" if name == "audio" else "file", stand_in(inner))
        if name == "guardContent":
            guarded = inner.get("text")
            text = guarded.get("text") if type(guarded) is dict else None
            return Part("text", text) if type(text) is str else Part("other", stand_in(inner))
        if name == "citationsContent":
            cited = converse_content(inner.get("content"))
            return Part("text", "".join(part.text for part in cited))
    return Part("other", stand_in(block))


def _result(content: object) -> str:
    if type(content) is list and len(content) == 1 and type(content[0]) is dict:
        text = content[0].get("text")
        if type(text) is str:
            return text
    return stand_in(content)


def converse_answer(events: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The answer of Converse that its stream of events stands for."""
    blocks: dict[Any, dict[str, Any]] = {}
    stop = None
    last: dict[str, Any] = {}
    for event in events:
        for name in ("contentBlockStart", "contentBlockDelta"):
            inner = mapping(event.get(name))
            delta = mapping(inner.get("start" if name == "contentBlockStart" else "delta"))
            if delta:
                index = inner.get("contentBlockIndex")
                _join(blocks.setdefault(index if type(index) is int else 0, {}), delta)
        stop = mapping(event.get("messageStop")).get("stopReason", stop)
        last = mapping(event.get("metadata")) or last
    content = [_whole(blocks[index]) for index in sorted(blocks)]
    return {**last, "output": {"message": {"role": "assistant", "content": content}}, "stopReason": stop}


def _join(block: dict[str, Any], delta: dict[str, Any]) -> None:
    for name, value in delta.items():
        if type(value) is str:
            before = block.get(name)
            block[name] = (before if type(before) is str else "") + value
        elif type(value) is dict:
            inner = block.get(name)
            block[name] = inner = inner if type(inner) is dict else {}
            _join(inner, value)


def _whole(block: dict[str, Any]) -> dict[str, Any]:
    use, reasoning = block.get("toolUse"), block.get("reasoningContent")
    if type(use) is dict and type(use.get("input")) is str:
        arguments = json_text(use["input"])
        return {"toolUse": use if arguments is None else {**use, "input": arguments}}
    return {"reasoningContent": {"reasoningText": reasoning}} if type(reasoning) is dict else block
