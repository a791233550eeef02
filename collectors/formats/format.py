"""What a module must have to be a log format."""

from __future__ import annotations

from collections.abc import Collection
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

    def may_hold(self, names: Collection[str]) -> bool:
        """False when no object with these fields is of this format, whatever is in them."""

    def parse(self, value: dict[str, Any], context: Context) -> list[Call] | None:
        """The calls in a decoded object, or None when it is not of this format. Raises Malformed."""


def rank(form: Format) -> int:
    """Which are tried before which: the smallest first."""
    found: int = getattr(form, "RANK", 3 if form.ANY_ENVELOPE else 1)
    return found
