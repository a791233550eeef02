"""Lists that are flattened into attributes: `gen_ai.prompt.0.role`, `llm.input_messages.1.message.contents.0.text`.

Indices come in any order and with holes; hostile ones are passed over.
"""

from __future__ import annotations

from typing import Any

from collectors.fields import json_text

MOST = 2_000
"""Messages of one prompt."""


def index(text: str) -> int | None:
    """The number, or None when it is none that a list of this size has."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 and int(text) < MOST else None


def is_indexed(attributes: dict[str, Any]) -> bool:
    """Whether the prompt or the answer is flattened in OpenLLMetry's way."""
    if "gen_ai.prompt.0.role" in attributes or "gen_ai.prompt.0.content" in attributes:
        return True
    return any(
        name.startswith(("gen_ai.prompt.", "gen_ai.completion.")) and name.endswith((".content", ".role"))
        for name in attributes
    )


def gathered(attributes: dict[str, Any], prefix: str, role: str | None = None) -> list[dict[str, Any]]:
    """{"prefix.0.role": ..., "prefix.0.tool_calls.1.name": ...} as a list of messages in order, `role` put in."""
    found: dict[int, dict[str, Any]] = {}
    for key, value in attributes.items():
        if not key.startswith(prefix):
            continue
        head, _, rest = key[len(prefix) :].partition(".")
        number = index(head)
        if number is None:
            continue
        message = found.setdefault(number, {})
        if rest.startswith("tool_calls."):
            inner, _, name = rest[len("tool_calls.") :].partition(".")
            position = index(inner)
            if position is not None:
                message.setdefault("_calls", {}).setdefault(position, {})[name] = value
        elif rest == "content" and type(value) is str and value[:2] == "[{":
            # Content of several blocks is logged as the JSON of its list.
            message[rest] = json_text(value) or value
        else:
            message[rest] = value
    for message in found.values():
        calls = message.pop("_calls", None)
        if calls:
            message["tool_calls"] = [calls[position] for position in sorted(calls)]
        if role is not None:
            message["role"] = role
    return [found[number] for number in sorted(found)]
