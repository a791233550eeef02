"""A prompt or an answer in whichever shape a log has it: a text, a provider's messages, OpenTelemetry's parts.

For logs that say where the prompt lies but not whose shape it has. Nothing here fails; what is no message is passed over.
"""

from __future__ import annotations

from typing import Any

from analyzers.core import Message, Part
from collectors.fields import json_text
from collectors.formats import otlp_messages
from collectors.formats.anthropic_parts import anthropic_content, anthropic_messages
from collectors.formats.chat_parts import choices_parts, message_parts, split_messages
from collectors.formats.responses_parts import responses_input, responses_output

Prompt = tuple[tuple[Part, ...], tuple[Message, ...]]
"""(system, messages)"""

_ANTHROPIC = frozenset(("tool_use", "tool_result", "thinking", "redacted_thinking", "server_tool_use", "document"))
_RESPONSES = frozenset(("function_call", "function_call_output", "reasoning", "item_reference", "message"))
_BODIES = ("messages", "input", "prompt", "contents")
_ANSWERS = ("message", "content", "text", "completion", "output_text")
_DEEPEST = 4


def prompt(raw: Any, depth: int = 0) -> Prompt:
    """Of a text, a message, a list of messages or a whole request body; JSON in a string is read as JSON."""
    given = _decoded(raw)
    if type(given) is str:
        return ((), (Message("user", (Part("text", given),)),)) if given else ((), ())
    if type(given) is dict:
        if "role" in given:
            return prompt([given], depth)
        inner = next((given[name] for name in _BODIES if given.get(name) is not None), None)
        lead, messages = prompt(inner, depth + 1) if inner is not None and depth < _DEEPEST else ((), ())
        return text(given.get("system", given.get("instructions"))) + lead, messages
    listed = [one for one in given if type(one) is dict] if type(given) is list else []
    if any("parts" in one for one in listed):
        content = otlp_messages.content({"gen_ai.input.messages": listed}, ())
        return content.system, content.messages
    if any(_kinds(one) & _ANTHROPIC for one in listed):
        turns = [one for one in listed if one.get("role") not in ("system", "developer")]
        leading = [one for one in listed if one.get("role") in ("system", "developer")]
        return tuple(part for one in leading for part in anthropic_content(one.get("content"))), anthropic_messages(
            turns
        )
    if any(one.get("type") in _RESPONSES for one in listed):
        return responses_input(None, listed)
    return split_messages(given)


def text(raw: Any) -> tuple[Part, ...]:
    """The parts of a text, of content blocks, of a message or of a list of messages."""
    given = _decoded(raw)
    if type(given) is dict:
        given = [given]
    if type(given) is list and any(type(one) is dict and "role" in one for one in given):
        system, messages = prompt(given)
        return system + tuple(part for message in messages for part in message.parts)
    if type(given) is list and any(type(one) is dict and type(one.get("content")) is str for one in given):
        return otlp_messages.content({"gen_ai.system_instructions": given}, ()).system
    return anthropic_content(given)


def answer(raw: Any, depth: int = 0) -> tuple[Part, ...]:
    """The parts of an answer: of a text, content blocks, a message, choices or a whole response body."""
    given = _decoded(raw)
    if type(given) is dict:
        if type(given.get("choices")) is list:
            return choices_parts(given["choices"])
        if type(given.get("output")) is list:
            return responses_output(given["output"])
        if type(given.get("parts")) is list or type(given.get("content")) is list:
            return text({"role": "assistant", **given})
        if "role" in given or "tool_calls" in given:
            return tuple(message_parts(given, "assistant"))
        inner = next((given[name] for name in _ANSWERS if given.get(name) is not None), None)
        return answer(inner, depth + 1) if inner is not None and depth < _DEEPEST else ()
    if type(given) is list and given and type(given[0]) is dict:
        if "message" in given[0] and "index" in given[0]:
            return choices_parts(given)
        if given[0].get("type") in _RESPONSES:
            return responses_output(given)
    return text(given)


def _decoded(raw: Any) -> Any:
    if type(raw) is str and raw[:1] in ("{", "["):
        found = json_text(raw)
        return raw if found is None else found
    return raw


def _kinds(message: dict[str, Any]) -> set[str]:
    content = message.get("content")
    blocks = content if type(content) is list else ()
    return {str(block.get("type")) for block in blocks if type(block) is dict}
