"""The envelope in which Amazon CloudWatch Logs hands on a log group: `{messageType, logGroup, logEvents: [...]}`.

Each event carries one line of the group as `message`; a line may be any record that could stand on a topic by itself.
"""

from __future__ import annotations

from typing import Any


def messages(value: dict[str, Any]) -> list[str | None] | None:
    """The lines in their order, None for an event without one; None when the object is no such envelope.

    A control message, which only says that the subscription works, has no lines.
    """
    kind, events = value.get("messageType"), value.get("logEvents")
    if type(kind) is not str or type(events) is not list or "logGroup" not in value:
        return None
    if kind == "CONTROL_MESSAGE":
        return []
    lines = [event.get("message") if type(event) is dict else None for event in events]
    return [line if type(line) is str else None for line in lines]
