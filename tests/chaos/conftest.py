"""Fixtures of the faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.fixtures.recovery import recovery
from tests.fixtures.small_disk import small_disk
from tests.fixtures.streams import Stream

__all__ = ["recovery", "small_disk"]


@pytest.fixture
def stream_of() -> Iterator[Callable[..., Stream]]:
    """Makes streams (same arguments as Stream) and ends their producers."""
    made: list[Stream] = []

    def make(*given: Any, **named: Any) -> Stream:
        made.append(Stream(*given, **named))
        return made[-1]

    yield make
    for stream in made:
        stream.close()
