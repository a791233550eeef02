"""Calls made by hand, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from analyzers.core import Call, Message, Part, Role
from analyzers.response_caching.requests import Streams, streams

START = 1_795_003_200.0
CENT = Decimal("0.01")


def turn(role: Role, *parts: str | Part) -> Message:
    """One message."""
    found = tuple(Part("text", part) if isinstance(part, str) else part for part in parts)
    return Message(role, found)


def ask(at: float, text: str = "How do I reset my PIN?", answer: str | None = "In the app.", **fields: Any) -> Call:
    """One call `at` seconds after START that takes a second; `before` are the messages in front of the question."""
    before: Iterable[Message] = fields.pop("before", ())
    system: str = fields.pop("system", "You help the customers of Halden.")
    tools: Iterable[str] = fields.pop("tools", ())
    output = () if answer is None else (Part("text", answer),)
    return Call(
        id=str(fields.pop("id", at)),
        started_at=START + at,
        format="test",
        duration=fields.pop("duration", 1.0),
        provider=fields.pop("provider", "openai"),
        request_model=fields.pop("model", "gpt-5.4"),
        app=fields.pop("app", "bot"),
        system=(Part("text", system),) if system else (),
        tools=tuple(Part("tool_definition", one) for one in tools),
        messages=fields.pop("messages", (*before, turn("user", text))),
        output=fields.pop("output", output),
        **fields,
    )


def found(calls: Iterable[Call], cost: Decimal | None = CENT) -> Streams:
    """As the analysis finds them."""
    return streams(calls, lambda call: cost)
