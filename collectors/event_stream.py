"""Server-sent events, as proxies log the body of a streamed answer: put together to the answer they stand for.

A stream is the text as it was sent, or an array of its events. One that broke off stands for what came until then,
without the usage that its last event would have carried.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from collectors.fields import json_text, mapping

_BEGINNINGS = ("data:", "event:", "id:", "retry:", ": ")
_LINES = re.compile(r"[^\r\n]+")
"""Ended as the protocol says: JSON may hold the other characters that Unicode ends a line with."""
_FIRST_EVENTS = 3
_CHAT_FIELDS = (
    "id",
    "model",
    "created",
    "service_tier",
    "usage",
    "error",
    "prompt_filter_results",
    "prompt_logprobs",
)
_CHUNKS = ("chat.completion.chunk", "text_completion")
_TEXTS = ("content", "reasoning_content", "refusal")


def is_event_stream(value: object) -> bool:
    """Whether a logged body is the text of an event stream."""
    return type(value) is str and value[:32].lstrip().startswith(_BEGINNINGS)


def events(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects of the `data:` lines, in order; lines that are cut or broken are passed over."""
    for match in _LINES.finditer(text):
        line = match[0]
        start = line.lstrip() if line[:1] == " " else line
        if start.startswith("data:"):
            data = start[5:].strip()
            if data[:1] == "{":
                event = json_text(data)
                if type(event) is dict:
                    yield event


def first_events(value: Any) -> list[dict[str, Any]]:
    """The first events of a logged stream, a text or an array of chunks: they tell whose it is. Else none."""
    if type(value) is list:
        return [event for event in value[:_FIRST_EVENTS] if type(event) is dict]
    return list(islice(events(value), _FIRST_EVENTS)) if is_event_stream(value) else []


def all_events(value: Any) -> Iterable[dict[str, Any]]:
    """Every event of a logged stream, a text or an array of chunks."""
    if type(value) is list:
        return [event for event in value if type(event) is dict]
    return events(value) if type(value) is str else ()


def chat_completion(stream: Any) -> dict[str, Any] | None:
    """The `chat.completion` or `text_completion` that a stream of chunks stands for, or None when there is no chunk.

    Without `stream_options.include_usage` no chunk carries usage and none is in the result.
    """
    whole: dict[str, Any] = {}
    pieces: dict[str, list[str]] = {name: [] for name in _TEXTS}
    calls: dict[int, dict[str, Any]] = {}
    texts: list[str] = []
    finish = None
    for chunk in all_events(stream):
        kind = chunk.get("object")
        if kind not in _CHUNKS and (kind or ("choices" not in chunk and type(chunk.get("error")) is not dict)):
            continue
        for name in _CHAT_FIELDS:
            if chunk.get(name):
                whole[name] = chunk[name]
        whole.setdefault("object", "text_completion" if kind == "text_completion" else "chat.completion")
        choices = chunk.get("choices")
        for choice in choices if type(choices) is list else ():
            if type(choice) is not dict or choice.get("index", 0) != 0:
                continue
            finish = choice.get("finish_reason") or finish
            if type(choice.get("text")) is str:
                texts.append(choice["text"])
            _delta(pieces, calls, mapping(choice.get("delta")))
    if not whole:
        return None
    if texts:
        whole["choices"] = [{"index": 0, "text": "".join(texts), "finish_reason": finish}]
        return whole
    message: dict[str, Any] = {"role": "assistant", "content": "".join(pieces["content"])}
    message |= {name: "".join(pieces[name]) for name in _TEXTS[1:] if pieces[name]}
    if calls:
        message["tool_calls"] = [calls[index] for index in sorted(calls)]
    whole["choices"] = [{"index": 0, "message": message, "finish_reason": finish}]
    return whole


def _delta(pieces: dict[str, list[str]], calls: dict[int, dict[str, Any]], delta: dict[str, Any]) -> None:
    for name in _TEXTS:
        if type(delta.get(name)) is str:
            pieces[name].append(delta[name])
    tool_calls = delta.get("tool_calls")
    for call in tool_calls if type(tool_calls) is list else ():
        if type(call) is dict:
            _tool_call(calls, call)


def _tool_call(calls: dict[int, dict[str, Any]], delta: dict[str, Any]) -> None:
    call = calls.setdefault(_index(delta), {"id": None, "function": {"name": "", "arguments": ""}})
    call["id"] = delta.get("id") or call["id"]
    function = mapping(delta.get("function"))
    for name in ("name", "arguments"):
        if type(function.get(name)) is str:
            call["function"][name] += function[name]


def response(stream: Any) -> dict[str, Any] | None:
    """The Responses object in the last event that carries one (completed, incomplete or failed), or None.

    Of a stream that broke off before that event it is the first event's, with the output that came.
    """
    found: dict[str, Any] | None = None
    items: list[Any] = []
    pieces: list[str] = []
    error = None
    for event in all_events(stream):
        inner = event.get("response")
        kind = event.get("type")
        if type(inner) is dict and inner.get("object") == "response":
            found = inner
        elif kind == "response.output_item.done":
            items.append(event.get("item"))
            pieces.clear()
        elif kind == "response.output_text.delta" and type(event.get("delta")) is str:
            pieces.append(event["delta"])
        elif kind == "error":
            error = mapping(event.get("error")) or event
    if found is None:
        return {"object": "response", "error": error} if error is not None else None
    if not found.get("output"):
        if pieces:
            items.append({"type": "message", "content": [{"type": "output_text", "text": "".join(pieces)}]})
        found = found | {"output": items}
    return found | {"error": error} if error is not None else found


def anthropic_message(stream: Any) -> tuple[dict[str, Any] | None, bool]:
    """(message, whether its usage is final) of an Anthropic stream; None without a message_start.

    `message_delta.usage` is cumulative and replaces the counts of `message_start`, whose output is a placeholder;
    the split of cache writes by lifetime stands in `message_start` only. A stream that ends in an error has it as
    `error`, also without a message.
    """
    message: dict[str, Any] | None = None
    blocks: dict[int, dict[str, Any]] = {}
    final = False
    for event in all_events(stream):
        kind = event.get("type")
        if kind == "message_start":
            message = dict(mapping(event.get("message")))
        elif kind == "error" and type(event.get("error")) is dict:
            message = (message or {}) | {"error": event["error"]}
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
        message["content"] = [_block(blocks[index]) for index in sorted(blocks)]
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


def _block(block: dict[str, Any]) -> dict[str, Any]:
    """The block as an answer that was not streamed has it; arguments of a tool that were cut off stay a text."""
    pieces = block.get("input")
    if type(pieces) is str:
        arguments = json_text(pieces) if pieces else {}
        if arguments is not None:
            block["input"] = arguments
    return block
