"""One example in the line format of each trainer (facts of 2026-11-23)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import orjson

from analyzers.fine_tuning.dataset.example import Example, Turn

Format = Literal["openai", "nova", "together", "fireworks", "trl", "axolotl", "vertex"]
FORMATS: tuple[Format, ...] = ("openai", "nova", "together", "fireworks", "trl", "axolotl", "vertex")


def line(one: Example, form: Format) -> dict[str, Any]:
    """The record; provenance goes to a file beside it, since validators refuse keys that they do not know."""
    if form == "nova":
        return _nova(one)
    if form == "vertex":
        return _vertex(one)
    return _chat(one, arguments_as_text=form != "trl")


def shortened(one: Example) -> Example:
    """The same example with the first sentence of its instructions alone: whether tuning can take the place of the rest is what a trial
    with both variants shows.
    """
    first = one.system.strip().split("\n", 1)[0]
    end = first.find(". ")
    return one._replace(system=(first[: end + 1] if end > 0 else first)[:300])


def _chat(one: Example, *, arguments_as_text: bool) -> dict[str, Any]:
    messages: list[dict[str, Any]] = [{"role": "system", "content": one.system}] if one.system else []
    messages.extend(_message(turn, arguments_as_text) for turn in _numbered(one.turns))
    made: dict[str, Any] = {"messages": messages}
    if one.tools:
        made["tools"] = [{"type": "function", "function": tool} for tool in one.tools]
    return made


def _numbered(turns: tuple[Turn, ...]) -> Iterator[Turn]:
    """Turns whose calls have ids, and whose results name the call that they answer."""
    waiting: list[str] = []
    for place, turn in enumerate(turns):
        if turn.calls:
            calls = tuple(call._replace(id=call.id or f"call_{place}_{n}") for n, call in enumerate(turn.calls))
            waiting = [call.id for call in calls]
            yield turn._replace(calls=calls)
        elif turn.role == "tool":
            answers = turn.answers if turn.answers in waiting else (waiting[0] if waiting else turn.answers)
            waiting = [number for number in waiting if number != answers] or waiting
            yield turn._replace(answers=answers)
        else:
            yield turn


def _message(turn: Turn, arguments_as_text: bool) -> dict[str, Any]:
    made: dict[str, Any] = {"role": turn.role, "content": turn.text}
    if turn.role == "tool":
        made["tool_call_id"] = turn.answers
    if turn.calls:
        made["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {
                    "name": call.name,
                    "arguments": orjson.dumps(call.arguments or {}).decode()
                    if arguments_as_text
                    else call.arguments or {},
                },
            }
            for call in turn.calls
        ]
    return made


def _nova(one: Example) -> dict[str, Any]:
    made: dict[str, Any] = {"schemaVersion": "bedrock-conversation-2024"}
    if one.system:
        made["system"] = [{"text": one.system}]
    made["messages"] = [{"role": turn.role, "content": [{"text": turn.text}]} for turn in one.turns]
    return made


def _vertex(one: Example) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if one.system:
        made["systemInstruction"] = {"role": "system", "parts": [{"text": one.system}]}
    names: dict[str, str] = {}
    contents = []
    for turn in _numbered(one.turns):
        names.update({call.id: call.name for call in turn.calls})
        if turn.role == "tool":
            answer = {"name": names.get(turn.answers, ""), "response": {"content": turn.text}}
            contents.append({"role": "user", "parts": [{"functionResponse": answer}]})
            continue
        parts: list[dict[str, Any]] = [{"text": turn.text}] if turn.text or not turn.calls else []
        parts.extend({"functionCall": {"name": call.name, "args": call.arguments or {}}} for call in turn.calls)
        contents.append({"role": "model" if turn.role == "assistant" else "user", "parts": parts})
    made["contents"] = contents
    if one.tools:
        made["tools"] = [{"functionDeclarations": list(one.tools)}]
    return made
