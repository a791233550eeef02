"""A log format of the user's own, made of a table of paths (`collectors.mapping_settings`): what lies where in a record.

What is not mapped, or is not there, or is "" or "-", is unknown. A count that is none refuses the record, as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, cast, get_args

from analyzers.core import CacheDiagnosis, Call, PromptBlocks, TextState, TimeSource, Usage
from collectors.context import Context, Malformed
from collectors.fields import first_label, flag, json_text, label, mapping, number, parameters, tags
from collectors.formats import any_text
from collectors.formats.any_usage import usage_object
from collectors.formats.chat_parts import tool_parts
from collectors.identity import response_id
from collectors.json_path import Steps, follow, steps
from collectors.mapping_settings import FIELDS, MARKS, MappingSettings, condition
from collectors.times import lasting, seconds, span
from collectors.usage import Reported, count, normalise
from collectors.vector import vector

__all__ = ["FIELDS", "Mapping"]

_COUNTERS = ("input_tokens", "output_tokens", "total_tokens", "cache_read_tokens", "cache_write_tokens")
_FAILED = frozenset(("error", "errored", "failed", "failure", "fail", "timeout", "exception", "cancelled", "canceled"))
_TEXT_STATES = frozenset(get_args(TextState))
_PROMPT = frozenset(("messages", "system", "instructions", "tools", "input", "prompt", "contents", "functions"))
"""What of a whole request body is no parameter."""
_MOST_BLOCKS = 100_000
_LONGEST_HASH = 128

Reader = Callable[[Any], Any]


class Mapping:
    """A `Format` that reads records as a table says."""

    ANY_ENVELOPE = False

    def __init__(self, name: str, settings: MappingSettings) -> None:
        self.NAME = name
        self.RANK = 0 if settings.when else 2
        self.fields = tuple(name for name in FIELDS if getattr(settings, name) is not None)
        """What the table maps."""
        self.places: dict[str, tuple[str, ...]] = {name: getattr(settings, name) for name in self.fields}
        """The paths (or words) of each of them."""
        self._when = tuple((steps(path), wanted) for path, wanted in (condition(text) for text in settings.when or ()))
        self._readers = {name: _reader(places) for name, places in self.places.items()}
        self._includes_cache = settings.input_includes_cache is not False

    def get(self, value: dict[str, Any], field: str) -> Any:
        """What the record has for a field, as it stands there; None when it is not mapped or not there."""
        reader = self._readers.get(field)
        return None if reader is None else reader(value)

    def takes(self, value: dict[str, Any]) -> bool:
        """Whether a record is of this format."""
        if self._when:
            return all(_holds(follow(value, path), wanted) for path, wanted in self._when)
        return any(self.get(value, field) is not None for field in MARKS)

    def may_hold(self, names: Collection[str]) -> bool:
        """Always: which fields decide lies deeper too."""
        return True

    def parse(self, value: dict[str, Any], context: Context) -> list[Call] | None:
        """One call, or None when the record is not of this format. Raises Malformed for a count that is none."""
        if not self.takes(value):
            return None
        found = {name: reader(value) for name, reader in self._readers.items()}
        get = found.get
        at, source, duration = _times(found, context)
        failed = _failed(get("status")) or get("error") not in (None, "", False)
        lead, messages = any_text.prompt(get("messages"))
        system = any_text.text(get("system")) + lead
        blocks = _blocks(get("prompt_hashes"), get("block_size"))
        state = get("text_state")
        has_text = "full" if system or messages else "hashes" if blocks else "absent"
        own_id = _written(get("request_id"))
        return [
            Call(
                id=context.identify(response_id(_written(get("id"))), own_id, timed=source == "record"),
                started_at=at,
                time_source=source,
                format=self.NAME,
                observer=context.observer,
                observation=own_id or "",
                duration=duration,
                time_to_first_token=_lasting(get("ttft_s"), get("ttft_ms")),
                provider=label(get("provider")),
                request_model=label(get("model")),
                response_model=label(get("response_model")),
                operation=label(get("operation")) or "chat",
                app=label(get("app")),
                environment=label(get("environment")),
                team=label(get("team")),
                user=context.user(get("user")),
                conversation=_written(get("conversation")),
                tags=_tags(get("tags")),
                region=label(get("region")),
                account=context.user(get("account")),
                system=system,
                tools=tool_parts(_decoded(get("tools"))),
                messages=messages,
                output=any_text.answer(get("output")),
                parameters=_parameters(get("parameters"), get("batch")),
                usage=self._usage(found, ok=not failed),
                status="error" if failed else "ok",
                error_type=_error(get("error"), get("status")) if failed else None,
                finish_reason=label(get("finish_reason")),
                service_tier=label(get("service_tier")),
                stream=flag(get("stream")),
                logged_cost=_number(get("cost_usd")),
                feedback=_number(get("feedback")),
                response_cache_hit=_hit(get("cache_hit")),
                cache_diagnosis=_diagnosis(get("cache_miss_reason"), get("cache_missed_tokens")),
                text_state=cast(TextState, state if type(state) is str and state in _TEXT_STATES else has_text),
                prompt_blocks=blocks,
                embedding=vector(get("embedding"), "embedding"),
                embedding_model=label(get("embedding_model")),
            )
        ]

    def _usage(self, found: dict[str, Any], *, ok: bool) -> Usage:
        if not any(found.get(name) is not None for name in _COUNTERS):
            return usage_object(_decoded(found.get("usage")), ok=ok)
        counts = {name: count(found.get(name), name) for name in _COUNTERS}
        reported = Reported(
            input=counts["input_tokens"],
            output=counts["output_tokens"],
            total=counts["total_tokens"],
            cache_read=counts["cache_read_tokens"],
            cache_write=counts["cache_write_tokens"],
            write_long=count(found.get("cache_write_long_tokens"), "cache_write_long_tokens"),
            reasoning=count(found.get("reasoning_tokens"), "reasoning_tokens"),
        )
        return normalise(reported, includes_cache=self._includes_cache, ok=ok)


def _reader(places: tuple[str, ...]) -> Reader:
    paths: list[Steps] = []
    word: str | None = None
    for place in places:
        if place.startswith("$"):
            paths.append(steps(place))
        else:
            word = place
            break

    def read(value: Any) -> Any:
        for path in paths:
            found = follow(value, path)
            if found is not None and found not in ("", "-"):
                return found
        return word

    return read


def _holds(found: Any, wanted: Any) -> bool:
    if wanted is ...:
        return found is not None
    return type(found) is type(wanted) and bool(found == wanted)


def _times(found: dict[str, Any], context: Context) -> tuple[float, TimeSource, float | None]:
    """(start, where it is from, duration); of start, end and duration any two give the third."""
    start, end = seconds(found.get("timestamp")), seconds(found.get("end"))
    duration = _lasting(found.get("duration_s"), found.get("duration_ms"))
    if duration is None:
        duration = span(start, end)
    if start is None and end is not None:
        start = end - (duration or 0.0)
    at, source = context.when(start)
    return at, source, duration


def _lasting(whole: Any, milliseconds: Any) -> float | None:
    found = lasting(whole)
    return lasting(milliseconds, 0.001) if found is None else found


def _decoded(raw: Any) -> Any:
    """A string that holds a JSON object or array is one."""
    return json_text(raw) if type(raw) is str and raw[:1] in ("{", "[") else raw


def _written(raw: Any) -> str | None:
    """A name, also when it is a number."""
    return label(str(raw) if type(raw) is int else raw)


def _number(raw: Any) -> float | None:
    if type(raw) is str and len(raw) < 32:
        try:
            return number(float(raw))
        except ValueError:
            return None
    return number(raw)


def _failed(status: Any) -> bool:
    if type(status) is bool:
        return not status
    if type(status) is str:
        word = status.strip().lower()
        return int(word) >= 400 if word.isascii() and word.isdigit() and len(word) < 5 else word in _FAILED
    return type(status) is int and status >= 400


def _error(error: Any, status: Any) -> str:
    """A class of errors. A sentence may quote the prompt, so it is none."""
    if type(error) is dict:
        found = first_label(error, "type", "code", "name", "status")
        inner = mapping(error.get("error"))
        return found or first_label(inner, "type", "code") or "unknown"
    for one in (error, status):
        if type(one) is int:
            return str(one)
        if type(one) is str and one and len(one) <= 80 and one.replace("_", "").replace(".", "").isalnum():
            return label(one) or "unknown"
    return "unknown"


def _tags(raw: Any) -> tuple[str, ...]:
    if type(raw) is str:
        return tags([one.strip() for one in raw.split(",")])
    if type(raw) is dict:
        return tags([f"{name}:{one}" for name, one in raw.items() if type(one) in (str, int, bool)])
    return tags(raw)


def _parameters(raw: Any, batch: Any) -> dict[str, Any]:
    given = mapping(_decoded(raw))
    names = [name for name in given if len(name) <= 64 and name not in _PROMPT][:64]
    found = parameters(given, names) if names else {}
    return {**found, "batch": True} if flag(batch) is True else found


def _hit(raw: Any) -> bool:
    return flag(raw) is True or (type(raw) is str and len(raw) < 40 and raw.strip().lower().endswith("hit"))


def _diagnosis(reason: Any, missed: Any) -> CacheDiagnosis | None:
    found = label(reason)
    return CacheDiagnosis(found, count(missed, "cache_missed_tokens")) if found else None


def _blocks(hashes: Any, size: Any) -> PromptBlocks | None:
    if hashes is None:
        return None
    if type(size) is not int or not 0 < size <= 1 << 20:
        raise Malformed("block_size")
    if type(hashes) is not list or len(hashes) > _MOST_BLOCKS:
        raise Malformed("prompt_hashes")
    found = tuple([str(one) if type(one) is int else one for one in hashes])
    if any(type(one) is not str or len(one) > _LONGEST_HASH for one in found):
        raise Malformed("prompt_hashes")
    return PromptBlocks(size, found)
