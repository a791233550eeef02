"""Equal calls that are joined leave no trace in a log but their absence: when it began, and what it saves."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import msgspec
import pytest

from agent.recommend.advise import Advice
from agent.recommend.flights import flights
from agent.recommend.proof.prove import prove
from agent.recommend.proof.state import Promise, Proof
from analyzers.core import Call
from analyzers.response_caching.requests import streams
from tests.agent.recommend.test_proof_answers import CHANGED, HOUR, START, advice, as_before, calls, usd

SHARE = 0.15


def twice(made: list[Call], *, left: float) -> tuple[list[Call], list[Call]]:
    """Some calls are made again while the answer is on its way; of these a share is `left` since the change. Also those that are not."""
    rng = Random(11)
    found: list[Call] = []
    gone: list[Call] = []
    for call in made:
        found.append(call)
        if rng.random() < SHARE:
            again = msgspec.structs.replace(call, id=f"{call.id}-again", started_at=call.started_at + 0.4)
            (found if call.started_at < CHANGED or rng.random() < left else gone).append(again)
    return found, gone


def looked(made: list[Call]) -> Advice:
    return advice(made)._replace(flights=flights(streams(made, usd)))


def known(found: Advice) -> Proof:
    """What is remembered of the recommendation; it promised what such calls cost of everything."""
    return Proof(
        id="ec-aaaaaa",
        lever="exact_cache",
        kind="single_flight",
        app="sorter",
        model=None,
        templates=(),
        until=CHANGED - 60,
        promise=Promise(likely=SHARE / (1 + SHARE), alone=SHARE / (1 + SHARE), basis=1.0),
    )


@pytest.mark.parametrize("doubled", [False, True], ids=["same traffic", "twice the traffic"])
def test_calls_that_are_joined_are_noticed_by_their_absence_and_saved_what_they_would_have_cost(
    *, doubled: bool
) -> None:
    made, gone = twice(calls(as_before, doubled=doubled), left=0.0)
    found = looked(made)
    proof = known(found)
    (one,) = prove({proof.id: proof}, {}, found, START + 6 * HOUR).proofs
    real = one.found
    assert one.adopted_at == pytest.approx(CHANGED, abs=1_200) and real is not None and real.verdict == "confirmed"
    true = float(sum(map(usd, gone), Decimal(0))) * 730 * HOUR / (made[-1].started_at - (one.adopted_at or 0.0))
    saving = real.saving_usd_month
    assert saving.low is not None and saving.high is not None
    assert float(saving.low) < true < float(saving.high)
    assert "0.0 % of the calls are made while the same answer is on its way since then" in real.why


def test_calls_that_go_on_to_be_made_twice_are_no_proof() -> None:
    """Somewhat fewer are chance, or another hour of the day."""
    made, _ = twice(calls(as_before), left=0.6)
    found = looked(made)
    proof = known(found)
    (one,) = prove({proof.id: proof}, {}, found, START + 6 * HOUR).proofs
    assert one.adopted_at is None and one.found is None


def test_equal_calls_one_after_the_other_are_not_on_their_way_together() -> None:
    made = [msgspec.structs.replace(call, duration=0.3) for call in twice(calls(as_before), left=1.0)[0]]
    assert not any(flights(streams(made, usd))["sorter"].same)
