"""The whole analysis: calls in, what is cached, what could be, what stands in the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from analyzers.core import Call
from analyzers.prices import Prices
from analyzers.prompt_caching.availability import Group, Learnt, availability, group_of, learn, lifetimes, tokens_of
from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.chain import Chains
from analyzers.prompt_caching.diagnosis import Diagnosed, diagnosed
from analyzers.prompt_caching.drift import Drift, drifts, replaced
from analyzers.prompt_caching.engine import Availability, Detector, Detectors, Outcome, Pricing, abandoned, mend
from analyzers.prompt_caching.fault import SETUP
from analyzers.prompt_caching.faults import DETECTORS
from analyzers.prompt_caching.faults.requests import missing_key
from analyzers.prompt_caching.money import Money, Total
from analyzers.prompt_caching.past import silent
from analyzers.prompt_caching.prompt import Family, Prompt
from analyzers.prompt_caching.refine import refine
from analyzers.prompt_caching.regression import Regression, regression
from analyzers.prompt_caching.restraint import Restraint, restraint
from analyzers.prompt_caching.rules import Rules
from analyzers.prompt_caching.sharing import WINDOW, by_template, model_of, read
from analyzers.prompt_caching.simulate import LIFETIMES, Best, Caches
from analyzers.prompt_caching.sizes import Sizes
from analyzers.prompt_caching.spans import share
from analyzers.prompt_caching.succession import lineages, successions
from analyzers.prompt_caching.templates import identity, kinship
from analyzers.prompt_caching.worked import Worked, worked


class Template(NamedTuple):
    """Requests that share a prompt, with their faults. `static_tokens` of an average request are the same in all others."""

    id: str
    app: str | None
    model: str
    requests: int
    start: float
    end: float
    static_tokens: int
    variable_tokens: int
    outcome: Outcome
    restraint: Restraint | None
    """Why nothing is proposed, where nothing is."""
    worked: Worked | None
    """What its static part costs; None without a price."""
    drifts: tuple[Drift, ...]
    regression: Regression | None
    follows: str | None = None
    """Id of the template that this one replaced."""
    kinship: str | None = None
    """Equal for templates that are the same prompt on different models."""


class Analysis(NamedTuple):
    """Everything that is known of prompt caching in these calls."""

    start: float | None
    end: float | None
    calls: int
    compared: int
    """Calls with text (or block hashes) and a rule: those the ceilings are of."""
    without_rule: dict[str, int]
    """Calls by provider and model for which no rule is known."""
    without_text: int
    input_tokens: int
    """Logged input of all calls that were looked at."""
    sized_by_usage: int
    """Compared calls whose own total is logged."""
    actual: Total
    """From usage, of the calls that report it."""
    as_is: Total
    infinite: Total
    best: Total
    restructured: Total
    by_lifetime: tuple[Total, ...]
    """Everything cached for each of simulate.LIFETIMES."""
    templates: tuple[Template, ...]
    learnt: dict[Group, Learnt]
    rules_date: str
    diagnosed: Diagnosed
    """The provider's own word on its cache, where it is logged, held against what is found."""


def analyse(
    calls: Iterable[Call], prices: Prices, rules: Rules, family: Family, detectors: Detectors = DETECTORS
) -> Analysis:
    """Look at calls in the order of their start."""
    prompts, comparable = read(calls, rules, family)
    sizes = Sizes()
    sizes.learn(prompts)
    chains, money = Chains(sizes, refine(sizes, prompts)), Money(prices)
    learnt = learn(comparable, chains)
    known = availability(learnt)
    pricing = Pricing(money, lambda prompt: known.get(group_of(prompt), Availability()))
    lives = lifetimes(learnt, comparable)
    as_is, infinite, best, by_lifetime = _ceilings(prompts, chains, money, pricing, lives)
    key: Detector = partial(missing_key, served=known)
    looking = {**detectors, SETUP: (*detectors.get(SETUP, ()), key)}
    found = tuple(_templates(by_template(comparable), chains, pricing, money, looking, lives))
    actual = Total()
    for prompt in prompts:
        tokens = tokens_of(prompt)
        if tokens is not None:
            actual.add(tokens, money.rates(prompt))
    restructured = Total()
    for template in found:
        pricing.add(template.outcome.repaired, restructured)
    return Analysis(
        prompts[0].at if prompts else None,
        prompts[-1].at if prompts else None,
        len(prompts),
        len(comparable),
        dict(Counter("/".join(p.family) for p in prompts if p.rule is None)),
        sum(not (p.segments or p.blocks) for p in prompts),
        sum(p.total or 0 for p in prompts),
        sum(p.total is not None for p in comparable),
        actual,
        as_is,
        infinite,
        best,
        restructured,
        by_lifetime,
        found,
        learnt,
        rules.date,
        diagnosed(comparable[-WINDOW:], [template.outcome for template in found]),
    )


def _ceilings(
    prompts: Sequence[Prompt], chains: Chains, money: Money, pricing: Pricing, lives: dict[str, float]
) -> tuple[Total, Total, Total, tuple[Total, ...]]:
    as_is, infinite, best = Total(), Total(), Total()
    by_lifetime = tuple(Total() for _ in LIFETIMES)
    caches, ceilings = Caches(chains, lives), Best(chains)
    for prompt in prompts:
        rates = money.rates(prompt)
        tokens = caches.serve(prompt)
        if tokens is not None:
            as_is.add(pricing.real(prompt, tokens), rates)
        found = ceilings.ceilings(prompt)
        if found is not None:
            infinite.add(found.infinite, rates)
            if prompt.rule is not None:
                best.add(found.best, rates)
            for total, one in zip(by_lifetime, found.by_lifetime, strict=True):
                total.add(one, rates)
    return as_is, infinite, best, by_lifetime


def _templates(
    owned: Mapping[int, list[Prompt]],
    chains: Chains,
    pricing: Pricing,
    money: Money,
    detectors: Detectors,
    lives: dict[str, float],
) -> Iterable[Template]:
    before = successions(owned)
    lines = {line[-1]: line for line in lineages(list(owned), before)}
    gone, end = set(before.values()), max((own[-1].at for own in owned.values()), default=0.0)
    for number, own in owned.items():
        case = Case(own, [prompt.talk for prompt in own], chains, lives)
        static, variable = share(case)
        outcome = mend(case, detectors, pricing)
        if silent(own, end, replaced=number in gone):
            outcome = abandoned(outcome)
        earlier = owned[before[number]] if number in before else None
        yield Template(
            identity(own),
            own[0].app,
            model_of(own),
            len(own),
            own[0].at,
            own[-1].at,
            static,
            variable,
            outcome,
            None if outcome.faults else restraint(case, outcome, pricing.share(own[-1])),
            worked(outcome, static, pricing, money),
            (*(() if earlier is None else replaced(earlier, own)), *drifts(case)),
            _fallen(case, [owned[one] for one in lines.get(number, ())], detectors, pricing, money),
            None if earlier is None else identity(earlier),
            kinship(own),
        )


def _fallen(
    case: Case, line: Sequence[Sequence[Prompt]], detectors: Detectors, pricing: Pricing, money: Money
) -> Regression | None:
    """Of a template with all that it replaced (`line`, itself the last); none of one that was replaced itself."""
    if not line:
        return None
    if len(line) > 1:
        own = sorted((prompt for one in line for prompt in one), key=lambda prompt: (prompt.at, prompt.number))
        case = Case(own, [prompt.talk for prompt in own], case.chains, case.lifetimes)
    return regression(case, detectors, pricing, money)
