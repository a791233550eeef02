"""How a call and its text are kept: a small row that points into compressed segments.

Parts are content-addressed: a text that this agent has already stored for the same day is not stored again, the
row points to where it lies. A segment holds the texts of one day only, so that forgetting a day is a plain delete
and can leave no pointer behind.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import NamedTuple

import zstandard

from agent.store.fragments import FragmentRow, fragment_row
from agent.store.protect import Protection, TextMode
from agent.store.rows import (
    BLOCKS,
    EMBEDDING,
    MESSAGES,
    OUTPUT,
    SYSTEM,
    TEXT_STATE,
    TOOLS,
    Ref,
    call_row,
    encode,
    sound,
)
from analyzers.core import Call, Part
from collectors.fragment import Fragment

SEGMENT_BYTES = 1 << 20
"""A segment is closed when its texts reach this size; one longer text makes one longer segment."""
KNOWN_PARTS = 100_000
_HOT_CHARACTERS = 256
_HOT_TEXTS = 2_000
_DAY_S = 86_400


class SegmentRow(NamedTuple):
    """One row of the table `segment`."""

    id: int
    day: int
    size: int
    body: bytes


Refs = dict[bytes, Ref]
"""The part that had a text first, by the text's content hash."""


class Prepared(NamedTuple):
    """Rows of `call` (day, at, body) in the order given, of `fragment` by their ids, new segments, their texts by day."""

    bodies: list[tuple[int, float, bytes]]
    segments: list[SegmentRow]
    places: dict[int, Refs]
    fragments: list[FragmentRow]


def sizes(prepared: Prepared) -> dict[int, tuple[int, int]]:
    """By day: rows of calls and messages, and bytes of their bodies and of texts as compressed."""
    found: dict[int, tuple[int, int]] = {}
    for day, rows, size in (
        *((day, 1, len(body)) for day, _, body in prepared.bodies),
        *((row.day, 1, len(row.body)) for row in prepared.fragments),
        *((row.day, 0, len(row.body)) for row in prepared.segments),
    ):
        before = found.get(day, (0, 0))
        found[day] = before[0] + rows, before[1] + size
    return found


class TextWriter:
    """Turns calls into rows. `commit` after the database has them, or what was stored is stored again later."""

    def __init__(self, text: TextMode = "full", salt: bytes = b"") -> None:
        """`salt` goes into what stands for texts in the modes that keep less than all of them."""
        self._protect = Protection(text, salt)
        self._keep_text = text != "hashes"
        self._known: dict[int, Refs] = {}
        self._hot: dict[int, _Hot] = {}
        self._compress = zstandard.ZstdCompressor(level=1).compress

    def prepare(self, calls: Sequence[Call], fragments: Sequence[Fragment] = ()) -> Prepared:
        """Rows and segments for `calls`, in order, and for messages apart; touches nothing until `commit`."""
        days: dict[int, _Day] = {}
        segments: list[SegmentRow] = []
        bodies: list[tuple[int, float, bytes]] = []
        for call in calls:
            at = call.started_at
            number = int(at // _DAY_S)
            day = days.get(number)
            if day is None:
                day = days[number] = self._day(number, segments)
            refs = day.refs if self._keep_text else self._hashed
            bodies.append((number, at, _body(call, refs, self._protect)))
        rows: list[FragmentRow] = []
        for one in fragments:
            number = int(one.started_at // _DAY_S)
            day = days.get(number)
            if day is None:
                day = days[number] = self._day(number, segments)
            rows.append(fragment_row(one, number, day.refs if self._keep_text else self._hashed))
        # In one order for all agents, or two that store the same messages could wait for each other for ever.
        rows.sort()
        for day in days.values():
            day.close()
        return Prepared(bodies, segments, {number: day.places for number, day in days.items()}, rows)

    def commit(self, prepared: Prepared) -> None:
        """Remember where the texts of a committed batch lie."""
        for number, places in prepared.places.items():
            self._known.setdefault(number, {}).update(places)
        excess = sum(map(len, self._known.values())) - KNOWN_PARTS
        while excess > 0:
            number, known = next(iter(self._known.items()))
            self._hot.pop(number, None)
            if len(known) <= excess:
                del self._known[number]
            else:
                for content in [c for c, _ in zip(known, range(excess), strict=False)]:
                    del known[content]
            excess -= len(known)

    def forget(self) -> None:
        """Trust nothing stored earlier (after a failed commit, or when days may have been deleted)."""
        self._known.clear()
        self._hot.clear()

    def _day(self, number: int, segments: list[SegmentRow]) -> _Day:
        hot = self._hot.get(number)
        if hot is None or hot.count > _HOT_TEXTS:
            hot = self._hot[number] = _Hot()
        return _Day(number, self._known.get(number, {}), hot, segments, self._compress, self._protect)

    def _hashed(self, parts: Sequence[Part]) -> list[Ref]:
        encoded = [(part, _encoded(part.text)) for part in parts]
        return [(p.kind, p.cache_mark, self._protect.digest(data), None, 0, len(data)) for p, data in encoded]


class _Hot:
    """Long texts that came back, by length and by the text itself.

    Finding one here is cheaper than encoding and hashing it, and most new texts differ from all of them in length.
    """

    __slots__ = ("by_length", "count")

    def __init__(self) -> None:
        self.by_length: dict[int, dict[str, Ref]] = {}
        self.count = 0


class _Day:
    """The calls of a batch that fall on one day: where their texts lie, and the segment being filled."""

    def __init__(
        self,
        number: int,
        known: Refs,
        hot: _Hot,
        segments: list[SegmentRow],
        compress: Callable[[bytes], bytes],
        protect: Protection,
    ) -> None:
        self._protect = protect if protect.mode != "full" else None
        self._number = number
        self._known = known
        self._hot = hot
        self._segments = segments
        self._compress = compress
        self.places: Refs = {}
        self._open()

    def refs(self, parts: Sequence[Part]) -> list[Ref]:
        """The fields of a PartRef for each part; a text that is new is put into the segment."""
        refs: list[Ref] = []
        places, known, hot = self.places, self._known, self._hot
        for part in parts:
            kind, text, mark = part.kind, part.text, part.cache_mark
            length = len(text)
            alike = hot.by_length.get(length)
            ref = alike.get(text) if alike else None
            if ref is None:
                data = _encoded(text)
                content = blake2b(data, digest_size=16).digest()
                ref = known.get(content)
                if ref is not None:
                    if length >= _HOT_CHARACTERS:
                        # Only places that the database has: those of this batch may yet be rolled back.
                        hot.by_length.setdefault(length, {})[text] = ref
                        hot.count += 1
                else:
                    ref = places.get(content)
                    if ref is None:
                        kept = content
                        if self._protect is not None:
                            # What is found again is the text as it was logged; what is at rest is the one to be stored.
                            data = _encoded(self._protect.text(text))
                            kept = self._protect.digest(data)
                        size = len(data)
                        ref = places[content] = (kind, mark, kept, self._segment, self._size, size)
                        refs.append(ref)
                        self._pieces.append(data)
                        self._size += size
                        if self._size >= SEGMENT_BYTES:
                            self.close()
                        continue
            if ref[0] != kind or ref[1] != mark:
                ref = (kind, mark, *ref[2:])
            refs.append(ref)
        return refs

    def close(self) -> None:
        """Compress what was gathered."""
        if self._size or self._pieces:
            body = self._compress(b"".join(self._pieces))
            self._segments.append(SegmentRow(self._segment, self._number, self._size, body))
        self._open()

    def _open(self) -> None:
        self._segment = secrets.randbits(63)
        self._pieces: list[bytes] = []
        self._size = 0


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _body(call: Call, refs: Callable[[Sequence[Part]], list[Ref]], protect: Protection) -> bytes:
    row = call_row(call)
    row[SYSTEM] = refs(call.system) if call.system else ()
    row[TOOLS] = refs(call.tools) if call.tools else ()
    row[MESSAGES] = [(message.role, refs(message.parts)) for message in call.messages]
    row[OUTPUT] = refs(call.output)
    if protect.mode == "hashes":
        # A text can be guessed from its vector.
        row[EMBEDDING] = None
        if call.system or call.messages or call.output or call.tools:
            row[TEXT_STATE] = "hashes"
            row[BLOCKS] = protect.blocks(call)
    try:
        return encode(row)
    except UnicodeEncodeError:
        # Half a surrogate pair in a parameter or a name: one such record must not hold up the batch.
        return encode(sound(row))
