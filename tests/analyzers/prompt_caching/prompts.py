"""Calls and prompts made by hand, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from analyzers.core import Call, Message, Part, Role, Usage
from analyzers.names import family
from analyzers.prompt_caching.prompt import Prompt, Reader
from analyzers.prompt_caching.rules import load

START = 1_795_003_200.0
RULES = load()


def text(words: int, seed: str = "w") -> str:
    """About `words` words that nobody else has."""
    return " ".join(f"{seed}{number}" for number in range(words))


def message(role: Role, content: str | Iterable[Part]) -> Message:
    """One turn."""
    parts = (Part("text", content),) if isinstance(content, str) else tuple(content)
    return Message(role, parts)


def call(
    at: float,
    messages: Iterable[Message],
    *,
    system: str | Iterable[Part] = "",
    tools: Iterable[str | Part] = (),
    model: str = "gpt-5.4",
    provider: str = "openai",
    total: int | None = None,
    read: int | None = None,
    written: int | None = None,
    first_token: float | None = 0.5,
    **fields: Any,
) -> Call:
    """A call that began `at` seconds after START; with `total` its usage is logged."""
    parts = (Part("text", system),) if isinstance(system, str) else tuple(system)
    known = None if total is None or read is None else total - read - (written or 0)
    return Call(
        id=str(fields.pop("id", at)),
        started_at=START + at,
        format="test",
        provider=provider,
        request_model=model,
        app=fields.pop("app", "app"),
        system=() if parts == (Part("text", ""),) else parts,
        tools=tuple(t if isinstance(t, Part) else Part("tool_definition", t) for t in tools),
        messages=tuple(messages),
        usage=Usage(known, read, written, None, 10, None, total),
        time_to_first_token=first_token,
        **fields,
    )


def prompts(calls: Iterable[Call]) -> list[Prompt]:
    """As the analysis reads them."""
    reader = Reader(RULES, family)
    return [reader.read(one, number) for number, one in enumerate(calls)]
