"""Prompts and answers in the attributes of GenAI spans, in every form that instrumentations have used.

| form                                                      | who                                        |
|-----------------------------------------------------------|--------------------------------------------|
| gen_ai.input.messages etc., JSON text or structured       | semantic conventions 1.37 and later        |
| the same with {role, content} in place of parts           | LiteLLM's second callback                  |
| span events gen_ai.content.prompt / .completion           | semantic conventions up to 1.27            |
| gen_ai.prompt.N.role, gen_ai.completion.N.content, ...    | OpenLLMetry before 0.5x                    |
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from analyzers.core import Message, Part, PartKind, Role, TextState
from collectors.fields import flag, json_text
from collectors.formats.chat_parts import cache_mark, message_parts, split_messages, stand_in, written
from collectors.formats.otlp_indexed import gathered, is_indexed
from collectors.formats.otlp_records import Event

REDACTED = frozenset(
    ("__REDACTED__", "redacted-by-litellm", "[REDACTED]", "<fully masked due to failed mask function>")
)
"""What stands where a producer has masked a text."""
_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "developer",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "model": "assistant",
}
_KINDS: dict[str, PartKind] = {
    "text": "text",
    "reasoning": "reasoning",
    "thinking": "reasoning",
    "compaction": "other",
}
_PROMPTS = ("gen_ai.input.messages", "gen_ai.system_instructions", "gen_ai.output.messages")
_OFFLOADED = ("gen_ai.input.messages_ref", "gen_ai.system_instructions_ref")


class Content(NamedTuple):
    """What a span says of the prompt and the answer."""

    system: tuple[Part, ...] = ()
    tools: tuple[Part, ...] = ()
    messages: tuple[Message, ...] = ()
    output: tuple[Part, ...] = ()
    lacks: TextState = "absent"
    """What a prompt without a part is; "truncated" for one that has parts and was cut."""

    @property
    def state(self) -> TextState:
        """Whether it is text at all."""
        parts = [*self.system, *(part for message in self.messages for part in message.parts)]
        if not parts:
            return self.lacks
        if all(part.text in REDACTED for part in parts):
            return "redacted"
        return "truncated" if self.lacks == "truncated" else "full"


def content(attributes: dict[str, Any], events: Sequence[Event]) -> Content:
    """The content of a span or of an operation.details event."""
    if any(name in attributes for name in _PROMPTS):
        cut = flag(attributes.get("anthropic.content.truncated")) is True
        given, is_cut = _decoded(attributes.get("gen_ai.input.messages"))
        instructions, were_cut = _decoded(attributes.get("gen_ai.system_instructions"))
        lead, messages = _messages(given)
        output, _ = _decoded(attributes.get("gen_ai.output.messages"))
        lacks: TextState = "truncated" if cut or is_cut or were_cut else "absent"
        return Content(_parts(instructions) + lead, tools(attributes), messages, _answer(output), lacks)
    if is_indexed(attributes):
        return _indexed(attributes)
    found = _from_events(events, attributes) if events else Content((), tools(attributes))
    if any(name in attributes for name in _OFFLOADED):
        return found._replace(lacks="offloaded")
    return found


def _decoded(raw: Any) -> tuple[Any, bool]:
    """The value, and whether it is the beginning of one: exporters cut attributes at a length that can be set."""
    if type(raw) is not str:
        return raw, False
    value = json_text(raw)
    if value is None and raw[:1] not in ("[", "{"):
        return raw or None, False
    return value, value is None


def _messages(raw: Any) -> tuple[tuple[Part, ...], tuple[Message, ...]]:
    if type(raw) is str:
        return (), (Message("user", (Part("text", raw),)),)
    system: list[Part] = []
    turns: list[Message] = []
    for one in raw if type(raw) is list else ():
        if type(one) is not dict:
            continue
        named = one.get("role")
        role: Role = _ROLES.get(named, "user") if type(named) is str else "user"
        parts = _parts(one["parts"]) if "parts" in one else tuple(message_parts(one, role))
        if not turns and role in ("system", "developer"):
            system += parts
        else:
            turns.append(Message(role, parts))
    return tuple(system), tuple(turns)


def _answer(raw: Any) -> tuple[Part, ...]:
    first = raw[0] if type(raw) is list and raw else raw
    if type(first) is str:
        return (Part("text", first),) if first else ()
    if type(first) is not dict:
        return ()
    return _parts(first["parts"]) if "parts" in first else tuple(message_parts(first, "assistant"))


def _parts(raw: Any) -> tuple[Part, ...]:
    if type(raw) is str:
        return (Part("text", raw),) if raw else ()
    return tuple([_part(one) for one in raw if one is not None]) if type(raw) is list else ()


def _part(raw: Any) -> Part:
    if type(raw) is not dict:
        return Part("text", raw if type(raw) is str else written(raw))
    kind = raw.get("type")
    text = raw.get("content")
    mark = cache_mark(raw) if len(raw) > 2 else None
    if type(kind) is str and kind in _KINDS:
        inner = text if type(text) is str else raw.get("text")
        return Part(_KINDS[kind], inner if type(inner) is str else "", mark)
    if kind in ("tool_call", "server_tool_call"):
        arguments = raw.get("arguments", raw.get("server_tool_call"))
        call = {"id": raw.get("id"), "name": raw.get("name"), "arguments": arguments}
        return Part("tool_call", written(call), mark)
    if kind in ("tool_call_response", "tool_result", "server_tool_call_response"):
        result = raw.get("response", raw.get("result", raw.get("server_tool_call_response", text)))
        return Part("tool_result", result if type(result) is str else written(result), mark)
    if kind in ("blob", "uri", "file"):
        media: PartKind = "image" if raw.get("modality") == "image" else "file"
        return Part(media, stand_in(raw.get("uri") or raw.get("file_id") or text or raw), mark)
    return Part("other", stand_in(raw), mark)


def tools(attributes: dict[str, Any]) -> tuple[Part, ...]:
    """Tool definitions: a list in one attribute, or one name, description and schema after another."""
    given, _ = _decoded(attributes.get("gen_ai.tool.definitions"))
    if type(given) is list:
        return tuple([Part("tool_definition", written(tool)) for tool in given])
    for prefix in ("llm.request.functions.", "gen_ai.tool."):
        if prefix + "0.name" in attributes:
            return tuple(
                [
                    Part("tool_definition", written({k: tool[k] for k in _TOOL_FIELDS if k in tool}))
                    for tool in gathered(attributes, prefix)
                ]
            )
    return ()


_TOOL_FIELDS = ("name", "description", "parameters")


def _indexed(attributes: dict[str, Any]) -> Content:
    system, messages = split_messages(gathered(attributes, "gen_ai.prompt."))
    _, answers = split_messages(
        [{"role": "user", "content": ""}, *gathered(attributes, "gen_ai.completion.", role="assistant")]
    )
    return Content(system, tools(attributes), messages, answers[1].parts if len(answers) > 1 else ())


def _from_events(events: Sequence[Event], attributes: dict[str, Any]) -> Content:
    system: tuple[Part, ...] = ()
    messages: tuple[Message, ...] = ()
    output: tuple[Part, ...] = ()
    lacks: TextState = "absent"
    for event in events:
        if event.name == "gen_ai.content.prompt":
            given, cut = _decoded(event.attributes.get("gen_ai.prompt"))
            lead, turns = _messages(given)
            system, messages = (system, (*messages, *turns)) if messages else (system + lead, turns)
            lacks = "truncated" if cut else lacks
        elif event.name == "gen_ai.content.completion" and not output:
            answer, _ = _decoded(event.attributes.get("gen_ai.completion"))
            output = _answer(answer)
    return Content(system, tools(attributes), messages, output, lacks)
