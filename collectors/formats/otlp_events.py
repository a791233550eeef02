"""Log records that hold one message each: conventions 1.28 to 1.36, and LiteLLM's in the words of 1.27.

| event name                                | body                                                     |
|-------------------------------------------|----------------------------------------------------------|
| gen_ai.{system,user,assistant,tool}.message | {content}, {tool_calls}, {content, id}                 |
| gen_ai.choice                             | {index, finish_reason, message: {role, content, tool_calls}} |
| gen_ai.content.prompt                     | the message; content also in attribute `gen_ai.prompt`   |
| gen_ai.content.completion                 | {index, finish_reason, message}                          |

They name neither model nor usage, so they are no calls; trace and span say whose text they are. With the capture of
content switched off they are empty, and skipped.
"""

from __future__ import annotations

from typing import Any

from analyzers.core import Message, Role
from collectors.context import Context
from collectors.fields import json_text
from collectors.formats.chat_parts import message_parts
from collectors.formats.otlp_records import Log, text_key
from collectors.fragment import Fragment

_ROLES: dict[str, Role] = {
    "gen_ai.system.message": "system",
    "gen_ai.developer.message": "developer",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
_BY_NAME: dict[str, Role] = {role: role for role in ("system", "developer", "user", "assistant", "tool")} | {
    "model": "assistant",
    "function": "tool",
}
_ANSWERS = ("gen_ai.choice", "gen_ai.content.completion")
_PROMPT = "gen_ai.content.prompt"
_LATEST_NS = 1 << 63


def fragment(one: Log, context: Context) -> Fragment | None:
    """The message of a log record, or None when it is none, holds no text or belongs to no span."""
    key = text_key(one.trace, one.span)
    if not key:
        return None
    if one.name in _ANSWERS:
        message = _answer(one)
    elif one.name in _ROLES:
        message = _message(_object(one.body), _ROLES[one.name])
    elif one.name == _PROMPT:
        message = _prompt(one)
    else:
        return None
    if message is None:
        return None
    time = _nanoseconds(one.time)
    at, source = context.when(one.time)
    return context.copy_of(
        Fragment(
            key,
            time,
            context.element or 0,
            at,
            one.name in _ANSWERS,
            message,
            "" if time and source == "record" else context.identify(timed=False),
        )
    )


def _object(body: Any) -> dict[str, Any]:
    if type(body) is str:
        decoded = json_text(body) if body[:1] == "{" else None
        return decoded if type(decoded) is dict else {"content": body}
    return body if type(body) is dict else {}


def _answer(one: Log) -> Message | None:
    body = _object(one.body)
    if (body.get("index", one.attributes.get("index")) or 0) != 0:
        # A call has one answer; further choices were asked for beside it.
        return None
    inner = body.get("message")
    message = inner if type(inner) is dict else {"content": inner if inner is not None else body.get("content")}
    if "tool_calls" in body and "tool_calls" not in message:
        message = message | {"tool_calls": body["tool_calls"]}
    if "content" not in message:
        message = message | {"content": one.attributes.get("message.content")}
    return _message(message, "assistant")


def _prompt(one: Log) -> Message | None:
    body = _object(one.body)
    if "content" not in body:
        body = body | {"content": one.attributes.get("gen_ai.prompt")}
    named = body.get("role")
    return _message(body, _BY_NAME.get(named, "user") if type(named) is str else "user")


def _message(raw: dict[str, Any], role: Role) -> Message | None:
    content = raw.get("content")
    if type(content) is dict and type(content.get("parts")) is list:
        # Google's SDKs log the content object of their own API.
        raw = raw | {"content": content["parts"]}
    if not (content or _arguments(raw.get("tool_calls"))):
        return None
    parts = message_parts(raw, role)
    return Message(role, tuple(parts)) if parts else None


def _arguments(calls: Any) -> bool:
    """Whether calls of tools come with their arguments; without content being captured they are names alone."""
    for call in calls if type(calls) is list else ():
        if type(call) is dict:
            function = call.get("function")
            inner = function if type(function) is dict else call
            if inner.get("arguments") is not None:
                return True
    return False


def _nanoseconds(time: object) -> int:
    if type(time) is str and len(time) < 20 and time.isascii() and time.isdigit():
        time = int(time)
    return time if type(time) is int and 0 < time < _LATEST_NS else 0
