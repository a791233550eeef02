"""What is said of a value that spoils the keys of an exact cache."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal, NamedTuple

from analyzers.response_caching.places import Segment

SpoilerKind = Literal["timestamp", "random_id", "seed", "key_order", "whitespace", "user_data"]

FIXES = MappingProxyType(
    {
        "timestamp": "Leave the time out of the key, or out of the prompt where no answer needs it.",
        "random_id": "Send the id as metadata of the request, not in the prompt, or leave it out of the key.",
        "seed": "Send no seed, or the same one.",
        "key_order": "Write JSON with sorted keys, and tools in one order, before the key is made.",
        "whitespace": "Bring white space into one form before the key is made.",
        "user_data": "Keep what names the user out of prompts whose answers do not need it.",
    }
)
"""What to do about each kind, in a sentence."""


class Spoiler(NamedTuple):
    """One kind of value that spoils the exact keys of one application, in one segment."""

    kind: SpoilerKind
    app: str | None
    segment: Segment
    position: int
    """Where it stands: characters of the canonical template in front of it; 0 where that is not known."""
    label: str
    """The text in front of it. From the log."""
    was: str
    now: str
    """Two of its values, or two ways of writing. From the log."""
    affected: int
    """Requests that carry it, of `requests`."""
    requests: int
    """The application's requests that a cache could serve (of data of a person: once it is gone)."""
    hits_before: int
    """What an exact cache hits of these as they are."""
    hits_after: int
    """The same without all spoilers of the application that are named."""
    hits: int
    """This one's part of the difference."""
    saved: int
    """What the provider charged for that part, in 1/PICO USD."""
    alone: int
    """Hits that it brings if it is the only one to go."""
    pairs: int
    """Pairs of answers that were compared."""
    agree: float | None
    """Share of them that agree; None without pairs."""
    confidence: Literal["confirmed", "suspected"]

    @property
    def fix(self) -> str:
        """What to do."""
        return FIXES[self.kind]
