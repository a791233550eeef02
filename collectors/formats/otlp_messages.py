"""Prompts and answers in the attributes of GenAI spans, in every form that instrumentations have used.

| form                                                      | who                                        |
|-----------------------------------------------------------|--------------------------------------------|
| gen_ai.input.messages etc., JSON text or structured       | semantic conventions 1.37 and later        |
| span events gen_ai.content.prompt / .completion           | semantic conventions up to 1.27, LiteLLM   |
| gen_ai.prompt.N.role, gen_ai.completion.N.content, ...    | OpenLLMetry before 0.5x                     |
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from analyzers.core import Message, Part, PartKind, Role, TextState
from collectors.fields import json_text
from collectors.formats.chat_parts import split_messages, stand_in, written
from collectors.formats.otlp_records import Event

_REDACTED = ("__REDACTED__", "redacted-by-litellm", "[REDACTED]")
_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "developer",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
}
_KINDS: dict[str, PartKind] = {"text": "text", "reasoning": "reasoning", "thinking": "reasoning"}
_MOST_INDEXED = 2_000


class Content(NamedTuple):
    """What a span says of the prompt and the answer."""

    system: tuple[Part, ...] = ()
    tools: tuple[Part, ...] = ()
    messages: tuple[Message, ...] = ()
    output: tuple[Part, ...] = ()

    @property
    def state(self) -> TextState:
        """Whether it is text at all."""
        parts = [*self.system, *(part for message in self.messages for part in message.parts)]
        if not parts:
            return "absent"
        return "redacted" if all(part.text in _REDACTED for part in parts) else "full"


def content(attributes: dict[str, Any], events: Sequence[Event]) -> Content:
    """The content of a span or of an operation.details event."""
    given = _decoded(attributes.get("gen_ai.input.messages"))
    system = _parts(_decoded(attributes.get("gen_ai.system_instructions")))
    if type(given) is list or system:
        lead, messages = _messages(given)
        output = _decoded(attributes.get("gen_ai.output.messages"))
        return Content(system + lead, _tools(attributes), messages, _answer(output))
    if "gen_ai.prompt.0.role" in attributes or "gen_ai.prompt.0.content" in attributes:
        return _indexed(attributes)
    return _from_events(events, attributes)


def _decoded(raw: Any) -> Any:
    return json_text(raw) if type(raw) is str else raw


def _messages(raw: Any) -> tuple[tuple[Part, ...], tuple[Message, ...]]:
    system: list[Part] = []
    turns: list[Message] = []
    for one in raw if type(raw) is list else ():
        if type(one) is not dict:
            continue
        role = _ROLES.get(str(one.get("role")), "user")
        parts = _parts(one.get("parts", one.get("content")))
        if not turns and role in ("system", "developer"):
            system += parts
        else:
            turns.append(Message(role, parts))
    return tuple(system), tuple(turns)


def _answer(raw: Any) -> tuple[Part, ...]:
    first = raw[0] if type(raw) is list and raw else None
    return _parts(first.get("parts", first.get("content"))) if type(first) is dict else ()


def _parts(raw: Any) -> tuple[Part, ...]:
    if type(raw) is str:
        return (Part("text", raw),) if raw else ()
    return tuple([_part(one) for one in raw if one is not None]) if type(raw) is list else ()


def _part(raw: Any) -> Part:
    if type(raw) is not dict:
        return Part("text", raw if type(raw) is str else written(raw))
    kind = raw.get("type")
    text = raw.get("content")
    if type(kind) is str and kind in _KINDS:
        inner = text if type(text) is str else raw.get("text")
        return Part(_KINDS[kind], inner if type(inner) is str else "")
    if kind == "tool_call":
        arguments = raw.get("arguments")
        return Part("tool_call", written({"id": raw.get("id"), "name": raw.get("name"), "arguments": arguments}))
    if kind in ("tool_call_response", "tool_result"):
        result = raw.get("response", raw.get("result", text))
        return Part("tool_result", result if type(result) is str else written(result))
    if kind in ("blob", "uri", "file"):
        media: PartKind = "image" if raw.get("modality") == "image" else "file"
        return Part(media, stand_in(raw.get("uri") or raw.get("file_id") or text or raw))
    return Part("other", stand_in(raw))


def _tools(attributes: dict[str, Any]) -> tuple[Part, ...]:
    tools = _decoded(attributes.get("gen_ai.tool.definitions"))
    return tuple([Part("tool_definition", written(tool)) for tool in tools]) if type(tools) is list else ()


def _indexed(attributes: dict[str, Any]) -> Content:
    system, messages = split_messages(_gathered(attributes, "gen_ai.prompt."))
    _, answers = split_messages([{"role": "user", "content": ""}, *_gathered(attributes, "gen_ai.completion.")])
    tools = [
        {name: tool.get(name) for name in ("name", "description", "parameters") if name in tool}
        for tool in _gathered(attributes, "llm.request.functions.")
    ]
    return Content(
        system,
        tuple(Part("tool_definition", written(tool)) for tool in tools),
        messages,
        answers[1].parts if len(answers) > 1 else (),
    )


def _gathered(attributes: dict[str, Any], prefix: str) -> list[dict[str, Any]]:
    """{"prefix.0.role": ..., "prefix.0.tool_calls.1.name": ...} as a list of messages; indices come in any order."""
    found: dict[int, dict[str, Any]] = {}
    for key, value in attributes.items():
        if not key.startswith(prefix):
            continue
        index, _, rest = key[len(prefix) :].partition(".")
        if not index.isascii() or not index.isdigit() or len(index) > 4 or int(index) >= _MOST_INDEXED:
            continue
        message = found.setdefault(int(index), {})
        if rest.startswith("tool_calls."):
            number, _, name = rest[len("tool_calls.") :].partition(".")
            if number.isascii() and number.isdigit() and len(number) < 5:
                calls = message.setdefault("_calls", {})
                calls.setdefault(int(number), {})[name] = value
        elif rest == "content" and type(value) is str and value[:2] == "[{":
            # Content of several blocks is logged as the JSON of its list.
            message[rest] = json_text(value) or value
        else:
            message[rest] = value
    for message in found.values():
        calls = message.pop("_calls", None)
        if calls:
            message["tool_calls"] = [calls[number] for number in sorted(calls)]
        if prefix == "gen_ai.completion.":
            message["role"] = "assistant"
    return [found[index] for index in sorted(found)]


def _from_events(events: Sequence[Event], attributes: dict[str, Any]) -> Content:
    system: tuple[Part, ...] = ()
    messages: tuple[Message, ...] = ()
    output: tuple[Part, ...] = ()
    for event in events:
        if event.name == "gen_ai.content.prompt":
            system, messages = split_messages(_decoded(event.attributes.get("gen_ai.prompt")))
        elif event.name == "gen_ai.content.completion":
            given = _decoded(event.attributes.get("gen_ai.completion"))
            _, turns = split_messages([{"role": "user", "content": ""}, *(given if type(given) is list else [])])
            output = turns[1].parts if len(turns) > 1 else ()
    return Content(system, _tools(attributes), messages, output)
