"""The questions that a report, a digest or the dashboard may ask of the database; answers are frozen values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial

import msgspec

from agent import caching_view, input_view, intake, response_view, spend_view, tuning_view
from agent.close_look import CloseLook
from agent.config.recommend_settings import RecommendSettings
from agent.events_view import told, undelivered
from agent.intake import Intake
from agent.judging import Compared
from agent.kinds_of_request import KindsOfApp, calls_of, states
from agent.looked_at import CALLS_LOOKED_AT, calls, looked_at, no_garbage
from agent.looking_closely import close_look
from agent.models import Models
from agent.recommend.advise import advise, prompts_mended
from agent.recommend.bills import Bills
from agent.recommend.pace import spent_of
from agent.recommend.proof.over import changes
from agent.recommend.proof.prove import prove
from agent.recommend.proof.state import Proof
from agent.recommend.record import known_proofs, statuses, with_status
from agent.recommend.world import World
from agent.report import Period, Report
from agent.response_caching import answered
from agent.response_caching import pairs_to_judge as undecided
from agent.store import Store, kinds, read
from agent.store.judgements import judgements
from agent.tuning_view import Kept, Tuning
from analyzers import names
from analyzers.clusters.state import State as Known
from analyzers.core import Call
from analyzers.prices import Prices
from analyzers.prompt_caching.analyse import Analysis, analyse
from analyzers.prompt_caching.prompt import Family
from analyzers.prompt_caching.rules import Rules, load
from analyzers.response_caching.analyse import Options
from analyzers.spend import Spend as SpendAnalyzer
from analyzers.spend import State, view
from analyzers.spend.view import SpendView

_SPEND = SpendAnalyzer()
_decode_spend = msgspec.json.Decoder(State).decode
_NO_CALLS = "there are no calls"


def report(
    store: Store,
    prices: Prices,
    *,
    start_hour: int | None = None,
    end_hour: int | None = None,
    rules: Rules | None = None,
    family: Family = names.family,
    show_text: bool = False,
    tuning: Tuning | None = None,
    now: float | None = None,
    response: Options | None = None,
    models: Models | None = None,
    closely: Callable[[CloseLook], None] | None = None,
    found_kinds: Callable[[dict[str | None, Known]], None] | None = None,
    recommend: RecommendSettings | None = None,
    proven: Callable[[list[Proof]], None] | None = None,
) -> Report:
    """What came in, what it cost and what there is to gain, over the given hours (unix time // 3600, end excluded) or all.

    `rules` are the providers' cache rules, those of the package when not given; `family` says for which models they hold.
    Texts are masked unless `show_text`. Fine-tuning is looked at only with `tuning` and `now` (unix seconds), the day whose prices hold;
    response caching only with `response`, the cache that is simulated and what it may break, with `models` for its texts. `closely` is given what may be
    seen of the texts behind the report, `found_kinds` the kinds of request by which the next one knows them. `recommend` says what a
    change must bring in (the defaults when not given). `proven` is given, with `now`, what became of the recommendations so far.
    """
    spent = spend(store, prices, start_hour=start_hour, end_hour=end_hour)
    period = _period(spent)
    kept: dict[int, Call] = {}
    those = looked_at(store, start_hour, end_hour)
    bills = Bills(read.calls(store.engine, *those), prices)
    caching = _analysed(bills, read.count_calls(store.engine), prices, rules or load(), family, kept)
    cached = caching_view.section(caching, period.hours, input_tokens=_input_tokens(spent), show_text=show_text)
    known = known_proofs(store)
    said, changed = statuses(store), changes(known.values())
    # What is done is saved already.
    aside = frozenset(name for name, status in said.items() if status in ("dismissed", "done"))
    world = World(caching, bills, prices, tuning.tuned if tuning is not None else frozenset())
    spending, wanted = spent_of(spent, period.hours), recommend or RecommendSettings()
    answers = None
    if response is not None:
        answers = answered(
            read.calls(store.engine, *those),
            prices,
            caching,
            response,
            family=family,
            owner=verdicts(store),
            kinds=kinds.load(store.engine),
            models=models,
            mended=prompts_mended(world, caching, spending, wanted, dismissed=aside, changed=changed),
        )
        world.asked = calls_of(answers.kinds)
        if found_kinds is not None:
            found_kinds(states(answers.kinds))
    tuned = None
    if tuning is not None and now is not None:
        tuned = tuning_view.section(
            caching,
            kept,
            prices,
            tuning,
            hours=period.hours,
            scale=Decimal(str(cached.scaled_by)),
            now=now,
            kinds=() if answers is None else answers.kinds,
            by_day=Counter(int(bill.at // 86_400) for bill in bills.bills[world.first :]),
            show_text=show_text,
        )
        world.tried = tuning_view.tried(tuned)
    if closely is not None:
        closely(close_look(caching, [] if answers is None else answers.undecided, show_text=show_text))
    advised = partial(
        advise,
        world,
        caching,
        None if answers is None else answers.analysis,
        tuned,
        spending,
        wanted,
        accepted=with_status(store, "accepted", "done"),
    )
    advice = advised(changed=changed, dismissed=aside)
    if proven is not None and now is not None:
        found = prove(known, said, advice, now)
        proven(found.proofs)
        back = {one.id for one in found.proofs if one.back is not None and said.get(one.id) == "done"}
        if back or found.unsure or changes(found.proofs) != changed:
            advice = advised(changed=changes(found.proofs), unsure=found.unsure, dismissed=aside - back)
    return Report(
        period=period,
        input=input_view.section(store, received(store, start_hour=start_hour, end_hour=end_hour)),
        spend=spend_view.section(spent, prices, period.hours),
        prompt_caching=cached,
        response_caching=None
        if answers is None
        else response_view.section(
            answers.analysis,
            period.hours,
            scale=Decimal(str(cached.scaled_by)),
            after_prompt_caching=answers.after_prompt_caching,
            show_text=show_text,
            kinds=answers.kinds,
        ),
        fine_tuning=tuned,
        plan=advice.plan,
        recommendations=advice.recommendations,
        restraint=[
            *advice.restraint,
            *caching_view.restraints(caching),
            *(response_view.restraints(answers.analysis) if answers is not None else ()),
            *(tuning_view.restraints(tuned) if tuned is not None else ()),
        ],
        events=told(read.events(store.engine)),
        undelivered=[] if now is None else undelivered(store, now),
    )


def _input_tokens(spent: SpendView) -> int:
    counts = spent.tokens
    cached = counts.cache_read + counts.cache_write_short + counts.cache_write_long
    return counts.uncached_input + cached + counts.input_split_unknown


def kinds_of_request(
    store: Store,
    prices: Prices,
    rules: Rules,
    response: Options,
    *,
    family: Family = names.family,
    models: Models | None = None,
) -> tuple[KindsOfApp, ...]:
    """The kinds of request among the same calls, as a report of them finds them."""
    those = looked_at(store)
    count = read.count_calls(store.engine)
    caching = _analysed(read.calls(store.engine, *those), count, prices, rules, family, None)
    return answered(
        read.calls(store.engine, *those),
        prices,
        caching,
        response,
        family=family,
        owner=verdicts(store),
        kinds=kinds.load(store.engine),
        models=models,
    ).kinds


def _analysed(
    calls: Iterable[Call], count: int, prices: Prices, rules: Rules, family: Family, kept: dict[int, Call] | None
) -> Analysis:
    """Of `count` kept calls, `calls` are those that are looked at."""
    sampled = Kept(calls, min(CALLS_LOOKED_AT, count))
    with no_garbage():
        found = analyse(sampled, prices, rules, family)
    if kept is not None:
        kept.update(sampled.by_number)
    return found


def verdicts(store: Store) -> dict[bytes, bool]:
    """What the owner said of pairs of answers, by `agent.judging.key`."""
    return {one.key: one.same for one in judgements(store.engine)}


def pairs_to_judge(
    store: Store,
    prices: Prices,
    options: Options,
    *,
    family: Family = names.family,
    app: str | None = None,
    models: Models | None = None,
) -> list[Compared]:
    """Pairs for the owner to judge among the kept calls (of one application), the least certain first."""
    own = (call for call in calls(store) if app is None or call.app == app)
    with no_garbage():
        return undecided(own, prices, options, family=family, owner=verdicts(store), models=models)


def received(store: Store, *, start_hour: int | None = None, end_hour: int | None = None) -> Intake:
    """What came in."""
    rows = read.summaries(store.engine, intake.NAME, intake.VERSION, start_hour, end_hour)
    return intake.total(intake.decode(state) for _, state in rows)


def spend(store: Store, prices: Prices, *, start_hour: int | None = None, end_hour: int | None = None) -> SpendView:
    """What was spent."""
    rows = read.summaries(store.engine, _SPEND.name, _SPEND.version, start_hour, end_hour)
    return view(((key[2], _decode_spend(state)) for key, state in rows), prices)


def _period(spent: SpendView) -> Period:
    if spent.start is None or spent.end is None:
        return Period(hours_reason=_NO_CALLS)
    return Period(
        start=datetime.fromtimestamp(spent.start, UTC),
        end=datetime.fromtimestamp(spent.end, UTC),
        hours=round((spent.end - spent.start) / 3_600, 4),
    )
