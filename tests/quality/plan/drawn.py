"""Many small logs drawn from one process, so that what is true of it is known: the mean over all of them.

Conversations and questions come and go by themselves: their number is Poisson's, which they are is drawn with replacement, and how
long a conversation goes on is a matter of chance.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

import numpy as np

from tests.quality.caching import faults_system as system
from tests.quality.caching import faults_traffic as sending
from tests.quality.caching.edits import in_time
from tests.quality.caching.trajectories import START, Turn, conversations, policy, requests
from tests.quality.plan.mixed import DEAR, GUIDE, HOUR_S, Sizes, Traffic, questions


class Process(NamedTuple):
    """What is drawn on average."""

    hours: float = 4.0
    conversations: float = 36.0
    questions: float = 250.0


USUAL = Process()


def drawn(seed: int, process: Process = USUAL) -> Traffic:
    """One log: conversations with the time above their policy, and questions that repeat, each with a cache key of its own."""
    count = np.random.default_rng(seed).poisson((process.conversations, process.questions))
    rng = Random(f"{seed}:drawn")
    talks = [turn for number in range(int(count[0])) for turn in _conversation(rng, f"{seed}:{number}", process.hours)]
    parts = [
        system.clock("second", "top")(Random("clock"), in_time([talks])),
        sending.cache_key(rng, questions(seed, Sizes(hours=process.hours, questions=int(count[1])))),
    ]
    return Traffic(in_time([part.broken for part in parts]), in_time([part.fixed for part in parts]), process.hours)


def _conversation(rng: Random, name: str, hours: float) -> list[Turn]:
    """One with a length between one and eight answers, of which few are long."""
    at = START + rng.uniform(0.0, hours * HOUR_S)
    longest = min(8, 1 + int(rng.expovariate(0.5)))
    turns = []
    for before, answer in requests(rng.choice(conversations()), longest):
        first, duration = rng.uniform(0.35, 1.3), rng.uniform(1.5, 5.0)
        turns.append(
            Turn(name, at, first, duration, DEAR, (policy(),), (), before, answer, {"stream": True}, app=GUIDE)
        )
        at += duration + rng.uniform(8.0, 55.0)
    return turns
