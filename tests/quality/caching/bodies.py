"""Requests and answers in the two APIs' own shapes, and what a provider makes of such a body: the blocks of a prompt."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import orjson

from tests.quality.caching.trajectories import Message, Tool, Turn

Body = dict[str, Any]


def openai_body(turn: Turn) -> Body:
    """The body of a Chat Completions request; a mark on the system prompt is OpenAI's explicit breakpoint.

    Without a mark, blocks of the system prompt become one text.
    """
    messages = list(turn.messages)
    marked = {mark.at % len(turn.system): mark.ttl for mark in turn.marks if mark.level == "system"}
    if marked:
        parts: list[Body] = [{"type": "text", "text": text} for text in turn.system]
        for index, ttl in marked.items():
            parts[index]["prompt_cache_breakpoint"] = {"mode": "explicit", "ttl": ttl}
        messages.insert(0, {"role": "system", "content": parts})
    elif turn.system:
        messages.insert(0, {"role": "system", "content": "".join(turn.system)})
    body: Body = {"model": turn.model, "messages": messages}
    if turn.tools:
        body["tools"] = [{"type": "function", "function": tool} for tool in turn.tools]
    return {**body, **turn.settings}


def openai_answer(turn: Turn, response_id: str) -> Body:
    """A `chat.completion` without its usage."""
    return {
        "id": response_id,
        "object": "chat.completion",
        "created": int(turn.at),
        "model": turn.model,
        "choices": [
            {
                "index": 0,
                "message": {"refusal": None, **turn.answer},
                "finish_reason": "tool_calls" if turn.answer.get("tool_calls") else "stop",
            }
        ],
        "service_tier": "default",
    }


def anthropic_body(turn: Turn) -> Body:
    """The body of a Messages request, with `cache_control` where the turn has marks."""
    body: Body = {"model": turn.model, "max_tokens": 2048}
    if turn.tools:
        body["tools"] = [_anthropic_tool(tool) for tool in turn.tools]
    if turn.system:
        body["system"] = [{"type": "text", "text": text} for text in turn.system]
    body["messages"] = [{"role": _role(message), "content": _content(message)} for message in turn.messages]
    for mark in turn.marks:
        elements = body.get(mark.level) or []
        if -len(elements) <= mark.at < len(elements):
            element = elements[mark.at]
            block = element["content"][-1] if mark.level == "messages" else element
            block["cache_control"] = {"type": "ephemeral", **({"ttl": mark.ttl} if mark.ttl != "5m" else {})}
    return {**body, **turn.settings}


def anthropic_answer(turn: Turn, response_id: str) -> Body:
    """A `message` without its usage."""
    return {
        "id": response_id,
        "type": "message",
        "role": "assistant",
        "model": turn.model,
        "content": _content(turn.answer),
        "stop_reason": "tool_use" if turn.answer.get("tool_calls") else "end_turn",
        "stop_sequence": None,
    }


def _anthropic_tool(tool: Tool) -> Body:
    return {("input_schema" if name == "parameters" else name): value for name, value in tool.items()}


def _role(message: Message) -> str:
    return "assistant" if message["role"] == "assistant" else "user"


def _content(message: Message) -> list[Body]:
    content = message.get("content")
    if message["role"] == "tool":
        return [{"type": "tool_result", "tool_use_id": _tool_id(message["tool_call_id"]), "content": content}]
    blocks: list[Body] = []
    if isinstance(content, str) and content:
        blocks.append({"type": "text", "text": content})
    elif isinstance(content, list):
        blocks += [dict(block) for block in content]
    for call in message.get("tool_calls") or ():
        function = call["function"]
        blocks.append(
            {
                "type": "tool_use",
                "id": _tool_id(call["id"]),
                "name": function["name"],
                "input": json.loads(function["arguments"]),
            }
        )
    return blocks


def _tool_id(name: str) -> str:
    return name.replace("call_", "toolu_01")


class Block(NamedTuple):
    """One stretch of a prompt: to which level and role it belongs, its text, the lifetime of a breakpoint on it.

    `kind` is the type of a content block. A "setting" has no tokens of its own; it is part of the prefix all the same.
    """

    level: str
    role: str
    kind: str
    text: str
    mark: str | None = None
    ends_message: bool = True


def openai_blocks(body: Body) -> list[Block]:
    """Settings, tools, messages: the order in which OpenAI puts a prompt together."""
    settings = [body.get(name) for name in ("model", "parallel_tool_calls", "response_format", "reasoning_effort")]
    settings.append(body.get("verbosity"))
    blocks = [Block("head", "", "setting", _json(settings))]
    blocks += [Block("tools", "", "tool", _json(tool)) for tool in body.get("tools") or ()]
    for message in body["messages"]:
        role = message["role"]
        content = message.get("content")
        texts: list[tuple[str, str | None]]
        if isinstance(content, list):
            texts = [(part["text"], _ttl(part.get("prompt_cache_breakpoint"), "30m")) for part in content]
        else:
            texts = [(content or "", None)]
        calls = "".join(
            f"<|call|>{call['id']}{call['function']['name']}{call['function']['arguments']}"
            for call in message.get("tool_calls") or ()
        )
        start = f"<|{role}|>{message.get('tool_call_id') or ''}"
        for number, (text, mark) in enumerate(texts):
            last = number == len(texts) - 1
            shown = (start if number == 0 else "") + text + (calls + "<|end|>" if last else "")
            blocks.append(Block("messages", role, "text", shown, mark, last))
    return blocks


def anthropic_blocks(body: Body) -> list[Block]:
    """Tools, system, messages: the order in which Anthropic puts a prompt together.

    What loses only the messages (thinking, tool_choice) stands between the system prompt and them.
    """
    blocks = [Block("head", "", "setting", body["model"])]
    for tool in body.get("tools") or ():
        plain = {name: value for name, value in tool.items() if name != "cache_control"}
        blocks.append(Block("tools", "", "tool", _json(plain), _ttl(tool.get("cache_control"), "5m")))
    system = body.get("system") or ()
    for part in [{"text": system}] if isinstance(system, str) else system:
        blocks.append(Block("system", "", "text", part["text"], _ttl(part.get("cache_control"), "5m")))
    blocks.append(Block("messages", "", "setting", _json([body.get("thinking"), body.get("tool_choice")])))
    for message in body["messages"]:
        role, content = message["role"], message["content"]
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        for number, part in enumerate(parts):
            plain = {name: value for name, value in part.items() if name != "cache_control"}
            text = part["text"] if part["type"] == "text" else _json(plain)
            shown = (f"<|{role}|>" if number == 0 else "") + text
            mark = _ttl(part.get("cache_control"), "5m")
            blocks.append(Block("messages", role, part["type"], shown, mark, number == len(parts) - 1))
    automatic = _ttl(body.get("cache_control"), "5m")
    if automatic is not None:
        blocks[-1] = blocks[-1]._replace(mark=automatic)
    return blocks


def _ttl(control: Any, default: str) -> str | None:
    return control.get("ttl", default) if isinstance(control, dict) else None


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
