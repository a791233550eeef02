"""Calls become columns, an app at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TypeVar

import msgspec
import numpy as np

from analyzers.clusters.requests import MOST_USD, PICO, UNKNOWN, Requests
from analyzers.core import Call, Part, digest
from analyzers.values.canonical import spaceless

K = TypeVar("K")
_parameters = msgspec.json.Encoder(order="deterministic").encode


def by_app(
    calls: Iterable[Call], cost: Callable[[Call], Decimal | None], template: Callable[[Call], str]
) -> dict[str | None, Requests]:
    """The requests of each app, in the order of `calls`; see `Collected`."""
    found = Collected()
    for call in calls:
        found.add(call, cost(call), template(call))
    return found.by_app()


class Collected:
    """Takes calls one at a time.

    The text of a request is its last message of a user, white space aside. Calls that a cache of answers served are left out: nothing was
    asked of a provider.
    """

    def __init__(self) -> None:
        self._columns: dict[str | None, _Columns] = {}

    def add(self, call: Call, cost: Decimal | None, template: str) -> bool:
        """Whether it was taken. `cost` is in USD, None without a price; `template` names what a prompt was made from, the same from
        run to run.
        """
        if call.response_cache_hit:
            return False
        self._columns.setdefault(call.app, _Columns()).add(call, cost, template)
        return True

    def by_app(self) -> dict[str | None, Requests]:
        """What was added, in its order."""
        return {app: found.requests(app) for app, found in self._columns.items()}


class _Columns:
    def __init__(self) -> None:
        self._rows: list[tuple[float, int, int, int, int, int, int, bool]] = []
        self._texts: dict[str, int] = {}
        self._keys: dict[bytes, int] = {}
        self._templates: dict[str, int] = {}
        self._who: dict[tuple[str, str], int] = {}
        self._answers: dict[str, int] = {}

    def add(self, call: Call, cost: Decimal | None, template: str) -> None:
        apart = call.text_state == "hashes"  # digests stand for the texts
        text = None if apart else question(call)
        answer = None if apart else answered(call)
        if cost is not None and cost > MOST_USD:
            cost = None
        self._rows.append(
            (
                call.started_at,
                UNKNOWN if text is None else _number(self._texts, text),
                UNKNOWN if text is None else _number(self._keys, _key(call)),
                _number(self._templates, template),
                _number(self._who, _asker(call)),
                UNKNOWN if answer is None else _number(self._answers, answer),
                0 if cost is None else int(cost * PICO),
                cost is not None,
            )
        )

    def requests(self, app: str | None) -> Requests:
        at, text, key, template, who, answer, cost, priced = zip(*self._rows, strict=True)
        return Requests(
            app,
            np.asarray(at, np.float64),
            np.asarray(text, np.int32),
            np.asarray(key, np.int32),
            np.asarray(template, np.int32),
            np.asarray(who, np.int32),
            np.asarray(answer, np.int32),
            np.asarray(cost, np.int64),
            np.asarray(priced, np.bool_),
            list(self._texts),
            list(self._templates),
            list(self._answers),
        )


def question(call: Call) -> str | None:
    """What the last message of a user says, with single spaces; None where the log has no text of it."""
    for message in reversed(call.messages):
        if message.role == "user":
            text = spaceless(" ".join(part.text for part in message.parts if part.kind == "text"))
            return text or None
    return None


def answered(call: Call) -> str | None:
    """What was answered: its texts and tool calls; None where the log does not say, and for an error."""
    if call.status == "error":
        return None
    return "\n".join(part.text for part in call.output if part.kind in ("text", "tool_call")) or None


def _key(call: Call) -> bytes:
    parts = [call.model or "", _parameters(call.parameters).decode()]
    for level, found in (("system", call.system), ("tools", call.tools)):
        parts += [level, *_said(found)]
    for message in call.messages:
        parts += [message.role, *_said(message.parts)]
    return digest(*parts)


def _said(parts: tuple[Part, ...]) -> list[str]:
    return [said for part in parts for said in (part.kind, part.text)]


def _asker(call: Call) -> tuple[str, str]:
    if call.user:
        return "user", call.user
    return ("conversation", call.conversation) if call.conversation else ("call", call.id)


def _number(numbers: dict[K, int], key: K) -> int:
    return numbers.setdefault(key, len(numbers))
