"""Calls in, findings out: pure analysis with no io, no clock and no knowledge of storage."""

from __future__ import annotations

from typing import Any

from analyzers.core import Analyzer
from analyzers.spend import Spend

ALL: tuple[Analyzer[Any], ...] = (Spend(),)
"""Every analyzer, in the order that reports show them."""
