"""Hand-written pairs over many domains: none that is wrong is judged right, and of the right ones hardly any is missed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from analyzers.embed import default_embedder
from analyzers.response_caching.judge import Exchange, judge_all

PAIRS = Path(__file__).parents[3] / "data" / "judged_pairs"


class Trap(msgspec.Struct, frozen=True):
    domain: str
    kind: str
    right: bool
    question: str
    answer: str
    cached_question: str
    cached_answer: str

    @property
    def exchange(self) -> Exchange:
        return Exchange(self.question, self.answer, self.cached_question, self.cached_answer)


def read(name: str) -> list[Trap]:
    lines = (PAIRS / name).read_bytes().splitlines()
    return [msgspec.json.decode(line, type=Trap) for line in lines]


def test_the_table_covers_what_goes_wrong() -> None:
    table = read("traps.jsonl")
    kinds = Counter(trap.kind for trap in table if not trap.right)
    assert len(table) >= 80
    assert len({trap.domain for trap in table}) >= 10
    assert {"reversed", "negation", "numbers", "entities", "units", "dates", "context", "partial"} <= kinds.keys()


@pytest.mark.parametrize("model", [True, False])
@pytest.mark.parametrize("name", ["traps.jsonl", "held_out.jsonl", "fresh.jsonl", "courtesies.jsonl"])
def test_nothing_wrong_is_judged_right(name: str, model: bool) -> None:
    table = read(name)
    verdicts = judge_all([trap.exchange for trap in table], default_embedder() if model else None)
    wrong = [trap for trap, verdict in zip(table, verdicts, strict=True) if verdict.same and not trap.right]
    assert wrong == []


@pytest.mark.parametrize("name", ["traps.jsonl", "held_out.jsonl", "courtesies.jsonl"])
def test_nine_of_ten_right_answers_are_judged_right(name: str) -> None:
    table = [trap for trap in read(name) if trap.right]
    verdicts = judge_all([trap.exchange for trap in table], default_embedder())
    assert sum(verdict.same is True for verdict in verdicts) >= 0.9 * len(table)


def test_what_is_wrong_is_mostly_known_to_be_wrong() -> None:
    table = [trap for trap in read("traps.jsonl") if not trap.right]
    verdicts = judge_all([trap.exchange for trap in table], default_embedder())
    assert sum(verdict.same is False for verdict in verdicts) >= 0.8 * len(table)
