"""OpenTelemetry: spans and log records as OTLP/JSON or OTLP protobuf, in all the dialects that share the envelope.

Counted is one span per request to a model, whoever wrote it:

| dialect                                             | told by                                  | read in              |
|-----------------------------------------------------|------------------------------------------|----------------------|
| GenAI conventions, OpenLLMetry, LiteLLM, SDKs, vLLM | `gen_ai.request.model` or `.response.`   | `genai`              |
| OpenInference                                       | `openinference.span.kind`                | `openinference`      |
| Vercel AI SDK up to 6                               | `ai.operationId`                         | `vercel_ai`          |
| Langfuse SDK from 3 on                              | `langfuse.observation.type`              | `langfuse_spans`     |

Spans of agents, tools, chains and servers repeat what their children report and are skipped. An event
`gen_ai.client.inference.operation.details` carries what its span carries and is the same call. Log records of single
messages are no calls but the text of one, which is joined to it when it is read (`otlp_events`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from analyzers.core import Call
from collectors.context import Context, Malformed, place
from collectors.formats import genai, langfuse_spans, openinference, otlp_events, vercel_ai
from collectors.formats.otlp_protobuf import protobuf_records
from collectors.formats.otlp_records import Log, Span, json_records

NAME = "otlp"
ANY_ENVELOPE = False

_ENVELOPES = frozenset(("resourceSpans", "resourceLogs", "resource_spans", "resource_logs"))


def may_hold(names: Collection[str]) -> bool:
    """Whether an object with these fields may be of this format."""
    return not _ENVELOPES.isdisjoint(names)


def parse(value: dict[str, Any], context: Context) -> list[Call] | None:
    """The calls of an export request as JSON, or None when it is none."""
    if _ENVELOPES.isdisjoint(value):
        return None
    return _calls(json_records(value), context)


def parse_protobuf(data: bytes, context: Context) -> list[Call] | None:
    """The calls of an export request as protobuf, or None when the bytes are none."""
    records = protobuf_records(data)
    return None if records is None else _calls(records, context)


def _calls(records: Iterable[Span | Log], context: Context) -> list[Call]:
    calls: list[Call] = []
    outer, position = context.element, -1
    for position, record in enumerate(records):
        context.element = place(outer, position)
        try:
            if isinstance(record, Span):
                call = _of_span(record, context)
            elif record.name == genai.DETAILS:
                call = genai.of_details(record, context)
            else:
                fragment = otlp_events.fragment(record, context)
                if fragment is not None:
                    context.fragments.append(fragment)
                    continue
                call = None
        except Malformed as error:
            context.reject(error.reason, f"{NAME}: {error.field}")
            continue
        if call is None:
            context.skipped += 1
        else:
            calls.append(call)
    context.element = outer
    if position < 0:
        context.reject("empty", f"{NAME}: an export request without a span or a log record")
    return calls


def _of_span(one: Span, context: Context) -> Call | None:
    attributes = one.attributes
    if "openinference.span.kind" in attributes:
        return openinference.call(one, context)
    if "ai.operationId" in attributes:
        return vercel_ai.call(one, context)
    if "langfuse.observation.type" in attributes and "gen_ai.request.model" not in attributes:
        # A gateway that writes for Langfuse too says more under the conventions' names.
        return langfuse_spans.call(one, context)
    return genai.of_span(one, context)
