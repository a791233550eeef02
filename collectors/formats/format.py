"""What a module must have to be a log format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from analyzers.core import Call
from collectors.context import Context


class Format(Protocol):
    """A module of this package, or a user's own mapping.

    Tried in this order: mappings with a condition (`RANK` 0), formats that know their envelope, mappings without a
    condition (`RANK` 2), formats with `ANY_ENVELOPE`.
    """

    @property
    def NAME(self) -> str:
        """The format's name in reports and in `--format`."""

    @property
    def ANY_ENVELOPE(self) -> bool:
        """Whether the format takes a provider's bodies out of any envelope."""

    def parse(self, value: dict[str, Any], context: Context) -> list[Call] | None:
        """The calls in a decoded object, or None when it is not of this format. Raises Malformed."""


def rank(form: Format) -> int:
    """Which are tried before which: the smallest first."""
    found: int = getattr(form, "RANK", 3 if form.ANY_ENVELOPE else 1)
    return found


def moving(formats: Sequence[Format]) -> dict[str, int]:
    """Of formats in their order: name -> the place to which one that fitted moves, to be tried first the next time.

    Formats of one rank refuse one another's records; what a user says of their own log may overlap, so those stay.
    """
    ranks = [rank(form) for form in formats]
    return {form.NAME: ranks.index(its) for form, its in zip(formats, ranks, strict=True) if its in (1, 3)}
