"""Settings of the dashboard."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agent.config.table import Table


class DashboardSettings(Table):
    """`hone watch`."""

    theme: Literal["hone-dark", "hone-light", "colour-blind-dark", "colour-blind-light", "ansi-dark", "ansi-light"] = (
        "hone-dark"
    )
    """`ansi-...` are the terminal's own sixteen colours; NO_COLOR is honoured whatever this says."""
    keys: dict[str, str] = Field({})
    """Keys of your own, by what they do (`?` in the dashboard shows it): `pause = "p"`, `"go.savings" = "S"`."""
