"""System, tools, messages and content blocks of Anthropic's Messages API, as parts."""

from __future__ import annotations

from typing import Any

from analyzers.core import Message, Part, Role
from collectors.formats.chat_parts import cache_mark, stand_in, unmarked, written

ANTHROPIC_PARAMETERS = frozenset(
    (
        "temperature",
        "top_p",
        "top_k",
        "max_tokens",
        "stop_sequences",
        "tool_choice",
        "thinking",
        "output_config",
        "speed",
        "service_tier",
        "cache_control",
    )
)
"""What of a request may change its answer, its price or what the cache holds of it."""

_ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant", "system": "system"}


def anthropic_system(system: object) -> tuple[Part, ...]:
    """A text or a list of text blocks."""
    return anthropic_content(system)


def anthropic_tools(tools: object) -> tuple[Part, ...]:
    """Tool definitions as sent, in their order, without the mark, which is not part of the prompt."""
    parts = []
    for tool in tools if type(tools) is list else ():
        mark = cache_mark(tool) if type(tool) is dict else None
        plain = tool if mark is None else unmarked(tool)
        parts.append(Part("tool_definition", written(plain), mark))
    return tuple(parts)


def anthropic_messages(messages: object) -> tuple[Message, ...]:
    """The turns."""
    found = []
    for message in messages if type(messages) is list else ():
        if type(message) is dict:
            role = _ROLES.get(str(message.get("role")), "user")
            found.append(Message(role, anthropic_content(message.get("content"))))
    return tuple(found)


def anthropic_content(content: object) -> tuple[Part, ...]:
    """A text or a list of content blocks."""
    if type(content) is str:
        return (Part("text", content),) if content else ()
    if type(content) is not list:
        return ()
    return tuple([part for block in content if (part := _block(block)) is not None])


def _block(block: Any) -> Part | None:
    if type(block) is str:
        return Part("text", block)
    if type(block) is not dict:
        return None
    mark = cache_mark(block)
    kind = block.get("type")
    if kind == "text" or (kind is None and type(block.get("text")) is str):
        text = block.get("text")
        return Part("text", text if type(text) is str else written(text), mark)
    if kind in ("thinking", "redacted_thinking"):
        thinking = block.get("thinking")
        return Part("reasoning", thinking if type(thinking) is str else "", mark)
    if kind in ("tool_use", "server_tool_use", "mcp_tool_use"):
        call = {"id": block.get("id"), "name": block.get("name"), "arguments": block.get("input")}
        return Part("tool_call", written(call), mark)
    if type(kind) is str and kind.endswith("tool_result"):
        inner = block.get("content")
        return Part("tool_result", inner if type(inner) is str else stand_in(inner), mark)
    if kind in ("image", "document"):
        return Part("image" if kind == "image" else "file", stand_in(block.get("source", unmarked(block))), mark)
    return Part("other", stand_in(unmarked(block)), mark)
