"""What a module must have to be a log format."""

from __future__ import annotations

from typing import Any, Protocol

from analyzers.core import Call
from collectors.context import Context


class Format(Protocol):
    """A module of this package."""

    @property
    def NAME(self) -> str:
        """The format's name in reports and in `--format`."""

    @property
    def ANY_ENVELOPE(self) -> bool:
        """Whether the format takes a provider's bodies out of any envelope."""

    def parse(self, value: dict[str, Any], context: Context) -> list[Call] | None:
        """The calls in a decoded object, or None when it is not of this format. Raises Malformed."""
