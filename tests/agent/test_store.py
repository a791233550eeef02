"""The transaction: everything a batch means or nothing, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from sqlalchemy import text
from sqlmodel import SQLModel

from agent.store import Fenced, Store, StoreUnavailable, open_store
from agent.store import read as reading
from agent.store.migrate import NewerDatabase
from agent.store.retention import Keep, forget
from agent.store.rows import call_of, decode, decompress
from agent.store.texts import TextWriter
from analyzers.core import Call, Message, Part
from analyzers.errors import HoneError
from collectors.source import Incident, Partition, Position
from tests.strategies import calls as any_calls

LOGS = Partition("llm.calls", 0)
DAY = 86_400


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hone.db'}"
    return str(request.getfixturevalue("postgres"))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url, owner="a")
    yield opened
    opened.close()


def call(name: str, at: float = 1_795_000_000.0, text: str = "Where is my order?") -> Call:
    return Call(id=name, started_at=at, format="hone", messages=(Message("user", (Part("text", text),)),))


def put(store: Store, writer: TextWriter, *calls: Call) -> None:
    prepared = writer.prepare(calls)
    with store.transaction() as transaction:
        transaction.insert("segment", prepared.segments)
        transaction.insert("call", [(day, at, "t", 0, n, b) for n, (day, at, b) in enumerate(prepared.bodies)])
    writer.commit(prepared)


def test_a_partition_never_read_has_no_position(store: Store) -> None:
    assert store.position(LOGS) is None


def test_an_offset_moves_by_compare_and_set(store: Store) -> None:
    with store.transaction() as transaction:
        transaction.move_offset(LOGS, 0, 10, "id-1", "a", 1.0)
    with store.transaction() as transaction:
        transaction.move_offset(LOGS, 10, 25, "id-1", "a", 2.0)
    assert store.position(LOGS) == Position(25, "id-1")
    with pytest.raises(Fenced), store.transaction() as transaction:
        transaction.move_offset(LOGS, 10, 30, "id-1", "zombie", 3.0)
    assert store.position(LOGS) == Position(25, "id-1")


def test_two_agents_that_begin_one_partition_do_not_both_succeed(store: Store, url: str) -> None:
    other = open_store(url, owner="b")
    outcomes: list[str] = []
    barrier = threading.Barrier(2)

    def begin(agent: Store) -> None:
        barrier.wait()
        try:
            with agent.transaction() as transaction:
                transaction.move_offset(LOGS, 0, 10, None, agent.owner, 1.0)
            outcomes.append("moved")
        except Fenced:
            outcomes.append("fenced")

    threads = [threading.Thread(target=begin, args=(agent,)) for agent in (store, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert sorted(outcomes) == ["fenced", "moved"]


def test_nothing_of_a_failed_transaction_remains(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction() as transaction:
        transaction.move_offset(LOGS, 0, 10, None, "a", 1.0)
        transaction.claim([(b"k" * 16, 1, 2, 3)])
        transaction.incidents([Incident("lost", LOGS, "gone", 1, 2)], 1.0)
        raise ZeroDivisionError
    assert store.position(LOGS) is None
    assert store.incidents() == []
    with store.transaction() as transaction:
        assert transaction.claim([(b"k" * 16, 1, 2, 3)]) == {}


def test_an_identity_is_claimed_once_also_by_agents_that_race(store: Store, url: str) -> None:
    rows = [(n.to_bytes(16, "little"), n, n, 1) for n in range(200)]
    claimed: list[int] = []
    barrier = threading.Barrier(4)

    def race(order: int) -> None:
        agent = open_store(url)
        barrier.wait()
        with agent.transaction() as transaction:
            found = transaction.claim(rows[order:] + rows[:order])
        claimed.append(len(rows) - len(found))
        agent.close()

    threads = [threading.Thread(target=race, args=(50 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == [0, 0, 0, 200]


def test_summaries_are_replaced_and_read_back(store: Store) -> None:
    key = ("spend", 1, 498_000, "t", 0)
    for state in (b'{"n":1}', b'{"n":2}'):
        with store.transaction() as transaction:
            transaction.insert("summary", [(*key, state)])
    with store.transaction() as transaction:
        assert transaction.states([key, ("spend", 2, 498_000, "t", 0)]) == {key: b'{"n":2}'}
    assert list(reading.summaries(store.engine, "spend", 1)) == [(key, b'{"n":2}')]
    assert list(reading.summaries(store.engine, "spend", 1, start_hour=498_001)) == []


def test_calls_come_back_with_their_text_in_order_of_time(store: Store) -> None:
    late, early = call("late", 1_795_000_100.0, "\x00 \ud800 [/foo] \x1b[31m"), call("early", 1_795_000_000.0)
    put(store, TextWriter(), late, early)
    assert list(store.calls()) == [early, late]
    assert list(store.calls(start=1_795_000_050.0)) == [late]


def test_a_text_is_stored_once_a_day(store: Store) -> None:
    policy = "Refunds within 30 days. " * 500
    writer = TextWriter()
    put(store, writer, *(call(f"c{n}", text=policy) for n in range(50)))
    put(store, writer, *(call(f"d{n}", text=policy) for n in range(50)))
    with store.engine.connect() as connection:
        (size,) = connection.execute(text("select sum(size) from segment")).one()
    assert size == len(policy)
    assert all(c.messages[0].parts[0].text == policy for c in store.calls())


def test_without_text_only_hashes_are_at_rest(store: Store) -> None:
    put(store, TextWriter("hashes"), call("a", text="a very secret sentence"))
    (found,) = store.calls()
    assert found.text_state == "hashes"
    (part,) = found.messages[0].parts
    assert part.text and part.text.isalpha() and "secret" not in part.text
    with store.engine.connect() as connection:
        assert connection.execute(text("select count(*) from segment")).scalar_one() == 0
        (body,) = connection.execute(text("select body from call")).one()
    assert b"secret" not in bytes(body)


def test_without_text_no_vector_that_tells_of_it_is_at_rest(store: Store) -> None:
    one = msgspec.structs.replace(call("a"), embedding=b"\0\0\x80\x3f" * 2, embedding_model="v1")
    put(store, TextWriter("hashes"), one)
    (found,) = store.calls()
    assert (found.embedding, found.embedding_model) == (None, "v1")


def test_a_row_of_an_older_version_has_no_vector() -> None:
    one = msgspec.structs.replace(call("a"), embedding=b"\0\0\x80\x3f" * 2, embedding_model="v1")
    ((_, _, body),) = TextWriter().prepare([one]).bodies
    older = msgspec.msgpack.encode(msgspec.msgpack.decode(body)[:-2])
    assert decode(body).embedding == one.embedding
    assert (decode(older).embedding, decode(older).id) == (None, "a")


@given(any_calls())
def test_every_call_survives_its_row(one: Call) -> None:
    prepared = TextWriter().prepare([one])
    texts = {segment.id: decompress(segment.body, segment.size) for segment in prepared.segments}
    assert call_of(decode(prepared.bodies[0][2]), texts) == one


def test_half_a_character_in_a_parameter_does_not_hold_up_the_batch(store: Store) -> None:
    odd = Call(id="odd", started_at=1_795_000_000.0, format="hone", app="\udfff", parameters={"stop": ["\ud800", "x"]})
    put(store, TextWriter(), call("plain"), odd)
    found = {c.id: c for c in store.calls()}
    assert found["odd"].parameters == {"stop": ["?", "x"]}
    assert found["plain"].messages == call("plain").messages


def test_the_migrated_schema_is_the_one_the_code_means(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_opening_again_changes_nothing(store: Store, url: str) -> None:
    put(store, TextWriter(), call("a"))
    again = open_store(url)
    assert [c.id for c in again.calls()] == ["a"]
    again.close()


def test_a_database_of_a_newer_version_is_refused(store: Store, url: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(NewerDatabase, match="9999") as refusal:
        open_store(url)
    assert "newer" in refusal.value.hint


def test_agents_that_start_together_migrate_once(url: str) -> None:
    failures: list[BaseException] = []
    barrier = threading.Barrier(4)

    def start() -> None:
        barrier.wait()
        try:
            open_store(url).close()
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_new_sqlite_file_that_another_agent_is_writing_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "hone.db"
    other = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, other.execute, ["COMMIT"])
    release.start()
    open_store(f"sqlite:///{path}").close()
    release.join()
    assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()


def test_days_past_their_time_are_forgotten_and_no_pointer_dangles(store: Store) -> None:
    writer = TextWriter()
    today = 20_700
    for age in (0, 1, 29, 31, 40):
        put(store, writer, *(call(f"{age}-{n}", (today - age) * DAY + 60.0 * n, "the same words") for n in range(3)))
    with store.transaction() as transaction:
        transaction.claim([(bytes([n]) * 16, 0, 0, today - n) for n in range(20)])
    gone = forget(store.engine, Keep(calls=30, seen=7), now=today * DAY + 100.0)
    assert (gone.calls, gone.segments, gone.seen) == (6, 2, 12)
    kept = list(store.calls())
    assert len(kept) == 9
    assert all(c.text_state == "full" and c.messages[0].parts[0].text == "the same words" for c in kept)


@pytest.mark.parametrize("keep", [Keep(call_rows=7), Keep(text_bytes=60)])
def test_the_oldest_days_go_when_the_budget_is_spent(store: Store, keep: Keep) -> None:
    today = 20_700
    for age in (2, 1, 0):
        put(store, TextWriter(), *(call(f"{age}-{n}", (today - age) * DAY + n, f"text {age} {n}") for n in range(3)))
    before = forget(store.engine, Keep(), now=today * DAY + 10.0)
    assert before.calls == 0
    forget(store.engine, keep, now=today * DAY + 10.0)
    days = {int(c.started_at // DAY) for c in store.calls()}
    assert today in days
    assert today - 2 not in days


def test_a_locked_sqlite_file_is_reported_and_usable_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.store.engine.BUSY_TIMEOUT_S", 0.1)
    url = f"sqlite:///{tmp_path / 'hone.db'}"
    first, second = open_store(url), open_store(url)
    with first.transaction() as transaction:
        transaction.bump(1.0)
        with pytest.raises(StoreUnavailable, match="locked"), second.transaction():
            pass
    with second.transaction() as transaction:
        transaction.bump(2.0)
    assert reading.revision(first.engine) == (2, 2.0)


def test_what_can_never_be_written_is_no_outage(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("insert into segment (id, day, size, body) values (1, 1, 0, :b)"), {"b": b""})
    with pytest.raises(HoneError, match="refuses") as failure, store.transaction() as transaction:
        transaction.insert("segment", [(1, 1, 0, b"")])
    assert not isinstance(failure.value, StoreUnavailable)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite:////proc/nowhere/hone.db", "cannot be created"),
        ("mysql://user:secret@host/db", "not supported"),
        ("postgresql://nobody:hunter2@127.0.0.1:1/none", "not available"),
        (":not a url", "hone"),
    ],
)
def test_a_database_that_cannot_be_opened_is_a_clear_error(
    url: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if url.startswith(":"):
        open_store(url).close()
        assert (tmp_path / url).exists()
        return
    with pytest.raises(HoneError, match=says) as failure:
        open_store(url)
    assert "hunter2" not in failure.value.message + failure.value.hint
    assert "secret" not in failure.value.message + failure.value.hint


def test_a_missing_file_is_not_created_when_only_read(tmp_path: Path) -> None:
    with pytest.raises(HoneError, match="no database"):
        open_store(f"sqlite:///{tmp_path / 'none.db'}", create=False)
    assert not (tmp_path / "none.db").exists()


def test_the_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "hone.db"
    open_store(f"sqlite:///{path}").close()
    assert path.stat().st_mode & 0o077 == 0
