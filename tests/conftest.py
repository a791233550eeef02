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

# How long an example takes says more about what else the machine does. The same examples on every run, so that a change
# is judged by what it changed; `make search` draws others, and what it finds becomes an example.
hypothesis.settings.register_profile("hone", deadline=None, derandomize=True)
hypothesis.settings.register_profile("search", deadline=None, derandomize=False)
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
