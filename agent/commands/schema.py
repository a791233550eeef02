"""`hone schema`: the JSON Schema of every document that leaves Hone."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer


def schema(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="One of them, e.g. hone.event/1 or event; without it, a list."),
    ] = None,
) -> None:
    """Print the JSON Schema of a document that Hone writes, sends or publishes; without NAME, which there are."""
    known = _schemas()
    if name is None:
        width = max(map(len, known))
        for each, (about, _) in known.items():
            sys.stdout.write(f"{each:<{width}}  {about}\n")
        return
    found = known.get(name) or {each.partition(".")[2].partition("/")[0]: one for each, one in known.items()}.get(name)
    if found is None:
        raise typer.BadParameter(f"there are: {', '.join(known)}", param_hint="NAME")
    sys.stdout.write(json.dumps(found[1](), indent=2) + "\n")


def _schemas() -> dict[str, tuple[str, Callable[[], dict[str, Any]]]]:
    from agent import report
    from agent.digest import notice, value
    from agent.publish.documents import EVENT, RECOMMENDATION, EventDocument, RecommendationDocument, schema_of

    return {
        report.SCHEMA: ("the report: hone report --json", report.json_schema),
        value.SCHEMA: ("a digest: hone digest --format json, webhooks and folders", value.json_schema),
        notice.SCHEMA: ("events of a minute together: webhooks and folders", lambda: schema_of(notice.Notice)),
        EVENT: ("one event: the topic publish.events", lambda: schema_of(EventDocument)),
        RECOMMENDATION: (
            "one recommendation: the topic publish.recommendations",
            lambda: schema_of(RecommendationDocument),
        ),
    }
