"""A user is taken out: nothing of theirs is left, nothing of others' is lost, agents go on meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard
from sqlalchemy import text

from agent.analyst import analyse
from agent.cli import main
from agent.commands import wiring
from agent.config import load
from agent.config.settings import Settings
from agent.store import Store, open_store
from agent.store.erase import Erased, erase
from collectors.context import hashed_user
from collectors.source import Batch, Partition, Record

NOW = 1_795_400_000.0
POLICY = "Answer politely and briefly. " * 40
OWN = "Only Ada ever asked for the Pluckerbury parcel"
SHARED = "Where is my parcel"
PARTITION = Partition("t", 0)


def settings_of(url: str) -> Settings:
    return load(None, {"HONE_STORE__URL": url, "HONE_PRIVACY__USER_SALT": "grains", "HONE_PRIVACY__SHOW_TEXT": "true"})


def record(number: int, user: str, question: str, answer: str = "") -> bytes:
    return json.dumps(
        {
            "timestamp": NOW - 7_200 + number,
            "app": "support",
            "user": user,
            "request": {
                "model": "gpt-4o",
                "messages": [{"role": "system", "content": POLICY}, {"role": "user", "content": question}],
            },
            "response": {
                "object": "chat.completion",
                "id": f"chatcmpl-{number:024d}",
                "model": "gpt-4o-2024-08-06",
                "choices": [
                    {
                        "index": 0,
                        "message": {"role": "assistant", "content": answer or f"{user} {number}"},
                        "finish_reason": "stop",
                    }
                ],
                "usage": {"prompt_tokens": 250, "completion_tokens": 9, "total_tokens": 259},
            },
        }
    ).encode()


def calls() -> list[bytes]:
    """Ten calls of each of two users; every other one asks the same."""
    return [
        record(number, user, SHARED if number % 2 else f"{OWN if user == 'ada' else 'Bob wants'} {number}")
        for number, user in enumerate(("ada", "bob") * 10)
    ]


class Reading:
    """The ingest of an agent that goes on."""

    def __init__(self, url: str) -> None:
        self.store = open_store(url)
        self._ingest = wiring.ingest_of(self.store, settings_of(url))
        self._next = 0

    def read(self, values: list[bytes]) -> None:
        end = self._next + len(values)
        found = tuple(Record(self._next + n, value, NOW) for n, value in enumerate(values))
        self._ingest.commit([self._ingest.read(Batch(PARTITION, self._next, end, found), NOW)], (), NOW)
        self._next = end


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres"))
    return f"sqlite:///{tmp_path / 'hone.db'}"


@pytest.fixture
def agent(url: str) -> Iterator[Reading]:
    one = Reading(url)
    one.read(calls())
    yield one
    one.store.close()


def everything(store: Store) -> bytes:
    """All cells of all tables, what is compressed in them as it reads."""
    out: list[bytes] = []
    with store.engine.connect() as connection:
        for table in (
            "call",
            "segment",
            "fragment",
            "vector",
            "close_look",
            "analysis",
            "event",
            "recommendation",
            "cluster",
        ):
            for row in connection.execute(text(f'select * from "{table}"')):
                out += [_plain(cell) for cell in row]
    return b"\n".join(out)


def _plain(cell: Any) -> bytes:
    if not isinstance(cell, bytes | memoryview):
        return str(cell).encode()
    try:
        return zstandard.ZstdDecompressor().decompress(bytes(cell), max_output_size=1 << 26)
    except zstandard.ZstdError:
        return bytes(cell)


def test_nothing_of_the_user_is_left_and_everything_of_others(agent: Reading, url: str) -> None:
    store = agent.store
    analyse(store, settings_of(url), NOW)
    ada, bob = hashed_user("ada", b"grains"), hashed_user("bob", b"grains")
    before = everything(store)
    assert OWN.encode() in before and ada.encode() in before
    spent = _spent(store)

    gone = erase(store.engine, ada)
    assert gone.calls == 10
    assert gone.texts >= 15  # five questions and ten answers
    after = everything(store)
    assert OWN.encode() not in after and ada.encode() not in after and b"ada " not in after
    assert bob.encode() in after and SHARED.encode() in after
    left = list(store.calls())
    assert len(left) == 10 and all(call.user == bob and call.text_state == "full" for call in left)
    assert all(call.system[0].text == POLICY for call in left)
    assert _spent(store) == spent  # sums stay
    assert erase(store.engine, ada) == Erased()


def test_an_agent_goes_on_meanwhile_and_never_stores_a_wrong_text(agent: Reading) -> None:
    ada = hashed_user("ada", b"grains")
    erase(agent.store.engine, ada)
    # The agent knows the deleted text from this day and does not store it again; the policy is still there.
    agent.read([record(100, "bob", f"{OWN} 0"), record(101, "bob", SHARED), record(102, "eve", "something new")])
    known, shared, new = [call for call in agent.store.calls() if call.started_at >= NOW - 7_200 + 100]
    assert (known.text_state, known.messages[0].parts[0].text) == ("absent", "")
    assert known.system[0].text == POLICY
    assert (shared.text_state, shared.messages[0].parts[0].text) == ("full", SHARED)
    assert new.messages[0].parts[0].text == "something new"
    # A replay does not bring the user back.
    again = Reading(str(agent.store.engine.url.render_as_string(hide_password=False)))
    again._next = agent._next
    again.read(calls())
    assert not any(call.user == ada for call in again.store.calls())
    again.store.close()


def test_the_bytes_are_gone_from_the_file(tmp_path: Path) -> None:
    one = Reading(f"sqlite:///{tmp_path / 'hone.db'}")
    one.read(calls())
    ada = hashed_user("ada", b"grains").encode()
    assert ada in _files(tmp_path)
    erase(one.store.engine, ada.decode())
    assert ada not in _files(tmp_path)
    one.store.close()


def test_the_command_says_what_is_gone(
    agent: Reading, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HONE_PRIVACY__USER_SALT", "grains")
    with pytest.raises(SystemExit) as ended:
        main(["forget", "--user", "ada", "--yes", "--db", url])
    assert ended.value.code == 0
    assert "deleted: 10 calls" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        main(["forget", "--user", "nobody", "--yes", "--db", url])
    assert ended.value.code == 0
    said = capsys.readouterr()
    assert "deleted: 0 calls" in said.out and "no call of this user" in said.err


def _files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("hone.db*"))


def _spent(store: Store) -> int:
    from agent import intake
    from agent.store import read

    return sum(intake.decode(state).calls for _, state in read.summaries(store.engine, intake.NAME, intake.VERSION))
