"""Providers that serve less than their rules promise: learnt, applied to forecasts, and never called the user's fault."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from random import Random

import pytest

from analyzers.core import Call
from analyzers.names import family
from analyzers.prices import Prices
from analyzers.prompt_caching.analyse import Analysis, analyse
from tests.analyzers.prompt_caching.prompts import RULES, START, call, message, text

POLICY = text(2_500, "rule")
TOTAL = 6_000


def sent(share: float, *, clock: bool = False, count: int = 300, gap: float = 20.0) -> Iterable[Call]:
    """A provider that serves a whole prefix in `share` of the calls, and nothing in the others."""
    rng = Random(4)
    cached = TOTAL // 128 * 128
    for n in range(count):
        now = datetime.fromtimestamp(START + gap * n, UTC)
        policy = f"Now: {now:%Y-%m-%d %H:%M:%S}\n{POLICY}" if clock else POLICY
        served = 0 if clock or not n or rng.random() >= share else cached
        yield call(gap * n, [message("user", f"question {n}")], system=policy, total=TOTAL, read=served)


def look(calls: Iterable[Call]) -> Analysis:
    return analyse(list(calls), Prices(), RULES, family)


@pytest.mark.parametrize("share", [1.0, 0.6])
def test_the_share_is_learnt_from_reported_reads(share: float) -> None:
    found = look(sent(share))
    (learnt,) = found.learnt.values()
    assert learnt.share == pytest.approx(share, abs=0.06)
    assert float(found.as_is.usd) == pytest.approx(float(found.actual.usd), rel=0.06)


def test_a_shortfall_with_the_same_bytes_is_nobodys_fault() -> None:
    found = look(sent(0.5))
    assert [p.fault.kind for t in found.templates for p in t.outcome.faults] == []
    assert all(template.regression is None for template in found.templates)


def test_forecasts_are_multiplied_by_what_was_served() -> None:
    # Half of the calls are of another application of the same model, whose reads tell what the provider serves.
    def savings(share: float) -> float:
        broken = [c for c in sent(share, clock=True)]
        other = [
            call(
                20.0 * n + 7,
                [message("user", f"other question {n}")],
                system=text(2_500, "else"),
                total=TOTAL,
                read=c.usage.cache_read,
                app="other",
                id=f"other{n}",
            )
            for n, c in enumerate(sent(share))
        ]
        found = look([*broken, *other])
        return sum(
            float(p.saving)
            for t in found.templates
            for p in t.outcome.faults
            if p.fault.kind == "timestamp_before_static"
        )

    whole, half = savings(1.0), savings(0.5)
    assert whole > 0
    assert half == pytest.approx(whole * 0.5, rel=0.15)


def test_nothing_is_learnt_from_a_few_reads() -> None:
    found = look(sent(1.0, count=8))
    (learnt,) = found.learnt.values()
    assert learnt.share is None


@pytest.mark.parametrize("total", [0, 1, 4])
def test_totals_smaller_than_their_own_text_break_nothing(total: int) -> None:
    calls = [call(20.0 * n, [message("user", f"question {n}")], system=POLICY, total=total) for n in range(12)]
    assert look(calls).calls == 12


def keyed(share: float) -> Iterable[Call]:
    """Calls of another application, all with one cache key."""
    for n, one in enumerate(sent(share)):
        yield call(
            20.0 * n + 7,
            [message("user", f"other question {n}")],
            system=text(2_500, "else"),
            total=TOTAL,
            read=one.usage.cache_read,
            app="other",
            id=f"other{n}",
            parameters={"prompt_cache_key": "other"},
        )


def test_a_cache_key_is_proposed_by_what_calls_with_one_are_served() -> None:
    found = look([*sent(0.5), *keyed(0.95)])
    (without, other) = sorted(found.templates, key=lambda one: one.app or "")
    (one,) = without.outcome.faults
    assert one.fault.kind == "cache_key_missing"
    assert other.outcome.faults == ()
    # Read at a tenth of 2.50 USD a million: what is served more of 300 calls.
    more = sum(c.usage.cache_read or 0 for c in keyed(0.95)) - sum(c.usage.cache_read or 0 for c in sent(0.5))
    price = float(found.as_is.usd_uncached) / found.as_is.total
    assert float(one.saving) == pytest.approx(more * price * 0.9, rel=0.05)


def test_without_such_calls_the_log_cannot_tell_what_a_key_would_do() -> None:
    (template,) = look(sent(0.5)).templates
    assert template.restraint is not None
    assert template.restraint.verdict == "cannot_tell"
    assert "prompt_cache_key" in template.restraint.why


def test_a_key_that_changes_nothing_is_not_proposed() -> None:
    found = look([*sent(0.6), *keyed(0.6)])
    assert [p.fault.kind for t in found.templates for p in t.outcome.faults] == []
    assert all(
        t.restraint is not None and "nothing in the prompt changes that" in t.restraint.why
        for t in found.templates
        if t.app == "other"
    )
