"""The watchers: what they see in the summaries of a stream, in a report, in prices and dates, and beside the stream."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random

import msgspec
import pytest

from agent import intake
from agent.analyst import analyse
from agent.config import load
from agent.config.settings import Settings
from agent.events import open_events
from agent.intake import Intake
from agent.store import Store, open_store
from agent.store.analyses import Analysis, keep, since
from agent.watch import lag, models, thresholds, whole_days
from agent.watch.crossing import crossing
from agent.watch.hourly import AppModel, Hourly, Recent, hourly
from agent.watch.lag import LagWatch
from agent.watch.look import after_analysis, beside_the_stream
from agent.watch.spend import KIND as SPEND
from analyzers.core import Call, Usage
from analyzers.price_key import price_key
from analyzers.prices import Override, Prices
from analyzers.spend import Spend
from collectors.source import Partition

HOUR = 3_600.0
DAY = 24
START = 1_790_000_000 // 3_600
NOW = (START + 30 * DAY) * HOUR
_encode = msgspec.json.Encoder().encode


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'hone.db'}")
    yield opened
    opened.close()


def settings_of(store: Store, **events: object) -> Settings:
    given = {f"HONE_EVENTS__{name.upper()}": str(value) for name, value in events.items()}
    return load(None, {"HONE_STORE__URL": str(store.engine.url), **given})


def call(hour: int, n: int, *, model: str = "gpt-5", provider: str = "openai", tokens: int = 50_000) -> Call:
    usage = Usage(input_total=tokens, uncached_input=tokens, cache_read=0, output=1_000)
    at = hour * HOUR + n
    return Call(
        id=f"{model}-{hour}-{n}",
        started_at=at,
        format="hone",
        provider=provider,
        request_model=model,
        app="shop",
        usage=usage,
    )


def put(store: Store, calls: Sequence[Call], rejected: Mapping[int, Mapping[str, int]] = {}) -> None:
    """Summaries alone, as a commit writes them."""
    hours: dict[int, list[Call]] = {}
    for one in calls:
        hours.setdefault(int(one.started_at // HOUR), []).append(one)
    spend = Spend()
    rows: list[tuple[object, ...]] = [
        ("spend", spend.version, hour, "t", 0, _encode(spend.fold(spend.empty(), some))) for hour, some in hours.items()
    ]
    for hour in hours.keys() | rejected.keys():
        refused = dict(rejected.get(hour, {}))
        arrived = intake.arrived(hours.get(hour, []))
        records = arrived.calls + sum(refused.values())
        rows.append(("intake", 1, hour, "t", 0, intake.encode(arrived + Intake(records=records, rejected=refused))))
    with store.transaction() as transaction:
        transaction.insert("summary", rows)
        transaction.bump(1.0)


def traffic(days: int, doubled_from: int | None = None) -> list[Call]:
    """Twenty calls an hour of some sixty cents each, and at night five."""
    calls = []
    for hour in range(START, START + days * DAY):
        times = 2 if doubled_from is not None and hour >= doubled_from else 1
        calls += [call(hour, n) for n in range(times * (20 if 8 <= hour % DAY < 20 else 5))]
    return calls


def report(at: float = NOW, **parts: object) -> Analysis:
    return Analysis(at, None, None, 1, 1.0, json.dumps(parts).encode())


def look(store: Store, settings: Settings, now: float = NOW, analysis: Analysis | None = None) -> list[str]:
    fresh = after_analysis(store, settings, Prices(), analysis or report(now), now)
    return [f"{event.kind}: {event.message}" for event in fresh]


def test_the_hours_are_those_that_were_counted_and_the_one_that_runs_is_left_out(store: Store) -> None:
    calls = [call(START, n) for n in range(4)] + [call(START + 1, 0, model="own-model"), call(START + 2, 0)]
    put(store, calls)
    found = hourly(store, Prices(), START + 2)
    assert found is not None
    one = found.series[AppModel("shop", "gpt-5")]
    assert set(one) == {START}
    assert one[START].usd == pytest.approx(4 * (50_000 * 1.25 + 1_000 * 10) / 1e6)
    assert (one[START].calls, one[START].tokens) == (4, 4 * 51_000)
    assert found.series[AppModel("shop", "own-model")][START + 1].usd == 0
    assert {of: recent.calls for of, recent in found.recent.items()} == {
        ("openai", "gpt-5"): 5,
        ("openai", "own-model"): 1,
    }


def test_a_doubling_of_spend_is_told_once_with_its_cause_and_is_over_when_it_is_over(store: Store) -> None:
    settings = settings_of(store)
    put(store, traffic(28, doubled_from=START + 27 * DAY))
    now = (START + 28 * DAY) * HOUR
    (said,) = look(store, settings, now)
    assert said.startswith(f"{SPEND}: shop on gpt-5 cost ")
    assert "2.0 times what is usual at this time" in said
    assert said.endswith("more calls")
    assert look(store, settings, now + 600) == []
    (row,) = open_events(store)
    assert row.data["cause"] == "volume"
    put(store, [one for one in traffic(31) if one.started_at >= now])
    assert look(store, settings, now + 3 * DAY * HOUR) == []
    assert open_events(store) == []


def test_a_model_without_a_price_is_told_until_it_has_one(store: Store) -> None:
    settings = settings_of(store)
    put(store, [call(START, n, model="own-model") for n in range(30)])
    now = (START + 1) * HOUR
    (said,) = look(store, settings, now)
    assert said.startswith("unpriced_model: openai/own-model has no price: 30 calls of the last 7 days")
    priced = Prices({"own-model": Override(Decimal(1), Decimal(2))})
    assert after_analysis(store, settings, priced, report(), now + 600) == []
    assert open_events(store) == []


def test_a_price_that_changes_between_two_analyses_is_told(store: Store) -> None:
    settings = settings_of(store)
    put(store, [call(START, n) for n in range(30)])
    now = (START + 1) * HOUR
    assert look(store, settings, now) == []
    mine = Prices({"gpt-5": Override(Decimal("1.25"), Decimal(12), Decimal("0.125"))})
    (event,) = after_analysis(store, settings, mine, report(), now + 600)
    assert event.message.startswith("openai/gpt-5 has another price, USD per million tokens: ")
    assert "output 10 -> 12" in event.message
    assert after_analysis(store, settings, mine, report(), now + 1_200) == []
    assert len(open_events(store)) == 1
    after_analysis(store, settings, mine, report(), now + 8 * DAY * HOUR)
    assert open_events(store) == []


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-11-10", None),
        ("2026-11-15", "openai/gpt-4o ends in 60 days, on 2027-01-14 (7 calls in 7 days): move them to another model"),
        ("2027-01-04", "openai/gpt-4o ends in 10 days, on 2027-01-14 (7 calls in 7 days): move them to another model"),
        ("2027-01-14", "openai/gpt-4o ends today, on 2027-01-14 (7 calls in 7 days): move them to another model"),
        ("2027-02-01", "openai/gpt-4o was to end on 2027-01-14 and is still called (7 calls in 7 days)"),
    ],
)
def test_the_end_of_a_model_is_told_ahead_in_stages(day: str, said: str | None) -> None:
    now = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
    key = price_key(call(START, 0, model="gpt-4o"))
    found = Hourly(0, {}, {("openai", "gpt-4o"): Recent(7, key), ("openai", "gpt-5"): Recent(7, key)})
    events = list(models.lifecycle_events(found, Prices(), (60, 14, 0), now))
    assert [event.message for event in events] == ([] if said is None else [said])


def test_each_stage_of_an_end_is_an_event_and_ends_the_one_before(store: Store) -> None:
    settings = settings_of(store)
    for day in (1_795_000_000, 1_799_000_000):
        put(store, [call(day // 3_600, n, model="gpt-4o") for n in range(3)])
        assert len(look(store, settings, day + 7_200.0)) == 1
        assert look(store, settings, day + 7_300.0) == []
        assert len(open_events(store)) == 1


def task(calls_month: int, need: int | None = 100_000, verdict: str = "not_yet") -> dict[str, object]:
    return {"fine_tuning": {"tasks": [one_task(calls_month, need, verdict)]}}


def one_task(calls_month: int, need: int | None = 100_000, verdict: str = "not_yet") -> dict[str, object]:
    return {
        "id": "t1",
        "label": "shop: orders",
        "app": "shop",
        "calls_month": calls_month,
        "verdict": verdict,
        "breakeven_calls_month": need,
    }


def dated(days: Mapping[int, int]) -> dict[str, int]:
    return {f"{datetime.fromtimestamp(day * 86_400, UTC):%Y-%m-%d}": calls for day, calls in days.items()}


def test_a_volume_that_gets_to_where_tuning_pays_is_told_ahead_and_when_it_is_there(store: Store) -> None:
    """Half of what comes in is the task's; of each analysis but the newest the last day is there in part, of the newest every tenth call."""
    settings = settings_of(store)
    today = int(NOW // 86_400)
    counts = {today - 35 + day: 4_800 + 48 * day + 96 * (day % 3) for day in range(36)}
    with store.transaction() as transaction:
        transaction.insert(
            "summary",
            [
                ("intake", 1, day * DAY + hour, "t", 0, intake.encode(Intake(calls=calls // DAY)))
                for day, calls in counts.items()
                for hour in range(DAY)
            ],
        )
        transaction.bump(1.0)

    def made(at: int, share: int = 1) -> dict[str, object]:
        seen = {day: calls // share for day, calls in counts.items() if at - 28 < day <= at}
        seen[at] //= 2
        own = one_task(80_000) | {"calls_by_day": dated({day: calls // 2 for day, calls in seen.items()})}
        return {"fine_tuning": {"tasks": [own], "calls_by_day": dated(seen)}}

    for day in (today - 20, today - 1):
        keep(store.engine, report((day + 0.5) * DAY * HOUR, **made(day)))
    assert len(since(store.engine, NOW - 30 * DAY * HOUR)) == 2
    newest = report(NOW, **made(today, share=10))
    ahead = look(store, settings, NOW, newest)
    assert ahead == [
        "volume_ahead: shop: orders has 80,000 calls a month; at its pace it reaches 100,000, from where tuning pays, "
        "about 2026-11-18 (the earliest 2026-11-14, the latest 2026-11-22: right for nine in ten of such trends)"
    ]
    assert look(store, settings, NOW + 600, newest) == []
    reached = look(store, settings, NOW + 60, report(NOW, **task(101_000, verdict="pays")))
    assert reached == ["volume_reached: shop: orders has 101,000 calls a month: tuning pays from 100,000 on"]
    assert [row.kind for row in open_events(store)] == [thresholds.REACHED]
    assert look(store, settings, NOW + 120, report(NOW, **task(95_000))) == []
    assert [row.kind for row in open_events(store)] == [thresholds.REACHED]
    look(store, settings_of(store, weeks_ahead=0), NOW + 180, report(NOW, **task(85_000)))
    assert open_events(store) == []


@pytest.mark.parametrize(
    "calls",
    [
        [50_000] * 42,
        [50_000 + 10_000 * (day % 2) for day in range(42)],
        [60_000 - 500 * day for day in range(42)],
        [50_000 + 5_000 * (day % 7) for day in range(42)],
        [50_000 + 2_000 * day for day in range(27)],
        [0] * 42,
        [],
    ],
)
def test_a_volume_that_does_not_rise_or_is_not_known_for_long_gets_nowhere(calls: list[int]) -> None:
    assert crossing(dict(enumerate(calls)), 28, 1.5) is None


WEEK = (1.3, 1.25, 1.2, 1.2, 1.1, 0.55, 0.4)


def made_trend(rng: Random, window: int, *, growth: bool, follows: float) -> tuple[list[float], list[float]]:
    """Calls of each day, weekends and all, and the means of the last days that analyses have of them."""
    off, calls = 0.0, []
    for day in range(250):
        off = follows * off + (1 - follows**2) ** 0.5 * rng.gauss(0, 0.08)
        level = 1.04 ** (day / 7) if growth else 1 + 0.05 * day / 7
        calls.append(3_000 * level * WEEK[day % 7] * (1 + off))
    sums = [0.0]
    for one in calls:
        sums.append(sums[-1] + one)
    return calls, [(sums[day] - sums[max(day - window, 0)]) / min(window, day) for day in range(1, 251)]


@pytest.mark.parametrize(
    ("window", "growth", "follows"), [(7, False, 0.3), (28, False, 0.6), (28, True, 0.0), (28, True, 0.6)]
)
def test_the_days_between_which_an_analysis_gets_to_a_volume_hold_the_true_one_in_nine_of_ten(
    window: int, growth: bool, follows: float
) -> None:
    rng = Random(8)
    held, widths = [], []
    for trend in range(60):
        calls, means = made_trend(rng, window, growth=growth, follows=follows)
        today = 49 + trend % 7
        need = means[today + 20 + trend % 30]
        truth = next(day for day in range(today, 250) if means[day] >= need)
        found = crossing(dict(enumerate(calls[:today])), window, need / means[today - 1])
        if found is not None:
            assert found.earliest <= found.likely
            held.append(found.earliest <= truth <= (found.latest or truth))
            if found.latest is not None:
                widths.append(found.latest - found.earliest)
    assert len(held) >= 40
    assert sum(held) >= 0.9 * len(held)
    # Not because they say nothing.
    assert len(widths) >= 0.8 * len(held) and sorted(widths)[len(widths) // 2] <= 120


def test_a_line_without_noise_is_told_to_the_day_whatever_the_rhythm_of_its_week_and_with_days_that_are_not_known() -> (
    None
):
    calls = {day: 3_000 * (1 + 0.01 * (day - 3)) for day in range(84)}
    truth = next(day for day in range(28, 84) if sum(calls[day - n] for n in range(28)) >= 28 * 3_000 * 1.42)
    known = {day: calls[day] for day in range(42)}
    now = sum(known[day] for day in range(14, 42)) / 28
    line = crossing(known, 28, 3_000 * 1.42 / now)
    assert line is not None
    # Between it and growth by as many times each week, which begins alike.
    assert truth - 5 <= line.likely <= truth and line.earliest <= truth and truth - 1 <= (line.latest or 0) <= truth + 3
    holed = crossing({day: own for day, own in known.items() if day not in (17, 30, 31)}, 28, 3_000 * 1.42 / now)
    assert holed is not None and abs(holed.likely - line.likely) <= 1


def test_a_day_on_which_the_stream_stood_still_is_not_known_and_a_night_or_a_weekend_is() -> None:
    """Nobody calls at night or on days 5 and 6 of a week."""
    hours = {(70 + day) * DAY + hour: 20 for day in range(28) if day % 7 < 5 for hour in range(DAY) if 8 <= hour < 18}
    every = whole_days.whole(hours)
    assert list(every) == list(range(71, 96)) and {every[70 + day] for day in (5, 6, 12)} == {0} and every[72] == 200
    for hour in range(10, 13):
        del hours[(70 + 8) * DAY + hour]
    for hour in range(DAY):
        hours.pop((70 + 14) * DAY + hour, None)
    left = whole_days.whole(hours)
    assert set(every) - set(left) == {78, 84}
    # By the day alone there is no telling that three hours of a day are missing, but that a day is.
    by_day: dict[int, int] = {}
    for hour, calls in hours.items():
        by_day[hour // DAY * DAY] = by_day.get(hour // DAY * DAY, 0) + calls
    assert set(every) - set(whole_days.whole(by_day, {hour // DAY for hour in by_day} | {84})) == {84}


def test_of_analyses_of_one_day_that_which_looked_at_most_of_it_tells_what_a_task_had_of_it() -> None:
    looked = [
        whole_days.Looked({1: 2_000, 2: 900}, {"t1": {1: 200, 2: 90}}),
        whole_days.Looked({1: 500, 2: 1_500, 3: 400}, {"t1": {1: 500, 2: 300, 3: 400}, "t2": {2: 15}}),
    ]
    found = whole_days.volumes(looked, {0: 0, 1: 4_000, 2: 1_500, 3: 5_000, 4: 0})
    assert found == {"t1": {1: 400.0, 2: 300.0, 4: 0.0}, "t2": {2: 15.0, 4: 0.0}}


def test_a_volume_that_suffices_says_what_comes_first() -> None:
    parts = task(200_000)
    found = thresholds.found_of(json.dumps(parts).replace('"app"', '"deciding": "caching first", "app"').encode())
    (event,) = thresholds.volume_events(found, {}, 28, 8, (), (), NOW)
    assert event.message.endswith("tuning pays from 100,000 on; not yet, though: caching first")


def test_a_task_that_tuning_is_not_for_is_no_event() -> None:
    for parts in (task(200_000, verdict="no"), task(200_000, verdict="cannot_tell"), task(200_000, need=None)):
        found = thresholds.found_of(json.dumps(parts).encode())
        assert list(thresholds.volume_events(found, {}, 28, 8, (), (), NOW)) == []


def test_a_recommendation_worth_much_is_told_while_it_is_open(store: Store) -> None:
    settings = settings_of(store)
    put(store, [call(START + 29 * DAY, 0)])

    def with_saving(likely: float | None, status: str = "open") -> Analysis:
        one = {
            "id": "r1",
            "kind": "timestamp_before_static",
            "subject": "shop on gpt-5",
            "action": "Move the time below the instructions",
            "status": status,
            "saving_usd_month": {"low": 1, "likely": likely, "high": 9_000},
        }
        return report(NOW, recommendations=[one])

    assert look(store, settings, NOW, with_saving(499)) == []
    assert look(store, settings, NOW, with_saving(None)) == []
    (said,) = look(store, settings, NOW, with_saving(1_234.5))
    assert said == "recommendation: shop on gpt-5: Move the time below the instructions, 1,234 USD a month"
    assert look(store, settings, NOW + 60, with_saving(460)) == []
    assert len(open_events(store)) == 1
    look(store, settings, NOW + 120, with_saving(2_000, "accepted"))
    assert open_events(store) == []


def test_refusals_that_rise_are_told_by_reason(store: Store) -> None:
    own = settings_of(store).events
    end = START + 10 * DAY

    def looked(now: float) -> list[str]:
        watch = LagWatch(own.lag_records)
        return [event.message for event in beside_the_stream(store, own, watch, {}, 0.0, now)]

    some = {hour: {"not_json": 2} for hour in range(START, end)}
    put(store, [call(hour, n) for hour in range(START, end) for n in range(100)], some)
    assert looked(end * HOUR) == []
    put(store, [call(end, n) for n in range(100)], {end: {"not_json": 3, "too_large": 90}})
    assert looked(end * HOUR + 60) == [
        "30.5 % of the newest records are refused (too_large): 90 of 295; 0.0 % were usual"
    ]
    put(store, [call(end + 2, n) for n in range(100)])
    assert looked(end * HOUR + 2 * HOUR) == []
    assert open_events(store) == []


def test_an_agent_that_falls_behind_is_told_and_one_that_catches_up_is_not(store: Store) -> None:
    own = settings_of(store).events
    watch, partition, other = LagWatch(own.lag_records), Partition("t", 0), Partition("t", 1)

    def looked(records: int | None, minute: int, commit_age_s: float = 1.0) -> list[str]:
        waiting = {partition: records, other: 5}
        return [e.message for e in beside_the_stream(store, own, watch, waiting, commit_age_s, minute * 60.0)]

    assert [said for minute in range(15) for said in looked(1_000_000 - 50_000 * minute, minute)] == []
    assert [said for minute in range(15, 30) for said in looked(300_000 + 1_000 * minute, minute)] == [
        "t[0]: 324,000 records wait, 24,000 more than 10 minutes ago"
    ]
    assert looked(100, 30) == []
    assert open_events(store) == []
    assert looked(None, 31, 500.0) == ["t[1]: 5 records wait, nothing was committed for 500 s"]
    # Another agent reads it now: what it says of its own partitions leaves this one alone.
    again = LagWatch(own.lag_records)
    assert list(beside_the_stream(store, own, again, {partition: 0}, 1.0, 2_000.0)) == []
    assert [(row.kind, row.subject) for row in open_events(store)] == [(lag.KIND, "t[1]")]


def test_an_analysis_raises_what_follows_from_it(store: Store) -> None:
    put(store, [call(START, n, model="own-model") for n in range(30)])
    analyse(store, settings_of(store), (START + 1) * HOUR)
    assert [row.kind for row in open_events(store)] == ["unpriced_model"]
