"""The values of the published topics, schemas `hone.event/1` and `hone.recommendation/1`.

Names from logs are cleaned of control, direction and invisible characters and cut short; no text of prompts is in them. Money is USD,
`*_month` is 730 hours, times are UTC, `null` is "not known". Keys may be added; a changed meaning bumps the number of the schema.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agent.printable import printable
from agent.report_plan import Recommendation
from agent.report_values import Moment
from agent.store.read import StoredEventRow

EVENT: Literal["hone.event/1"] = "hone.event/1"
RECOMMENDATION: Literal["hone.recommendation/1"] = "hone.recommendation/1"
_LONGEST = 1_000
_DEEPEST = 8
_MOST = 1_000
_DOCUMENT = ConfigDict(
    frozen=True,
    populate_by_name=True,
    serialize_by_alias=True,
    use_attribute_docstrings=True,
    json_schema_serialization_defaults_required=True,
)


class EventDocument(BaseModel):
    """Something that changed: published when it is raised, and again when it is over. The key of the message is `id`."""

    model_config = _DOCUMENT

    version: Literal["hone.event/1"] = Field(default=EVENT, alias="schema")
    id: str
    kind: str
    """cache_regression, spend_anomaly, ...: `[events]` of the configuration has all."""
    subject: str
    """What it is about; at a time one event of a kind is open for it."""
    state: Literal["open", "over"]
    at: Moment
    """When it happened in the stream."""
    raised_at: Moment
    resolved_at: Moment | None = None
    lasted_s: float | None = None
    """Seconds from `raised_at` to `resolved_at`."""
    message: str
    data: dict[str, Any] = {}
    """The figures behind it; their names depend on the kind."""


class RecommendationDocument(Recommendation):
    """Something worth doing, as the report shows it. The key of the message is `id`; what the report drops is deleted by a null value.

    It is published when it is new, when its status, verdict or wording changes, and when its estimate moved by more than 5 %, at
    most once an hour, or at all, once a day.
    """

    model_config = _DOCUMENT

    version: Literal["hone.recommendation/1"] = Field(default=RECOMMENDATION, alias="schema")
    found: bool
    """The newest analysis found it (still)."""
    as_of: Moment
    """The last analysis that found it; the figures are of then."""


def event_document(row: StoredEventRow) -> EventDocument:
    """The event as others may see it."""
    over = row.resolved_at
    return EventDocument(
        id=event_id(row),
        kind=row.kind,
        subject=printable(row.subject, limit=200),
        state="open" if over is None else "over",
        at=_at(row.at),
        raised_at=_at(row.raised_at),
        resolved_at=None if over is None else _at(over),
        lasted_s=None if over is None else round(over - row.raised_at, 3),
        message=printable(row.message, limit=_LONGEST),
        data=_clean({key: value for key, value in row.data.items() if key != "weight"}),
    )


def event_id(row: StoredEventRow) -> str:
    """`ev-` and ten letters or digits: the same for every agent, and in a database that was set up anew another one."""
    said = "\0".join((row.kind, row.subject, repr(row.raised_at)))
    digest = blake2b(said.encode("utf-8", "surrogatepass"), digest_size=7).digest()
    return f"ev-{base64.b32encode(digest).decode().lower()[:10]}"


def recommendation_document(one: Recommendation, *, found: bool, as_of: float) -> RecommendationDocument:
    """The recommendation as others may see it; `as_of` is in unix seconds."""
    told = _clean(one.model_dump())
    return RecommendationDocument.model_validate({**told, "found": found, "as_of": _at(as_of)})


def written(document: EventDocument | RecommendationDocument) -> bytes:
    """The value of a message: JSON in UTF-8, its schema first."""
    said = document.model_dump(mode="json")
    return json.dumps({"schema": said.pop("schema"), **said}, ensure_ascii=False, allow_nan=False).encode()


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """JSON Schema of what is written."""
    return model.model_json_schema(by_alias=True, mode="serialization")


def _clean(value: Any, depth: int = 0) -> Any:
    """The same value with every text in it fit to be shown, and what is not finite as null."""
    if isinstance(value, str):
        return printable(value, limit=_LONGEST) if value else value
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if depth > _DEEPEST:
        return None
    if isinstance(value, Mapping):
        return {printable(str(key), limit=100): _clean(inner, depth + 1) for key, inner in list(value.items())[:_MOST]}
    if isinstance(value, list | tuple):
        return [_clean(inner, depth + 1) for inner in value[:_MOST]]
    return value


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
