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

from agent.store.rows import CallRow, PartRef, encode, sound
from analyzers.core import Call, Part

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


Place = tuple[int, PartRef]
"""Where a text lies, as the part that had it first, and the day for which that is guaranteed."""


class Prepared(NamedTuple):
    """Rows of `call` (day, at, body) in the order given, the new segments, and the parts they add."""

    bodies: list[tuple[int, float, bytes]]
    segments: list[SegmentRow]
    places: dict[bytes, Place]


class TextWriter:
    """Turns calls into rows. `commit` after the database has them, or what was stored is stored again later."""

    def __init__(self, *, keep_text: bool = True) -> None:
        self._keep_text = keep_text
        self._known: dict[bytes, Place] = {}
        # Long texts that came back, by the text itself: looking one up is cheaper than encoding and hashing it.
        self._hot: dict[str, Place] = {}
        self._compress = zstandard.ZstdCompressor(level=1).compress

    def prepare(self, calls: Sequence[Call]) -> Prepared:
        """Rows and segments for `calls`, in order; touches nothing until `commit`."""
        if len(self._hot) > _HOT_TEXTS:
            self._hot.clear()
        staged = _Staged(self._known, self._hot, self._compress, keep_text=self._keep_text)
        bodies = [staged.row(call) for call in calls]
        staged.close_all()
        return Prepared(bodies, staged.segments, staged.places)

    def commit(self, prepared: Prepared) -> None:
        """Remember where the texts of a committed batch lie."""
        known = self._known
        known.update(prepared.places)
        excess = len(known) - KNOWN_PARTS
        if excess > 0:
            for content in [c for c, _ in zip(known, range(excess), strict=False)]:
                del known[content]

    def forget(self) -> None:
        """Trust nothing stored earlier (after a failed commit, or when days may have been deleted)."""
        self._known.clear()
        self._hot.clear()


class _Open:
    """A segment being filled."""

    __slots__ = ("id", "pieces", "size")

    def __init__(self) -> None:
        self.id = secrets.randbits(63)
        self.pieces: list[bytes] = []
        self.size = 0


def _hashed(part: Part) -> PartRef:
    data = part.text.encode("utf-8", "surrogatepass")
    return PartRef(part.kind, part.cache_mark, blake2b(data, digest_size=16).digest(), None, 0, len(data))


class _Staged:
    def __init__(
        self,
        known: dict[bytes, Place],
        hot: dict[str, Place],
        compress: Callable[[bytes], bytes],
        *,
        keep_text: bool,
    ) -> None:
        self._known = known
        self._hot = hot
        self._compress = compress
        self._keep_text = keep_text
        self._open: dict[int, _Open] = {}
        self.segments: list[SegmentRow] = []
        self.places: dict[bytes, Place] = {}

    def row(self, call: Call) -> tuple[int, float, bytes]:
        day = int(call.started_at // _DAY_S)
        refs, usage = self._refs, call.usage
        row = CallRow(
            call.id,
            call.started_at,
            call.time_source,
            call.format,
            call.observer,
            call.observation,
            call.duration,
            call.time_to_first_token,
            call.provider,
            call.request_model,
            call.response_model,
            call.operation,
            call.app,
            call.environment,
            call.team,
            call.user,
            call.conversation,
            call.tags,
            call.parameters,
            (
                usage.uncached_input,
                usage.cache_read,
                usage.cache_write_short,
                usage.cache_write_long,
                usage.output,
                usage.reasoning,
                usage.input_total,
            ),
            call.status,
            call.error_type,
            call.finish_reason,
            call.service_tier,
            call.stream,
            call.logged_cost,
            call.feedback,
            call.response_cache_hit,
            call.text_state if self._keep_text else "hashes",
            call.prompt_blocks,
            refs(call.system, day),
            refs(call.tools, day),
            tuple([(message.role, refs(message.parts, day)) for message in call.messages]),
            refs(call.output, day),
            call.region,
            call.account,
            call.cache_diagnosis,
            call.text_key,
        )
        try:
            return day, call.started_at, encode(row)
        except UnicodeEncodeError:
            # Half a surrogate pair in a parameter or a name: one such record must not hold up the batch.
            return day, call.started_at, encode(sound(row))

    def _refs(self, parts: Sequence[Part], day: int) -> tuple[PartRef, ...]:
        if not parts:
            return ()
        if not self._keep_text:
            return tuple([_hashed(part) for part in parts])
        refs = []
        places, known, hot = self.places, self._known, self._hot
        for part in parts:
            text = part.text
            long = len(text) >= _HOT_CHARACTERS
            place = hot.get(text) if long else None
            if place is None or place[0] != day:
                data = text.encode("utf-8", "surrogatepass")
                content = blake2b(data, digest_size=16).digest()
                place = known.get(content)
                if place is not None and place[0] == day:
                    if long:
                        # Only places that the database has: those of this batch may yet be rolled back.
                        hot[text] = place
                else:
                    place = places.get(content)
                    if place is None or place[0] != day:
                        segment = self._open.get(day)
                        if segment is None:
                            segment = self._open[day] = _Open()
                        size = len(data)
                        ref = PartRef(part.kind, part.cache_mark, content, segment.id, segment.size, size)
                        places[content] = (day, ref)
                        refs.append(ref)
                        segment.pieces.append(data)
                        segment.size += size
                        if segment.size >= SEGMENT_BYTES:
                            self._close(day)
                        continue
            ref = place[1]
            if ref.kind != part.kind or ref.mark != part.cache_mark:
                ref = PartRef(part.kind, part.cache_mark, ref.content, ref.segment, ref.start, ref.size)
            refs.append(ref)
        return tuple(refs)

    def _close(self, day: int) -> None:
        segment = self._open.pop(day)
        body = self._compress(b"".join(segment.pieces))
        self.segments.append(SegmentRow(segment.id, day, segment.size, body))

    def close_all(self) -> None:
        for day in list(self._open):
            self._close(day)
