"""What every test may ask for, and how examples are drawn."""

import hypothesis

from tests.fixtures.parts import (
    broker,
    browser,
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
    "own_broker",
    "own_postgres",
    "postgres",
    "postgres_server",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_testnodedown",
]
