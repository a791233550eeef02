"""What every table of the configuration has in common."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _names(value: Any) -> Any:
    """Lists may be written with commas in the environment."""
    return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]


class Table(BaseModel):
    """A table: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
