"""The log with Hone's own proposal carried out: repaired requests, put back into the APIs' shapes and served by the oracle.

What a proposal leaves as it was is taken from the records themselves, so that ids and settings which the analysis does not look
at are what they were; what it adds is plain text.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from typing import Any

import orjson

from analyzers.core import Call
from analyzers.prompt_caching.prompt import Prompt, Segment
from tests.quality.caching.bodies import Body
from tests.quality.caching.log import assigned, calls

Key = tuple[str, tuple[tuple[str, str], ...]]
"""Role, and kind and text of the parts: what a message is to the analysis."""


def applied(records: tuple[bytes, ...], repaired: Sequence[Prompt]) -> tuple[bytes, ...]:
    """The records as they would be with `repaired` (by their number) sent instead, with the usage they would have reported."""
    values = [orjson.loads(record) for record in records]
    found = calls(records)
    known = _Known(values, found, repaired)
    models = {prompt.family[1]: values[prompt.number]["request"]["model"] for prompt in repaired}
    for call, value in zip(found, values, strict=True):
        models[str(call.model)] = value["request"]["model"]
    for prompt in [_padded(prompt, found[prompt.number]) for prompt in repaired]:
        value = values[prompt.number]
        value["ttft_ms"] = round((prompt.ready_at - prompt.at) * 1e3)
        value["request"] = _body(value["request"], prompt, known, models)
    pings = _pings(values, repaired)
    return assigned([orjson.dumps(value) for value in sorted([*values, *pings], key=_at)])


def _at(value: dict[str, Any]) -> float:
    return datetime.fromisoformat(value["timestamp"]).timestamp()


def _pings(values: Sequence[dict[str, Any]], repaired: Sequence[Prompt]) -> Iterator[dict[str, Any]]:
    """What a client would send that follows the advice to ping: after each use of a prompt, until somebody uses it again."""
    end = max(map(_at, values))
    uses: defaultdict[Any, list[Prompt]] = defaultdict(list)
    for prompt in sorted(repaired, key=lambda prompt: prompt.at):
        if prompt.pings is not None:
            request = values[prompt.number]["request"]
            uses[prompt.talk if prompt.pings.whole else orjson.dumps(_alone(request))].append(prompt)
    for found in uses.values():
        for prompt, following in zip(found, [*found[1:], None], strict=True):
            assert prompt.pings is not None
            sent, at = 0, prompt.at + prompt.pings.every
            while sent < prompt.pings.most and at < (end if following is None else following.at):
                value = values[prompt.number]
                request = value["request"] if prompt.pings.whole else _alone(value["request"])
                time = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
                response = {**value["response"], "id": f"ping-{prompt.number}-{sent}"}
                request = {**request, "max_tokens": 1}
                yield {**value, "timestamp": time, "ttft_ms": 0, "request": request, "response": response}
                sent, at = sent + 1, at + prompt.pings.every


def _alone(request: Body) -> Body:
    """What stays the same of it, with the shortest message."""
    kept = [message for message in request["messages"] if message["role"] == "system"]
    return {**request, "messages": [*kept, {"role": "user", "content": "."}]}


class _Known:
    """Messages as they stand in the records, by conversation and how many like it came before in the request."""

    def __init__(self, values: Sequence[dict[str, Any]], found: Sequence[Call], prompts: Sequence[Prompt]) -> None:
        self._here: dict[tuple[int, Key, int], Body] = {}
        self._anywhere: dict[Key, Body] = {}
        talks = {prompt.number: prompt.talk for prompt in prompts}
        for number, (value, call) in enumerate(zip(values, found, strict=True)):
            raw = [message for message in value["request"]["messages"] if message["role"] != "system"]
            assert len(raw) == len(call.messages)
            before: Counter[Key] = Counter()
            for message, shown in zip(raw, call.messages, strict=True):
                key = (shown.role, tuple((part.kind, part.text) for part in shown.parts))
                self._here.setdefault((talks.get(number, -1), key, before[key]), message)
                self._anywhere.setdefault(key, message)
                before[key] += 1

    def messages(self, prompt: Prompt) -> Iterator[tuple[Body, int, tuple[Segment, ...]]]:
        """For each message the record's own with the longest beginning of its parts, how many these are, and all its parts."""
        before: Counter[Key] = Counter()
        for _, group in groupby(prompt.turns, key=lambda segment: segment.position):
            segments = tuple(group)
            key: Key = (segments[0].role, tuple((segment.kind, segment.text) for segment in segments))
            message, parts = None, len(segments)
            while message is None and parts:
                short = (key[0], key[1][:parts])
                message = self._here.get((prompt.talk, short, before[short])) or self._anywhere.get(short)
                parts -= message is None
            before[key[0], key[1][:parts]] += 1
            empty = {"role": segments[0].role, "content": []}
            yield message if message is not None else empty, parts, segments


def _body(body: Body, prompt: Prompt, known: _Known, models: dict[str, str]) -> Body:
    claude = body["model"].startswith("claude")
    made = {name: value for name, value in body.items() if name not in ("tools", "system", "messages")}
    made["model"] = models[prompt.family[1]]
    _set(made, prompt)
    tools = [segment for segment in prompt.segments if segment.level == "tools"]
    if tools:
        made["tools"] = [{**_json(s.text), **(_control(s.mark) if claude else {})} for s in tools]
    system = [segment for segment in prompt.segments if segment.level == "system"]
    if claude:
        made["system"] = [{"type": "text", "text": s.text, **_control(s.mark)} for s in system]
        made["messages"] = [_claude(*found) for found in known.messages(prompt)]
    else:
        first = [{"role": "system", "content": _texts(system)}] if system else []
        made["messages"] = first + [_openai(*found) for found in known.messages(prompt)]
    return made


def _set(body: Body, prompt: Prompt) -> None:
    rule = prompt.rule
    assert rule is not None
    for names, given in zip((rule.head, rule.system, rule.messages), prompt.settings, strict=True):
        for name in names:
            body.pop(name, None)
        body.update(json.loads(given) if given else {})
    for name in ("prompt_cache_retention", "prompt_cache_options", "cache_control"):
        body.pop(name, None)
        if name in prompt.options and name != "cache_control":
            body[name] = prompt.options[name]
    body.pop("prompt_cache_key", None)
    if prompt.cache_key:
        body["prompt_cache_key"] = prompt.cache_key


_PADDING = "\n.......\n"
"""How the analysis begins text that stands for a length, not for words."""


def _padded(prompt: Prompt, sent: Call) -> Prompt:
    """Where it proposes a length, words of a token each, as many as it says that the prompt is longer."""
    more = (prompt.total or 0) - (sent.usage.input_total or 0)
    return prompt.with_segments(
        segment._replace(text=segment.text.partition(_PADDING)[0] + " word" * more)
        if segment.level != "message" and _PADDING in segment.text
        else segment
        for segment in prompt.segments
    )


@lru_cache(maxsize=1_000)
def _json(text: str) -> Body:
    found: Body = json.loads(text)
    return found


def _control(mark: str | None) -> Body:
    return {} if mark is None else {"cache_control": {"type": "ephemeral", **({"ttl": mark} if mark != "5m" else {})}}


def _claude(message: Body, parts: int, segments: Sequence[Segment]) -> Body:
    blocks = [{name: value for name, value in block.items() if name != "cache_control"} for block in message["content"]]
    assert len(blocks) == parts
    blocks += [{"type": "text", "text": segment.text} for segment in segments[parts:]]
    marked = [{**block, **_control(segment.mark)} for block, segment in zip(blocks, segments, strict=True)]
    return {**message, "content": marked}


def _openai(message: Body, parts: int, segments: Sequence[Segment]) -> Body:
    said = [segment for segment in segments if segment.kind not in ("tool_call", "reasoning")]
    if parts == len(segments) and not any(segment.mark for segment in said):
        return message
    return {**message, "content": _texts(said)}


def _texts(segments: Sequence[Segment]) -> str | list[Body]:
    if not any(segment.mark for segment in segments):
        return "\n".join(segment.text for segment in segments)
    return [
        {
            "type": "text",
            "text": segment.text,
            **({"prompt_cache_breakpoint": {"mode": "explicit", "ttl": segment.mark}} if segment.mark else {}),
        }
        for segment in segments
    ]
