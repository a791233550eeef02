"""Input and output items of OpenAI's Responses API, as parts."""

from __future__ import annotations

from typing import Any

from analyzers.core import Message, Part, Role
from collectors.formats.chat_parts import message_parts, split_messages, written

_TOOL_CALLS = ("function_call", "custom_tool_call", "mcp_call", "web_search_call", "file_search_call")
_TOOL_RESULTS = ("function_call_output", "custom_tool_call_output")


def responses_input(instructions: object, given: object) -> tuple[tuple[Part, ...], tuple[Message, ...]]:
    """(system, messages). `input` is a text or a list of items; leading system items join the instructions."""
    head = (Part("text", instructions),) if type(instructions) is str and instructions else ()
    if type(given) is str:
        return head, (Message("user", (Part("text", given),)),) if given else ()
    turns: list[Any] = []
    system, _ = split_messages(leading := _leading(given))
    for item in given[len(leading) :] if type(given) is list else ():
        if type(item) is dict:
            turns.append(_item(item))
    return head + system, tuple(turns)


def _leading(given: object) -> list[Any]:
    found: list[Any] = []
    for item in given if type(given) is list else ():
        if type(item) is not dict or item.get("role") not in ("system", "developer"):
            break
        found.append(item)
    return found


def _item(item: dict[str, Any]) -> Message:
    kind = item.get("type")
    if kind in _TOOL_RESULTS:
        output = item.get("output")
        return Message("tool", (Part("tool_result", output if type(output) is str else written(output)),))
    role = item.get("role")
    if type(role) is str:
        _, turns = split_messages([{"role": "user", "content": ""}, item])
        return turns[-1]
    return Message("assistant", tuple(_answer_item(item)))


def responses_output(output: object) -> tuple[Part, ...]:
    """The answer: text, calls of tools, reasoning, in their order."""
    return tuple(
        part for item in (output if type(output) is list else ()) if type(item) is dict for part in _answer_item(item)
    )


def _answer_item(item: dict[str, Any]) -> list[Part]:
    kind = item.get("type")
    if kind == "message":
        role: Role = "assistant"
        return message_parts(item, role)
    if kind == "reasoning":
        summary = item.get("summary")
        texts = [s.get("text") for s in summary if type(s) is dict] if type(summary) is list else []
        return [Part("reasoning", text) for text in texts if type(text) is str]
    if kind in _TOOL_CALLS:
        call = {"id": item.get("call_id", item.get("id")), "name": item.get("name"), "arguments": item.get("arguments")}
        return [Part("tool_call", written(call))]
    return [Part("other", written(item))]
