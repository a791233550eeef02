"""The machine's clock jumps while the stream goes on."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.fixtures.agents import Agent
from tests.fixtures.parts import Kafka
from tests.fixtures.streams import Stream

DAY = 86_400.0


class Clock:
    """The time, and how far it is off."""

    def __init__(self) -> None:
        self.off = 0.0

    def __call__(self) -> float:
        return time.time() + self.off


@pytest.mark.kafka
@pytest.mark.postgres
def test_a_clock_that_jumps_changes_no_total(stream_of: Callable[..., Stream], broker: Kafka, postgres: str) -> None:
    stream, clock = stream_of(broker.bootstrap, broker.topic()), Clock()
    with Agent(postgres, clock=clock, **stream.source) as agent:
        for off in (0.0, 45 * DAY, -400 * DAY, 0.0):
            clock.off = off
            stream.put(200, repeat_every=40)
            # Reported again under another date of counting.
            stream.again()
            stream.read(agent.store, agent)
        agent.stop()
        assert stream.miscounted(agent.store) == []
