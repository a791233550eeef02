"""Which calls a response cache could serve, as far as one call tells; what only all calls tell is in `requests`.

The reasons of `REASONS` are tried in their order and the first that holds is counted, so that every call is counted once.
A call that a gateway's own cache answered is a request like any other: it shows demand and costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from analyzers.core import Call
from analyzers.response_caching.settings import Settings

Reason = Literal[
    "other_operation",
    "failed",
    "no_text",
    "media",
    "several_answers",
    "tool_result",
    "tool_call",
    "cut_answer",
    "refused",
    "creative",
    "time_dependent",
    "personal_context",
    "conversation",
]

REASONS: Mapping[Reason, str] = MappingProxyType(
    {
        "other_operation": "no question that is answered by a text (embeddings, moderation, images, speech)",
        "failed": "the provider refused it or it broke off: there was no answer to keep",
        "no_text": "the log holds no whole text of the question, or there is none by the user",
        "media": "an image, a sound or a file belongs to the question or to the answer",
        "several_answers": "more than one answer was asked for",
        "tool_result": "the last message is the result of a tool: what it says is of this moment",
        "tool_call": "the answer calls a tool: a step of an agent, not an answer",
        "cut_answer": "the answer was cut off, so no cache should keep it",
        "refused": "the model or a filter refused to answer, so no cache should keep it",
        "creative": "a temperature above 1 asks for another answer each time",
        "time_dependent": "the question asks for the state of the world now, or the answer names the day of the request",
        "personal_context": "data of one person is in the prompt: an address, a number, a name, a text that goes with the user",
        "conversation": "it follows on earlier turns that no other conversation has, or that the log does not show",
    }
)
"""Every reason for which a call is not looked up, in the order in which they are tried, with what it means."""

_OPERATIONS = frozenset(("", "chat", "text_completion", "completion", "generate_content", "responses", "messages"))
_MEDIA = frozenset(("image", "audio", "file"))
_CUT = frozenset(("length", "max_tokens", "max_output_tokens", "incomplete", "model_context_window_exceeded"))
_REFUSED = frozenset(
    (
        "content_filter",
        "content_filtered",
        "refusal",
        "safety",
        "blocklist",
        "prohibited_content",
        "recitation",
        "spii",
        "guardrail_intervened",
    )
)


class Asked(NamedTuple):
    """The last message of the user: its text, and which message it is."""

    text: str
    place: int


def asked(call: Call) -> Asked | None:
    """What the user asked last; None where the messages hold no text by a user."""
    messages = call.messages
    for place in range(len(messages) - 1, -1, -1):
        message = messages[place]
        if message.role != "user":
            continue
        parts = message.parts
        text = parts[0].text if len(parts) == 1 else "\n".join([part.text for part in parts if part.kind == "text"])
        return Asked(text, place) if text and not text.isspace() else None
    return None


def reason(call: Call, question: Asked | None, settings: Settings) -> Reason | None:
    """Why no cache could serve this call, from the call alone; None where nothing of it speaks against it."""
    if call.operation.lower() not in _OPERATIONS:
        return "other_operation"
    if call.status == "error" or call.error_type is not None:
        return "failed"
    if call.text_state not in ("full", "hashes") or not call.messages:
        return "no_text"
    for message in call.messages:
        for part in message.parts:
            if part.kind in _MEDIA:
                return "media"
    kinds = [part.kind for part in call.output]
    if not _MEDIA.isdisjoint(kinds) or settings.media:
        return "media"
    if settings.several:
        return "several_answers"
    last = call.messages[-1]
    if last.role == "tool" or any(part.kind == "tool_result" for part in last.parts):
        return "tool_result"
    finish = (call.finish_reason or "").lower()
    if "tool_call" in kinds or finish in ("tool_calls", "tool_use", "function_call"):
        return "tool_call"
    if question is None:
        return "no_text"
    if finish in _CUT:
        return "cut_answer"
    if finish in _REFUSED:
        return "refused"
    if settings.creative:
        return "creative"
    return "time_dependent" if settings.live else None
