"""What a format may ask while it reads one value: time, identity, the user's hash; and where it leaves refusals."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, NamedTuple

from analyzers.core import TimeSource
from collectors import identity
from collectors.fragment import Fragment
from collectors.source import Record
from collectors.times import DAY_S, FIRST_SECOND, seconds


class Reject(NamedTuple):
    """Why a value, or one element of it, is not a call.

    `reason` is a slug of a fixed vocabulary (`collectors.parse`); `detail` names a field, a position or a format and
    never holds text of the log.
    """

    reason: str
    detail: str


class Malformed(Exception):
    """A record that a format owns but cannot read. `field` is a name from the format's schema, never log text."""

    def __init__(self, field: str, reason: str = "invalid") -> None:
        super().__init__(field)
        self.field = field
        self.reason = reason


_MOST_ELEMENTS = 1_000_000
"""More than any array has: what keeps the places inside arrays of arrays apart."""


def place(outer: int | None, number: int) -> int:
    """The position of an element inside the element `outer` of what holds both."""
    return number if outer is None else outer * _MOST_ELEMENTS + number


def hashed_user(raw: str, salt: bytes) -> str:
    """What stands for a user id at rest: 16 hex characters, made with the salt."""
    # A key of BLAKE2b has at most 64 bytes.
    key = salt if len(salt) <= 64 else blake2b(salt).digest()
    return blake2b(raw.encode("utf-8", "replace"), digest_size=8, key=key).hexdigest()


class Context:
    """One value on its way to calls. Formats read it, add to `skipped` and call `reject`."""

    __slots__ = (
        "_copies",
        "_own",
        "_record",
        "_salt",
        "element",
        "fragments",
        "now",
        "owner",
        "partition",
        "rejects",
        "skipped",
        "topic",
    )

    def __init__(self, record: Record, topic: str, partition: int, now: float, salt: bytes = b"") -> None:
        self._record = record
        self._salt = salt
        self._own: str | None = None
        self.topic = topic
        self.partition = partition
        self.now = now
        self.element: int | None = None
        """Position in the value when it holds several records."""
        self.rejects: list[Reject] = []
        self.skipped = 0
        self.fragments: list[Fragment] = []
        """Messages that belong to calls of other records."""
        self.owner: tuple[object, Any] = (None, None)
        """The object last asked about, and whose it is (`collectors.formats.bodies`): providers ask in turn."""
        self._copies: dict[Fragment, int] | None = None

    def reject(self, reason: str, detail: str) -> None:
        """Note that one element could not be read; its neighbours still count."""
        at = "" if self.element is None else f"element {self.element}: "
        self.rejects.append(Reject(reason, at + detail))

    def copy_of(self, one: Fragment) -> Fragment:
        """The fragment, numbered when the record has held equal ones before it."""
        if self._copies is None:
            self._copies = {}
        alike = one._replace(position=0)
        number = self._copies.get(alike, 0)
        self._copies[alike] = number + 1
        return one._replace(copy=number) if number else one

    def when(self, *candidates: object) -> tuple[float, TimeSource]:
        """The first plausible time (unix seconds) of the record, else the broker's, else now.

        Plausible is 2015 to one day after now; numbers are s, ms, us or ns by their magnitude.
        """
        latest = self.now + DAY_S
        given = candidates[0] if candidates else None
        if type(given) is float and FIRST_SECOND <= given <= latest:
            return given, "record"
        for candidate in candidates:
            if candidate is not None:
                at = seconds(candidate)
                if at is not None and FIRST_SECOND <= at <= latest:
                    return at, "record"
        broker = self._record.timestamp
        if broker is not None and FIRST_SECOND <= broker <= latest:
            return broker, "broker"
        return self.now, "unknown"

    def identify(self, *candidates: str | None, timed: bool) -> str:
        """The best identity: the first candidate, else the record itself.

        A record that carries its own time is its bytes, so that a producer's retry is the same call; without
        one, equal bytes are not proof, and the record is its place in the topic.
        """
        for candidate in candidates:
            if candidate:
                return identity.bounded(candidate)
        own = self._own
        if own is None or not timed:
            record = self._record
            if timed:
                own = self._own = "record:" + blake2b(record.value or b"", digest_size=16).hexdigest()
            else:
                own = f"{self.topic}:{self.partition}:{record.offset}"
        return own if self.element is None else f"{own}:{self.element}"

    def user(self, raw: object) -> str | None:
        """16 hex characters that stand for a user id under the configured salt; the id itself goes no further."""
        if type(raw) is int:
            raw = str(raw)
        if type(raw) is not str or not raw:
            return None
        return hashed_user(raw, self._salt)

    @property
    def observer(self) -> str:
        """The name for whoever writes to this topic, where the record does not name its own producer."""
        return f"@{self.topic}"
