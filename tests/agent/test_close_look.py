"""What may be seen of the texts behind a report: from a log through the analysis to the row that the dashboard reads."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.analyst.analysis import analyse
from agent.close_look import CloseLook
from agent.commands import wiring
from agent.config import load
from agent.judging import key
from agent.report import Report
from agent.store import Store, analyses, close_looks, open_store
from agent.store.judgements import Judgement, judgements
from agent.store.judgements import keep as judge
from agent.store.retention import Keep, forget
from analyzers.response_caching.judge import Exchange
from tests.agent.test_judge import HOW, TOPICS, WAYS, part

START = 1_795_000_000.0
RULES = "\n".join(
    f"{n}. Rule {n} says that returns of kind {n} are free within {n + 10} days of delivery." for n in range(90)
)


def line(n: int) -> str:
    at = START + 60 * n
    topic, way = TOPICS[n % 6], n // 6 % 4
    clock = datetime.fromtimestamp(at, UTC).isoformat()
    return json.dumps(
        {
            "hone": 1,
            "id": f"c{n}",
            "timestamp": at,
            "app": "shop",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.system_instructions": [part(f"You answer questions.\nNow: {clock}\n{RULES}")],
            "gen_ai.input.messages": [{"role": "user", "parts": [part(WAYS[way].format(topic))]}],
            "gen_ai.output.messages": [{"role": "assistant", "parts": [part(HOW[(way + n) % 4].format(topic))]}],
            "parameters": {"temperature": 0},
            "usage": {"uncached_input": 2_000, "cache_read": 0, "output": 40},
        }
    )


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[bool, tuple[CloseLook, Report]]]:
    """By whether text may be shown: the look and the report that an analysis kept."""
    home = tmp_path_factory.mktemp("look")
    (home / "log.jsonl").write_text("\n".join(line(n) for n in range(96)) + "\n")
    store = open_store(f"sqlite:///{home / 'hone.db'}")
    wiring.read_files([str(home / "log.jsonl")], store, load(None, {}), threading.Event(), None)
    found = {}
    for shown in (False, True):
        settings = load(None, {"HONE_PRIVACY__SHOW_TEXT": str(shown).lower()})
        analyse(store, settings, START + 10_000)
        body, made = close_looks.newest(store.engine), analyses.newest(store.engine)
        assert body is not None
        assert made is not None
        found[shown] = CloseLook.model_validate_json(body), Report.model_validate_json(made.report)
    store.close()
    yield found


def test_the_pieces_are_the_newest_prompt_in_its_order(seen: dict[bool, tuple[CloseLook, Report]]) -> None:
    look, report = seen[True]
    assert report.prompt_caching is not None
    assert [one.id for one in look.templates] == [one.id for one in report.prompt_caching.templates]
    head = [piece for piece in look.templates[0].pieces if piece.segment == "system"]
    clock = datetime.fromtimestamp(START + 60 * 95, UTC).isoformat()
    assert [piece.text for piece in head[:2]] == ["You answer questions.\nNow: ", clock]
    assert [piece.varies for piece in head] == [False, True, False]
    assert head[1].changes == 1.0
    assert head[1].faults == ["timestamp_before_static"]
    assert head[0].faults == head[2].faults == []
    assert len(head[2].text) + head[2].left_out == len(f"\n{RULES}") + len("\n⋯\n")
    assert [piece.role for piece in look.templates[0].pieces[len(head) :]] == ["last message"]


def test_tokens_of_the_pieces_are_those_of_the_call(seen: dict[bool, tuple[CloseLook, Report]]) -> None:
    one = seen[True][0].templates[0]
    assert sum(piece.tokens for piece in one.pieces) == pytest.approx(2_000, abs=2)
    # The clock stands in front of everything that is long enough to be cached.
    assert one.read_tokens == 0
    assert all(piece.cached_tokens == 0 for piece in one.pieces)


def test_two_calls_differ_in_the_clock_and_the_question(seen: dict[bool, tuple[CloseLook, Report]]) -> None:
    diff = seen[True][0].templates[0].two_calls.splitlines()
    changed = [line for line in diff[2:] if line[:1] in "+-"]
    assert len(changed) == 4
    assert all("Now: 2026" in line for line in changed[:2])
    assert all("return" in line for line in changed[2:])


def test_masked_texts_have_no_word_left(seen: dict[bool, tuple[CloseLook, Report]]) -> None:
    look, _ = seen[False]
    assert look.masked
    texts = [piece.text for one in look.templates for piece in one.pieces]
    texts += [
        text for pair in look.pairs for text in (pair.asked, pair.answered or "", pair.asked_before, pair.cached or "")
    ]
    texts += [line[2:] for one in look.templates for line in one.two_calls.splitlines()[2:] if line[1:2] == " "]
    assert any(texts)
    for text in texts:
        assert {char for char in text if char.isalpha()} <= {"x"}
        assert {char for char in text if char.isdigit()} <= {"9"}
    # What differs shows through the mask.
    assert sum(line[:1] in "+-" for line in look.templates[0].two_calls.splitlines()[2:]) == 4


def test_a_verdict_on_a_pair_is_the_verdict_of_hone_judge(seen: dict[bool, tuple[CloseLook, Report]]) -> None:
    look, _ = seen[True]
    assert look.pairs
    for pair in look.pairs:
        assert pair.key == key(Exchange(pair.asked, pair.answered, pair.asked_before, pair.cached)).hex()
    assert {pair.key for pair in look.pairs} == {pair.key for pair in seen[False][0].pairs}


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'hone.db'}" if request.param == "sqlite" else str(request.getfixturevalue("postgres"))
    opened = open_store(url)
    yield opened
    opened.close()


def test_only_the_newest_look_is_kept_and_it_goes_with_the_texts(store: Store) -> None:
    day = 86_400.0
    assert close_looks.newest(store.engine) is None
    close_looks.keep(store.engine, 10 * day, b'{"masked": true}')
    close_looks.keep(store.engine, 20 * day, b'{"masked": false}')
    assert close_looks.newest(store.engine) == b'{"masked": false}'
    assert forget(store.engine, Keep(calls=30), 21 * day).looks == 0
    assert forget(store.engine, Keep(calls=30), 60 * day).looks == 1
    assert close_looks.newest(store.engine) is None


def test_a_judged_pair_is_not_asked_about_again(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text("\n".join(line(n) for n in range(96)) + "\n")
    opened = open_store(f"sqlite:///{tmp_path / 'hone.db'}")
    settings = load(None, {"HONE_PRIVACY__SHOW_TEXT": "true"})
    wiring.read_files([str(tmp_path / "log.jsonl")], opened, settings, threading.Event(), None)

    def pairs() -> list[str]:
        analyse(opened, settings, START + 10_000)
        body = close_looks.newest(opened.engine)
        assert body is not None
        return [pair.key for pair in CloseLook.model_validate_json(body).pairs]

    before = pairs()
    judge(opened.engine, Judgement(bytes.fromhex(before[0]), True, "ada", START, None, None, "partial"))
    after = pairs()
    assert before[0] not in after
    assert len(judgements(opened.engine)) == 1
    opened.close()
