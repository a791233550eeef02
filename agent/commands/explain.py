"""`hone explain`: the method, its assumptions and formula."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def explain(
    what: Annotated[str | None, typer.Argument(metavar="[ANALYZER]", help="Without it, what there is.")] = None,
) -> None:
    """Say how a figure comes about: method, assumptions, formula, sources."""
    from agent.explain import method, methods

    if what is not None:
        sys.stdout.write(f"{method(what)}\n")
        return
    names = methods()
    width = max(map(len, names), default=0)
    sys.stdout.writelines(f"{name:<{width}}  {first}\n" for name, first in names.items())
