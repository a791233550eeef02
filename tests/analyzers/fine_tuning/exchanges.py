"""Exchanges made by hand."""

from __future__ import annotations

from typing import Any

from analyzers.core import Call, Message, Part
from analyzers.fine_tuning.exchange import Exchange, exchange


def asked(
    question: str,
    answer: str = "",
    *,
    at: float = 0.0,
    conversation: str | None = None,
    context: str | None = None,
    system: str = "",
    before: tuple[tuple[Any, str], ...] = (),
    **fields: Any,
) -> Exchange:
    """One exchange through a Call, as it comes from a log."""
    messages = [Message(role, (Part("text", text),)) for role, text in before]
    messages.append(Message("user", (Part("text", question),)))
    if context is not None:
        messages.append(Message("tool", (Part("tool_result", context),)))
    output = fields.pop("output", (Part("text", answer),) if answer else ())
    return exchange(
        Call(
            id=str(at),
            started_at=at,
            format="test",
            request_model=fields.pop("model", "gpt-4o"),
            conversation=conversation,
            system=(Part("text", system),) if system else (),
            messages=tuple(messages),
            output=output,
            **fields,
        )
    )
