"""The rungs below the arithmetic: each says its verdict or None."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from analyzers.fine_tuning.facts import Facts, Limits, Verdict
from analyzers.fine_tuning.options import Option
from analyzers.fine_tuning.signals import Diagnosis, Score
from analyzers.wilson import interval


class Judged(NamedTuple):
    """A verdict with the number that decided it and what would turn it."""

    verdict: Verdict
    rung: int
    deciding: str
    flips: str
    options: tuple[Option, ...] = ()
    best: Option | None = None


def _enough(facts: Facts, limits: Limits) -> Judged | None:
    if facts.days < limits.days:
        why = f"{facts.days:.1f} days are logged, fewer than {limits.days:g}"
        return Judged("cannot_tell", 0, why, f"{limits.days - facts.days:.0f} more days of log")
    if facts.calls < limits.calls:
        why = f"{facts.calls:,} calls are logged, fewer than {limits.calls:,}"
        return Judged("cannot_tell", 0, why, f"{limits.calls - facts.calls:,} more calls")
    if facts.now_usd is None and facts.trial is not None:
        why = f"{facts.trial.model} answers all of these calls: none of the model before is left to hold it against"
        return Judged("cannot_tell", 0, why, "a log that begins before the change")
    if facts.now_usd is None:
        return Judged("cannot_tell", 0, "the model has no known price", "a price in [prices.overrides]")
    return None


def _knowledge(facts: Facts, limits: Limits) -> Judged | None:
    found = facts.diagnosis
    if not _fails(found.knowledge, limits) or found.knowledge.share <= found.behaviour.share:
        return None
    return Judged(
        "no", 1, f"{_told(found.knowledge)} lack or miss a fact: retrieval, not tuning", _below(found, "knowledge")
    )


def _caching(facts: Facts, limits: Limits) -> Judged | None:
    if facts.now_usd is None or facts.cached_usd is None or not facts.now_usd:
        return None
    share = float(1 - facts.cached_usd / facts.now_usd)
    if share < limits.caching:
        return None
    month = (facts.now_usd - facts.cached_usd) * facts.calls_month
    why = f"prompt caching still saves {share:.0%} of the bill ({month:,.0f} USD a month): that comes first"
    return Judged("not_yet", 2, why, "the prompt-caching findings of this task, done")


def _prompt(facts: Facts, limits: Limits) -> Judged | None:
    missed = next((one for one in facts.diagnosis.behaviour.signals if one.name == "schema_missed"), None)
    if missed is None or not missed.of or interval(facts.strict_off, missed.of)[0] <= limits.failing:
        return None
    why = f"{facts.strict_off:,} of {missed.of:,} answers miss their JSON while no schema is enforced: enforce it first"
    return Judged("not_yet", 3, why, "strict mode on, and still more than 2 % missed")


def _cheaper(facts: Facts, limits: Limits) -> Judged | None:
    one = facts.cheaper
    alternative = facts.cached_usd or facts.now_usd
    if (
        one is None
        or not one.answers_as_well
        or alternative is None
        or one.usd > alternative * Decimal(str(1 - limits.cheaper))
    ):
        return None
    why = f"{one.model} answered {one.n:,} of these calls as well at {1 - one.usd / alternative:.0%} less a call: change the model, do not tune"
    return Judged("no", 4, why, f"an evaluation in which {one.model} is worse")


def _capability(facts: Facts, limits: Limits) -> Judged | None:
    found = facts.diagnosis
    if not _fails(found.capability, limits) or found.capability.share <= found.behaviour.share:
        return None
    why = f"{_told(found.capability)} are beyond the model: a better base or smaller steps, tuning perhaps later"
    return Judged("no", 5, why, _below(found, "capability"))


def _fails(score: Score, limits: Limits) -> bool:
    return interval(score.n, score.of)[0] > limits.failing


def _told(score: Score) -> str:
    return f"{score.n:,} of {score.of:,} calls ({score.share:.0%})"


def _below(found: Diagnosis, axis: str) -> str:
    return f"{axis} under behaviour ({found.behaviour.share:.0%}), or no longer failing"


RUNGS: tuple[Callable[[Facts, Limits], Judged | None], ...] = (
    _enough,
    _knowledge,
    _caching,
    _prompt,
    _cheaper,
    _capability,
)
