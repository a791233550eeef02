"""Log lines on stderr, for people or for a log collector. No line ever holds text of a prompt."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Literal

QUIET = {
    "kafka": logging.WARNING,
    "alembic": logging.WARNING,
    "faiss": logging.WARNING,
    # On a busy machine these tell of every tenth of a second that they came late.
    "kafka.net.selector": logging.ERROR,
    "apscheduler": logging.ERROR,
}
"""Libraries that narrate, and from which level on they are wanted."""


def start_logging(style: Literal["text", "json"], level: str = "info") -> None:
    """Send the log to stderr, one line an event."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if style == "json" else _Text())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(least)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        message = " ".join(record.getMessage().splitlines())
        trace = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        return f"{at} {record.levelname.lower()} {message}{trace}"


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line)
