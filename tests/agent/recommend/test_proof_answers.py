"""Another model, a tuned one, batches and caches of answers: when they began to answer, and what that saves."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random

import msgspec
import pytest

from agent.config.recommend_settings import RecommendSettings
from agent.recommend.advise import Advice, advise
from agent.recommend.bills import Bills
from agent.recommend.pace import Spent
from agent.recommend.proof.prove import prove
from agent.recommend.proof.state import Promise, Proof, decoded, encoded
from agent.recommend.world import World
from agent.report_plan import Lever, Realised
from analyzers import names
from analyzers.core import Call, Message, Part, Usage
from analyzers.price_key import price_key
from analyzers.prices import Override, Prices, Unpriced, cost
from analyzers.prompt_caching.analyse import analyse
from analyzers.prompt_caching.rules import load

START = 1_795_392_000.0
HOUR = 3_600.0
CHANGED = START + 3 * HOUR
BIG, SMALL, TUNED = "gpt-4.1-2025-04-14", "gpt-4.1-mini-2025-04-14", "ft:gpt-4.1-mini-2025-04-14:acme::9"
SYSTEM = Part("text", "You sort letters of customers into one of twelve drawers, and say which in one word. " * 8)
PRICES = Prices({TUNED: Override(input=Decimal("0.8"), output=Decimal("3.2"))})
"""Nobody lists the price of a tuned model: it is the owner's."""

Change = Callable[[Call, Random], Call]


def calls(change: Change, *, doubled: bool = False) -> list[Call]:
    """Six hours of an application with two calls a minute; half-way `change` is made to its calls (and their number doubles)."""
    rng = Random(3)
    found: list[Call] = []
    at = START
    while at < START + 6 * HOUR:
        at += rng.uniform(10, 50) * (0.5 if doubled and at >= CHANGED else 1.0)
        size, number = rng.randrange(250, 400), len(found)
        call = Call(
            id=f"c{number}",
            started_at=at,
            duration=1.0,
            format="hone",
            provider="openai",
            request_model=BIG,
            response_model=BIG,
            app="sorter",
            system=(SYSTEM,),
            messages=(Message("user", (Part("text", f"letter {number}: " + "word " * rng.randrange(40)),)),),
            output=(Part("text", "drawer three"),),
            usage=Usage(uncached_input=size, cache_read=0, output=rng.randrange(3, 9), input_total=size),
        )
        found.append(change(call, rng) if at >= CHANGED else call)
    return found


def advice(made: list[Call]) -> Advice:
    bills = Bills(made, PRICES)
    found = analyse(bills, PRICES, load(), names.family)
    columns = bills.columns()
    spent = Spent(Decimal(float((columns.input + columns.output).sum())), {}, 6.0)
    return advise(World(found, bills, PRICES), found, None, None, spent, RecommendSettings())


def usd(call: Call) -> Decimal:
    rates = PRICES.rates(price_key(call), call.started_at)
    assert not isinstance(rates, Unpriced)
    return cost(rates, call.usage) or Decimal(0)


def known(made: Advice, lever: Lever, kind: str, promised: float, proposed: str | None = None) -> Proof:
    """What is remembered of a recommendation that was found before the change; it promised so many USD for each of `basis`."""
    template = made.world.templates[0]
    return Proof(
        id="mc-aaaaaa",
        lever=lever,
        kind=kind,
        app="sorter",
        model=template.model,
        templates=(template.id,),
        until=CHANGED - 60,
        promise=Promise(likely=promised, alone=promised, basis=1.0),
        proposed=proposed,
    )


def proven(made: list[Call], proof: Proof, found: Advice) -> tuple[Proof, Realised]:
    (one,) = [p for p in prove({proof.id: proof}, {}, found, START + 6 * HOUR).proofs if p.id == proof.id]
    assert decoded(encoded(one)) == one
    real = one.found
    assert real is not None and one.adopted_at is not None
    first = next(call.started_at for call in made if call.started_at >= CHANGED and _is_changed(call))
    assert one.adopted_at == first
    return one, real


def _is_changed(call: Call) -> bool:
    return call.response_model != BIG or call.response_cache_hit or call.service_tier == "batch"


def month(amount: Decimal, made: list[Call], proof: Proof) -> float:
    return float(amount) * 730 * HOUR / (made[-1].started_at - (proof.adopted_at or 0.0))


def by(model: str, share: float) -> Change:
    def change(call: Call, rng: Random) -> Call:
        return (
            msgspec.structs.replace(call, response_model=model, request_model=model) if rng.random() < share else call
        )

    return change


@pytest.mark.parametrize("doubled", [False, True], ids=["same traffic", "twice the traffic"])
@pytest.mark.parametrize(
    ("model", "kind", "lever"), [(SMALL, "model_choice", "model_choice"), (TUNED, "fine_tuning", "fine_tuning")]
)
def test_another_model_saves_what_the_first_would_have_cost_more(
    model: str, kind: str, lever: Lever, *, doubled: bool
) -> None:
    made = calls(by(model, 0.5), doubled=doubled)
    since = [call for call in made if call.response_model == model]
    as_before = [msgspec.structs.replace(call, response_model=BIG, request_model=BIG) for call in since]
    saved = sum(map(usd, as_before), Decimal(0)) - sum(map(usd, since), Decimal(0))
    share = float(saved / sum(map(usd, as_before), Decimal(0)))
    found = advice(made)
    proof, real = proven(made, known(found, lever, kind, share, proposed=SMALL), found)
    assert real.verdict == "confirmed"
    assert float(real.saving_usd_month.likely or 0) == pytest.approx(month(saved, made, proof), rel=0.05)
    assert float(real.forecast_usd_month or 0) == pytest.approx(month(saved, made, proof), rel=0.05)
    assert real.calls == len(since) and "50 % of the calls" in real.why.replace("49 %", "50 %").replace("51 %", "50 %")


def test_a_model_that_is_no_cheaper_is_not_confirmed() -> None:
    made = calls(by("gpt-4o-2024-05-13", 1.0))
    found = advice(made)
    _, real = proven(made, known(found, "model_choice", "model_choice", 0.5, proposed="gpt-4o-2024-05-13"), found)
    assert real.verdict == "not_confirmed" and (real.saving_usd_month.high or 0) < 0


def test_a_tuned_model_without_a_price_cannot_be_told() -> None:
    made = calls(by("ft:acme-8b", 1.0))
    found = advice(made)
    _, real = proven(made, known(found, "fine_tuning", "fine_tuning", 0.5), found)
    assert real.verdict == "cannot_tell" and "has no price" in real.why and real.saving_usd_month.likely is None


def test_batches_save_the_difference_of_the_two_prices_of_their_own_tokens() -> None:
    def batch(call: Call, rng: Random) -> Call:
        return msgspec.structs.replace(call, service_tier="batch")

    made = calls(batch)
    since = [call for call in made if call.service_tier == "batch"]
    saved = sum((usd(msgspec.structs.replace(call, service_tier=None)) - usd(call) for call in since), Decimal(0))
    assert saved > 0
    found = advice(made)
    proof, real = proven(made, known(found, "model_choice", "batch", 0.5), found)
    assert real.verdict == "confirmed"
    assert float(real.saving_usd_month.likely or 0) == pytest.approx(month(saved, made, proof), rel=0.001)


@pytest.mark.parametrize("usage_logged", [True, False])
def test_hits_of_a_gateways_cache_save_what_such_calls_cost(*, usage_logged: bool) -> None:
    hits: list[Decimal] = []
    whole: list[Decimal] = []

    def cached(call: Call, rng: Random) -> Call:
        whole.append(usd(call))
        if rng.random() >= 0.3:
            return call
        hits.append(usd(call))
        usage = call.usage if usage_logged else Usage()
        return msgspec.structs.replace(call, response_cache_hit=True, usage=usage)

    made = calls(cached)
    found = advice(made)
    proof, real = proven(made, known(found, "exact_cache", "exact_cache", 0.3), found)
    assert real.verdict == "confirmed" and real.calls == len(hits)
    saved, promised = sum(hits, Decimal(0)), Decimal("0.3") * sum(whole, Decimal(0))
    assert float(real.saving_usd_month.likely or 0) == pytest.approx(month(saved, made, proof), rel=0.05)
    assert float(real.forecast_usd_month or 0) == pytest.approx(month(promised, made, proof), rel=0.02)


def test_of_two_caches_of_an_application_the_accepted_one_is_carried_out() -> None:
    made = calls(lambda call, rng: msgspec.structs.replace(call, response_cache_hit=rng.random() < 0.3))
    found = advice(made)
    exact = msgspec.structs.replace(known(found, "exact_cache", "exact_cache", 0.3), id="ec-aaaaaa")
    alike = msgspec.structs.replace(known(found, "semantic_cache", "semantic_cache", 0.3), id="sc-aaaaaa")
    both = {one.id: one for one in (exact, alike)}
    for accepted, expected in (({}, "ec-aaaaaa"), ({"sc-aaaaaa": "accepted"}, "sc-aaaaaa")):
        proofs = prove(both, accepted, found, START + 6 * HOUR).proofs
        assert [one.id for one in proofs if one.adopted_at is not None] == [expected]


def test_a_handful_of_calls_and_a_dismissed_one_say_nothing() -> None:
    made = calls(lambda call, rng: call)
    last = made[-3:]
    made[-3:] = [msgspec.structs.replace(call, response_model=SMALL) for call in last]
    found = advice(made)
    proof = known(found, "model_choice", "model_choice", 0.5, proposed=SMALL)
    (one,) = prove({proof.id: proof}, {}, found, START + 6 * HOUR).proofs
    assert one.adopted_at is None and one.found is None
    made = calls(by(SMALL, 1.0))
    found = advice(made)
    (one,) = prove({proof.id: proof}, {proof.id: "dismissed"}, found, START + 6 * HOUR).proofs
    assert one.adopted_at is None


def test_too_few_conversations_say_from_when_there_is_a_verdict_and_what_is_past_its_time_stays() -> None:
    made = calls(by(SMALL, 1.0))
    short = [call for call in made if call.started_at < CHANGED + 0.4 * HOUR]
    found = advice(short)
    proof = known(found, "model_choice", "model_choice", 0.5, proposed=SMALL)
    (one,) = prove({proof.id: proof}, {}, found, START + 4 * HOUR).proofs
    real = one.found
    assert real is not None and real.verdict == "cannot_tell" and real.saving_usd_month.likely is None
    assert "there is a verdict from" in real.why
    whole = advice(made)
    (one,) = prove({proof.id: one}, {}, whole, START + 6 * HOUR).proofs
    assert one.found is not None and one.found.verdict == "confirmed" and one.verdict_at == START + 6 * HOUR
    later = [msgspec.structs.replace(call, started_at=call.started_at + 8 * 24 * HOUR) for call in made]
    settled = advice([*made, *later])
    (one,) = prove({proof.id: one}, {}, settled, START + 9 * 24 * HOUR).proofs
    assert one.settled and one.verdict_at == START + 6 * HOUR
    (again,) = prove({proof.id: one}, {}, advice(later[:200]), START + 20 * 24 * HOUR).proofs
    assert again == one


UNDONE = CHANGED + 1.4 * HOUR


def until(change: Change, then: Change) -> Change:
    return lambda call, rng: (change if call.started_at < UNDONE else then)(call, rng)


def hits(share: float) -> Change:
    return lambda call, rng: msgspec.structs.replace(call, response_cache_hit=rng.random() < share)


def as_before(call: Call, rng: Random) -> Call:
    return call


@pytest.mark.parametrize(
    ("lever", "kind", "change", "then", "undone"),
    [
        ("model_choice", "model_choice", by(SMALL, 0.5), as_before, True),
        # A model that is neither is no return to the one before.
        ("model_choice", "model_choice", by(SMALL, 1.0), by("gpt-4.1-nano-2025-04-14", 1.0), False),
        ("exact_cache", "exact_cache", hits(0.4), as_before, True),
        # Fewer requests may repeat: the cache is there.
        ("exact_cache", "exact_cache", hits(0.5), hits(0.12), False),
    ],
)
def test_answers_that_come_as_before_again_are_to_be_changed_again(
    *, lever: Lever, kind: str, change: Change, then: Change, undone: bool
) -> None:
    made = calls(until(change, then))
    early = advice([call for call in made if call.started_at < UNDONE])
    proof = known(early, lever, kind, 0.2, proposed=SMALL)
    (one,) = prove({proof.id: proof}, {}, early, UNDONE).proofs
    assert one.found is not None and one.found.verdict == "confirmed"
    (after,) = prove({one.id: one}, {one.id: "done"}, advice(made), START + 6 * HOUR).proofs
    assert (after.back is not None) == undone
    if after.back is not None:
        assert after.back.at == pytest.approx(UNDONE, abs=300)
        assert "of the calls are answered in the proposed way since then" in after.back.told
