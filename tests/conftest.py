"""What every test may ask for, and how examples are drawn."""

import logging
from collections.abc import Iterator

import hypothesis
import pytest

from tests.fixtures.parts import (
    broker,
    browser,
    guarded,
    own_broker,
    own_postgres,
    postgres,
    postgres_server,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_testnodedown,
)

# How long an example takes says more about what else the machine does.
hypothesis.settings.register_profile("hone", deadline=None)
hypothesis.settings.load_profile("hone")

__all__ = [
    "broker",
    "browser",
    "guarded",
    "own_broker",
    "own_postgres",
    "postgres",
    "postgres_server",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_testnodedown",
]


@pytest.fixture(autouse=True)
def _log_level() -> Iterator[None]:
    """A command that is run in this process sets how much is logged; the next test has it as it was."""
    root = logging.getLogger()
    level = root.level
    yield
    root.setLevel(level)
