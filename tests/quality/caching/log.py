"""Logs as raw records: usage put into them by the oracle, what their input costs, and where marked text lies in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from analyzers.core import Call, Part
from analyzers.price_key import price_key
from analyzers.prices import Prices, Unpriced, cost
from collectors.parse import Parser
from collectors.source import Record
from tests.quality.caching.bodies import anthropic_answer, anthropic_body, openai_answer, openai_body
from tests.quality.caching.provider import Entries, Served, is_breakpoint_model, serve
from tests.quality.caching.tokens import count
from tests.quality.caching.trajectories import Turn

_OPEN, _CLOSE = "\ue000", "\ue001"
_PRICES = Prices()


def varying(text: str) -> str:
    """Marks text of a prompt as that which varies. The marks never reach a record."""
    return f"{_OPEN}{text}{_CLOSE}"


class Span(NamedTuple):
    """Characters [start, end) of the text of one part of one call.

    `position` is the part in `Call.system` or `Call.tools`, or the message in `Call.messages`; `part` is the part in
    that message, else 0. `record` is the position in `Stream.records`.
    """

    record: int
    segment: str
    position: int
    part: int
    start: int
    end: int


class Written(NamedTuple):
    """Records in the order in which the requests began, and where marked text lies in them."""

    records: tuple[bytes, ...]
    spans: list[Span]


def write(turns: Sequence[Turn], *, seed: str, labelled: bool = True) -> Written:
    """Raw records of the requests, with the usage that the provider's cache would have reported.

    `labelled`: whether the log names conversations.
    """
    records: list[bytes] = []
    spans: list[Span] = []
    for number, turn in enumerate(sorted(turns, key=lambda turn: turn.at)):
        record = _record(turn, f"{seed}:{number}", labelled)
        if _OPEN.encode() in record:
            spans += _spans(number, _call(record))
            record = record.replace(_OPEN.encode(), b"").replace(_CLOSE.encode(), b"")
        records.append(record)
    return Written(assigned(records), spans)


def assigned(records: Sequence[bytes]) -> tuple[bytes, ...]:
    """The same log with the usage of every record replaced by the oracle's. Records must be in the order of time."""
    entries: Entries = {}
    done = []
    for value in map(orjson.loads, records):
        at = datetime.fromisoformat(value["timestamp"]).timestamp()
        served = serve(entries, value["request"], at, value["ttft_ms"] / 1e3)
        output = _output_tokens(value["response"])
        put = _anthropic_usage if value["request"]["model"].startswith("claude") else _openai_usage
        value["response"]["usage"] = put(served, output, value["request"]["model"])
        done.append(orjson.dumps(value))
    return tuple(done)


def input_cost(records: tuple[bytes, ...]) -> Decimal:
    """USD of the input of a log, by its usage and the price list."""
    total = Decimal(0)
    for call in calls(records):
        rates = _PRICES.rates(price_key(call), call.started_at)
        assert not isinstance(rates, Unpriced), rates
        usd = cost(rates._replace(output=Decimal(0), reasoning=Decimal(0)), call.usage)
        assert usd is not None
        total += usd
    return total


@lru_cache(maxsize=6)
def calls(records: tuple[bytes, ...]) -> list[Call]:
    """The calls of a log, one for every record. The newest logs are kept: many questions are asked of each."""
    return [_call(record) for record in records]


def hit_ratio(records: tuple[bytes, ...]) -> float:
    """Tokens read from the cache of all input tokens."""
    read = total = 0
    for call in calls(records):
        read += call.usage.cache_read or 0
        total += call.usage.input_total or 0
    return read / total


_PARSER = Parser()


def _call(record: bytes) -> Call:
    parsed = _PARSER.parse(Record(0, record), "log", 0)
    assert not parsed.rejects, parsed.rejects
    (call,) = parsed.calls
    return call


def _record(turn: Turn, name: str, labelled: bool) -> bytes:
    digits = blake2b(name.encode(), digest_size=12).hexdigest()
    claude = turn.model.startswith("claude")
    at = datetime.fromtimestamp(turn.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    value: dict[str, Any] = {"timestamp": at, "app": turn.app}
    if labelled:
        value["conversation_id"] = turn.conversation
    value["latency_ms"] = round(turn.duration * 1e3)
    value["ttft_ms"] = round(turn.first_token * 1e3)
    value["request"] = anthropic_body(turn) if claude else openai_body(turn)
    answer = anthropic_answer if claude else openai_answer
    value["response"] = answer(turn, f"{'msg_01' if claude else 'chatcmpl-'}{digits}")
    return orjson.dumps(value)


def _output_tokens(response: dict[str, Any]) -> int:
    said = response["content"] if "content" in response else response["choices"][0]["message"]
    return count(orjson.dumps(said).decode())


def _openai_usage(served: Served, output: int, model: str) -> dict[str, Any]:
    details: dict[str, Any] = {"cached_tokens": served.read, "audio_tokens": 0}
    if is_breakpoint_model(model):
        details["cache_write_tokens"] = served.write_short + served.write_long
        details["cache_write_tokens_details"] = {
            "ttl_30m_tokens": served.write_short,
            "ttl_12h_tokens": served.write_long,
        }
    return {
        "prompt_tokens": served.total,
        "completion_tokens": output,
        "total_tokens": served.total + output,
        "prompt_tokens_details": details,
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def _anthropic_usage(served: Served, output: int, model: str) -> dict[str, Any]:
    return {
        "input_tokens": served.uncached,
        "cache_creation_input_tokens": served.write_short + served.write_long,
        "cache_read_input_tokens": served.read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": served.write_short,
            "ephemeral_1h_input_tokens": served.write_long,
        },
        "output_tokens": output,
        "service_tier": "standard",
    }


def _spans(record: int, call: Call) -> Iterator[Span]:
    for position, part in enumerate(call.system):
        yield from _marked(record, "system", position, 0, part)
    for position, part in enumerate(call.tools):
        yield from _marked(record, "tools", position, 0, part)
    for position, message in enumerate(call.messages):
        for number, part in enumerate(message.parts):
            yield from _marked(record, "message", position, number, part)


def _marked(record: int, segment: str, position: int, number: int, part: Part) -> Iterator[Span]:
    text, seen, at = part.text, 0, 0
    while (begin := text.find(_OPEN, at)) >= 0:
        end = text.index(_CLOSE, begin)
        yield Span(record, segment, position, number, begin - seen, end - seen - 1)
        seen += 2
        at = end + 1
