"""Answers in JSON are compared field by field: order and ids that change with every call mean nothing, numbers are numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson

from analyzers.response_caching.judge.normal import normal

_FENCED = re.compile(r"```(?:json)?\s*\n(.*?)```", re.DOTALL)
_VOLATILE = frozenset(
    [
        "created",
        "created_at",
        "updated_at",
        "timestamp",
        "generated_at",
        "processed_at",
        "request_id",
        "trace_id",
        "span_id",
        "response_id",
        "message_id",
        "uuid",
        "guid",
        "nonce",
        "session_id",
        "correlation_id",
        "run_id",
        "job_id",
    ]
)
_RANDOM = re.compile(
    r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}|[0-9a-f]{16,64}|(?:req|msg|run|chatcmpl|resp)[-_]\w{6,}",
    re.IGNORECASE,
)
_SURE = frozenset({"confidence", "probability", "logprob", "certainty"})
_UNSURE = 0.15
"""How far the model's own confidence may lie from another's."""
_RANKED = frozenset(
    [
        "rank",
        "ranked",
        "ranking",
        "sort",
        "sorted",
        "order",
        "ordered",
        "top",
        "steps",
        "step",
        "chronological",
        "chronologically",
        "first",
        "priority",
        "sequence",
    ]
)
_WORD = re.compile(r"[a-z]+")
_FREE_TEXT = 4
"""A value of so many words or more is prose, to be compared as such."""

Prose = Callable[[str, str], bool | None]


def parsed(text: str) -> Any | None:
    """The object or list that the text is, also within a code fence; None for anything else."""
    text = text.strip()
    if "```" in text:
        blocks = _FENCED.findall(text)
        if len(blocks) != 1 or len(_FENCED.sub("", text).split()) > 12:
            return None
        text = blocks[0].strip()
    if not text.startswith(("{", "[")):
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def same_fields(later: Any, cached: Any, question: str, prose: Prose) -> bool | None:
    """Whether two JSON values say the same; None where only prose differs and `prose` cannot tell."""
    return _Comparison(question, prose).same(later, cached, "")


class _Comparison:
    def __init__(self, question: str, prose: Prose) -> None:
        self._question = question
        self._prose = prose
        self._ranked = bool(_RANKED & set(_WORD.findall(question.lower())))

    def same(self, a: Any, b: Any, key: str) -> bool | None:
        if isinstance(a, dict) and isinstance(b, dict):
            return self._objects(a, b)
        if isinstance(a, list) and isinstance(b, list):
            return self._lists(a, b, key)
        if isinstance(a, bool) or isinstance(b, bool):
            return _truth(a) is not None and _truth(a) == _truth(b)
        x, y = _number(a), _number(b)
        if x is not None and y is not None:
            return abs(x - y) <= (_UNSURE if key in _SURE else 0.0)
        if isinstance(a, str) and isinstance(b, str):
            if normal(a) == normal(b):
                return True
            return self._prose(a, b) if min(len(a.split()), len(b.split())) >= _FREE_TEXT else False
        return _empty(a) and _empty(b)

    def _objects(self, a: dict[str, Any], b: dict[str, Any]) -> bool | None:
        found: bool | None = True
        for key in a.keys() | b.keys():
            x, y = a.get(key), b.get(key)
            if _empty(x) and _empty(y):
                continue
            low = key.lower()
            if self._changes(low, x) and self._changes(low, y):
                continue
            if _empty(y) or _empty(x):
                # A field too many is not wrong by itself, but nobody can say that it is right.
                if _empty(y):
                    return False
                found = None
                continue
            one = self.same(x, y, low)
            if one is False:
                return False
            found = found and one
        return found

    def _lists(self, a: list[Any], b: list[Any], key: str) -> bool | None:
        if len(a) != len(b):
            return False
        in_order: bool | None = True
        for x, y in zip(a, b, strict=True):
            one = self.same(x, y, key)
            in_order = False if one is False else in_order and one
            if one is False:
                break
        if in_order is not False or self._ranked or _RANKED & set(_WORD.findall(key)) or len(a) > 200:
            return in_order
        left = list(b)
        found: bool | None = True
        for x in a:
            verdicts = [self.same(x, y, key) for y in left]
            if True in verdicts:
                del left[verdicts.index(True)]
            elif None in verdicts:
                del left[verdicts.index(None)]
                found = None
            else:
                return False
        return found

    def _changes(self, key: str, value: Any) -> bool:
        """Whether the value is one of those that every call makes anew, and not one that was asked about."""
        if _empty(value):
            return key in _VOLATILE
        text = str(value)
        if text in self._question:
            return False
        return key in _VOLATILE or ((key == "id" or key.endswith("_id")) and _RANDOM.fullmatch(text) is not None)


def _empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _number(value: Any) -> float | None:
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str) and len(value) < 30 and re.fullmatch(r"-?(?:0|[1-9]\d*)(?:\.\d+)?", value.strip()):
        return float(value)
    return None


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return (
        {"true": True, "yes": True, "false": False, "no": False}.get(value.strip().lower())
        if isinstance(value, str)
        else None
    )
