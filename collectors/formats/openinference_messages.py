"""Prompts and answers of OpenInference spans: whole bodies where they are there, else what is flattened from them."""

from __future__ import annotations

from typing import Any

from analyzers.core import Message, Part, TextState
from collectors.fields import first, json_text
from collectors.formats.anthropic_parts import anthropic_content, anthropic_messages, anthropic_system
from collectors.formats.chat_parts import choices_parts, split_messages, written
from collectors.formats.otlp_indexed import index
from collectors.formats.otlp_messages import REDACTED, Content
from collectors.formats.responses_parts import responses_input, responses_output


def content(attributes: dict[str, Any], request: dict[str, Any], response: dict[str, Any]) -> Content:
    """The content of a span; `request` and `response` are the bodies in `input.value` and `output.value`, or empty."""
    system, messages = _of_request(request, response) or _flattened_prompt(attributes)
    output = _of_response(response) or _flattened_answer(attributes)
    return Content(system, _tools(attributes), messages, output, _lacks(attributes))


def _of_request(
    request: dict[str, Any], response: dict[str, Any]
) -> tuple[tuple[Part, ...], tuple[Message, ...]] | None:
    """From a body as OpenAI's or Anthropic's API takes it: it keeps cache breakpoints, which flattening loses."""
    turns = request.get("messages")
    if type(turns) is list and turns and all(type(turn) is dict and "role" in turn for turn in turns):
        if response.get("type") == "message" or "system" in request:
            return anthropic_system(request.get("system")), anthropic_messages(turns)
        return split_messages(turns)
    if "input" in request and ("instructions" in request or response.get("object") == "response"):
        return responses_input(request.get("instructions"), request["input"])
    return None


def _of_response(response: dict[str, Any]) -> tuple[Part, ...]:
    if type(response.get("choices")) is list:
        return choices_parts(response["choices"])
    if response.get("object") == "response":
        return responses_output(response.get("output"))
    return anthropic_content(response.get("content")) if response.get("type") == "message" else ()


def _flattened_prompt(attributes: dict[str, Any]) -> tuple[tuple[Part, ...], tuple[Message, ...]]:
    messages = _messages(attributes, "llm.input_messages.")
    if messages:
        return split_messages(messages)
    texts = _texts(attributes, "llm.prompts", ".prompt.text") or _texts(attributes, "embedding.embeddings", ".text")
    if not texts and attributes.get("input.mime_type") != "application/json":
        whole = attributes.get("input.value")
        texts = [whole] if type(whole) is str and whole else []
    return (), tuple(Message("user", (Part("text", text),)) for text in texts)


def _flattened_answer(attributes: dict[str, Any]) -> tuple[Part, ...]:
    messages = _messages(attributes, "llm.output_messages.", role="assistant")
    if messages:
        _, turns = split_messages([{"role": "user", "content": ""}, *messages])
        return turns[1].parts if len(turns) > 1 else ()
    texts = _texts(attributes, "llm.choices", ".completion.text")
    return (Part("text", texts[0]),) if texts else ()


def _texts(attributes: dict[str, Any], name: str, end: str) -> list[str]:
    """`llm.prompts.0.prompt.text` and its like in their order; older producers log one list."""
    whole = attributes.get(name)
    if type(whole) is list:
        return [text for text in whole if type(text) is str]
    found: dict[int, str] = {}
    prefix = name + "."
    for key, value in attributes.items():
        if key.startswith(prefix) and key.endswith(end) and type(value) is str:
            number = index(key[len(prefix) :].partition(".")[0])
            if number is not None:
                found[number] = value
    return [found[number] for number in sorted(found)]


def _messages(attributes: dict[str, Any], prefix: str, role: str | None = None) -> list[dict[str, Any]]:
    """`llm.input_messages.0.message.contents.1.message_content.text` and its like, as chat messages in order."""
    found: dict[int, dict[str, Any]] = {}
    for key, value in attributes.items():
        if not key.startswith(prefix):
            continue
        head, _, rest = key[len(prefix) :].partition(".message.")
        number = index(head)
        if number is None:
            continue
        message = found.setdefault(number, {})
        name, _, deeper = rest.partition(".")
        if name in ("contents", "tool_calls") and deeper:
            inner, _, field = deeper.partition(".")
            position = index(inner)
            if position is not None:
                message.setdefault(name, {}).setdefault(position, {})[field] = value
        else:
            message[rest] = value
    return [_message(found[number], role) for number in sorted(found)]


def _message(raw: dict[str, Any], role: str | None) -> dict[str, Any]:
    message: dict[str, Any] = {"role": role or raw.get("role"), "content": raw.get("content")}
    contents = raw.get("contents")
    if type(contents) is dict:
        message["content"] = [_block(block) for _, block in sorted(contents.items())]
    calls = raw.get("tool_calls")
    if type(calls) is dict:
        message["tool_calls"] = [
            {
                "id": one.get("tool_call.id"),
                "name": one.get("tool_call.function.name"),
                "arguments": one.get("tool_call.function.arguments"),
            }
            for _, one in sorted(calls.items())
        ]
    elif "function_call_name" in raw:
        message["function_call"] = {
            "name": raw["function_call_name"],
            "arguments": raw.get("function_call_arguments_json"),
        }
    return message


def _block(block: dict[str, Any]) -> dict[str, Any]:
    image = first(block, "message_content.image.image.url")
    if image:
        return {"type": "image_url", "image_url": image}
    audio = first(block, "message_content.audio.audio.url", "message_content.video.video.url")
    if audio:
        return {"type": "audio", "audio": audio}
    document = first(block, "message_content.document.document.url", "message_content.document.document.content")
    if document:
        return {"type": "document", "document": document}
    return {"type": "text", "text": block.get("message_content.text", "")}


def _tools(attributes: dict[str, Any]) -> tuple[Part, ...]:
    found: dict[int, Part] = {}
    for key, value in attributes.items():
        if key.startswith("llm.tools.") and key.endswith(".tool.json_schema"):
            number = index(key[len("llm.tools.") : -len(".tool.json_schema")])
            if number is not None:
                schema = json_text(value) if type(value) is str else value
                found[number] = Part("tool_definition", written(schema))
    return tuple(found[number] for number in sorted(found))


def _lacks(attributes: dict[str, Any]) -> TextState:
    whole = attributes.get("input.value")
    if type(whole) is not str:
        return "absent"
    return "redacted" if whole in REDACTED else "absent"
