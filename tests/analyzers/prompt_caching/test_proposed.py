"""The proposed order: what varies leaves its place as a placeholder and comes back behind what stays."""

from __future__ import annotations

from datetime import UTC, datetime

from analyzers.names import family
from analyzers.prices import Prices
from analyzers.prompt_caching.analyse import analyse
from analyzers.prompt_caching.proposed import proposed
from tests.analyzers.prompt_caching.prompts import RULES, START, call, message, text

POLICY = "\n".join(f"Rule {n}: {text(40, f'r{n}.')}" for n in range(60))


def test_a_clock_goes_into_the_last_message() -> None:
    calls = []
    for n in range(120):
        now = datetime.fromtimestamp(START + 20 * n, UTC)
        calls.append(
            call(
                20.0 * n,
                [message("user", f"question {n}")],
                system=f"Now: {now:%Y-%m-%d %H:%M:%S}\n{POLICY}",
                total=12_000,
            )
        )
    (template,) = analyse(calls, Prices(), RULES, family).templates
    found = proposed(template.outcome)
    assert found is not None
    today, then = ([line.said for line in side if line.said] for side in (found.today, found.then))
    assert today == ["⟪the time⟫", "[history]", "[last message]"]
    assert then == ["[history]", "[last message]", "⟪the time⟫"]
    words = "".join(line.text for line in (*found.today, *found.then))
    assert "2026" not in words
    assert "Rule 7" in words


def test_nothing_is_proposed_for_a_prompt_in_order() -> None:
    calls = [call(20.0 * n, [message("user", f"question {n}")], system=POLICY, total=12_000) for n in range(60)]
    (template,) = analyse(calls, Prices(), RULES, family).templates
    assert proposed(template.outcome) is None
