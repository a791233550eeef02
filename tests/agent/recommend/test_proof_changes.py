"""Which changes of a prompt count as carried out, and which do not."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import lru_cache
from random import Random
from typing import Literal

import msgspec
import pytest

from agent.config.recommend_settings import RecommendSettings
from agent.recommend.advise import Advice, advise
from agent.recommend.bills import Bills
from agent.recommend.lifecycle import merged
from agent.recommend.pace import Spent
from agent.recommend.proof.prove import prove
from agent.recommend.proof.state import Proof, decoded, encoded
from agent.recommend.proof.track import track_record
from agent.recommend.world import World
from agent.store.recommendations import Row
from agent.watch.proofs import proof_events
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


def calls(
    *, sorted_since: bool, served: bool, times: float = 1.0, end: float = END, undone: float = END, again: float = 1e12
) -> list[Call]:
    """An agent that sends its tools in another order each time, until half-way (if ever) they are sorted; then the provider reads them from
    its cache, or does not. From half-way on it has `times` the traffic. From `undone` to `again` they are not sorted, as before.
    """
    rng = Random(5)
    found: list[Call] = []
    at = START
    while at < end:
        at += rng.uniform(15, 45) / (times if at >= CHANGED else 1.0)
        mended = sorted_since and at >= CHANGED and not undone <= at < again
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
    return advise(World(found, bills, prices), found, None, None, spent, RecommendSettings(usd_day=Decimal("0.01")))


@lru_cache(maxsize=1)
def remembered() -> tuple[Proof, ...]:
    """What the analysis half-way leaves behind: until then all of these streams are the same."""
    made = calls(sorted_since=True, served=True)
    before = advice([call for call in made if call.started_at < CHANGED])
    (one,) = before.recommendations
    assert one.kind == "tool_order"
    proofs = prove({}, {}, before, CHANGED).proofs
    assert [proof.adopted_at for proof in proofs] == [None]
    return tuple(proofs)


def known() -> dict[str, Proof]:
    return {proof.id: proof for proof in remembered()}


@lru_cache(maxsize=1)
def confirmed() -> Proof:
    """Two hours later, when it was done and helps."""
    (one,) = prove(known(), {}, advice(calls(sorted_since=True, served=True)), END).proofs
    assert one.found is not None and one.found.verdict == "confirmed"
    return one


@pytest.mark.parametrize(("served", "verdict"), [(True, "confirmed"), (False, "not_confirmed")])
def test_tools_in_one_order_are_seen_and_what_the_provider_serves_decides(
    *, served: bool, verdict: Literal["confirmed", "not_confirmed"]
) -> None:
    made = calls(sorted_since=True, served=served)
    (one,) = prove(known(), {}, advice(made), END).proofs
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
    (one,) = prove(known(), {}, advice(made), END).proofs
    assert one.adopted_at is None and one.found is None


def test_what_was_forgotten_by_then_is_held_against_what_was_remembered() -> None:
    made = calls(sorted_since=True, served=True)
    noticed = confirmed()
    # Retention has taken all calls before the change, and some after it.
    late = advice([call for call in made if call.started_at > CHANGED + 0.25 * HOUR])
    (one,) = prove({noticed.id: noticed}, {}, late, END).proofs
    assert one.before and one.found is not None and one.found.verdict == "confirmed"


def _first(made: list[Call], since: float) -> float:
    return min(call.started_at for call in made if call.started_at >= since)


def test_what_was_done_and_is_back_is_to_be_done_again_and_proven_anew() -> None:
    before = confirmed()
    proofs, done = {before.id: before}, {before.id: "done"}
    # A release half an hour ago undid it: that is too short a time.
    (still,) = prove(
        proofs, done, advice(calls(sorted_since=True, served=True, end=END + HOUR / 2)), END + HOUR / 2
    ).proofs
    assert still.back is None and still.adopted_at == before.adopted_at
    undone = calls(sorted_since=True, served=True, end=END + 2 * HOUR)
    found = advice(undone)
    (back,) = prove(proofs, done, found, END + 2 * HOUR).proofs
    assert back.back is not None and back.back.at == _first(undone, END)
    assert "0 % of the input is read from the cache since then, 90 % until then" in back.back.told
    assert decoded(encoded(back)) == back
    # It is open again, and nobody else's decision is touched.
    one = found.recommendations[0]
    for status, after in (("done", "open"), ("dismissed", "dismissed")):
        likely = one.saving_usd_month.likely or 0
        facts = json.dumps({"decided": {"likely": float(likely), "measured": one.measured}}).encode()
        row = Row(one.id, status, "", "hone", END, None, START, END, one.model_dump_json().encode(), facts)
        rows, _ = merged([one], {one.id: row}, END + 2 * HOUR, {}, {one.id: back.back.told})
        assert [(each.status, each.why) for each in rows] == [(after, back.back.told if after == "open" else "")]
    (event,) = proof_events([back], {one.id: one}, END + 2 * HOUR)
    assert event.kind == "verdict" and "was carried out and confirmed, and it is back since" in event.message
    # Done once more, it is noticed once more, from the calls since it came back.
    whole = calls(sorted_since=True, served=True, end=END + 5 * HOUR, again=END + 3 * HOUR)
    (twice,) = prove({back.id: back}, {}, advice(whole), END + 5 * HOUR).proofs
    assert twice.adopted_at == [call.started_at for call in whole if call.started_at >= END + 3 * HOUR][1]
    assert twice.found is not None and twice.found.verdict == "confirmed"
    record = track_record([twice])
    assert (record.confirmed, record.proven) == (2, 2)


def test_a_provider_that_serves_less_is_no_return_of_what_was_mended() -> None:
    before = confirmed()
    mended = calls(sorted_since=True, served=True, end=END + 2 * HOUR, undone=1e12)
    worse = [
        msgspec.structs.replace(call, usage=Usage(uncached_input=SIZE, cache_read=0, output=4, input_total=SIZE))
        if call.started_at >= END
        else call
        for call in mended
    ]
    (one,) = prove({before.id: before}, {before.id: "done"}, advice(worse), END + 2 * HOUR).proofs
    assert one.back is None and one.adopted_at == before.adopted_at
