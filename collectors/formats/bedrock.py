"""Amazon Bedrock's model invocation log: one object per invocation, of any of its four operations.

Counts exclude what was read from the cache and written to it, and a cache key that is absent is zero. Bodies may be
in the record, in S3 (beyond 100 KB), or nowhere (delivery of text is off).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from analyzers.core import Call, Status, TextState, Usage
from collectors.around import Around
from collectors.context import Context
from collectors.fields import first, first_label, json_text, label, mapping
from collectors.formats import bedrock_bodies
from collectors.formats.bedrock_bodies import Answer
from collectors.identity import response_id
from collectors.times import lasting
from collectors.usage import Reported, count, normalise

NAME = "bedrock"
ANY_ENVELOPE = False

_SCHEMA = "ModelInvocationLog"
_OPAQUE = (
    "application-inference-profile/",
    "provisioned-model/",
    "custom-model/",
    "custom-model-deployment/",
    "imported-model/",
    "prompt/",
)
"""Resources of an account that stand for a model whose name the record does not give."""


def may_hold(names: Collection[str]) -> bool:
    """Whether an object with these fields may be of this format."""
    return "schemaType" in names


def parse(value: dict[str, Any], context: Context) -> list[Call] | None:
    """One call, or None when the object is no such log."""
    if value.get("schemaType") != _SCHEMA:
        return None
    given, returned = mapping(value.get("input")), mapping(value.get("output"))
    request = _body(given.get("inputBodyJson"))
    raw = _body(returned.get("outputBodyJson"))
    answer = bedrock_bodies.answer(raw)
    operation = label(value.get("operation")) or ""
    prompt = bedrock_bodies.prompt(request, converse=operation.startswith("Converse"))
    status, error = _outcome(value)
    at, source = context.when(value.get("timestamp"))
    labels = Around(context, mapping(value.get("requestMetadata"))).labels({})
    role, person = _identity(value.get("identity"))
    asked = _model(value.get("modelId"))
    request_id = label(value.get("requestId"))
    return [
        Call(
            id=context.identify(response_id(answer.id), request_id, timed=source == "record"),
            started_at=at,
            time_source=source,
            format=NAME,
            observer=NAME,
            observation=request_id or "",
            duration=lasting(answer.latency_ms, 0.001),
            time_to_first_token=lasting(answer.first_byte_ms, 0.001),
            provider="aws.bedrock",
            request_model=asked,
            response_model=answer.model if asked is None or asked.startswith(_OPAQUE) else None,
            operation=_operation(asked, request),
            app=labels.app or role,
            environment=labels.environment,
            team=labels.team,
            user=labels.user or context.user(person),
            conversation=labels.conversation,
            tags=labels.tags,
            system=prompt.system,
            tools=prompt.tools,
            messages=prompt.messages,
            output=answer.parts,
            parameters=prompt.parameters or {},
            usage=_usage(given, returned, answer, ok=status == "ok"),
            status=status,
            error_type=error,
            finish_reason=answer.finish_reason,
            service_tier=_tier(value, request, answer),
            stream="Stream" in operation if operation else None,
            text_state=_text_state(given, bool(prompt.system or prompt.messages)),
            region=first_label(value, "inferenceRegion", "region"),
            account=context.user(first(value, "accountId")),
        )
    ]


def _body(raw: Any) -> Any:
    return json_text(raw) if type(raw) is str and raw[:1] in ("{", "[") else raw


def _outcome(value: dict[str, Any]) -> tuple[Status, str | None]:
    code = label(value.get("errorCode"))
    status = value.get("status")
    number = status if type(status) is int else int(status) if type(status) is str and _is_http(status) else 0
    if code is None and number < 400:
        return "ok", None
    return "error", code or str(number)


def _is_http(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isdigit()


def _model(raw: Any) -> str | None:
    """The model's id; of an ARN what follows the account, without the kind where the rest is a model's name."""
    name = label(raw)
    if name is None or not name.startswith("arn:"):
        return name
    resource = name.split(":", 5)[-1]
    return resource if resource.startswith(_OPAQUE) else resource.rpartition("/")[2] or None


def _identity(raw: Any) -> tuple[str | None, str | None]:
    """(role, user) of the caller's ARN, one of them or none."""
    arn = mapping(raw).get("arn")
    name = arn[0] if type(arn) is list and arn else arn
    if type(name) is not str:
        return None, None
    kind, _, rest = name.split(":", 5)[-1].partition("/")
    if kind == "assumed-role":
        return label(rest.partition("/")[0]), None
    return (None, rest) if kind == "user" else (None, None)


def _operation(model: str | None, request: Any) -> str:
    if model is not None and "embed" in model:
        return "embeddings"
    return "text_completion" if type(request) is dict and ("prompt" in request or "inputText" in request) else "chat"


def _tier(value: dict[str, Any], request: Any, answer: Answer) -> str | None:
    """The tier that served, else the one asked for; latency-optimised inference has prices of its own too."""
    for found in (answer.service_tier, mapping(request).get("serviceTier"), mapping(request).get("service_tier")):
        name = label(found.get("type")) if type(found) is dict else label(found)
        if name is not None:
            return name
    latency = mapping(value.get("performanceConfig")) or mapping(mapping(request).get("performanceConfig"))
    return "latency_optimized" if latency.get("latency") == "optimized" else None


def _text_state(given: dict[str, Any], has_text: bool) -> TextState:
    if has_text:
        return "full"
    return "offloaded" if given.get("inputBodyS3Path") else "absent"


def _usage(given: dict[str, Any], returned: dict[str, Any], answer: Answer, *, ok: bool) -> Usage:
    """The log's own counts, else the body's; only the body splits cache writes by their lifetime."""
    body = answer.usage
    asked = count(given.get("inputTokenCount"), "input.inputTokenCount")
    absent = 0 if asked is not None else None
    read = count(given.get("cacheReadInputTokenCount"), "input.cacheReadInputTokenCount")
    write = count(given.get("cacheWriteInputTokenCount"), "input.cacheWriteInputTokenCount")
    out = count(returned.get("outputTokenCount"), "output.outputTokenCount")
    return normalise(
        Reported(
            input=body.input if asked is None else asked,
            output=body.output if out is None else out,
            cache_read=_known(read, body.cache_read, absent),
            cache_write=_known(write, body.cache_write, absent),
            write_short=body.write_short,
            write_long=body.write_long,
            reasoning=body.reasoning,
        ),
        includes_cache=False,
        complete=answer.complete or out is not None,
        ok=ok,
    )


def _known(*counts: int | None) -> int | None:
    return next((one for one in counts if one is not None), None)
