"""From the bytes of one record to calls: unpack, recognise, read. Never raises, whatever the bytes are.

A value may be a JSON object, an array of them, lines of JSON (NDJSON), a JSON string that holds JSON, gzip of any of
these, JSON behind a schema registry's five-byte prefix, the text of a streamed answer, CloudWatch's envelope around
lines of a log, or OpenTelemetry protobuf. What cannot be read becomes a reject with a reason:

| reason         | what was there                                                  |
|----------------|-----------------------------------------------------------------|
| empty          | no bytes, or none but white space                                |
| tombstone      | a null value: Kafka's mark for a deleted key                     |
| not_utf8       | text that is not UTF-8                                           |
| not_json       | neither JSON nor OpenTelemetry protobuf                          |
| too_deep       | JSON nested too deeply to be walked                              |
| too_large      | gzip that unpacks to more than 256 MiB                           |
| unknown_format | JSON, but of no format that is known                             |
| invalid        | a known format with a field of a wrong type or value             |
"""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import orjson

from analyzers.core import Call
from collectors import identity, log_events
from collectors.context import Context, Malformed, Reject, place
from collectors.formats import FORMATS, Format
from collectors.formats.format import rank
from collectors.fragment import Fragment
from collectors.source import Record

__all__ = ["Fragment", "Parsed", "Parser", "Reject"]

_UNPACKED_BYTES = 256 << 20
_GZIP = b"\x1f\x8b"
_PROTOBUF = 0x0A
_SPACE = b" \t\r\n\xef\xbb\xbf"
_DEEPEST_WRAPPING = 3
_MOST_MEMBERS = 1_000
_SHAPES = 1_024
_MOST_NAMES = 128


class Parsed(NamedTuple):
    """What one record holds.

    `skipped` counts spans and rows that are by design no LLM calls; `fragments` are messages of calls that other
    records may hold.
    """

    calls: tuple[Call, ...]
    rejects: tuple[Reject, ...] = ()
    skipped: int = 0
    fragments: tuple[Fragment, ...] = ()


class Parser:
    """Reads records of any known format, or of `formats` alone. Remembers only which formats an object of some shape may be of."""

    def __init__(
        self,
        formats: Sequence[Format] = FORMATS,
        *,
        user_salt: bytes = b"",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._formats = sorted(formats, key=rank)
        self._by_names: dict[tuple[str, ...], list[Format]] = {}
        self._salt = user_salt
        self._clock = clock

    def parse(self, record: Record, topic: str, partition: int) -> Parsed:
        """The calls of one record and what of it was refused."""
        value = record.value
        if value is None:
            return Parsed((), (Reject("tombstone", "a null value"),))
        context = Context(record, topic, partition, self._clock(), self._salt)
        try:
            calls = self._unpacked(value, context, 0)
        except Malformed as error:
            context.reject(error.reason, error.field)
            calls = []
        except RecursionError:
            context.reject("too_deep", "nested too deeply")
            calls = []
        if len(calls) > 1:
            calls, _ = identity.unite(calls)
        if context.rejects or context.skipped or context.fragments:
            return Parsed(tuple(calls), tuple(context.rejects), context.skipped, tuple(context.fragments))
        return Parsed(tuple(calls))

    def _unpacked(self, data: bytes, context: Context, depth: int) -> list[Call]:
        if data[:1] not in (b"{", b"["):
            whole, data = data, data.strip(_SPACE)
            if not data:
                raise Malformed("no bytes", "empty")
            if whole[0] == _PROTOBUF and data[:1] not in (b"{", b"[", b'"'):
                # The first byte of an export request is a line feed too.
                return self._protobuf(whole, context)
            if data[:2] == _GZIP and depth < _DEEPEST_WRAPPING:
                return self._unpacked(_gunzip(data), context, depth + 1)
            if data[0] == 0 and data[5:6] in (b"{", b"["):
                data = data[5:]
            elif data.startswith((b"data:", b"event:")):
                return self._object({"response": data.decode("utf-8", "replace")}, context)
            elif data[:1] not in (b"{", b"[", b'"'):
                return self._protobuf(data, context)
        try:
            value = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            return self._not_plain_json(data, error, context)
        return self._value(value, context, depth)

    def _value(self, value: Any, context: Context, depth: int) -> list[Call]:
        if type(value) is dict:
            return self._object(value, context)
        if type(value) is list:
            return self._elements(value, context)
        if type(value) is str and depth < _DEEPEST_WRAPPING:
            return self._unpacked(value.encode("utf-8", "replace"), context, depth + 1)
        raise Malformed("a bare value is no record", "unknown_format")

    def _elements(self, values: list[Any], context: Context) -> list[Call]:
        if not values:
            raise Malformed("an empty array", "empty")
        if len(values) > 1 and _is_one_stream(values[0], values[1]):
            return self._object({"response": values}, context)
        calls: list[Call] = []
        for number, value in enumerate(values):
            context.element = number
            try:
                if type(value) is not dict:
                    raise Malformed("a bare value is no record", "unknown_format")
                calls += self._object(value, context)
            except Malformed as error:
                context.reject(error.reason, error.field)
        context.element = None
        return calls

    def _object(self, value: dict[str, Any], context: Context) -> list[Call]:
        for form in self._candidates(value):
            try:
                calls = form.parse(value, context)
            except Malformed as error:
                raise Malformed(f"{form.NAME}: {error.field}", error.reason) from None
            except RecursionError:
                raise Malformed(f"{form.NAME}: nested too deeply", "too_deep") from None
            except Exception as error:
                # A hole in a format must not stop the stream; the reject names it and keeps the record's place.
                raise Malformed(f"{form.NAME}: {type(error).__name__}") from error
            if calls is not None:
                return calls
        lines = log_events.messages(value)
        if lines is not None:
            return self._log_events(lines, context)
        raise Malformed(_keys(value), "unknown_format")

    def _candidates(self, value: dict[str, Any]) -> list[Format]:
        """The formats that an object with such fields may be of, in their order. A stream has few shapes of objects."""
        names = tuple(value)
        found = self._by_names.get(names)
        if found is None:
            found = [form for form in self._formats if form.may_hold(value)]
            if len(names) <= _MOST_NAMES:
                if len(self._by_names) >= _SHAPES:
                    self._by_names.clear()
                self._by_names[names] = found
        return found

    def _log_events(self, lines: Sequence[str | None], context: Context) -> list[Call]:
        """Of a log group that holds other things too: lines that are no JSON are by design no calls."""
        outer, calls = context.element, []
        context.skipped += not lines
        for number, line in enumerate(lines):
            context.element = place(outer, number)
            if line is None or line.lstrip()[:1] != "{":
                context.skipped += 1
                continue
            try:
                calls += self._value(_json(line), context, _DEEPEST_WRAPPING)
            except Malformed as error:
                context.reject(error.reason, error.field)
        context.element = outer
        return calls

    def _not_plain_json(self, data: bytes, error: orjson.JSONDecodeError, context: Context) -> list[Call]:
        """NDJSON, JSON that only Python's own decoder reads (lone surrogates, NaN, long integers), or a reject."""
        try:
            text = data.decode()
        except UnicodeDecodeError as broken:
            found = self._protobuf(data, context, sure=False)
            if found:
                return found
            raise Malformed(f"byte {broken.start} is not UTF-8", "not_utf8") from None
        if "recursion" in str(error).lower():
            raise Malformed("nested too deeply", "too_deep") from None
        # Not every line end of Unicode's: JSON may hold the others as they are.
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) > 1 and lines[0].lstrip()[:1] == "{" and lines[0].rstrip()[-1:] == "}":
            return self._lines(lines, context)
        return self._value(_lenient(text, error.pos), context, 1)

    def _lines(self, lines: Sequence[str], context: Context) -> list[Call]:
        calls: list[Call] = []
        for number, line in enumerate(lines):
            context.element = number
            try:
                calls += self._value(_json(line), context, _DEEPEST_WRAPPING)
            except Malformed as error:
                context.reject(error.reason, error.field)
        context.element = None
        return calls

    def _protobuf(self, data: bytes, context: Context, *, sure: bool = True) -> list[Call]:
        if data[0] == _PROTOBUF:
            from collectors.formats import otlp

            if otlp in self._formats:
                calls = otlp.parse_protobuf(data, context)
                if calls is not None:
                    return calls
        if not sure:
            return []
        try:
            data.decode()
        except UnicodeDecodeError as broken:
            raise Malformed(f"byte {broken.start} is not UTF-8", "not_utf8") from None
        raise Malformed("not JSON from its first character on", "not_json")


def _gunzip(data: bytes) -> bytes:
    """All members of the file: a shipper that appends writes several."""
    whole: list[bytes] = []
    room = _UNPACKED_BYTES
    while data[:2] == _GZIP and len(whole) < _MOST_MEMBERS:
        unpack = zlib.decompressobj(wbits=31)
        try:
            unpacked = unpack.decompress(data, room)
        except zlib.error:
            raise Malformed("broken gzip", "not_json") from None
        if unpack.unconsumed_tail:
            raise Malformed("more than 256 MiB when unpacked", "too_large")
        if not unpack.eof:
            raise Malformed("gzip is cut off", "not_json")
        whole.append(unpacked)
        room -= len(unpacked)
        if room <= 0:
            raise Malformed("more than 256 MiB when unpacked", "too_large")
        data = unpack.unused_data
    if len(whole) == _MOST_MEMBERS:
        raise Malformed("more than a thousand members of gzip", "too_large")
    return b"".join(whole)


def _json(line: str) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return _lenient(line, error.pos)


def _lenient(text: str, position: int) -> Any:
    try:
        return json.loads(text, parse_int=_integer)
    except RecursionError:
        raise Malformed("nested too deeply", "too_deep") from None
    except ValueError:
        raise Malformed(f"not JSON at character {position}", "not_json") from None


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < 20 else float(digits)


def _is_one_stream(first: Any, second: Any) -> bool:
    """Whether an array is one streamed answer, chunk by chunk, and not a batch of records."""
    if type(first) is not dict or type(second) is not dict:
        return False
    if first.get("type") == "message_start":
        return True
    if first.get("object") == "chat.completion.chunk":
        return first.get("id") == second.get("id")
    for name in ("responseId", "response_id"):
        if name in first and "candidates" in first:
            return bool(first[name] == second.get(name))
    return False


def _keys(value: dict[str, Any]) -> str:
    """Names of the fields, as far as they look like names: log text may be a key too."""
    names = [
        key for key in value if len(key) <= 40 and key.replace("_", "").replace(".", "").replace("-", "").isalnum()
    ]
    shown = ", ".join(name for name in names[:8] if name.isascii())
    return f"fields: {shown}" if shown else "no field that is known"
