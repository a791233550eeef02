"""What a signal looks at in a call: asked, answered, under which demands; read out of the call once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from analyzers.core import Call, Message, Part
from analyzers.fine_tuning.tools import ToolCall, called, offered

Demand = Literal["free", "object", "schema", "strict"]
"""Of the answer: text, JSON, JSON of a schema, JSON of a schema that the provider enforces."""


class Exchange(NamedTuple):
    """One request and its answer. Texts are empty where the log has none (`has_text`)."""

    at: float
    conversation: str | None
    user: str | None
    model: str | None
    head: tuple[str, ...]
    """Texts before the last user message that are not tool results: instructions, examples, history."""
    question: str
    context: tuple[str, ...]
    """Results of tools after the last user message: what was looked up to answer it."""
    answer: str
    demand: Demand
    schema: dict[str, Any] | None
    temperature: float | None
    ok: bool
    finish_reason: str | None
    feedback: float | None
    output_tokens: int | None
    reasoning_tokens: int | None
    tools: dict[str, dict[str, Any] | None]
    """Name and schema of the arguments of each tool offered."""
    tool_calls: tuple[ToolCall, ...]
    has_text: bool


def exchange(call: Call) -> Exchange:
    """The call as signals see it."""
    last = max((n for n, one in enumerate(call.messages) if one.role == "user" and _text(one.parts)), default=-1)
    before, after = call.messages[: max(last, 0)], call.messages[last + 1 :]
    demand, schema = _demand(call.parameters)
    temperature = call.parameters.get("temperature")
    return Exchange(
        at=call.started_at,
        conversation=call.conversation,
        user=call.user,
        model=call.model,
        head=(*(part.text for part in call.system), *(_text(one.parts) for one in before if one.role != "tool")),
        question=_text(call.messages[last].parts) if last >= 0 else "",
        context=tuple(_results(after)),
        answer=_text(call.output),
        demand=demand,
        schema=schema,
        temperature=float(temperature) if isinstance(temperature, int | float) else None,
        ok=call.status == "ok",
        finish_reason=call.finish_reason,
        feedback=call.feedback,
        output_tokens=call.usage.output,
        reasoning_tokens=call.usage.reasoning,
        tools={one.name: one.schema for one in offered(call.tools)},
        tool_calls=tuple(called(call.output)),
        has_text=call.text_state in {"full", "truncated"} and bool(call.messages or call.output),
    )


def _text(parts: Sequence[Part]) -> str:
    return "\n".join(part.text for part in parts if part.kind == "text")


def _results(messages: Sequence[Message]) -> Iterator[str]:
    for message in messages:
        for part in message.parts:
            if part.kind == "tool_result" or (message.role == "tool" and part.kind == "text"):
                yield part.text


def _demand(parameters: dict[str, Any]) -> tuple[Demand, dict[str, Any] | None]:
    form = parameters.get("response_format") or parameters.get("text") or parameters.get("output_config")
    if isinstance(form, dict) and isinstance(form.get("format"), dict):
        form = form["format"]
    if not isinstance(form, dict):
        return "free", None
    kind = form.get("type")
    if kind == "json_object":
        return "object", None
    if kind != "json_schema":
        return "free", None
    held = form.get("json_schema")
    inner = held if isinstance(held, dict) else form
    schema = inner.get("schema")
    # A provider whose format has no such switch enforces every schema that it is given.
    strict = inner.get("strict", "json_schema" not in form)
    return ("strict" if strict else "schema"), schema if isinstance(schema, dict) else None
