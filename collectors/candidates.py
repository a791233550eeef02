"""Where in records of an unknown shape the fields of a call may lie, by the names of the keys. Pure; never log text.

For `hone check`: it proposes paths for a mapping (`collectors.mapping_settings`), and a person decides.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from collectors.fields import json_text, number
from collectors.json_path import Steps, written
from collectors.times import FIRST_SECOND, seconds

_DEEPEST = 6
_MOST_KEYS = 64
_LONGEST_KEY = 40


class Candidate(NamedTuple):
    """A path, and in how many of the records something fitting lies at its end."""

    path: str
    records: int


def _text(value: Any) -> bool:
    return type(value) is str and bool(value)


def _count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _figure(value: Any) -> bool:
    return number(value) is not None


def _time(value: Any) -> bool:
    at = seconds(value)
    return at is not None and at >= FIRST_SECOND


def _speech(value: Any) -> bool:
    return (type(value) is list and bool(value)) or _text(value)


def _object(value: Any) -> bool:
    return type(value) is dict and bool(value)


def _answer_id(value: Any) -> bool:
    return type(value) is str and value.startswith(("chatcmpl-", "msg_", "resp_", "gen-"))


def _short(value: Any) -> bool:
    return (type(value) is str and 0 < len(value) <= 200) or type(value) is int


def _any(value: Any) -> bool:
    return value is not None and value != ""


_NAMES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "id": ("id responseid completionid generationid", _answer_id),
    "request_id": ("requestid reqid callid traceid", _short),
    "timestamp": ("timestamp ts time start starttime startedat requesttime requestedat createdat created date datetime", _time),
    "end": ("end endtime endedat finishedat completedat", _time),
    "duration_s": ("durations latencys durationseconds latencyseconds elapseds", _figure),
    "duration_ms": ("durationms latencyms elapsedms responsetimems tookms totalms", _figure),
    "ttft_s": ("ttfts timetofirsttoken", _figure),
    "ttft_ms": ("ttftms timetofirsttokenms firsttokenms", _figure),
    "provider": ("provider providername vendor llmprovider", _text),
    "model": ("model modelname modelid requestmodel engine deployment deploymentname", _text),
    "response_model": ("responsemodel servedmodel modelversion", _text),
    "app": ("app application appname service servicename feature usecase", _text),
    "environment": ("env environment stage", _text),
    "team": ("team teamid teamname department", _text),
    "user": ("user userid enduser customerid uid", _short),
    "conversation": ("conversation conversationid session sessionid thread threadid chatid", _short),
    "tags": ("tags labels", _any),
    "messages": ("messages prompt input contents chat history question query", _speech),
    "system": ("system systemprompt systemmessage instructions systeminstruction", _speech),
    "tools": ("tools functions tooldefinitions", lambda value: type(value) is list and bool(value)),
    "output": ("output completion answer reply response generatedtext outputtext choices result", _any),
    "usage": ("usage tokenusage usagemetadata", _object),
    "input_tokens": ("inputtokens prompttokens tokensin intokens inputtokencount prompttokencount nprompttokens", _count),
    "output_tokens": ("outputtokens completiontokens tokensout outtokens outputtokencount candidatestokencount", _count),
    "cache_read_tokens": ("cachedtokens cachereadtokens cachereadinputtokens cachedinputtokens cacheread", _count),
    "cache_write_tokens": ("cachewritetokens cachecreationinputtokens cachecreationtokens cachewrite", _count),
    "reasoning_tokens": ("reasoningtokens thoughtstokencount thinkingtokens", _count),
    "status": ("status statuscode httpstatus responsestatus", _any),
    "error": ("error errortype errorcode exception", _any),
    "service_tier": ("servicetier tier", _text),
    "cost_usd": ("cost costusd totalcost usd price", _figure),
    "cache_hit": ("cachehit fromcache cachestatus responsecachehit", _any),
}  # fmt: skip
_FIELDS: defaultdict[str, list[str]] = defaultdict(list)
for _field, (_names, _) in _NAMES.items():
    for _name in _names.split():
        _FIELDS[_name].append(_field)

_UNITS = {"duration": ("duration_s", "duration_ms"), "latency": ("duration_s", "duration_ms"),
          "elapsed": ("duration_s", "duration_ms"), "took": ("duration_s", "duration_ms"),
          "ttft": ("ttft_s", "ttft_ms")}  # fmt: skip
"""Names that do not tell the unit: whole numbers from 30 on are milliseconds more often than seconds."""
_WHOLE_MS = 30


def candidates(records: Sequence[dict[str, Any]]) -> dict[str, list[Candidate]]:
    """For each field of a call the paths that may hold it, those that more records have first."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for record in records:
        for field, path in _of(record):
            found[field][path] += 1
    return {
        field: [Candidate(path, many) for path, many in sorted(paths.items(), key=lambda one: (-one[1], len(one[0]), one[0]))]
        for field, paths in found.items()
    }  # fmt: skip


def _of(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for path, value in _walk(record, ()):
        name = "".join(c for c in str(path[-1]).lower() if c.isalnum())
        fields = [field for field in _FIELDS.get(name, ()) if _NAMES[field][1](value)]
        if name in _UNITS and (figure := number(value)) is not None:
            whole = type(value) is int and figure >= _WHOLE_MS
            fields.append(_UNITS[name][whole])
        if fields:
            shown = written(path)
            yield from ((field, shown) for field in fields)


def _walk(value: dict[str, Any], above: Steps) -> Iterator[tuple[Steps, Any]]:
    for key, inner in list(value.items())[:_MOST_KEYS]:
        # A key may be log text too.
        if (
            len(key) > _LONGEST_KEY
            or not key.isascii()
            or not key.replace("_", "").replace(".", "").replace("-", "").isalnum()
        ):
            continue
        path = (*above, key)
        yield path, inner
        below = json_text(inner) if type(inner) is str and inner[:1] == "{" else inner
        if type(below) is dict and len(path) < _DEEPEST:
            yield from _walk(below, path)
