"""Which changes of a prompt count as carried out, and which do not."""

from __future__ import annotations

import json
from decimal import Decimal
from random import Random
from typing import Literal

import pytest

from agent.config.recommend_settings import RecommendSettings
from agent.recommend.advise import Advice, advise
from agent.recommend.bills import Bills
from agent.recommend.pace import Spent
from agent.recommend.proof.prove import prove
from agent.recommend.proof.state import Proof
from analyzers import names
from analyzers.core import Call, Message, Part, Usage
from analyzers.prices import Prices
from analyzers.prompt_caching.analyse import analyse
from analyzers.prompt_caching.rules import load

START = 1_795_392_000.0
HOUR = 3_600.0
CHANGED, END = START + 2 * HOUR, START + 4 * HOUR
TOOLS = [
    Part(
        "tool_definition",
        json.dumps({"name": f"tool_{n}", "description": f"Looks up the {n}th register of the archive. " * 12}),
    )
    for n in range(12)
]
SIZE, READ = 1_700, 1_536


def calls(*, sorted_since: bool, served: bool, times: float = 1.0) -> list[Call]:
    """An agent that sends its tools in another order each time, until half-way (if ever) they are sorted; then the provider reads them from
    its cache, or does not. From half-way on it has `times` the traffic.
    """
    rng = Random(5)
    found: list[Call] = []
    at = START
    while at < END:
        at += rng.uniform(15, 45) / (times if at >= CHANGED else 1.0)
        mended = sorted_since and at >= CHANGED
        read = READ if mended and served else 0
        number = len(found)
        found.append(
            Call(
                id=f"c{number}",
                started_at=at,
                duration=1.0,
                format="hone",
                provider="openai",
                request_model="gpt-5.4",
                response_model="gpt-5.4-2026-03-05",
                app="archivist",
                conversation=f"t{number}",
                tools=tuple(TOOLS if mended else rng.sample(TOOLS, len(TOOLS))),
                messages=(Message("user", (Part("text", f"What does folder {number} say?"),)),),
                output=(Part("text", "Nothing."),),
                usage=Usage(uncached_input=SIZE - read, cache_read=read, output=4, input_total=SIZE),
            )
        )
    return found


def advice(made: list[Call]) -> Advice:
    prices = Prices()
    bills = Bills(made, prices)
    found = analyse(bills, prices, load(), names.family)
    columns = bills.columns()
    spent = Spent(Decimal(float((columns.input + columns.output).sum())), {}, (made[-1].started_at - START) / HOUR)
    return advise(found, None, None, bills, prices, spent, RecommendSettings(usd_day=Decimal("0.01")))


def remembered(made: list[Call]) -> dict[str, Proof]:
    """What the analysis half-way leaves behind."""
    before = advice([call for call in made if call.started_at < CHANGED])
    (one,) = before.recommendations
    assert one.kind == "tool_order"
    proofs = prove({}, {}, before, CHANGED).proofs
    assert [proof.adopted_at for proof in proofs] == [None]
    return {proof.id: proof for proof in proofs}


@pytest.mark.parametrize(("served", "verdict"), [(True, "confirmed"), (False, "not_confirmed")])
def test_tools_in_one_order_are_seen_and_what_the_provider_serves_decides(
    *, served: bool, verdict: Literal["confirmed", "not_confirmed"]
) -> None:
    made = calls(sorted_since=True, served=served)
    (one,) = prove(remembered(made), {}, advice(made), END).proofs
    # The first one in the new order writes; the next one shows that it can be read.
    assert one.adopted_at == [call.started_at for call in made if call.started_at >= CHANGED][1]
    real = one.found
    assert real is not None and real.verdict == verdict
    if served:
        # Nine tenths of the input at a tenth of the price, against all of it in full.
        assert one.promise.likely is not None and real.forecast_usd_month is not None
        assert float(real.saving_usd_month.likely or 0) == pytest.approx(float(real.forecast_usd_month), rel=0.1)


def test_more_traffic_alone_is_no_change() -> None:
    made = calls(sorted_since=False, served=False, times=3.0)
    (one,) = prove(remembered(made), {}, advice(made), END).proofs
    assert one.adopted_at is None and one.found is None


def test_what_was_forgotten_by_then_is_held_against_what_was_remembered() -> None:
    made = calls(sorted_since=True, served=True)
    known = remembered(made)
    whole = advice(made)
    (noticed,) = prove(known, {}, whole, CHANGED + HOUR).proofs
    # Retention has taken all calls before the change, and some after it.
    late = advice([call for call in made if call.started_at > CHANGED + 0.25 * HOUR])
    (one,) = prove({noticed.id: noticed}, {}, late, END).proofs
    assert one.before and one.found is not None and one.found.verdict == "confirmed"
