"""Traffic on which every lever pays at once, partly on the same calls, and the same traffic with its prompts mended.

| application | what it is                                                      | what is wrong, and what else there is to gain              |
|-------------|-----------------------------------------------------------------|------------------------------------------------------------|
| air-desk    | conversations with tools on a dear model                        | the tools come in another order with every request         |
| air-guide   | conversations on Claude                                         | the time stands above the policy                           |
| help-center | single questions, asked again in the same and in other words    | each request has a cache key of its own; the answers       |
|             |                                                                 | repeat; a small model answers a share of them as well      |
| intake      | documents that nobody waits for                                 | the time stands above the rules; the batch interface       |
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from agent.demo.texts import banking77, prose, structured
from tests.quality.caching import bases
from tests.quality.caching import faults_system as system
from tests.quality.caching import faults_tools as tools
from tests.quality.caching import faults_traffic as sending
from tests.quality.caching.edits import in_time
from tests.quality.caching.stream import Fault, Inject
from tests.quality.caching.trajectories import START, Pace, Turn

DESK, GUIDE, CENTER, INTAKE = "air-desk", "air-guide", "help-center", "intake"
DEAR, SMALL, CLAUDE = "gpt-5.4", "gpt-5.4-mini", "claude-sonnet-5"
HOUR_S = 3_600.0

INTENTS = (
    "card_arrival",
    "exchange_rate",
    "passcode_forgotten",
    "lost_or_stolen_phone",
    "terminate_account",
    "age_limit",
    "atm_support",
    "apple_pay_or_google_pay",
    "edit_personal_details",
    "verify_source_of_funds",
    "disposable_card_limits",
    "automatic_top_up",
)
"""Far enough apart that a cache by similarity tells them apart at a high threshold."""
_OF_THE_MOMENT = re.compile(r"\b(now|today|currently|current|yet|latest|moment|week|month|yesterday)\b", re.IGNORECASE)
_OPENINGS = ("", "", "Sure. ", "Good question. ")


class Sizes(NamedTuple):
    """How much traffic there is, over how many hours."""

    hours: float = 24.0
    questions: int = 2_400
    documents: int = 300
    conversations: int = 24


class Traffic(NamedTuple):
    """Requests in the order of time, and the same with every prompt mended."""

    broken: list[Turn]
    fixed: list[Turn]
    hours: float

    def of(self, app: str) -> Traffic:
        """The part of one application."""
        return Traffic(
            [turn for turn in self.broken if turn.app == app],
            [turn for turn in self.fixed if turn.app == app],
            self.hours,
        )


USUAL = Sizes()


def traffic(seed: int, sizes: Sizes = USUAL) -> Traffic:
    """The same seed and sizes give the same requests."""
    pace = Pace(conversations=sizes.conversations, longest=9, hours=sizes.hours)
    parts = [
        _injected(seed, tools.order(), _named(bases.conversations(Random(f"{seed}:desk"), DEAR, pace), DESK)),
        _injected(
            seed,
            system.clock("second", "top"),
            _named(bases.conversations(Random(f"{seed}:guide"), CLAUDE, pace), GUIDE),
        ),
        _injected(seed, sending.cache_key, questions(seed, sizes)),
        _injected(seed, system.clock("second", "top"), documents(seed, sizes)),
    ]
    return Traffic(in_time([part.broken for part in parts]), in_time([part.fixed for part in parts]), sizes.hours)


def _named(turns: Sequence[Turn], app: str) -> list[Turn]:
    return [turn._replace(app=app, settings={**turn.settings, "stream": True}) for turn in turns]


def _injected(seed: int, inject: Inject, turns: list[Turn]) -> Fault:
    return inject(Random(f"{seed}:{turns[0].app}"), turns)


def questions(seed: int, sizes: Sizes) -> list[Turn]:
    """Questions to a bank, popular ones again and again; every fourth goes to a small model, which answers as well."""
    rng = Random(f"{seed}:{CENTER}")
    policy, answers = prose("support_policy.md"), structured("faq_answers.json")
    asked = {intent: [text for text in banking77()[intent] if not _OF_THE_MOMENT.search(text)] for intent in INTENTS}
    turns = []
    for at in _times(rng, sizes.questions, sizes.hours):
        intent = rng.choices(INTENTS, [1 / (rank + 1) for rank in range(len(INTENTS))])[0]
        wordings = asked[intent]
        question = rng.choices(wordings, [1 / (rank + 1) for rank in range(len(wordings))])[0]
        turns.append(
            Turn(
                conversation=f"{rng.getrandbits(48):012x}",
                at=at,
                first_token=rng.uniform(0.3, 0.9),
                duration=rng.uniform(1.2, 3.0),
                model=SMALL if rng.random() < 0.25 else DEAR,
                system=(policy,),
                tools=(),
                messages=({"role": "user", "content": question},),
                answer={"role": "assistant", "content": rng.choice(_OPENINGS) + answers[intent]},
                settings={"stream": True, "temperature": 0.2},
                app=CENTER,
            )
        )
    return turns


def documents(seed: int, sizes: Sizes) -> list[Turn]:
    """Invoices to be read, one request each, of no conversation and not streamed."""
    rng = Random(f"{seed}:{INTAKE}")
    content = structured("invoice_prompt.json")
    rules = "\n\n".join([content["system"], *(f"{shot['invoice']}\n=> {shot['json']}" for shot in content["shots"])])
    turns = []
    for at in _times(rng, sizes.documents, sizes.hours):
        shot = rng.choice(content["shots"])
        number = f"{rng.choice('ABKMR')}{rng.randrange(10_000, 999_999)}"
        lines = "\n".join(
            f"{n}  item {rng.randrange(10**6)}  {rng.randrange(1, 60)} x {rng.randrange(250, 40_000) / 100:.2f}"
            for n in range(1, rng.randint(2, 8))
        )
        turns.append(
            Turn(
                conversation="",
                at=at,
                first_token=rng.uniform(0.3, 0.9),
                duration=rng.uniform(2.0, 5.0),
                model=DEAR,
                system=(rules,),
                tools=(),
                messages=({"role": "user", "content": f"INVOICE no. {number}\n{shot['invoice']}\n{lines}"},),
                answer={"role": "assistant", "content": f'{{"invoice_number":"{number}",{shot["json"][1:]}'},
                settings={"stream": False, "temperature": 0},
                app=INTAKE,
            )
        )
    return turns


def _times(rng: Random, count: int, hours: float) -> list[float]:
    return sorted(START + rng.uniform(0.0, hours * HOUR_S) for _ in range(count))
