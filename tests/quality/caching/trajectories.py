"""Real conversations of an airline's service agent, rebuilt as the requests that an agent loop would have sent.

Every answer of the assistant is one request with all messages before it. Conversations begin spread over the time and
overlap; a customer takes seconds to a minute to reply, a tool about a second.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

_DATA = Path(__file__).parents[2] / "data" / "trajectories"
START = 1_794_819_600.0
"""Monday, 16 November 2026, 09:00 UTC."""
HOUR_S = 3_600.0

Message = dict[str, Any]
"""A message in the shape of OpenAI's Chat Completions."""
Tool = dict[str, Any]
"""name, description and parameters (JSON Schema)."""


class Mark(NamedTuple):
    """A cache breakpoint: in "tools", "system" or "messages", at which element (the last block of it), for how long."""

    level: str
    at: int = -1
    ttl: str = "5m"


class Turn(NamedTuple):
    """One request before it takes a provider's shape. Times in unix seconds and seconds."""

    conversation: str
    at: float
    first_token: float
    duration: float
    model: str
    system: tuple[str, ...]
    tools: tuple[Tool, ...]
    messages: tuple[Message, ...]
    answer: Message
    settings: dict[str, Any] = {}
    """Further fields of the request's body."""
    marks: tuple[Mark, ...] = ()
    app: str = "airline-agent"


@lru_cache(maxsize=1)
def _airline() -> dict[str, Any]:
    with gzip.open(_DATA / "airline.json.gz") as file:
        loaded: dict[str, Any] = json.load(file)
    return loaded


def policy() -> str:
    """The agent's instructions, about 6,000 characters; they name a date that never changes."""
    text: str = _airline()["policy"]
    return text


def tools() -> tuple[Tool, ...]:
    """The definitions of the 14 tools that the conversations call."""
    return tuple(json.loads((_DATA / "tools.json").read_text(encoding="utf-8")))


def conversations() -> tuple[tuple[Message, ...], ...]:
    """40 conversations, each with at least six answers of the assistant, the last message among them."""
    return tuple(tuple(found["messages"]) for found in _airline()["conversations"])


def requests(messages: Sequence[Message], longest: int) -> Iterator[tuple[tuple[Message, ...], Message]]:
    """(messages before, answer) of the first `longest` answers of the assistant."""
    answers = [position for position, message in enumerate(messages) if message["role"] == "assistant"]
    for position in answers[:longest]:
        yield tuple(messages[:position]), messages[position]


class Pace(NamedTuple):
    """How conversations run: how many, how many answers at most, over how many hours, seconds before a reply."""

    conversations: int = 24
    longest: int = 11
    hours: float = 1.6
    reply: tuple[float, float] = (8.0, 55.0)
    start: float = START


def traffic(rng: Random, model: str, pace: Pace = Pace()) -> list[Turn]:  # noqa: B008
    """The clean requests in the order in which they begin: one policy, one list of tools, append-only histories."""
    chosen = rng.sample(conversations(), pace.conversations)
    definitions = tools()
    turns: list[Turn] = []
    room = pace.hours * HOUR_S / pace.conversations
    for number, messages in enumerate(chosen):
        name = f"{rng.getrandbits(48):012x}"
        at = pace.start + (number + rng.uniform(0.0, 0.8)) * room
        for before, answer in requests(messages, pace.longest):
            first = rng.uniform(0.35, 1.3)
            words = len(json.dumps(answer)) / 6
            duration = first + words / rng.uniform(40.0, 90.0)
            turns.append(Turn(name, at, first, duration, model, (policy(),), definitions, before, answer))
            called = bool(answer.get("tool_calls"))
            at += duration + (rng.uniform(0.3, 2.5) if called else rng.uniform(*pace.reply))
    return sorted(turns, key=lambda turn: turn.at)


def questions(rng: Random, model: str, pace: Pace = Pace()) -> list[Turn]:  # noqa: B008
    """Single requests, each a conversation of its own: what customers said, as a question, in random order."""
    asked = [
        (messages[position]["content"], messages[position + 1])
        for messages in conversations()
        for position in range(len(messages) - 1)
        if messages[position]["role"] == "user" and messages[position + 1].get("content")
    ]
    found = rng.sample(asked, min(pace.conversations, len(asked)))
    room = pace.hours * HOUR_S / len(found)
    return [
        Turn(
            conversation=f"{rng.getrandbits(48):012x}",
            at=pace.start + (number + rng.uniform(0.0, 0.9)) * room,
            first_token=rng.uniform(0.35, 1.3),
            duration=rng.uniform(1.4, 4.0),
            model=model,
            system=(policy(),),
            tools=tools(),
            messages=({"role": "user", "content": text},),
            answer=answer,
        )
        for number, (text, answer) in enumerate(found)
    ]
