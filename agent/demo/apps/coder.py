"""agent-coder: an agent whose tools come out of a set, in another order each time, so every step is written anew.

OpenAI Responses in the team's own envelope: many steps with the whole history, tool calls and their results, on a model
that bills cache writes. In a fixed order all but the last step would be read from the cache.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import orjson

from agent.demo import ids, texts
from agent.demo.clock import OFFICE, first_token, writing
from agent.demo.provider import BreakpointCache, Served, implicit_points
from agent.demo.record import Emission, Fact, Sent, Turns
from agent.demo.tokens import Piece, count, message
from agent.demo.wire.envelope import envelope, openai_error
from agent.demo.wire.openai_responses import response

NAME = "agent-coder"
TOPIC = "llm.openai.responses"
ASKED, SERVED = "gpt-5.6-terra", "gpt-5.6-terra-2026-07-09"
_ARGUMENTS = {
    "read_file": "{file}",
    "search_text": "quantize|rounding",
    "run_tests": "tests/{area}",
    "edit_file": "{file}",
    "git_diff": "{file}",
    "list_folder": "src/{area}",
}


class AgentCoder:
    """See the module. `possible`: also run the cache over prompts with sorted tools, for the truth."""

    name = NAME
    calls_a_day = 960
    scales = True
    curve = OFFICE

    def __init__(self, seed: int, *, possible: bool = True) -> None:
        self._rng = Random(f"{seed}:{NAME}")  # noqa: S311  (reproducible, not secret)
        self._lengths = Random(f"{seed}:{NAME}:lengths")  # noqa: S311
        self._texts: dict[str, Any] = texts.structured("coder.json")
        self._tools: list[dict[str, Any]] = self._texts["tools"]
        self._tool_pieces = [message("tools", orjson.dumps(tool).decode()) for tool in self._tools]
        self._developer = message("developer", self._texts["instructions"])
        self._fixed_size = self._developer.size + sum(piece.size for piece in self._tool_pieces)
        self._cache = BreakpointCache(minimum=1024, ttl=1800.0)
        self._sorted = BreakpointCache(minimum=1024, ttl=1800.0) if possible else None

    def session_length(self) -> int:
        return self._lengths.randint(5, 22)

    def session(self, at: float, calls: int, end: float) -> Turns:
        """One task, solved in `calls` steps; the last one answers."""
        rng = self._rng
        session = ids.uuid(rng)
        task = rng.choice(self._texts["tasks"])
        items: list[dict[str, Any]] = [{"role": "user", "content": task}]
        pieces = [message("user", task)]
        roles = ["user"]
        for left in range(calls - 1, -1, -1):
            order = rng.sample(range(len(self._tools)), len(self._tools))
            request: dict[str, Any] = {
                "model": ASKED,
                "instructions": self._texts["instructions"],
                "input": list(items),
                "tools": [self._tools[index] for index in order],
                "parallel_tool_calls": False,
                "store": False,
                "metadata": {"app": NAME, "team": "platform", "session": session},
            }
            if rng.random() < 0.01:
                ended = at + rng.uniform(0.05, 0.4)
                yield (self._refused(at, ended, session, request),), (ended + 1.5 if left else None)
                at = ended + 1.5
                continue
            produced, result = self._step(last=left == 0)
            words = [orjson.dumps(item).decode() for item in produced]
            output = sum(count(word) for word in words)
            tools = [self._tool_pieces[index] for index in order]
            size = self._fixed_size + sum(piece.size for piece in pieces)
            begins = first_token(rng, size, 0.5)
            served = _serve(self._cache, tools, self._developer, pieces, roles, at, at + begins)
            ended = at + begins + writing(rng, output, 80.0)
            body = response(ids.response(rng), at, ended - at, SERVED, produced, served, output, request["tools"])
            value = envelope(
                at=at,
                duration=ended - at,
                first_token=None,
                status_code=200,
                request=request,
                response=body,
                **_labels(session),
            )
            fact = _fact(at, served, output)
            if self._sorted is not None:
                mended = _serve(self._sorted, self._tool_pieces, self._developer, pieces, roles, at, at + begins)
                notes = (("possible_cache_read", mended.read), ("possible_cache_write", mended.written))
                fact = fact._replace(notes=notes)
            yield (
                (Emission(Sent(TOPIC, ended, session.encode(), value, NAME), "call", fact),),
                ((at := ended + rng.lognormvariate(0.0, 0.8) * 2.0) if left else None),
            )
            if result is not None:
                items += (*produced, result)
                pieces += (message("assistant", "".join(words)), message("tool", result["output"]))
                roles += ("assistant", "tool")

    def waste(self) -> Mapping[str, object]:
        return {
            "fault": "tool_order",
            "static_tokens": self._fixed_size,
            "tool_tokens": sum(piece.size for piece in self._tool_pieces),
            "tools": len(self._tools),
        }

    def _step(self, *, last: bool) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        """What the model puts out, and the result of the tool it called (None: it is done)."""
        rng = self._rng
        file = rng.choice(self._texts["files"])
        saying = self._texts["done"].format(file=file) if last else rng.choice(self._texts["says"])
        spoken = {
            "id": "msg_" + f"{rng.getrandbits(128):032x}",
            "type": "message",
            "status": "completed",
            "role": "assistant",
            "content": [{"type": "output_text", "text": saying, "annotations": []}],
        }
        if last:
            return [spoken], None
        name = rng.choice(tuple(_ARGUMENTS))
        target = _ARGUMENTS[name].format(file=file, area=file.split("/")[1])
        call_id = "call_" + ids.alphanumeric(rng, 24)
        first = next(tool for tool in self._tools if tool["name"] == name)["parameters"]["properties"]
        arguments = orjson.dumps({next(iter(first)): target}).decode()
        call = {
            "id": "fc_" + f"{rng.getrandbits(128):032x}",
            "type": "function_call",
            "status": "completed",
            "name": name,
            "call_id": call_id,
            "arguments": arguments,
        }
        begin = rng.randrange(1, 400)
        lines = rng.choices(self._texts["code"], k=rng.randrange(6, 45))
        found = "\n".join(f"{begin + index}: {line}" for index, line in enumerate(lines))
        return [spoken, call], {"type": "function_call_output", "call_id": call_id, "output": found}

    def _refused(self, at: float, ended: float, session: str, request: dict[str, Any]) -> Emission:
        value = envelope(
            at=at,
            duration=ended - at,
            first_token=None,
            status_code=429,
            request=request,
            response=openai_error(429),
            **_labels(session),
        )
        fact = Fact(NAME, "openai", "openai", ASKED, at, "error")
        return Emission(Sent(TOPIC, ended, session.encode(), value, NAME), "call", fact)


def _labels(session: str) -> dict[str, str]:
    return {"app": NAME, "environment": "production", "conversation_id": session}


def _serve(
    cache: BreakpointCache,
    tools: Sequence[Piece],
    developer: Piece,
    pieces: Sequence[Piece],
    roles: Sequence[str],
    at: float,
    answering: float,
) -> Served:
    marks, lookups = implicit_points(["tools"] * len(tools) + ["developer", *roles])
    return cache.serve([*tools, developer, *pieces], marks, lookups, at, answering)


def _fact(at: float, served: Served, output: int) -> Fact:
    return Fact(
        NAME,
        "openai",
        "openai",
        SERVED,
        at,
        uncached_input=served.uncached,
        cache_read=served.read,
        cache_write_short=served.written,
        cache_write_long=0,
        output=output,
        input_total=served.total,
    )
