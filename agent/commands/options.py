"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class LogStyle(StrEnum):
    """How log lines are written."""

    text = "text"
    json = "json"


Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", metavar="FILE", help="Settings as TOML; the environment (HONE_...) goes over it."),
]
Database = Annotated[
    str | None,
    typer.Option("--db", metavar="URL", help="Database: sqlite:///path or postgresql://user@host/name."),
]
LogFormat = Annotated[LogStyle | None, typer.Option("--log-format", help="How log lines are written to stderr.")]
Format = Annotated[
    str | None,
    typer.Option("--format", metavar="NAME", help="Read every record as this format instead of finding out."),
]
