"""Server-sent events, as proxies log the body of a streamed answer: put together to the answer they stand for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from collectors.fields import json_text, mapping


def is_event_stream(value: object) -> bool:
    """Whether a logged body is the text of an event stream."""
    return type(value) is str and value.lstrip()[:6].startswith(("data:", "event:"))


def events(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects of the `data:` lines, in order; lines that are cut or broken are passed over."""
    for line in text.splitlines():
        if line.startswith("data:"):
            data = line[5:].strip()
            if data[:1] == "{":
                event = json_text(data)
                if type(event) is dict:
                    yield event


def chat_completion(text: str) -> dict[str, Any] | None:
    """The `chat.completion` that a stream of chunks stands for, or None when there is no chunk.

    Without `stream_options.include_usage` no chunk carries usage and none is in the result.
    """
    whole: dict[str, Any] = {}
    pieces: list[str] = []
    calls: dict[int, dict[str, Any]] = {}
    finish = None
    for chunk in events(text):
        if chunk.get("object") != "chat.completion.chunk":
            continue
        for name in ("id", "model", "created", "service_tier", "usage"):
            if chunk.get(name) is not None:
                whole[name] = chunk[name]
        whole.setdefault("object", "chat.completion")
        choices = chunk.get("choices")
        for choice in choices if type(choices) is list else ():
            if type(choice) is not dict or choice.get("index", 0) != 0:
                continue
            finish = choice.get("finish_reason") or finish
            delta = mapping(choice.get("delta"))
            if type(delta.get("content")) is str:
                pieces.append(delta["content"])
            tool_calls = delta.get("tool_calls")
            for call in tool_calls if type(tool_calls) is list else ():
                if type(call) is dict:
                    _tool_call(calls, call)
    if not whole:
        return None
    message: dict[str, Any] = {"role": "assistant", "content": "".join(pieces)}
    if calls:
        message["tool_calls"] = [calls[index] for index in sorted(calls)]
    whole["choices"] = [{"index": 0, "message": message, "finish_reason": finish}]
    return whole


def _tool_call(calls: dict[int, dict[str, Any]], delta: dict[str, Any]) -> None:
    index = delta.get("index")
    call = calls.setdefault(index if type(index) is int else 0, {"id": None, "function": {"name": "", "arguments": ""}})
    call["id"] = delta.get("id") or call["id"]
    function = mapping(delta.get("function"))
    for name in ("name", "arguments"):
        if type(function.get(name)) is str:
            call["function"][name] += function[name]


def response(text: str) -> dict[str, Any] | None:
    """The Responses object in the last event that carries one (completed, incomplete or failed), or None."""
    found = None
    for event in events(text):
        inner = event.get("response")
        if type(inner) is dict and inner.get("object") == "response":
            found = inner
    return found


def anthropic_message(text: str) -> tuple[dict[str, Any] | None, bool]:
    """(message, whether its usage is final) of an Anthropic stream; None without a message_start.

    `message_delta.usage` is cumulative and replaces the counts of `message_start`, whose output is a placeholder;
    the split of cache writes by lifetime stands in `message_start` only.
    """
    message: dict[str, Any] | None = None
    blocks: dict[int, dict[str, Any]] = {}
    final = False
    for event in events(text):
        kind = event.get("type")
        if kind == "message_start":
            message = dict(mapping(event.get("message")))
        elif message is None:
            continue
        elif kind == "content_block_start":
            blocks[_index(event)] = dict(mapping(event.get("content_block")))
        elif kind == "content_block_delta":
            _block_delta(blocks.setdefault(_index(event), {}), mapping(event.get("delta")))
        elif kind == "message_delta":
            final = True
            message.update({k: v for k, v in mapping(event.get("delta")).items() if v is not None})
            usage = {k: v for k, v in mapping(event.get("usage")).items() if v is not None}
            message["usage"] = mapping(message.get("usage")) | usage
    if message is not None and blocks:
        message["content"] = [blocks[index] for index in sorted(blocks)]
    return message, final


def _index(event: dict[str, Any]) -> int:
    index = event.get("index")
    return index if type(index) is int else 0


def _block_delta(block: dict[str, Any], delta: dict[str, Any]) -> None:
    for source, target in (("text", "text"), ("thinking", "thinking"), ("partial_json", "input")):
        piece = delta.get(source)
        if type(piece) is str:
            before = block.get(target)
            block[target] = (before if type(before) is str else "") + piece
