"""The section on prompt caching, where there are more calls than are told apart by template."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent.caching_view import section
from agent.report_caching import PromptCaching
from agent.report_lines_caching import remarks
from analyzers.names import family
from analyzers.prices import Prices
from analyzers.prompt_caching.analyse import analyse
from analyzers.prompt_caching.rules import load
from tests.fixtures.heads import NONE, RULES, Ask, asks, call

HOURS = 24.0


def clock(ask: Ask) -> tuple[str, ...]:
    return (f"{datetime.fromtimestamp(ask.at, UTC):%Y-%m-%d %H:%M:%S}\n{RULES}",)


def made() -> PromptCaching:
    calls = [call(ask, clock, NONE, ("openai", "gpt-5"), None) for ask in asks(talks=60, turns=3)]
    return section(analyse(calls, Prices(), load(), family), HOURS)


def test_money_of_templates_and_faults_is_that_of_all_calls_though_the_newest_are_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = made()
    monkeypatch.setattr("analyzers.prompt_caching.sharing.WINDOW", whole.compared_calls // 3)
    newest = made()
    assert newest.compared_calls == whole.compared_calls == 3 * (newest.told_apart_calls or 0)
    (fault,), (of_all,) = newest.faults, whole.faults
    assert fault.kind == of_all.kind == "timestamp_before_static"
    assert float(fault.saving_usd_month or 0) == pytest.approx(float(of_all.saving_usd_month or 1), rel=0.05)
    assert float(newest.templates[0].input_usd or 0) == pytest.approx(
        float(whole.templates[0].input_usd or 1), rel=0.05
    )
    after, before = newest.simulated.restructured.saving_usd_month, whole.simulated.restructured.saving_usd_month
    assert float(after or 0) == pytest.approx(float(before or 1), rel=0.05)
    assert any("the newest 60 of these calls" in line for line in remarks(newest))
    assert not any("newest" in line for line in remarks(whole))
