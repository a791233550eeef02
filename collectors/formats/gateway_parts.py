"""What the logs of gateways and platforms share: a provider's own bodies inside their record, outcome and operation."""

from __future__ import annotations

from typing import Any

import msgspec

from analyzers.core import Call, Usage
from collectors.around import Outcome
from collectors.context import Context
from collectors.event_stream import is_event_stream
from collectors.fields import json_text, label
from collectors.formats import anthropic, gemini, openai
from collectors.formats.format import Format

_BODIES: tuple[Format, ...] = (gemini, anthropic, openai)
_OPERATIONS = {"embed": "embeddings", "embedding": "embeddings", "embeddings": "embeddings"}
_PLAIN_TEXT = ("/completions", "/complete")


def body_call(
    request: Any, response: Any, context: Context, *, started: Any, request_id: str | None, url: Any = None
) -> Call:
    """What a provider's own request and answer say, each an object, its JSON, the text of a stream, or None.

    Its id is the answer's, else `request_id`, else that of the record; its time is `started`, else the answer's, else
    the broker's; `url` is where the request went. Where there is no body of a known shape, everything but these is
    unknown. Raises Malformed for a count that is none.
    """
    asked, answered = decoded(request), decoded(response)
    around = {"request": asked, "response": answered, "timestamp": started, "request_id": request_id, "url": url}
    found = None
    if asked is not None or answered is not None:
        skipped = context.skipped
        found = next((calls[0] for form in _BODIES if (calls := form.parse(around, context))), None)
        # An answer that is not there yet is passed over by its own format; the gateway's record still is a call.
        context.skipped = skipped
    cut = asked is None and type(request) is str and request != ""
    if found is None:
        at, source = context.when(started)
        own = context.identify(request_id, timed=source == "record")
        return Call(id=own, started_at=at, time_source=source, format="", text_state="truncated" if cut else "absent")
    return msgspec.structs.replace(found, text_state="truncated") if cut else found


def decoded(raw: Any) -> Any:
    """An object or an array as it is, or read from its JSON; the text of an event stream; None for anything else."""
    if type(raw) is dict or type(raw) is list:
        return raw or None
    if type(raw) is not str or not raw:
        return None
    return json_text(raw) if raw[0] in "{[" else raw if is_event_stream(raw) else None


def nearest(body: Usage, counted: Usage) -> Usage:
    """Usage in the provider's own words where the record has them, else as the gateway counted."""
    if body.input_total is None:
        return counted if counted.input_total is not None or body.output is None else body
    if body.output is None and counted.output is not None:
        return msgspec.structs.replace(body, output=counted.output, reasoning=counted.reasoning)
    return body


def http_outcome(code: Any, body: Call, *, failed: bool = False) -> Outcome:
    """Whether the provider answered, from the HTTP status (a number or its digits) and the error in the body.

    `failed`: the gateway says that it did not, whatever the status is.
    """
    number = http_status(code)
    if number >= 400:
        return Outcome("error", body.error_type or str(number))
    if failed:
        return Outcome("error", body.error_type or "unknown")
    return Outcome(body.status, body.error_type)


def http_status(code: Any) -> int:
    """An HTTP status, 0 for whatever is none."""
    if type(code) is str and len(code) == 3 and code.isascii() and code.isdigit():
        code = int(code)
    return code if type(code) is int and 100 <= code < 1_000 else 0


def operation(*named: Any) -> str:
    """From what a gateway calls it or the path it was sent to: embeddings, text_completion, else chat."""
    for name in named:
        if type(name) is not str or not name:
            continue
        path = name.partition("?")[0].rstrip("/").lower()
        last = path.rpartition("/")[2]
        if last in _OPERATIONS:
            return _OPERATIONS[last]
        if path.endswith(_PLAIN_TEXT) and not path.endswith("chat/completions"):
            return "text_completion"
    return "chat"


def public_name(*values: Any) -> str | None:
    """The first of these that is a name; an e-mail address is a person's and is passed over."""
    return next((found for value in values if (found := label(value)) and "@" not in found), None)
