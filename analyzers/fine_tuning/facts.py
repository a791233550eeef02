"""What is known of a task, and where the rungs of the ladder stand."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, NamedTuple

from analyzers.fine_tuning.call_cost import Shape
from analyzers.fine_tuning.signals import Diagnosis

Verdict = Literal["pays", "trial", "not_yet", "no", "cannot_tell"]


class Limits(NamedTuple):
    """Where the rungs stand; the shares are starting points that no one has published better ones for."""

    days: float = 14
    calls: int = 1_000
    failing: float = 0.02
    """An axis fails when its share is above this with 95 % confidence."""
    caching: float = 0.1
    """Of the task's bill, that better prompt caching would still save."""
    cheaper: float = 0.1
    """Of a call's cost, that another model has to take off to be worth the change."""
    unsteady: float = 0.5
    """Coefficient of variation of weekly volume from which nothing is hosted for it."""
    examples: int = 100


class Cheaper(NamedTuple):
    """A cheaper model, untuned. `answers_as_well`: from what the log holds; None where it holds nothing."""

    model: str
    usd: Decimal
    """A call, after caching."""
    answers_as_well: bool | None
    n: int = 0
    """Calls of the task that it already answered."""


class Trial(NamedTuple):
    """A tuned model that already answers part of the task."""

    model: str
    usd: Decimal
    """A call."""
    no_worse: bool | None
    """Than the base, by errors, format and feedback; None while its calls do not tell."""
    n: int


class Facts(NamedTuple):
    """What is known of a task."""

    days: float
    calls: int
    calls_month: Decimal
    weekly_variation: float | None
    peak_to_mean: Decimal | None
    diagnosis: Diagnosis
    strict_off: int
    """Answers that missed their JSON while the provider did not enforce its schema."""
    now_usd: Decimal | None
    """A call as billed; None without a price."""
    cached_usd: Decimal | None
    """A call once prompt caching is in order."""
    cheaper: Cheaper | None
    shape: Shape
    """With caching in order."""
    uses_tools: bool
    examples: int
    trial: Trial | None = None


LIMITS = Limits()


def alternative(facts: Facts) -> Decimal | None:
    """The best that can be had without tuning, as far as it is proven."""
    costs = [one for one in (facts.now_usd, facts.cached_usd) if one is not None]
    if facts.cheaper is not None and facts.cheaper.answers_as_well:
        costs.append(facts.cheaper.usd)
    return min(costs, default=None)
