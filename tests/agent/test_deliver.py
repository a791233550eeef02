"""Messages on their way: real receivers that hang, fail and come back, agents that die and agents that race."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pytest

from agent.deliver.courier import Courier, Outlet, close, wait_s
from agent.deliver.due import Digests
from agent.deliver.local import Folder
from agent.deliver.message import Channel, Message, Refused
from agent.deliver.services import Service
from agent.deliver.webhook import Webhook, key_of
from agent.digest.make import digest
from agent.digest.period import Due
from agent.events import Event, raise_new, resolve
from agent.events_view import undelivered
from agent.store import Store, open_store
from agent.store.deliveries import claim, sent, state_of, waiting
from agent.store.digests import MadeDigest, about_digest, keep_digest
from agent.store.read import events
from agent.store.retention import Keep, forget
from tests.agent.digests import BERLIN, HOSTILE, NOW, WEEK, full
from tests.fixtures.ports import wait_until
from tests.fixtures.receivers import Hook, Mailbox, certificate

SECRET = "whsec_" + base64.b64encode(b"of the two alone").decode()
ABOUT = about_digest("week", WEEK.start)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'hone.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres")


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url, owner="this:1")
    yield opened
    opened.close()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Store]:
    """SQLite, where the database makes no difference."""
    opened = open_store(f"sqlite:///{tmp_path / 'own.db'}", owner="this:1")
    yield opened
    opened.close()


class Clock:
    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Noted:
    """A channel that keeps what it is given."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def send(self, message: Message) -> None:
        self.messages.append(message)

    def describe(self) -> str:
        return "a list"


def queue(store: Store, *channels: str, name: str = "shop") -> None:
    body = digest(full(name), NOW).to_json(indent=None).encode()
    assert keep_digest(store.engine, MadeDigest("week", WEEK.start, NOW, body), channels, NOW)


def courier(store: Store, channel: Channel, clock: Clock, **options: Any) -> Courier:
    outlet = Outlet("out", channel, **options)
    return Courier(store.engine, store.owner, outlet, BERLIN, clock=clock, jitter=lambda: 0.5)


def test_a_digest_is_kept_once_and_sent_once(store: Store, tmp_path: Path) -> None:
    queue(store, "out")
    assert not keep_digest(store.engine, MadeDigest("week", WEEK.start, NOW, b"another"), ("out",), NOW)
    worker = courier(store, Folder(tmp_path / "digests"), Clock())
    assert worker.turn()
    assert not worker.turn()
    files = sorted(path.name for path in (tmp_path / "digests").iterdir())
    assert [name.rpartition(".")[2] for name in files] == ["html", "json", "md", "txt"]
    assert all(name.startswith("digest-week-2026-11-16-") for name in files)
    written = json.loads((tmp_path / "digests" / files[1]).read_text())
    assert written == json.loads(digest(full(), NOW).to_json())
    found = state_of(store.engine, ABOUT, "out")
    assert found is not None
    assert (found.state, found.sent_at, found.error) == ("sent", NOW, None)
    assert forget(store.engine, Keep(rejects=5), NOW + 10 * 86_400).deliveries == 1
    assert state_of(store.engine, ABOUT, "out") is None


def test_one_agent_at_a_time_has_a_message_until_its_time_is_over(store: Store) -> None:
    queue(store, "out")
    first = claim(store.engine, "out", "this:1", NOW, 90.0)
    assert first is not None
    assert claim(store.engine, "out", "that:2", NOW + 89, 90.0) is None
    second = claim(store.engine, "out", "that:2", NOW + 91, 90.0)
    assert second is not None
    # The same message, so that a receiver can drop it; and the slow one may not say any more that it was sent.
    assert second.message == first.message
    assert not sent(store.engine, first, NOW + 92)
    assert sent(store.engine, second, NOW + 93)


def test_a_webhook_is_signed_and_tried_again_with_the_same_id(own: Store) -> None:
    hook = Hook(lambda number, posted: 500 if number == 0 else 200)
    clock = Clock()
    try:
        queue(own, "out")
        worker = courier(own, Webhook(hook.url + "/hone", SECRET, 5.0, clock), clock)
        assert worker.turn()
        assert [(one.channel, one.state, one.messages, one.error) for one in waiting(own.engine, NOW)] == [
            ("out", "waiting", 1, "HTTP 500")
        ]
        (told,) = undelivered(own, NOW)
        assert (told.channel, told.state, told.messages, told.error) == ("out", "waiting", 1, "HTTP 500")
        assert not worker.turn()  # not before its time
        clock.now += wait_s(1, 0.5) + 1
        assert worker.turn()
        assert not worker.turn()
    finally:
        hook.close()
    first, second = hook.posts
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert json.loads(second.body)["schema"] == "hone.digest/1"
    for post in hook.posts:
        signed = f"{post.headers['webhook-id']}.{post.headers['webhook-timestamp']}.".encode() + post.body
        expected = base64.b64encode(hmac.digest(b"of the two alone", signed, hashlib.sha256)).decode()
        assert post.headers["webhook-signature"] == f"v1,{expected}"
    assert int(second.headers["webhook-timestamp"]) == int(clock.now)
    assert waiting(own.engine, NOW) == []


def test_a_redirect_is_not_followed_and_a_wait_that_is_asked_for_is_kept() -> None:
    hook = Hook(lambda number, posted: 302 if number == 0 else 429)
    message = Message("id", "title", "text", "markdown", "html", "{}")
    try:
        channel = Webhook(hook.url, SECRET, 5.0)
        with pytest.raises(Refused, match="HTTP 302"):
            channel.send(message)
        with pytest.raises(Refused, match="HTTP 429") as asked:
            channel.send(message)
    finally:
        hook.close()
    assert asked.value.wait_s == 120
    assert len(hook.posts) == 2
    with pytest.raises(Refused, match="not reachable"):
        channel.send(message)


def test_a_channel_that_hangs_blocks_nobody_else_and_itself_only_until_it_ends(own: Store, tmp_path: Path) -> None:
    hook = Hook(lambda number, posted: None)
    outlets = [
        Outlet("hangs", Webhook(hook.url, SECRET, 60.0), timeout_s=0.5),
        Outlet("works", Folder(tmp_path / "out")),
    ]
    clock = Clock()
    workers = [Courier(own.engine, own.owner, outlet, BERLIN, clock=clock) for outlet in outlets]
    try:
        queue(own, "hangs", "works")
        for worker in workers:
            worker.start()
        wait_until(lambda: len(list((tmp_path / "out").glob("*.json"))) == 1, 10, "the folder")
        wait_until(lambda: waiting(own.engine, NOW), 10, "the failure")
        assert waiting(own.engine, NOW)[0].error == "no answer within 0.5 s"
        clock.now += 3_600
        wait_until(lambda: waiting(own.engine, NOW)[0].error == "the try before still hangs", 10, "the second try")
        assert len(hook.posts) == 1
    finally:
        hook.close()
        close(workers)


def test_pauses_grow_and_at_last_it_is_given_up(own: Store) -> None:
    assert [wait_s(n, 0.5) for n in (1, 2, 3, 8, 1_000)] == [30, 60, 120, 3_600, 3_600]
    assert (wait_s(1, 0.0), wait_s(1, 1.0)) == (22.5, 37.5)

    class Broken(Noted):
        def send(self, message: Message) -> None:
            super().send(message)
            raise ValueError(f"quotes the message: {message.text}")

    told: list[str] = []
    clock, channel = Clock(), Broken()
    queue(own, "out", name="NAMED")
    worker = Courier(
        own.engine, own.owner, Outlet("out", channel, give_up_s=7_200.0), BERLIN,
        clock=clock, jitter=lambda: 0.5, told=lambda name, outcome: told.append(outcome),
    )  # fmt: skip
    while clock.now < NOW + 86_400:
        worker.turn()
        clock.now += 60
    assert told == ["failed"] * (len(channel.messages) - 1) + ["given_up"]
    assert 6 <= len(channel.messages) <= 9
    assert len({message.id for message in channel.messages}) == 1
    (left,) = waiting(own.engine, NOW)
    assert (left.state, left.error) == ("given_up", "ValueError where none was expected")


def test_a_mail_is_html_and_text_and_a_passing_failure_is_tried_again(own: Store) -> None:
    mailbox = Mailbox(refuse=1)
    clock = Clock()
    try:
        queue(own, "out", name=HOSTILE)
        worker = courier(own, Service(mailbox.url, 10.0), clock)
        worker.turn()
        assert mailbox.mails == []
        assert waiting(own.engine, NOW)[0].state == "waiting"
        clock.now += 60
        worker.turn()
        (mail,) = mailbox.mails
    finally:
        mailbox.close()
    html, plain = mail.get_body(("html",)), mail.get_body(("plain",))
    assert html is not None
    assert plain is not None
    assert mail["Subject"] == "Hone: Mon 16 Nov to Sun 22 Nov 2026"
    assert mail["X-Hone-Message-Id"].startswith("digest-week-2026-11-16-")
    assert "Spend by day" in plain.get_content()
    assert "&lt;script&gt;" in html.get_content()
    assert "<script" not in html.get_content()
    assert "<img" not in html.get_content()
    assert "\x1b" not in plain.get_content() + html.get_content()


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # it is TLS from the first byte
@pytest.mark.parametrize("mode", ["starttls", "ssl"])
def test_a_mail_goes_encrypted_and_only_to_a_server_that_is_trusted(
    mode: Literal["starttls", "ssl"], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = certificate(tmp_path)
    mailbox = Mailbox(mode=mode, certificate=made)
    message = Message("the-id", "Hone: a title", "text", "markdown", "<p>html</p>", "{}")
    try:
        with pytest.raises(Refused) as refused:
            Service(mailbox.url, 10.0).send(message)
        assert mailbox.mails == []
        assert Mailbox.PASSWORD not in refused.value.message
        monkeypatch.setenv("SSL_CERT_FILE", str(made.authority))
        with pytest.raises(Refused):
            Service(mailbox.url.replace(Mailbox.PASSWORD, "wrong"), 10.0).send(message)
        assert mailbox.mails == []
        Service(mailbox.url, 10.0).send(message)
    finally:
        mailbox.close()
    (mail,) = mailbox.mails
    assert (mail["Subject"], mail["X-Hone-Message-Id"]) == ("Hone: a title", "the-id")
    assert mailbox.encrypted == [True]


def test_a_chat_gets_words_that_call_nobody(own: Store) -> None:
    hook = Hook(lambda number, posted: 200)
    try:
        queue(own, "out", name=HOSTILE)
        port = hook.url.rpartition(":")[2]
        courier(own, Service(f"mmost://127.0.0.1:{port}/abcdefghijklmnopqrstuvwxyz", 10.0), Clock()).turn()
    finally:
        hook.close()
    assert hook.posts
    said = "".join(json.loads(post.body)["text"] for post in hook.posts)
    assert "What changed" in said
    assert "evil.example" in said
    assert not any(mark in said for mark in ("@", "<", "://", "\x1b", "\u202e"))


def test_a_service_that_is_not_there_says_so_without_its_address() -> None:
    with pytest.raises(Refused) as refused:
        Service("json://user:hunter2@127.0.0.1:9/path", 2.0).send(Message("i", "t", "text", "md", "html", "{}"))
    assert "not reachable" in refused.value.message
    assert "hunter2" not in refused.value.message


def test_events_of_a_minute_go_together_and_only_the_kinds_that_are_wanted(store: Store) -> None:
    clock, channel = Clock(), Noted()
    worker = courier(store, channel, clock, events=("fall", "spend"))

    def happen(kind: str, subject: str) -> None:
        raise_new(store, [Event(kind, subject, clock.now, f"{subject} {HOSTILE}", {})], clock.now)

    happen("fall", "one")
    clock.now += 20
    happen("spend", "two")
    happen("other", "three")
    happen("fall", "over at once")
    resolve(store, [row for row in events(store.engine) if row.subject == "over at once"], clock.now)
    assert not worker.turn()
    clock.now += 41
    assert worker.turn()
    happen("fall", "four")
    assert not worker.turn()
    clock.now += 61
    assert worker.turn()
    first, second = channel.messages
    assert first.title == "Hone: 2 events (fall, spend)"
    assert second.title == "Hone: fall"
    told = json.loads(first.json)
    assert [one["message"].split()[0] for one in told["events"]] == ["two", "one"]
    assert first.id != second.id
    for form in (first.text, first.markdown):
        assert not any(mark in form for mark in ("@", "<", "://", "\x1b"))
    assert "<script" not in first.html
    clock.now += 3_600
    assert not worker.turn()


def test_a_message_of_events_that_fails_stays_the_same_message(own: Store) -> None:
    clock, channel = Clock(), Noted()

    class Once(Noted):
        def send(self, message: Message) -> None:
            super().send(message)
            if len(self.messages) == 1:
                raise Refused("not today")

    channel = Once()
    worker = courier(own, channel, clock, events=None)
    raise_new(own, [Event("k", "one", NOW, "one", {}), Event("k", "two", NOW, "two", {})], NOW)
    clock.now += 61
    worker.turn()
    raise_new(own, [Event("k", "three", NOW, "three", {})], clock.now)
    clock.now += 70
    while worker.turn():
        pass
    assert [(m.title, m.id == channel.messages[0].id) for m in channel.messages] == [
        ("Hone: 2 events (k)", True),
        ("Hone: 2 events (k)", True),
        ("Hone: k", False),
    ]


def test_a_channel_is_told_once_that_what_it_was_told_of_is_over(store: Store) -> None:
    clock, channel = Clock(), Noted()
    worker = courier(store, channel, clock, events=("fall",), ended=True)
    silent = Noted()
    other = Courier(store.engine, store.owner, Outlet("other", silent, events=("fall",)), BERLIN, clock=clock)

    def happen(kind: str, subject: str) -> None:
        raise_new(store, [Event(kind, subject, clock.now, f"{subject} {HOSTILE}", {})], clock.now)

    def end(subject: str) -> None:
        resolve(store, [row for row in events(store.engine) if row.subject == subject], clock.now)

    def pass_by(seconds: float) -> None:
        clock.now += seconds
        while worker.turn() or other.turn():
            pass

    happen("fall", "one")
    happen("fall", "two")
    happen("fall", "short")
    happen("other", "unwanted")
    pass_by(0)
    end("short")
    pass_by(61)
    assert [message.title for message in channel.messages] == ["Hone: 3 events (fall)"]
    assert "over since" in channel.messages[0].text  # so that no second message has to say it
    clock.now += 7_440 - 61
    end("one")
    end("unwanted")
    pass_by(0)
    assert len(channel.messages) == 1
    pass_by(61)
    (_, message) = channel.messages
    assert message.title == "Hone: over: fall"
    assert message.id.startswith("ended-")
    assert "it lasted 2 h 4 min" in message.text
    (told,) = json.loads(message.json)["events"]
    assert (told["message"].split()[0], told["resolved_at"] is None) == ("one", False)
    for form in (message.text, message.markdown):
        assert not any(mark in form for mark in ("@", "<", "://", "\x1b"))
    end("two")
    pass_by(3_600)
    assert [each.title for each in channel.messages[2:]] == ["Hone: over: fall"]
    pass_by(86_400)
    assert len(channel.messages) == 3
    assert len(silent.messages) == 1


KILLED = """
import sys, time
from agent.deliver.courier import Courier, Outlet
from agent.deliver.webhook import Webhook
from agent.store import open_store
from zoneinfo import ZoneInfo
store = open_store(sys.argv[1], owner="killed:1")
outlet = Outlet("out", Webhook(sys.argv[2], "secret", 30.0), timeout_s=30.0)
Courier(store.engine, store.owner, outlet, ZoneInfo("UTC"), clock=lambda: float(sys.argv[3])).turn()
"""


def test_an_agent_that_is_killed_while_it_sends_leaves_the_message_to_the_next(store: Store, url: str) -> None:
    hook = Hook(lambda number, posted: None if number == 0 else 204)
    try:
        queue(store, "out")
        process = subprocess.Popen([sys.executable, "-c", KILLED, url, hook.url, str(NOW)])
        wait_until(lambda: len(hook.posts) == 1, 60, "the first try")
        process.send_signal(signal.SIGKILL)
        process.wait()
        clock = Clock(NOW + 1)
        worker = courier(store, Webhook(hook.url, "secret", 5.0), clock)
        assert not worker.turn()  # it may still be on its way
        clock.now = NOW + 91
        assert worker.turn()
        clock.now += 86_400
        assert not worker.turn()
    finally:
        hook.close()
    # Killed between the channel's taking it and the note of that, it comes twice, with one id.
    assert len(hook.posts) == 2
    assert len({post.headers["webhook-id"] for post in hook.posts}) == 1


def test_several_agents_send_each_period_once(url: str) -> None:
    days = 12
    first = NOW
    agents = 3
    hook = Hook()
    # Unlike a turn of the scheduler, everybody looks at the same instant.
    together = threading.Barrier(agents)
    failures: list[BaseException] = []
    open_store(url).close()

    def agent(number: int) -> None:
        store = open_store(url, owner=f"agent:{number}")
        clock = Clock(first)
        try:
            due = Digests(
                store,
                {"day": Due(datetime.min.time().replace(hour=8))},
                BERLIN,
                {"day": ["out"]},
                lambda period, since, now: digest(full()._replace(period=period), now, due=period.due),
            )
            worker = courier(store, Webhook(hook.url, SECRET, 5.0), clock)
            for day in range(days):
                clock.now = first + day * 86_400 + 60
                together.wait(30)
                due.look(clock.now)
                worker.turn()
        except BaseException as error:
            failures.append(error)
            together.abort()
        finally:
            store.close()

    threads = [threading.Thread(target=agent, args=(number,)) for number in range(agents)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
    finally:
        hook.close()
    assert failures == []
    starts = [json.loads(post.body)["period"]["start"] for post in hook.posts]
    # The period that was over before anybody ran is nobody's; the last one may still wait for whoever claimed nothing.
    assert sorted(starts) == sorted(set(starts))
    assert len(starts) == days - 1
    assert len({post.headers["webhook-id"] for post in hook.posts}) == days - 1


def test_the_key_is_what_the_secret_stands_for() -> None:
    assert key_of(SECRET) == b"of the two alone"
    assert key_of("plain words") == b"plain words"
    assert key_of("whsec_%%%") == b"whsec_%%%"


def test_what_is_not_kept_any_more_is_given_up(own: Store) -> None:
    keep_digest(own.engine, MadeDigest("week", WEEK.start, NOW, b""), ("out",), NOW)
    assert courier(own, Noted(), Clock()).turn()
    found = state_of(own.engine, ABOUT, "out")
    assert found is not None
    assert found.state == "given_up"
