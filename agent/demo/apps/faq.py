"""faq-bot: the same questions in other words, again and again; and a cache mark on a prompt that is too short for it.

Anthropic Messages in the team's own envelope, one turn each. The questions are those of Banking77, so which of them
want the same answer is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from agent.demo import ids, texts
from agent.demo.clock import PHONE, first_token, writing, zipf
from agent.demo.provider import BreakpointCache, claude_lookups
from agent.demo.record import Emission, Fact, Sent, Turns
from agent.demo.tokens import count, message
from agent.demo.wire.anthropic import message as answered
from agent.demo.wire.anthropic import overloaded
from agent.demo.wire.envelope import envelope

NAME = "faq-bot"
TOPIC = "llm.anthropic"
ASKED, SERVED = "claude-haiku-4-5", "claude-haiku-4-5-20251001"
_MINIMUM = 4096
"""Claude Haiku 4.5 caches nothing below this, and does not say so."""
_OPENINGS = ("", "", "", "Sure. ", "Good question. ", "No problem. ")


class FaqBot:
    """See the module."""

    name = NAME
    calls_a_day = 4_500
    scales = True
    curve = PHONE

    def __init__(self, seed: int) -> None:
        self._rng = rng = Random(f"{seed}:{NAME}")  # noqa: S311  (reproducible, not secret)
        self._questions = texts.banking77()
        self._intents = list(self._questions)
        rng.shuffle(self._intents)
        self._popularity = zipf(len(self._intents), 0.8)
        self._within = {count: zipf(count, 0.55) for count in {len(found) for found in self._questions.values()}}
        self._answers: Mapping[str, str] = texts.structured("faq_answers.json")
        self._system = texts.prose("faq_system.md")
        self._system_piece = message("system", self._system)
        self._cache = BreakpointCache(minimum=_MINIMUM, ttl=300.0)
        self._asked: set[str] = set()

    def session_length(self) -> int:
        return 1

    def session(self, at: float, calls: int, end: float) -> Turns:
        """One question."""
        rng = self._rng
        intent = rng.choices(self._intents, cum_weights=self._popularity)[0]
        questions = self._questions[intent]
        question = rng.choices(questions, cum_weights=self._within[len(questions)])[0]
        user = f"{rng.getrandbits(48):012x}"
        request: dict[str, Any] = {
            "model": ASKED,
            "max_tokens": 300,
            "temperature": 0.2,
            "system": [{"type": "text", "text": self._system, "cache_control": {"type": "ephemeral"}}],
            "messages": [{"role": "user", "content": question}],
            "metadata": {"user_id": user},
        }
        labels = {"app": NAME, "environment": "production", "team": "app", "tags": ["team:app", "channel:ios"]}
        if rng.random() < 0.006:
            ended = at + rng.uniform(0.1, 0.8)
            value = envelope(
                at=at,
                duration=ended - at,
                first_token=None,
                status_code=529,
                request=request,
                response=overloaded("req_01" + ids.alphanumeric(rng, 22)),
                **labels,
            )
            fact = Fact(NAME, "anthropic", "anthropic", ASKED, at, "error")
            yield (Emission(Sent(TOPIC, ended, user.encode(), value, NAME), "call", fact),), None
            return
        answer = rng.choice(_OPENINGS) + self._answers[intent]
        output = count(answer)
        prompt = [self._system_piece, message("user", question)]
        begins = first_token(rng, prompt[0].size + prompt[1].size, 0.3)
        served = self._cache.serve(prompt, [0], claude_lookups([0]), at, at + begins)
        ended = at + begins + writing(rng, output, 110.0)
        value = envelope(
            at=at,
            duration=ended - at,
            first_token=None,
            status_code=200,
            request=request,
            response=answered(ids.claude_message(rng), SERVED, answer, served, output),
            **labels,
        )
        notes = [("intent:" + intent, 1), ("exact_repeats", int(question in self._asked))]
        self._asked.add(question)
        fact = Fact(
            NAME,
            "anthropic",
            "anthropic",
            SERVED,
            at,
            uncached_input=served.uncached,
            cache_read=served.read,
            cache_write_short=served.written,
            cache_write_long=0,
            output=output,
            input_total=served.total,
            notes=tuple(notes),
        )
        yield (Emission(Sent(TOPIC, ended, user.encode(), value, NAME), "call", fact),), None

    def waste(self) -> Mapping[str, object]:
        return {"fault": "below_minimum", "static_tokens": self._system_piece.size, "cache_minimum": _MINIMUM}
