"""When digests are made: once a period, by the clock on the wall, late when they were missed, and by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent.commands import digest as command
from agent.commands.check_channels import say_channels
from agent.commands.digests import outlets_of
from agent.config import ConfigError, load
from agent.deliver.due import PATIENCE_S, Digests
from agent.digest.make import digest
from agent.digest.period import Due, Kind, Period
from agent.digest.value import Digest
from agent.store import Store, open_store
from agent.store.deliveries import claim, failed
from agent.store.digests import MadeDigest, keep_digest, newest_digest
from tests.agent.digests import BERLIN, full
from tests.fixtures.receivers import Hook

DUES: Mapping[Kind, Due] = {"day": Due(time(8)), "week": Due(time(8), weekday=0)}
HOUR = 3_600.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'hone.db'}")
    yield opened
    opened.close()


def at(moment: str, zone: ZoneInfo = BERLIN) -> float:
    return datetime.fromisoformat(moment).replace(tzinfo=zone).timestamp()


def made(period: Period, since: float | None, now: float) -> Digest:
    return digest(full()._replace(period=period), now, due=period.due)


def look(store: Store, kind: Kind = "day", zone: ZoneInfo = BERLIN, **options: Any) -> Digests:
    return Digests(store, {kind: DUES[kind]}, zone, {kind: ["out"]}, made, **options)


@pytest.mark.parametrize(
    ("zone", "spring", "autumn"),
    [(BERLIN, "2026-03-29", "2026-10-25"), (ZoneInfo("America/New_York"), "2026-03-08", "2026-11-01")],
)
def test_each_day_once_at_the_same_time_of_day_over_both_changes(
    store: Store, zone: ZoneInfo, spring: str, autumn: str
) -> None:
    for change in (date.fromisoformat(spring), date.fromisoformat(autumn)):
        digests = look(store, zone=zone)
        now = at(f"{change - timedelta(days=2)}T00:00", zone)
        digests.look(now)  # whatever was before is nobody's
        found: list[tuple[str, float]] = []
        while now < at(f"{change + timedelta(days=3)}T00:00", zone):
            for period in digests.look(now):
                length = (period.end - period.start) / HOUR
                found.append((f"{datetime.fromtimestamp(now, zone):%m-%d %H:%M}", length))
            now += 900
        usual = {spring: 23.0, autumn: 25.0}[str(change)]
        assert found[-3:] == [
            (f"{change:%m-%d} 08:00", 24.0),
            (f"{change + timedelta(days=1):%m-%d} 08:00", usual),
            (f"{change + timedelta(days=2):%m-%d} 08:00", 24.0),
        ]
        assert len(found) == 5


def test_what_was_over_before_anybody_ran_is_nobodys(store: Store) -> None:
    digests = look(store, "week")
    assert digests.look(at("2026-11-25T12:00")) == []
    assert digests.look(at("2026-11-30T07:59")) == []
    (period,) = digests.look(at("2026-11-30T08:00"))
    assert period.start == at("2026-11-23T00:00")
    assert digests.look(at("2026-11-30T08:01")) == []
    # A restart knows.
    assert look(store, "week").look(at("2026-11-30T08:02")) == []


def test_of_missed_ones_the_newest_is_sent_late_and_says_so(store: Store) -> None:
    look(store).look(at("2026-11-20T09:00"))
    (period,) = look(store).look(at("2026-11-24T11:30"))
    assert period.start == at("2026-11-23T00:00")
    kept = newest_digest(store.engine, "day")
    assert kept is not None
    told = json.loads(kept.body)
    assert told["late"]
    assert told["due_at"] == "2026-11-24T07:00:00Z"
    assert look(store).look(at("2026-11-24T11:31")) == []


def test_a_late_one_waits_for_the_stream_but_not_for_ever(store: Store) -> None:
    look(store).look(at("2026-11-20T09:00"))
    read = False
    digests = look(store, caught_up=lambda: read)
    start = at("2026-11-24T11:30")
    assert digests.look(start) == []
    assert digests.look(start + PATIENCE_S - 1) == []
    assert len(digests.look(start + PATIENCE_S)) == 1
    # One that is in time does not wait.
    assert len(digests.look(at("2026-11-25T08:00:20"))) == 1
    read = True


def test_the_digest_before_is_what_changes_are_counted_from(store: Store) -> None:
    since: list[float | None] = []

    def noted(period: Period, before: float | None, now: float) -> Digest:
        since.append(before)
        return made(period, before, now)

    digests = Digests(store, {"day": DUES["day"]}, BERLIN, {"day": ["out"]}, noted)
    days = [at(f"2026-11-{day}T08:00:10") for day in (20, 21, 22)]
    for now in days:
        digests.look(now)
    assert since == days[:2]


def test_without_a_channel_that_wants_it_none_is_made(store: Store) -> None:
    digests = Digests(store, DUES, BERLIN, {"day": [], "week": []}, made)
    for hours in range(0, 24 * 9, 6):
        assert digests.look(at("2026-11-20T09:00") + hours * HOUR) == []
    assert newest_digest(store.engine, "day") is None


# ---- The whole program ----------------------------------------------------------------------------------------------


def settings(folder: Path, text: str) -> Path:
    path = folder / "hone.toml"
    path.write_text(text)
    return path


def hone(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "agent", *arguments], capture_output=True, text=True, timeout=120)


def test_by_hand_each_channel_gets_it_once_and_one_that_fails_holds_up_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hook = Hook(lambda number, posted: 503)
    url = f"sqlite:///{tmp_path / 'hone.db'}"
    open_store(url).close()
    (tmp_path / "secret").write_text("between us\n")
    config = settings(
        tmp_path,
        f'[store]\nurl = "{url}"\n[channels.team]\nfolder = "{tmp_path / "out"}"\n'
        f'[channels.ops]\nwebhook = "{hook.url}"\nsecret_file = "{tmp_path / "secret"}"\n',
    )
    try:
        first = hone("digest", "--send", "--config", str(config))
    finally:
        hook.close()
    assert first.returncode == 1
    assert sorted(first.stderr.splitlines()) == [
        "ops: not sent: HTTP 503; `hone run` tries again",
        "team: sent",
    ]
    assert len(list((tmp_path / "out").glob("digest-week-*.html"))) == 1
    command.digest(send=True, channel=["team"], config=config)
    assert capsys.readouterr().err == "team: has it already; --again sends it once more\n"
    command.digest(send=True, channel=["team"], again=True, config=config)
    assert capsys.readouterr().err == "team: sent\n"
    assert len(list((tmp_path / "out").glob("digest-week-*.html"))) == 2


def test_one_that_was_sent_by_hand_before_it_was_due_reaches_the_other_channels_in_time(store: Store) -> None:
    digests = look(store)
    digests.look(at("2026-11-20T09:00"))
    now = at("2026-11-21T00:30")
    period = Period("day", at("2026-11-20T00:00"), at("2026-11-21T00:00"), at("2026-11-21T08:00"))
    body = made(period, None, now).to_json().encode()
    assert keep_digest(store.engine, MadeDigest("day", period.start, now, body), ("other",), now)
    digests.look(at("2026-11-21T08:00"))
    with store.engine.connect() as connection:
        queued = connection.exec_driver_sql("SELECT channel FROM delivery ORDER BY channel").scalars().all()
    assert queued == ["other", "out"]


def test_the_agent_sends_what_it_missed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'hone.db'}"
    store = open_store(url)
    for kind in ("day", "week"):
        keep_digest(store.engine, MadeDigest(kind, 0.0, 0.0, b""), (), 0.0)
    store.close()
    (tmp_path / "calls.jsonl").write_text('{"schema": "hone", "model": "gpt-4o"}\n')
    config = settings(
        tmp_path,
        f'[store]\nurl = "{url}"\n[source.files]\npaths = ["{tmp_path / "calls.jsonl"}"]\n[http]\nenabled = false\n'
        f'[digest]\ntimezone = "Europe/Berlin"\n[channels.team]\nfolder = "{tmp_path / "out"}"\ndigests = ["day", "week"]\n'
        "[channels.screen]\nstdout = true\n",
    )
    done = hone("run", "--config", str(config))
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "out").glob("digest-day-*.json"))) == 1
    assert len(list((tmp_path / "out").glob("digest-week-*.json"))) == 1
    assert done.stdout.count("Hone: ") == 1
    assert "Late: it was due on" in done.stdout or datetime.now(UTC).weekday() == 0


def test_check_says_what_each_channel_is_gets_and_did_not_take(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'hone.db'}"
    config = settings(
        tmp_path,
        f'[store]\nurl = "{url}"\n[channels.team]\nfolder = "/nowhere/at/all"\n[channels.ops]\n'
        'webhook = "https://ops.example/token-in-path"\ndigests = ["day", "week"]\nevents = ["spend_anomaly"]\n',
    )
    loaded = load(config, {"HONE_CHANNELS__OPS__SECRET": "hunter2"})
    say_channels(loaded)
    assert not (tmp_path / "hone.db").exists()
    store = open_store(url)
    try:
        now = datetime.now(UTC).timestamp()
        keep_digest(store.engine, MadeDigest("day", 0.0, now, b"{}"), ("ops",), now)
        claimed = claim(store.engine, "ops", store.owner, now, 90.0)
        assert claimed is not None
        failed(store.engine, claimed, "HTTP 500", None)
    finally:
        store.close()
    first = capsys.readouterr().err.splitlines()
    say_channels(loaded)
    second = capsys.readouterr().err.splitlines()
    assert first == [
        "channel team: files in /nowhere/at/all; digests: week; events: none",
        "channel ops: webhook at ops.example; digests: day, week; events: spend_anomaly",
    ]
    assert second == [*first, "  1 message of the last 7 days given up: HTTP 500"]


# ---- The configuration ----------------------------------------------------------------------------------------------


def test_secrets_of_channels_come_from_the_environment_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("mailtos://hone:hunter2@example.com\n")
    config = settings(
        tmp_path,
        f'[channels.team]\napprise_file = "{tmp_path / "mail"}"\nevents = "all"\n'
        '[channels.ops]\nwebhook = "https://ops.example/hone"\ndigests = []\nevents = ["cache_regression"]\n',
    )
    loaded = load(config, {"HONE_CHANNELS__OPS__SECRET": "hunter3", "HONE_CHANNELS__LAST__STDOUT": "true"})
    team, ops = loaded.channels["team"], loaded.channels["ops"]
    assert team.apprise is not None
    assert ops.secret is not None
    assert team.apprise.get_secret_value() == "mailtos://hone:hunter2@example.com"
    assert ops.secret.get_secret_value() == "hunter3"
    assert (team.events, ops.events, team.digests) == (("all",), ("cache_regression",), ("week",))
    assert loaded.channels["last"].stdout
    assert "hunter" not in repr(loaded)


def test_what_is_wrong_with_digests_and_channels_is_named(tmp_path: Path) -> None:
    config = settings(
        tmp_path,
        '[digest]\ndaily = "25:00"\nweekly = "someday 08:00"\ntimezone = "Europe/Nowhere"\n'
        '[channels.a]\napprise = "mailto://x:hunter2@example.com"\n[channels.b]\nfolder = "/x"\nstdout = true\n'
        '[channels.c]\nwebhook = "https://user:hunter2@x.example"\n[channels.D]\nstdout = true\n'
        '[channels.e]\nstdout = true\ndigest = ["day"]\n[channels.f]\nstdout = true\ndigests = ["month"]\n'
        '[channels.g]\nstdout = true\nevents = ["cache_regresion"]\n',
    )
    with pytest.raises(ConfigError) as refused:
        load(config, {})
    told = str(refused.value.message)
    assert "hunter2" not in told
    for said in (
        'digest.daily: should be a time of day like "08:00"',
        'digest.weekly: should be a day and a time like "monday 08:00"',
        "digest.timezone: is no time zone that this machine knows",
        "channels.a.apprise: does not belong in this file; use HONE_CHANNELS__A__APPRISE or the key apprise_file",
        "channels.b: give exactly one of apprise",
        "channels.c.webhook: a password does not belong in this file",
        "channels.D: should be a name of small letters",
        "channels.e.digest: unknown key; did you mean 'channels.e.digests'?",
        "channels.f: digests should be of day and week",
        "channels.g.events: 'cache_regresion' is no kind of event; did you mean 'cache_regression'?",
    ):
        assert said in told


def test_a_url_that_apprise_cannot_use_is_a_fault_and_does_not_show() -> None:
    loaded = load(None, {"HONE_CHANNELS__TEAM__APPRISE": "hunter2"})
    with pytest.raises(ConfigError) as refused:
        outlets_of(loaded)
    assert "channels.team: is no URL that Apprise can use" in refused.value.message
    assert "hunter2" not in refused.value.message
