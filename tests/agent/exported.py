"""A task with its calls, as an export is made of them."""

from __future__ import annotations

import json
from decimal import Decimal
from random import Random
from typing import Any

from analyzers.core import Call, Message, Part
from analyzers.fine_tuning.measure import Looked, TaskCalls, look

NOW = 1_795_000_000.0
TOOL = {"name": "find", "description": "", "parameters": {"type": "object", "properties": {"id": {"type": "string"}}}}
WORDS = [
    "card",
    "lost",
    "abroad",
    "refund",
    "late",
    "parcel",
    "wrong",
    "size",
    "login",
    "code",
    "travel",
    "insurance",
    "claim",
    "photo",
    "invoice",
    "address",
    "change",
    "order",
    "gift",
    "voucher",
]


def call(number: int, *, said: str = "", answer: str = "", tools: bool = False, **fields: Any) -> Call:
    rng = Random(number)
    question = said or f"{' '.join(rng.choice(WORDS) for _ in range(12))} {number}?"
    asked = [Message("user", (Part("text", question),))]
    if tools:
        called = json.dumps(
            {"id": f"c{number}", "function": {"name": "find", "arguments": json.dumps({"id": str(number)})}}
        )
        asked += [
            Message("assistant", (Part("tool_call", called),)),
            Message("tool", (Part("tool_result", json.dumps({"tool_call_id": f"c{number}", "content": "found"})),)),
            Message("assistant", (Part("text", "I found it."),)),
            Message("user", (Part("text", "And then?"),)),
        ]
        fields["tools"] = (Part("tool_definition", json.dumps({"type": "function", "function": TOOL})),)
    return Call(
        id=f"r{number}", started_at=NOW + number, format="test", app="shop", request_model="gpt-4o",
        conversation=fields.pop("conversation", f"talk{number}"), system=(Part("text", "Answer kindly. Never promise a date."),),
        messages=tuple(asked), output=(Part("text", answer or f"Here is what to do, case {number}."),), finish_reason="stop", **fields,
    )  # fmt: skip


def looked(calls: list[Call]) -> Looked:
    return look(TaskCalls("t1", "shop · gpt-4o", "shop", calls, Decimal(100_000), None))
