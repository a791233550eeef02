"""support-bot: a clock line and a session id above 2,000 tokens of policy, so that nothing is ever read from the cache.

OpenAI Chat Completions in the team's own envelope, multi-turn with the whole history, a plateau by day.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from agent.demo import ids, texts
from agent.demo.apps.support_release import Release
from agent.demo.clock import SHOP, first_token, next_turn, writing, zipf
from agent.demo.provider import BlockCache, Served
from agent.demo.record import Emission, Fact, Sent, Turns
from agent.demo.tokens import Piece, count, message, tokenize
from agent.demo.wire.envelope import envelope, openai_error, stamp
from agent.demo.wire.openai_chat import completion, events

NAME = "support-bot"
TOPIC = "llm.openai"
ASKED, SERVED = "gpt-5.4", "gpt-5.4-2026-03-05"
_LENGTHS, _LENGTH_WEIGHTS = (1, 2, 3, 4, 6), (46, 27, 14, 8, 5)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "2 December", "27 November")
_LONGER = (
    " I explain the rule behind this so that you can check it: our conditions describe it in the section on orders and "
    "delivery, and they apply to all goods of this order alike. If you plan another order, lighting and bird feeders "
    "are reduced by 15 per cent until 6 December, and the reduction is taken off in the basket."
)


class _Conversation:
    """What one customer and the bot have said so far."""

    def __init__(self, session: str, user: str, topic: dict[str, Any], slots: dict[str, str], repeated: bool) -> None:
        self.id = session
        self.user = user
        self.topic = topic
        self.slots = slots
        self.turns = 0
        self.messages: list[dict[str, str]] = []
        self.pieces: list[Piece] = []
        self.labels = {"app": NAME, "environment": "production", "conversation_id": session}
        self._repeated = repeated

    def say(self, role: str, words: str) -> None:
        self.messages.append({"role": role, "content": words})
        self.pieces.append(message(role, words))

    def notes(self) -> tuple[tuple[str, int], ...]:
        if self.turns:
            return ()
        return (
            ("first_turns", 1),
            ("topic:" + self.topic["name"], 1),
            ("repeated_first_questions", int(self._repeated)),
        )


class SupportBot:
    """See the module. `regression_at`: from this time on a longer prompt and longer answers are deployed.

    `release` is one that changes what stands above the policy. `possible`: also run the cache over the mended prompts, and over
    those without the release, for the truth.
    """

    name = NAME
    calls_a_day = 10_000
    scales = True
    curve = SHOP

    def __init__(
        self,
        seed: int,
        *,
        regression_at: float | None = None,
        release: Release | None = None,
        possible: bool = True,
    ) -> None:
        self._rng = Random(f"{seed}:{NAME}")  # noqa: S311  (reproducible, not secret)
        self._lengths = Random(f"{seed}:{NAME}:lengths")  # noqa: S311
        self._regression_at = regression_at
        policy = texts.prose("support_policy.md")
        longer = policy + "\n" + texts.prose("support_promotions.md")
        self._policies = (policy, longer)
        self._pieces = tuple(Piece((*tokenize(body), "<end>")) for body in self._policies)
        self._alone = tuple(message("system", body) for body in self._policies)
        self._texts: dict[str, Any] = texts.structured("support_talk.json")
        self._popularity = zipf(len(self._texts["topics"]), 0.9)
        self._cache = BlockCache()
        self._mended = BlockCache() if possible else None
        self._release = release
        self._unreleased = BlockCache() if possible and release is not None else None
        self._asked: set[str] = set()

    def session_length(self) -> int:
        return self._lengths.choices(_LENGTHS, _LENGTH_WEIGHTS)[0]

    def session(self, at: float, calls: int, end: float) -> Turns:
        """One conversation. A call that the provider refuses is tried again as the next call."""
        rng = self._rng
        talk = self._begin()
        for left in range(calls - 1, -1, -1):
            emission, ended, answer = self._call(at, talk)
            if answer is None:
                at = ended + rng.uniform(0.5, 2.5)
            else:
                talk.turns += 1
                talk.say("assistant", answer)
                talk.say("user", rng.choice(self._texts["follow_ups"]).format(**talk.slots))
                at = next_turn(rng, ended, 35.0, end)
            yield (emission,), (at if left else None)

    def waste(self) -> Mapping[str, object]:
        head = self._head(0.0, "0" * 36)
        return {
            "fault": "timestamp_before_static",
            "static_tokens": self._pieces[0].size,
            "static_tokens_after_regression": self._pieces[1].size if self._regression_at is not None else None,
            "clock_line": {"segment": "system", "start": 0, "end": len(head.split("\n")[0])},
            "head_characters": len(head),
            "regression_at": self._regression_at,
        }

    def _begin(self) -> _Conversation:
        rng = self._rng
        topic = rng.choices(self._texts["topics"], cum_weights=self._popularity)[0]
        slots = {
            "order": f"FW-{rng.randrange(10**6, 10**7)}",
            "item": rng.choice(self._texts["items"]),
            "plant": rng.choice(self._texts["plants"]),
            "city": rng.choice(self._texts["cities"]),
            "day": rng.choice(_DAYS),
        }
        pattern = rng.choice(topic["ask"])
        question = pattern.format(**slots)
        if rng.random() < 0.0005:
            question += "\x00"
        repeated = "{order}" not in pattern and self._repeated(question)
        talk = _Conversation(ids.uuid(rng), f"u-{rng.getrandbits(32):08x}", topic, slots, repeated)
        talk.say("user", question)
        return talk

    def _call(self, at: float, talk: _Conversation) -> tuple[Emission, float, str | None]:
        """One request: its record, when it ended, and the answer (None: refused)."""
        rng = self._rng
        deployed = int(self._regression_at is not None and at >= self._regression_at)
        head = self._head(at, talk.id)
        dice = rng.random()
        stream, silent = dice < 0.55, dice < 0.02
        release = self._release if self._release is not None and at >= self._release.at else None
        above, below = (head, None) if release is None else release.place(head, f"{talk.id}:{talk.turns}")
        request: dict[str, Any] = {
            "model": ASKED,
            "messages": [
                {"role": "system", "content": above + self._policies[deployed]},
                *talk.messages,
                *([] if below is None else [{"role": "system", "content": below}]),
            ],
            "temperature": 0.3,
            "max_completion_tokens": 400,
            "metadata": {"app": NAME, "team": "support", "release": ("2026.11.2", "2026.11.3")[deployed]},
            "safety_identifier": talk.user,
        }
        if stream:
            request["stream"] = True
            if not silent:
                request["stream_options"] = {"include_usage": True}
        if dice >= 0.989:
            return self._refused(at, talk, request, 429 if dice < 0.997 else 500)
        answers = self._texts["follow_answers"] if talk.turns else talk.topic["answer"]
        answer = rng.choice(answers).format(**talk.slots) + (_LONGER if deployed else "")
        output = count(answer)
        as_before = [Piece(("<system>", *tokenize(head))), self._pieces[deployed], *talk.pieces]
        prompt = as_before
        if below is not None:
            first = (
                [Piece(("<system>", *tokenize(above))), self._pieces[deployed]] if above else [self._alone[deployed]]
            )
            prompt = [*first, *talk.pieces, message("system", below)]
        begins = first_token(rng, sum(piece.size for piece in prompt), 0.35)
        served = self._cache.serve(prompt, at, at + begins)
        ended = at + begins + writing(rng, output, 90.0)
        name = ids.chat_completion(rng)
        value = envelope(
            at=at,
            duration=ended - at,
            first_token=begins if stream else None,
            status_code=200,
            request=request,
            response=events(name, at, SERVED, answer)
            if silent
            else completion(name, at, SERVED, answer, served, output),
            **talk.labels,
        )
        notes = talk.notes()
        fact = Fact(NAME, "openai", "openai", SERVED, at, notes=notes) if silent else _fact(at, served, output, notes)
        if self._mended is not None:
            better = [self._alone[deployed], *talk.pieces, message("system", head)]
            possible = self._mended.serve(better, at, at + begins).read
            if not silent:
                fact = fact._replace(notes=(*notes, ("possible_cache_read", possible)))
        if self._unreleased is not None:
            without = self._unreleased.serve(as_before, at, at + begins).read
            if release is not None and not silent:
                fact = fact._replace(
                    notes=(
                        *fact.notes,
                        ("since_release_calls", 1),
                        ("since_release_cache_read", served.read),
                        ("since_release_cache_read_without", without),
                    )
                )
        return Emission(Sent(TOPIC, ended, talk.id.encode(), value, NAME), "call", fact), ended, answer

    def _refused(
        self, at: float, talk: _Conversation, request: dict[str, Any], code: int
    ) -> tuple[Emission, float, None]:
        ended = at + self._rng.uniform(0.05, 0.4)
        value = envelope(
            at=at,
            duration=ended - at,
            first_token=None,
            status_code=code,
            request=request,
            response=openai_error(code),
            **talk.labels,
        )
        fact = Fact(NAME, "openai", "openai", ASKED, at, "error")
        return Emission(Sent(TOPIC, ended, talk.id.encode(), value, NAME), "call", fact), ended, None

    @staticmethod
    def _head(at: float, session: str) -> str:
        return f"Current time: {stamp(at)}\nSession: {session}\n\n"

    def _repeated(self, question: str) -> bool:
        if question in self._asked:
            return True
        if len(self._asked) < 10_000:
            self._asked.add(question)
        return False


def _fact(at: float, served: Served, output: int, notes: tuple[tuple[str, int], ...]) -> Fact:
    return Fact(
        NAME,
        "openai",
        "openai",
        SERVED,
        at,
        uncached_input=served.uncached,
        cache_read=served.read,
        output=output,
        input_total=served.total,
        notes=notes,
    )
