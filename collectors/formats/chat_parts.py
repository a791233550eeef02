"""Chat messages, tools and answers in OpenAI's shape, as parts.

Logs are not validated by anyone, so nothing here fails: a value of a wrong type is passed over or written as JSON.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import orjson

from analyzers.core import Message, Part, PartKind, Role

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "developer",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "model": "assistant",
    "tool": "tool",
    "function": "tool",
}
_SPEAKERS = frozenset(("system", "developer", "user", "assistant"))
_MEDIA: dict[str, PartKind] = {
    "image_url": "image",
    "image": "image",
    "input_image": "image",
    "input_audio": "audio",
    "audio": "audio",
    "file": "file",
    "input_file": "file",
    "document": "file",
}
_SHORT_MEDIA = 512
_MARKS = ("cache_control", "prompt_cache_breakpoint")


def written(value: object) -> str:
    """`value` as compact JSON, keys in their order; a text that names its type when it cannot be written."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return f"<{type(value).__name__}>"


def stand_in(value: object) -> str:
    """A short text for an image, a sound or a file: as it is when short (a link), else size and digest."""
    text = value if type(value) is str else written(value)
    if len(text) <= _SHORT_MEDIA:
        return text
    data = text.encode("utf-8", "surrogatepass")
    return f"<{len(data)} bytes {blake2b(data, digest_size=16).hexdigest()}>"


def cache_mark(block: dict[str, Any]) -> str | None:
    """Lifetime of the cache breakpoint that a block sets, in either provider's words, or None."""
    mark = block.get("cache_control")
    if type(mark) is dict:
        ttl = mark.get("ttl")
        return ttl if type(ttl) is str and len(ttl) < 8 else "5m"
    mark = block.get("prompt_cache_breakpoint")
    if type(mark) is dict:
        ttl = mark.get("ttl")
        return ttl if type(ttl) is str and len(ttl) < 8 else "30m"
    return None


def unmarked(block: Any) -> dict[str, Any]:
    """The block without its cache breakpoint, which is not part of the prompt."""
    return {name: value for name, value in block.items() if name not in _MARKS}


def split_messages(messages: object) -> tuple[tuple[Part, ...], tuple[Message, ...]]:
    """(system, messages): the leading system and developer messages, and the turns after them."""
    if type(messages) is not list:
        return ((Part("text", messages),), ()) if type(messages) is str else ((), ())
    system: list[Part] = []
    turns: list[Message] = []
    for raw in messages:
        if type(raw) is not dict:
            continue
        named = raw.get("role")
        role: Role = _ROLES.get(named, "user") if type(named) is str else "user"
        content = raw.get("content")
        if len(raw) == 2 and type(content) is str and content and type(named) is str and named in _SPEAKERS:
            # Nearly every message: a role, a text, and nothing else that could matter.
            parts: tuple[Part, ...] = (Part("text", content),)
        else:
            parts = tuple(message_parts(raw, role))
        if not turns and role in ("system", "developer"):
            system += parts
        else:
            turns.append(Message(role, parts))
    return tuple(system), tuple(turns)


def message_parts(message: dict[str, Any], role: Role) -> list[Part]:
    """The parts of one message: reasoning, content, tool calls."""
    content = message.get("content")
    kind: PartKind = "tool_result" if role == "tool" else "text"
    parts: list[Part] = []
    reasoning = message.get("reasoning_content")
    if type(reasoning) is str and reasoning:
        parts.append(Part("reasoning", reasoning))
    if type(content) is str:
        if content:
            parts.append(Part(kind, content, cache_mark(message) if len(message) > 2 else None))
    elif type(content) is list:
        parts += [part for block in content if (part := _block(block, kind))]
    elif content is not None:
        parts.append(Part(kind, written(content)))
    if role == "assistant":
        refusal = message.get("refusal")
        if type(refusal) is str and refusal:
            parts.append(Part("text", refusal))
        calls = message.get("tool_calls")
        if calls:
            parts += tool_calls(calls)
        function = message.get("function_call")
        if type(function) is dict:
            parts.append(
                Part("tool_call", written({"name": function.get("name"), "arguments": function.get("arguments")}))
            )
    return parts


def _block(block: object, kind: PartKind) -> Part | None:
    if type(block) is str:
        return Part(kind, block)
    if type(block) is not dict:
        return None
    text = block.get("text")
    if type(text) is str:
        return Part(kind, text, cache_mark(block))
    media = _MEDIA.get(str(block.get("type")))
    if media is not None:
        inner = block.get(str(block.get("type")), unmarked(block))
        link = inner.get("url") if type(inner) is dict else inner
        return Part(media, stand_in(link if type(link) is str else inner), cache_mark(block))
    refusal = block.get("refusal")
    return Part(kind, refusal) if type(refusal) is str else Part("other", stand_in(unmarked(block)), cache_mark(block))


def tool_calls(calls: object) -> list[Part]:
    """One part for every call of a tool, as {"id", "name", "arguments"}."""
    parts = []
    for call in calls if type(calls) is list else ():
        if type(call) is dict:
            function = call.get("function")
            inner = function if type(function) is dict else call
            text = written({"id": call.get("id"), "name": inner.get("name"), "arguments": inner.get("arguments")})
            parts.append(Part("tool_call", text))
    return parts


def tool_parts(tools: object) -> tuple[Part, ...]:
    """Tool definitions as sent, in their order."""
    if type(tools) is not list or not tools:
        return ()
    return tuple([_tool(tool) for tool in tools])


def _tool(tool: object) -> Part:
    mark = cache_mark(tool) if type(tool) is dict else None
    return Part("tool_definition", written(tool if mark is None else unmarked(tool)), mark)


def choices_parts(choices: object) -> tuple[Part, ...]:
    """The answer: the first choice's message, or its text (completions)."""
    first = choices[0] if type(choices) is list and choices else None
    if type(first) is not dict:
        return ()
    message = first.get("message")
    if type(message) is dict:
        return tuple(message_parts(message, "assistant"))
    text = first.get("text")
    return (Part("text", text),) if type(text) is str and text else ()
