"""What is recommended, really done: other requests, caches that really answer, another model, another price.

Nothing of Hone's plan is used here. Requests are served and billed by the streams' own provider, answers come from two caches that run
in front of it, and the sum is that of the log that is left.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from analyzers.embed.choice import default_embedder
from analyzers.price_key import price_key
from analyzers.prices import Prices, Unpriced, cost
from collectors.parse import Parser
from collectors.source import Record
from tests.quality.caching.trajectories import Mark, Turn
from tests.quality.plan.reporting import written

_PRICES = Prices()
_IN_NO_KEY = ("prompt_cache_key", "prompt_cache_retention", "stream")


class Setting(NamedTuple):
    """How a cache of answers is set: seconds that an entry lives, entries that it holds, and from which cosine it serves."""

    lifetime: float
    entries: int
    threshold: float = 1.0


def billed(turns: Sequence[Turn], batch: Callable[[str | None], bool] = lambda _: False) -> float:
    """USD of these requests, served in their order by the provider; calls of an app for which `batch` holds at the price of batch."""
    parser, total = Parser(), 0.0
    for record in written(turns, "applied"):
        (call,) = parser.parse(Record(0, record), "log", 0).calls
        key = price_key(call)
        rates = _PRICES.rates(key._replace(batch=key.batch or batch(call.app)), call.started_at)
        assert not isinstance(rates, Unpriced), rates
        usd = cost(rates, call.usage)
        assert usd is not None
        total += float(usd)
    return total


def exactly_cached(turns: Sequence[Turn], apps: Sequence[str], setting: Setting) -> list[Turn]:
    """The requests that are left behind one cache by the whole request, which the `apps` share; equal ones under way do not wait."""
    known: OrderedDict[bytes, float] = OrderedDict()
    left = []
    for turn in turns:
        if turn.app not in apps:
            left.append(turn)
            continue
        key = _key(turn)
        ready = known.get(key)
        if ready is not None and ready <= turn.at <= ready + setting.lifetime:
            known.move_to_end(key)
            continue
        left.append(turn)
        if ready is None or turn.at > ready + setting.lifetime:
            known[key] = turn.at + turn.duration
            known.move_to_end(key)
        if len(known) > setting.entries:
            known.popitem(last=False)
    return left


def similarly_cached(turns: Sequence[Turn], app: str, setting: Setting) -> list[Turn]:
    """The requests that are left behind a cache by similarity of the last question: of all that are near enough, the nearest answers."""
    vectors, row = _vectors(list(dict.fromkeys(_question(turn) for turn in turns if turn.app == app)))
    kept: dict[str, list[tuple[int, float]]] = {}
    left = []
    for turn in turns:
        if turn.app != app:
            left.append(turn)
            continue
        entries = kept.setdefault(turn.model, [])
        fresh = [one for one in entries if one[1] <= turn.at <= one[1] + setting.lifetime][-setting.entries :]
        own = row[_question(turn)]
        if fresh and float(np.max(vectors[[number for number, _ in fresh]] @ vectors[own])) >= setting.threshold:
            continue
        left.append(turn)
        entries.append((own, turn.at + turn.duration))
    return left


def answered_by(turns: Sequence[Turn], app: str, was: str, model: str) -> list[Turn]:
    """With another model in the place of one."""
    return [turn._replace(model=model) if (turn.app, turn.model) == (app, was) else turn for turn in turns]


def kept_longer(turns: Sequence[Turn], app: str, model: str) -> list[Turn]:
    """With the provider asked to keep what is cached for a day."""
    return [
        turn._replace(settings={**turn.settings, "prompt_cache_retention": "24h"})
        if (turn.app, turn.model) == (app, model)
        else turn
        for turn in turns
    ]


def marked_for_an_hour(turns: Sequence[Turn], app: str, model: str) -> list[Turn]:
    """With Claude's breakpoints behind the system prompt and the last message, for an hour."""
    marks = (Mark("system", ttl="1h"), Mark("messages", ttl="1h"))
    return [turn._replace(marks=marks) if (turn.app, turn.model) == (app, model) else turn for turn in turns]


class Pings(NamedTuple):
    """The beginning (or the whole) of a request sent again so many seconds after its last use, at most so often in a row."""

    every: float
    most: int
    whole: bool


def pinged(turns: Sequence[Turn], app: str, model: str, pings: Pings) -> list[Turn]:
    """With what is sent to keep entries of an application's prompts alive while nobody uses them."""
    end = max(turn.at for turn in turns)
    uses: dict[object, list[Turn]] = {}
    for turn in turns:
        if (turn.app, turn.model) == (app, model):
            use = turn.conversation if pings.whole else orjson.dumps([turn.system, turn.tools])
            uses.setdefault(use, []).append(turn)
    sent = []
    for found in uses.values():
        for turn, following in zip(found, [*found[1:], None], strict=True):
            until = end if following is None else following.at
            for number in range(1, pings.most + 1):
                at = turn.at + number * pings.every
                if at < until:
                    sent.append(_ping(turn, at, whole=pings.whole))
    return sorted([*turns, *sent], key=lambda turn: turn.at)


def _ping(turn: Turn, at: float, *, whole: bool) -> Turn:
    short = turn if whole else turn._replace(messages=({"role": "user", "content": "."},))
    return short._replace(at=at, first_token=0.0, duration=0.1, answer={"role": "assistant", "content": "."})


_EMBEDDED: dict[str, NDArray[np.float32]] = {}


def _vectors(texts: Sequence[str]) -> tuple[NDArray[np.float32], dict[str, int]]:
    """Vectors of the texts, and the row of each; logs of one process share most of them."""
    new = [text for text in texts if text not in _EMBEDDED]
    _EMBEDDED.update(zip(new, default_embedder().embed(new) if new else (), strict=True))
    return np.stack([_EMBEDDED[text] for text in texts]), {text: number for number, text in enumerate(texts)}


def _question(turn: Turn) -> str:
    return str(turn.messages[-1]["content"])


def _key(turn: Turn) -> bytes:
    settings = {name: value for name, value in turn.settings.items() if name not in _IN_NO_KEY}
    return orjson.dumps([turn.app, turn.model, turn.system, turn.tools, turn.messages, settings])
