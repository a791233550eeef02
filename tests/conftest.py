"""What every test may ask for."""

from tests.fixtures.parts import (
    broker,
    own_broker,
    own_postgres,
    postgres,
    postgres_server,
    pytest_terminal_summary,
)

__all__ = ["broker", "own_broker", "own_postgres", "postgres", "postgres_server", "pytest_terminal_summary"]
