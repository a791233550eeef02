"""The model that the settings name is the one whose thresholds are told; answers are always compared with the package's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.config import load
from agent.models import Models, models_of, packaged
from agent.response_caching import Found, answered
from agent.response_view import section
from agent.store import Store, open_store
from agent.vectors import Cached
from analyzers.errors import HoneError
from analyzers.prices import Prices
from analyzers.response_caching.analyse import Options
from tests.agent.test_response_caching import asked, prompts

NOW = 1_795_392_000.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/hone.db")
    yield opened
    opened.close()


def models(store: Store, model: str | None = None, now: float = NOW) -> Models:
    return models_of(load(None, {"HONE_EMBEDDING__MODEL": model} if model else {}), store, now)


def looked_at(chosen: Models | None) -> Found:
    calls = asked(calls=400)
    return answered(calls, Prices(), prompts(calls), Options(), models=chosen)


def computed(chosen: Models) -> int:
    used = {id(model): model for model in (chosen.cache(), chosen.words())}.values()
    assert all(isinstance(model, Cached) for model in used)
    return sum(model.computed for model in used if isinstance(model, Cached))


def test_thresholds_are_of_the_model_that_the_settings_name(store: Store) -> None:
    chosen = models(store, "static")
    found = looked_at(chosen)
    assert found.analysis.curve is not None
    assert found.analysis.curve.embedder == chosen.cache().name != packaged().cache().name
    assert chosen.words().name == packaged().words().name


def test_without_a_word_it_is_the_packages_model_for_everything(store: Store) -> None:
    chosen = models(store)
    assert chosen.cache is chosen.words
    assert chosen.cache().name == packaged().cache().name


def test_the_next_analysis_computes_nothing_and_finds_the_same(store: Store) -> None:
    first, again = models(store), models(store, now=NOW + 600)
    before, after = looked_at(first), looked_at(again)
    assert computed(first) > 0
    assert computed(again) == 0
    told = [section(one.analysis, 24.0, after_prompt_caching=one.after_prompt_caching) for one in (before, after)]
    assert told[0].semantic.curve and told[0] == told[1]


def test_a_model_that_cannot_be_loaded_is_said_when_it_is_needed(store: Store) -> None:
    with pytest.raises(HoneError, match="no-such-model"):
        looked_at(models(store, "/no-such-model"))
