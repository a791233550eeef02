"""How two versions of one message differ: in form only, in order, in a short value, by growth, or in what they say.

| likeness | the later version                                                                        |
|----------|------------------------------------------------------------------------------------------|
| same     | is the same bytes                                                                        |
| json     | is equal as JSON (or as what a program prints of the same value), in other bytes         |
| space    | is equal but for white space, line ends or Unicode form                                  |
| order    | has the same pieces (lines, documents, list items, parts) in another order                |
| extended | begins with the earlier one                                                              |
| dropped  | lacks parts that the earlier one has                                                     |
| span     | differs in short values: a time, an id, a counter                                        |
| other    | says something else                                                                      |
"""

from __future__ import annotations

import ast
import json
import re
import unicodedata
import warnings
from collections import Counter
from functools import lru_cache
from typing import Literal, NamedTuple

from analyzers.prompt_caching.diff import changes, common_prefix, common_suffix
from analyzers.prompt_caching.messages import Turn
from analyzers.values.canonical import canonical, shape

Form = Literal["same", "json", "space", "order", "extended", "dropped", "span", "other"]

_PIECES = re.compile(r"\n+|(?<=[.!?;|])\s+|(?=\[\d+\])|(?=<\w)")
_SPACE = re.compile(r"\s+")
_ENDS = re.compile(r"[ \t]*\r?\n")
_UNSEEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_QUOTES = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")
_WORD = re.compile(r"[^\W\d_]{4,}")
_LONGEST = 200_000
_SHORT = 80
"""Characters of a value, at most: what is longer is a text of its own."""
_SPAN_SHARE = 0.5
_DIFFED = 6_000
_READ = 4_000


class Likeness(NamedTuple):
    """The form of the difference, and the first part in which the turns differ (its number in either, and both texts)."""

    form: Form
    part: int
    was: str
    now: str


def likeness(a: Turn, b: Turn) -> Likeness:
    """How turn `b` differs from the earlier version `a` of the same message."""
    first = next((i for i, (x, y) in enumerate(zip(a.parts, b.parts, strict=False)) if x != y), None)
    if first is None:
        first = min(len(a.parts), len(b.parts))
        if len(a.parts) == len(b.parts):
            return Likeness("same", max(0, first - 1), "", "")
        if len(a.parts) < len(b.parts):
            return Likeness("extended", first, "", b.parts[first][1])
        return Likeness("dropped", max(0, first - 1), a.parts[first][1], "")
    was, now = a.parts[first][1], b.parts[first][1]
    if [kind for kind, _ in a.parts] == [kind for kind, _ in b.parts]:
        forms = {text_form(x, y) for (_, x), (_, y) in zip(a.parts, b.parts, strict=True)} - {"same"}
        if len(forms) == 1:
            return Likeness(forms.pop(), first, was, now)
        if forms <= {"json", "space"}:
            return Likeness("space", first, was, now)
        return Likeness("order" if _permuted(a, b) else "other", first, was, now)
    if _permuted(a, b):
        return Likeness("order", first, was, now)
    if not Counter(b.parts) - Counter(a.parts):
        return Likeness("dropped", first, was, now)
    return Likeness("space" if formless(a.text) == formless(b.text) else "other", first, was, now)


def _permuted(a: Turn, b: Turn) -> bool:
    return len(a.parts) == len(b.parts) and Counter(a.parts) == Counter(b.parts)


@lru_cache(maxsize=20_000)
def text_form(a: str, b: str) -> Form:
    """How text `b` differs from the earlier `a`."""
    if a == b:
        return "same"
    if _line_ends(a) == _line_ends(b):
        return "space"
    if json_equal(a, b):
        return "json"
    if formless(a) == formless(b):
        return "space"
    if _reordered(a, b):
        return "order"
    if a and b.startswith(a):
        return "extended"
    return "span" if _short_values(a, b) else "other"


def _line_ends(text: str) -> str:
    """JSON too is text where only the ends of its lines or its Unicode form are others."""
    return _ENDS.sub("\n", text if text.isascii() else unicodedata.normalize("NFC", text)).rstrip()


def json_equal(a: str, b: str) -> bool:
    """Whether both are the same value, printed in two ways; text around the value must be the same."""
    start_a, end_a = _value_of(a)
    start_b, end_b = _value_of(b)
    if not end_a or not end_b or a[:start_a] != b[:start_b] or a[end_a:] != b[end_b:]:
        return False
    inner_a, inner_b = a[start_a:end_a], b[start_b:end_b]
    if max(len(inner_a), len(inner_b)) > _LONGEST:
        return False
    if not start_a and canonical(inner_a) == canonical(inner_b) and _parsed(inner_a) is not None:
        return True
    value = _parsed(inner_a)
    return value is not None and value == _parsed(inner_b)


def _value_of(text: str) -> tuple[int, int]:
    """Where the outermost braces or brackets stand."""
    start = min((p for p in (text.find("{"), text.find("[")) if p >= 0), default=-1)
    end = max(text.rfind("}"), text.rfind("]")) + 1
    return (start, end) if 0 <= start < end else (0, 0)


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        pass
    if len(text) > _DIFFED:
        return None
    try:
        with warnings.catch_warnings():
            # A warning would quote the prompt.
            warnings.simplefilter("ignore")
            return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


@lru_cache(maxsize=20_000)
def formless(text: str) -> str:
    """Without white space, line ends and Unicode forms; also inside the strings of JSON."""
    if text[:1] in ("{", "[") and len(text) <= _LONGEST:
        try:
            return json.dumps(_plain_inside(json.loads(text)), sort_keys=True, ensure_ascii=False)
        except (ValueError, RecursionError):
            pass
    return _plain(text)


def _plain(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_UNSEEN).translate(_QUOTES)
    return _SPACE.sub("", text)


def _plain_inside(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain_inside(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain_inside(inner) for inner in value]
    return _plain(value) if isinstance(value, str) else value


def _reordered(a: str, b: str) -> bool:
    pieces_a, pieces_b = pieces(a), pieces(b)
    if len(pieces_a) < 2 or len(pieces_a) != len(pieces_b) or pieces_a == pieces_b:
        return _same_items(a, b)
    return sorted(pieces_a) == sorted(pieces_b)


@lru_cache(maxsize=20_000)
def pieces(text: str) -> tuple[str, ...]:
    """Pieces that may be moved as a whole; their numbers in the list are no part of them."""
    return tuple([shape(piece) for piece in map(str.strip, _PIECES.split(text)) if piece])


def _same_items(a: str, b: str) -> bool:
    if a[:1] not in ("{", "[") or b[:1] != a[:1] or abs(len(a) - len(b)) > _SHORT:
        return False
    one, two = _parsed(a), _parsed(b)
    return one is not None and two is not None and _unordered(one) == _unordered(two)


def _unordered(value: object) -> object:
    if isinstance(value, dict):
        return {key: _unordered(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted(json.dumps(_unordered(inner), sort_keys=True, default=str) for inner in value)
    return value


def _short_values(a: str, b: str) -> bool:
    start = common_prefix(a, b)
    end = common_suffix(a, b, min(len(a), len(b)) - start)
    middle = max(len(a), len(b)) - start - end
    most = max(len(a), len(b)) * _SPAN_SHARE
    if middle <= _SHORT and middle <= most:
        return True
    if shape(a) == shape(b):
        return True
    if middle > _DIFFED:
        return False
    found = changes(a, b)
    sizes = [max(c.a1 - c.a0, c.b1 - c.b0) for c in found]
    return max(sizes) <= _SHORT and sum(sizes) <= most


@lru_cache(maxsize=20_000)
def words(text: str) -> frozenset[str]:
    """Long words at both ends of a text: what it is about."""
    if len(text) > 2 * _READ:
        text = text[:_READ] + text[-_READ:]
    return frozenset(word.lower() for word in _WORD.findall(text))


def kinship(a: str, b: str) -> float:
    """Share of the words of the shorter list that the other has too; 0 where either has none."""
    one, two = words(a), words(b)
    return len(one & two) / min(len(one), len(two)) if one and two else 0.0


def resemblance(a: str, b: str) -> float:
    """Share of all words of both that both have."""
    one, two = words(a), words(b)
    return len(one & two) / len(one | two) if one and two else 0.0


def changed_span(a: str, b: str) -> tuple[int, int, int, int]:
    """The stretch of `a` and of `b` that holds all that differs."""
    start = common_prefix(a, b)
    end = common_suffix(a, b, min(len(a), len(b)) - start)
    return start, len(a) - end, start, len(b) - end
