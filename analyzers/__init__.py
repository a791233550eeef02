"""Calls in, findings out: pure analysis with no io, no clock and no knowledge of storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analyzers.core import Analyzer

    ALL: tuple[Analyzer[Any], ...]
    """Every analyzer, in the order that reports show them."""


def __getattr__(name: str) -> Any:
    """Analyzers are made when somebody asks for them: a dashboard that needs none starts without."""
    if name != "ALL":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from analyzers.spend import Spend

    globals()["ALL"] = found = (Spend(),)
    return found
