"""From calls to the report's section on response caching, in every form it is shown in."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import numpy as np
import pytest

from agent.cache_config import cache_configurations
from agent.demo.texts import banking77, structured
from agent.report import Report
from agent.report_lines import lines
from agent.report_markdown import markdown
from agent.report_text import text
from agent.response_caching import After, answered
from agent.response_view import restraints, section
from analyzers import names
from analyzers.core import Call, Usage
from analyzers.prices import Prices
from analyzers.prompt_caching.analyse import Analysis as PromptAnalysis
from analyzers.prompt_caching.analyse import analyse
from analyzers.prompt_caching.rules import load
from analyzers.response_caching.analyse import Options
from tests.agent.reports import empty
from tests.analyzers.response_caching.asked import ask

INTENTS = (
    "activate_my_card",
    "age_limit",
    "apple_pay_or_google_pay",
    "atm_support",
    "card_linking",
    "cash_withdrawal_charge",
)
CALLS = 900
USAGE = Usage(uncached_input=400, cache_read=0, cache_write_short=0, cache_write_long=0, output=40, input_total=400)


def asked(app: str = "faq", calls: int = CALLS) -> list[Call]:
    """Questions in many words about few things, popular ones more often; each thing has one answer."""
    rng = Random(5)
    answers = structured("faq_answers.json")
    found = []
    for number in range(calls):
        intent = INTENTS[min(int(rng.paretovariate(1.2)) - 1, len(INTENTS) - 1)]
        wordings = banking77()[intent][:60]
        wording = wordings[min(int(rng.paretovariate(0.7)) - 1, len(wordings) - 1)]
        found.append(ask(number * 60.0, wording, answers[intent], app=app, id=f"{app}{number}", usage=USAGE))
    return found


def prompts(calls: list[Call]) -> PromptAnalysis:
    return analyse(calls, Prices(), load(), names.family)


def reported(calls: list[Call], options: Options | None = None, show_text: bool = False) -> Report:
    found = answered(calls, Prices(), prompts(calls), options or Options())
    hours = (calls[-1].started_at - calls[0].started_at) / 3_600 if calls else 0.0
    made = section(found.analysis, hours, after_prompt_caching=found.after_prompt_caching, show_text=show_text)
    return empty().model_copy(update={"response_caching": made, "restraint": list(restraints(found.analysis))})


@pytest.fixture(scope="module")
def report() -> Report:
    return reported(asked())


def test_what_is_hit_broken_and_saved_hangs_together(report: Report) -> None:
    found = report.response_caching
    assert found is not None
    assert found.calls == CALLS
    assert 0.98 * CALLS < found.eligible_calls == CALLS - sum(found.ineligible_by_reason.values())
    rates = [one.hit_rate for one in found.exact.by_ttl]
    assert rates == sorted(rates) and rates[-1] > 0.3
    assert found.exact.saving_usd_month is not None and found.exact.saving_usd_month > 0
    curve = found.semantic.curve
    hits = [one.hit_rate for one in curve]
    assert [one.threshold for one in curve] == sorted(one.threshold for one in curve)
    assert hits[0] > hits[-1] > 0
    for one in curve:
        assert one.hit_rate_low <= one.hit_rate <= one.hit_rate_high
        assert one.wrong_rate is None or one.wrong_rate <= one.wrong_rate_high
    assert found.semantic.embedder is not None and "MiniLM" in found.semantic.embedder


def test_a_threshold_is_recommended_only_below_the_limit_and_none_has_a_reason(report: Report) -> None:
    found = report.response_caching
    assert found is not None
    semantic = found.semantic
    if semantic.recommended_threshold is None:
        assert semantic.recommended_threshold_reason and semantic.saving_usd_month is None
        assert any(one.lever == "semantic_cache" for one in report.restraint)
    else:
        assert semantic.wrong_rate_high is not None and semantic.wrong_rate_high <= semantic.max_wrong_rate
        assert semantic.saving_usd_month is not None and semantic.running_usd_month is not None


def test_it_is_said_in_text_and_markdown(report: Report) -> None:
    drawn, marked = text(report), markdown(report)
    for words in ("could be answered from a cache", "An exact cache of answers", "A cache of answers by similarity"):
        assert words in drawn and words in marked
    assert any("judged on" in remark for remark in lines(report).remarks)
    assert Report.model_validate_json(report.to_json()).response_caching is not None


def test_beyond_the_budget_all_calls_are_replayed_and_what_is_said_is_near_the_whole(report: Report) -> None:
    whole = report.response_caching.semantic if report.response_caching else None
    again = reported(asked(), Options(characters=2_500, lookups=600))
    found = again.response_caching.semantic if again.response_caching else None
    assert whole is not None and found is not None
    assert whole.complete and not whole.verified_lookups
    assert not found.complete
    assert found.replayed_calls == whole.replayed_calls and found.questions == whole.questions
    assert 30 < found.verified_lookups <= 600
    assert 0 < found.exactly_replayed_calls < found.replayed_calls
    for one, known in zip(found.curve, whole.curve, strict=True):
        assert one.hit_rate == pytest.approx(known.hit_rate, abs=0.1)
        assert one.hit_rate_low <= one.hit_rate <= one.hit_rate_high
        assert one.wrong_rate is None or one.wrong_rate <= one.wrong_rate_high
    shown = " ".join(text(again).split())
    assert "verified" in shown and "replayed exactly" in shown


def test_a_little_beyond_the_budget_the_newest_calls_stand_for_all(report: Report) -> None:
    whole = report.response_caching.semantic if report.response_caching else None
    again = reported(asked(), Options(characters=3_500))
    found = again.response_caching.semantic if again.response_caching else None
    assert whole is not None and found is not None
    assert not found.complete and not found.verified_lookups
    assert whole.replayed_calls / 4 <= found.replayed_calls < whole.replayed_calls
    assert "newest calls were replayed" in " ".join(text(again).split())


def test_no_call_no_figure() -> None:
    nothing = reported([])
    found = nothing.response_caching
    assert found is not None
    assert (found.exact.hit_rate, found.exact.saving_usd_month, found.semantic.recommended_threshold) == (
        None,
        None,
        None,
    )
    assert found.exact.hit_rate_reason and found.semantic.recommended_threshold_reason
    assert "could be answered" not in text(nothing)


def test_questions_that_never_repeat_get_a_no_with_a_reason() -> None:
    calls = [ask(n * 60.0, f"What of subject {n}?", f"Answer {n}.", id=str(n), usage=USAGE) for n in range(30)]
    levers = {one.lever: one for one in reported(calls).restraint}
    assert levers["exact_cache"].verdict == "no" and "letter for letter" in levers["exact_cache"].why
    assert levers["semantic_cache"].verdict == "no" and "answered wrongly" in levers["semantic_cache"].why


def test_a_recommended_cache_is_written_as_configuration(report: Report) -> None:
    files = cache_configurations(report)
    assert {"faq/litellm/config.yaml", "faq/README.md"} <= set(files)
    assert cache_configurations(empty()) == {}


def test_money_is_what_is_left_after_prompt_caching() -> None:
    calls = asked(calls=40)
    costs = After(Prices())
    plain = [costs(number, call) for number, call in enumerate(calls)]
    assert costs.before == costs.after == sum(cost for cost in plain if cost is not None) > 0
    costs = After(Prices(), np.full(len(calls), 0.25))
    mended = [costs(number, call) for number, call in enumerate(calls)]
    assert mended == [None if cost is None else cost * Decimal("0.25") for cost in plain]
    assert costs.after == costs.before * Decimal("0.25")
