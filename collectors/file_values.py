"""Cutting a stream of bytes into records: one a line, or the JSON values of an array or of pretty-printed text.

Nothing is parsed here: a record is the bytes as they stand in the file, readable or not. Memory holds one piece of
input and the record that is being put together, however large the file is.
"""

from __future__ import annotations

import re

import orjson

TOO_LARGE = None
"""Stands for a record above the limit; its bytes are dropped."""

Cut = list[bytes | None]

QUOTE, BACKSLASH = b'"\\'
BOM = b"\xef\xbb\xbf"
DECIDE = 1 << 20
"""Bytes after which the shape is decided even when no line has ended."""

BEGINNING = 32
NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f\x80-\xff]")

# A whole string, an unfinished one at the end of the input, or a bracket. Strings are skipped in one step.
TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[{}\[\]]', re.DOTALL)


class Lines:
    """Every line is a record; an empty one counts in the numbering and is b""."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._rest = b""
        self._dropping = False

    def cut(self, piece: bytes) -> Cut:
        lines: Cut = list((self._rest + piece if self._rest else piece).split(b"\n"))
        rest = lines.pop()
        assert rest is not None
        self._rest = rest
        if self._dropping and lines:
            lines[0], self._dropping = TOO_LARGE, False
        if len(self._rest) > self._limit or self._dropping:
            self._rest, self._dropping = b"", True
        if len(piece) > self._limit or (lines and lines[0] is not None and len(lines[0]) > self._limit):
            lines = [TOO_LARGE if line is None or len(line) > self._limit else line for line in lines]
        return lines

    def end(self) -> Cut:
        if self._dropping:
            return [TOO_LARGE]
        return [self._rest] if self._rest else []


class Values:
    """Every JSON value is a record: those inside one enclosing array, or those that stand one after another."""

    def __init__(self, limit: int, array: bool) -> None:
        self._limit = limit
        self._outside = 1 if array else 0
        self._depth = 0
        self._text = b""
        self._start = self._scanned = 0
        """Where the record (or the text between two) begins, and how far `_text` was looked at."""
        self._dropping = False

    def cut(self, piece: bytes) -> Cut:
        self._text = self._text[self._start :] + piece
        self._scanned -= self._start
        self._start = 0
        found: Cut = []
        unfinished = False
        for token in TOKEN.finditer(self._text, self._scanned):
            at, end = token.span()
            if self._text[at] == QUOTE:
                unfinished = end - at < 2 or self._text[end - 1] != QUOTE or _odd_backslashes(self._text, at, end - 1)
                self._scanned = at if unfinished else end
                continue
            self._scanned = end
            if self._text[at] in b"{[":
                found += self._opened(at, end)
            elif self._depth > 0:
                found += self._closed(at, end)
        if not unfinished:
            self._scanned = len(self._text)
        if len(self._text) - self._start > self._limit:
            found += self._drop(unfinished)
        return found

    def _opened(self, at: int, end: int) -> Cut:
        found: Cut = []
        if self._depth == self._outside:
            found, self._start = self._between(at), at
        elif self._depth < self._outside:
            self._start = end
        self._depth += 1
        return found

    def _closed(self, at: int, end: int) -> Cut:
        self._depth -= 1
        if self._depth > self._outside:
            return []
        start, self._start = self._start, end
        if self._depth < self._outside:
            return self._between(at, start)
        whole = TOO_LARGE if self._dropping else self._text[start:end]
        self._dropping = False
        return [whole]

    def _drop(self, unfinished: bool) -> Cut:
        """Forget what was read of a record above the limit, but not that a string is open."""
        inside = self._depth > self._outside
        said: Cut = [] if inside else [TOO_LARGE]
        self._dropping = inside
        if unfinished:
            self._text = b'"\\' if _odd_backslashes(self._text, self._scanned, len(self._text)) else b'"'
        else:
            self._text = b""
        self._start, self._scanned = 0, 0
        return said

    def end(self) -> Cut:
        if self._dropping:
            return [TOO_LARGE]
        rest = self._text[self._start :].strip()
        return [rest] if rest and rest not in (b"]", b",") else []

    def _between(self, at: int, start: int | None = None) -> Cut:
        """Numbers, strings and other scalars between two objects: handed on for the parser to refuse."""
        text = self._text[self._start if start is None else start : at]
        if not text.strip(b", \t\r\n"):
            return []
        return [part.strip() for part in text.split(b",") if part.strip()]


def _odd_backslashes(text: bytes, start: int, end: int) -> bool:
    """Whether the run of backslashes before `end` (after the quote at `start`) leaves one that escapes."""
    count = 0
    while end - 1 - count > start and text[end - 1 - count] == BACKSLASH:
        count += 1
    return count % 2 == 1


class Whole:
    """The file is one record: a message that is not text."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []
        self._size = 0

    def cut(self, piece: bytes) -> Cut:
        self._size += len(piece)
        self._pieces = [*self._pieces, piece] if self._size <= self._limit else []
        return []

    def end(self) -> Cut:
        return [b"".join(self._pieces) if self._size <= self._limit else TOO_LARGE]


class Cutter:
    """Decides on the shape from the first bytes, then cuts accordingly.

    A file whose first line is a whole JSON object is JSON lines. One that begins with `[` is an array, unless its
    first line is a whole array and another follows (JSON lines of arrays). One that begins with `{` and goes on
    over several lines is pretty-printed, unless its second line begins an object too (then the first is broken).
    An export request of OpenTelemetry as protobuf (its first byte is a line feed, what follows is not text) is one
    record. Everything else is lines.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._head = b""
        self._shape: Lines | Values | Whole | None = None

    def cut(self, piece: bytes) -> Cut:
        """The records that this piece completes, in order."""
        if self._shape is not None:
            return self._shape.cut(piece)
        self._head += piece
        return self._decide(False)

    def end(self) -> Cut:
        """The last records, at the end of the input."""
        found = self._decide(True) if self._shape is None else []
        assert self._shape is not None
        return found + self._shape.end()

    def _decide(self, ended: bool) -> Cut:
        self._head = self._head.removeprefix(BOM)
        shape = _shape(self._head, self._limit, ended or len(self._head) > DECIDE)
        if shape is None:
            return []
        head, self._head, self._shape = self._head, b"", shape
        return self._shape.cut(head)


def _shape(head: bytes, limit: int, final: bool) -> Lines | Values | Whole | None:
    """None while more bytes are needed."""
    text = head.lstrip(b" \t\r\n")
    if not text:
        return Lines(limit) if final else None
    if text[:1] not in b"{[":
        return Whole(limit) if head[:1] == b"\n" and NOT_TEXT.search(head, 1, BEGINNING) else Lines(limit)
    first, newline, rest = text.partition(b"\n")
    if not newline and not final:
        return None
    array, whole, rest = text.startswith(b"["), _whole(first), rest.lstrip(b" \t\r\n")
    if not rest and not final and (array or not whole):
        return None
    if whole:
        return Values(limit, True) if array and not rest else Lines(limit)
    if array:
        return Values(limit, True)
    return Lines(limit) if not newline or rest.startswith(b"{") else Values(limit, False)


def _whole(text: bytes) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True
