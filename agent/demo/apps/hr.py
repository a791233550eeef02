"""hr-helper: a small tool for the staff, forty questions a day. Whatever one changed here would never pay.

OpenTelemetry GenAI spans through a Collector: an agent's span around the span of the call, and for every third call the
event that repeats it. One Collector exports protobuf, an older one JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import orjson

from agent.demo import ids, texts
from agent.demo.clock import OFFICE, first_token, writing
from agent.demo.provider import BlockCache
from agent.demo.record import Emission, Fact, Sent, Turns
from agent.demo.tokens import count, message
from agent.demo.wire.otlp import Attributes, Span, event_json, traces_json, traces_protobuf

NAME = "hr-helper"
SPANS, EVENTS = "otlp_spans", "otlp_logs"
ASKED, SERVED = "gpt-5-mini", "gpt-5-mini-2025-08-07"


class HrHelper:
    """See the module. `protobuf` False: every Collector exports JSON (a file of lines cannot hold protobuf)."""

    name = NAME
    calls_a_day = 40
    scales = False
    curve = OFFICE

    def __init__(self, seed: int, *, protobuf: bool = True) -> None:
        self._rng = Random(f"{seed}:{NAME}")  # noqa: S311  (reproducible, not secret)
        self._protobuf = protobuf
        content = texts.structured("hr_helper.json")
        self._system: str = content["system"]
        self._talk: list[tuple[str, str]] = [(question, answer) for question, answer in content["talk"]]
        self._system_piece = message("system", self._system)
        self._cache = BlockCache()
        self._resource: Attributes = {
            "service.name": NAME,
            "service.version": "1.4.0",
            "deployment.environment.name": "production",
            "telemetry.sdk.language": "python",
        }

    def session_length(self) -> int:
        return 1

    def session(self, at: float, calls: int, end: float) -> Turns:
        """One question."""
        rng = self._rng
        question, answer = rng.choice(self._talk)
        through_protobuf = rng.random() < 0.5 and self._protobuf
        trace, outer, inner = (f"{rng.getrandbits(bits):0{bits // 4}x}" for bits in (128, 64, 64))
        conversation = ids.uuid(rng)
        request: Attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": ASKED,
            "gen_ai.conversation.id": conversation,
            "server.address": "api.openai.com",
            "server.port": 443,
            "user.id": f"emp-{rng.randrange(100, 420)}",
            "team": "people",
        }
        failed = rng.random() < 0.02
        output = count(answer)
        prompt = [self._system_piece, message("user", question)]
        begins = first_token(rng, prompt[0].size + prompt[1].size, 0.4)
        ended = at + (0.2 if failed else begins + writing(rng, output, 100.0))
        if failed:
            attributes: Attributes = {**request, "error.type": "APITimeoutError"}
            fact = Fact(NAME, "otel", "openai", ASKED, at, "error")
        else:
            served = self._cache.serve(prompt, at, at + begins)
            attributes = {
                **request,
                "gen_ai.response.model": SERVED,
                "gen_ai.response.id": ids.chat_completion(rng),
                "gen_ai.response.finish_reasons": ["stop"],
                "gen_ai.usage.input_tokens": served.total,
                "gen_ai.usage.cache_read.input_tokens": served.read,
                "gen_ai.usage.output_tokens": output,
                "openai.response.service_tier": "default",
            }
            fact = Fact(
                NAME,
                "otel",
                "openai",
                SERVED,
                at,
                uncached_input=served.uncached,
                cache_read=served.read,
                output=output,
                input_total=served.total,
                notes=(("possible_cache_read", served.read),),
            )
        content = self._content(question, None if failed else answer)
        on_span = {key: orjson.dumps(value).decode() for key, value in content.items()}
        begin, finish = int(at * 1e6) * 1000, int(ended * 1e6) * 1000
        call = Span(trace, inner, outer, f"chat {ASKED}", True, begin, finish, {**attributes, **on_span}, failed)
        agent: Attributes = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": NAME,
            "gen_ai.request.model": ASKED,
            **{key: attributes[key] for key in attributes if key.startswith("gen_ai.usage.")},
        }
        around = Span(
            trace, outer, "", f"invoke_agent {NAME}", False, begin - 2_000_000, finish + 1_000_000, agent, failed
        )
        write = traces_protobuf if through_protobuf else traces_json
        sent = ended + rng.uniform(0.5, 5.0)
        value = write(self._resource, [around, call])
        emissions = [Emission(Sent(SPANS, sent, None, value, NAME), "call", fact, skipped=1)]
        if not failed and rng.random() < 0.33:
            bare = call._replace(attributes=attributes)
            repeated = Sent(EVENTS, sent + rng.uniform(0.0, 2.0), None, event_json(self._resource, bare, content), NAME)
            emissions.append(Emission(repeated, "duplicate", fact))
        yield emissions, None

    def waste(self) -> Mapping[str, object]:
        return {"fault": None, "static_tokens": self._system_piece.size}

    def _content(self, question: str, answer: str | None) -> dict[str, Any]:
        content: dict[str, Any] = {
            "gen_ai.system_instructions": [{"type": "text", "content": self._system}],
            "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": question}]}],
        }
        if answer is not None:
            part = {"type": "text", "content": answer}
            content["gen_ai.output.messages"] = [{"role": "assistant", "parts": [part], "finish_reason": "stop"}]
        return content
