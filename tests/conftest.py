"""What every test may ask for."""

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
