"""One example: a prompt as it was sent, and the answer that was good."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from analyzers.core import Call, Message, Part
from analyzers.fine_tuning.measure import WHOLE, Looked
from analyzers.fine_tuning.tools import ToolCall, as_object, called, offered


class Turn(NamedTuple):
    """A message: text, and for an assistant the tools that it called, for a tool whose call it answers."""

    role: str
    text: str
    calls: tuple[ToolCall, ...] = ()
    answers: str = ""


class Example(NamedTuple):
    """A dialogue that ends with the answer to learn, the tools on offer, and where it came from."""

    system: str
    turns: tuple[Turn, ...]
    tools: tuple[dict[str, Any], ...]
    call: str
    at: float
    conversation: str
    model: str | None
    rated: float | None

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything in it that came from people or models, system first."""
        return (self.system, *(turn.text for turn in self.turns))

    @property
    def question(self) -> str:
        """What the last user message asks."""
        return next((turn.text for turn in reversed(self.turns) if turn.role == "user"), "")

    @property
    def answer(self) -> Turn:
        """The turn to learn."""
        return self.turns[-1]


class Ineligible(NamedTuple):
    """How many calls are no examples, by why."""

    failing: int
    cut: int
    no_text: int
    empty: int
    not_alternating: int
    broken_tools: int


def examples(looked: Looked) -> tuple[list[Example], Ineligible]:
    """The good answers of a task. Calls without a conversation are one of their own each."""
    made: list[Example] = []
    failing = cut = no_text = empty = turned = broken = 0
    for call, one, bad in zip(looked.task.calls, looked.exchanges, looked.failing, strict=True):
        if not one.has_text:
            no_text += 1
        elif bad:
            failing += 1
        elif one.finish_reason not in WHOLE:
            cut += 1
        elif not one.answer and not one.tool_calls:
            empty += 1
        else:
            example = _example(call)
            if not _alternates(example.turns):
                turned += 1
            elif not _tools_hold(example):
                broken += 1
            else:
                made.append(example)
    return made, Ineligible(failing, cut, no_text, empty, turned, broken)


def _example(call: Call) -> Example:
    system = [part.text for part in call.system if part.kind == "text"]
    turns: list[Turn] = []
    for message in (*call.messages, Message("assistant", call.output)):
        if message.role in ("system", "developer"):
            system.extend(part.text for part in message.parts if part.kind == "text")
        else:
            turns.extend(_turns(message))
    return Example(
        "\n\n".join(system),
        tuple(turns),
        tuple(_tools(call.tools)),
        call.id,
        call.started_at,
        call.conversation or call.id,
        call.model,
        call.feedback,
    )


def _turns(message: Message) -> Iterator[Turn]:
    text = "\n".join(part.text for part in message.parts if part.kind == "text")
    results = [part.text for part in message.parts if part.kind == "tool_result"]
    for result in results:
        table = as_object(result)
        inner = None if table is None else table.get("content", table.get("output"))
        answers = (
            "" if table is None else str(table.get("tool_call_id") or table.get("tool_use_id") or table.get("id") or "")
        )
        yield Turn("tool", inner if isinstance(inner, str) else result, (), answers)
    calls = tuple(called(message.parts))
    if text or calls or not results:
        yield Turn("tool" if message.role == "tool" else message.role, text, calls)


def _tools(parts: Sequence[Part]) -> Iterator[dict[str, Any]]:
    for one in offered(parts):
        parameters = one.schema or {"type": "object", "properties": {}}
        yield {"name": one.name, "description": one.description, "parameters": parameters}


def _alternates(turns: Sequence[Turn]) -> bool:
    """User first, assistant last, no two of one side in a row (tools answer the assistant)."""
    sides = [turn.role for turn in turns if turn.role != "tool"]
    if not sides or sides[0] != "user" or turns[-1].role != "assistant":
        return False
    return all(a != b or (a == "assistant" and _answered(turns)) for a, b in pairwise(sides))


def _answered(turns: Sequence[Turn]) -> bool:
    """Whether between two assistant turns in a row a tool always answered."""
    return all(not (a.role == "assistant" and b.role == "assistant") for a, b in pairwise(turns))


def _tools_hold(example: Example) -> bool:
    """Every call has arguments that are JSON, and every result answers the turn before it."""
    for before, turn in zip((None, *example.turns), example.turns, strict=False):
        if any(call.arguments is None for call in turn.calls):
            return False
        if turn.role == "tool" and (before is None or not (before.calls or before.role == "tool")):
            return False
    return True
