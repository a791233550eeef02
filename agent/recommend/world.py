"""The calls as they would be after some of the levers: what each of them costs then, one by one.

A call that a cache of answers answers costs nothing, warms no provider's cache and is not made cheaper by another model; the prompts
that are left are run through the provider's cache again, those that another model will answer together with what it answers of the
same prompt today. Input is brought to what was really billed: where the provider served more or
less than simulated, its template's costs are multiplied by what was billed for each USD simulated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from agent.recommend.answering import TODAY, Answering, of_ping, otherwise
from agent.recommend.bills import Bill, Bills, Columns, Flags, Floats, Longs
from agent.recommend.together import together
from analyzers.fine_tuning.measure import is_tuned
from analyzers.prices import Prices
from analyzers.prompt_caching.analyse import Analysis
from analyzers.prompt_caching.availability import availability, group_of
from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.engine import Availability, Pricing
from analyzers.prompt_caching.money import Money
from analyzers.prompt_caching.prompt import Prompt
from analyzers.prompt_caching.served import Served
from analyzers.prompt_caching.sharing import WINDOW

Asked = Mapping[tuple[str | None, str], frozenset[int]]
"""By application and id of a kind of request: numbers of its calls."""


class State(NamedTuple):
    """What has been done, and what each call costs then (USD of the period that was looked at)."""

    cost: Floats
    gone: Flags
    """Answered by a cache: not made."""
    faults: Mapping[int, tuple[int, ...]] = {}
    """By template: which of its faults are mended."""
    answering: Mapping[int, Answering] = {}


class World:
    """Prices states. Templates are numbered as in the analysis, calls as they were looked at."""

    def __init__(self, found: Analysis, bills: Bills, prices: Prices, tuned: frozenset[str] = frozenset()) -> None:
        """`tuned` are names of tuned models that do not look like one."""
        self.tuned = tuned
        self.asked: Asked = {}
        """Which calls are of which kind of request, once that is known."""
        self.tried: Mapping[str, str] = {}
        """By id of a template that a tuned model answers, the template whose trial that is, once it is known."""
        known = availability(found.learnt)
        self.templates = found.templates
        self._compared = found.compared
        self.bills: Sequence[Bill] = bills.bills
        self.columns: Columns = bills.columns()
        self.prices = prices
        self.money = Money(prices)
        self.pricing = Pricing(self.money, lambda prompt: known.get(group_of(prompt), Availability()))
        self._cases: dict[tuple[int, tuple[int, ...]], Case] = {}
        self._billed: dict[int, float] = {}
        self._priced: dict[tuple[int, tuple[int, ...], Answering], Floats] = {}
        self.numbers: list[Longs] = [
            np.array([prompt.number for prompt in one.outcome.case.prompts], np.int64) for one in self.templates
        ]
        self._template_of = {number: n for n, own in enumerate(self.numbers) for number in own.tolist()}
        self.talks: Longs = self.columns.talk.copy()
        """Number of the conversation of each call, as found out where there is text."""
        of_prompts = len(self.talks)
        for one in self.templates:
            for prompt in one.outcome.case.prompts:
                if prompt.talk >= 0:
                    self.talks[prompt.number] = of_prompts + prompt.talk

    @property
    def first(self) -> int:
        """Number of the first call that faults were looked for in: of more calls than are held, these are the newest."""
        if self._compared <= WINDOW:
            return 0
        return min((int(own[0]) for own in self.numbers if len(own)), default=0)

    @cached_property
    def today(self) -> State:
        """Nothing done."""
        columns = self.columns
        return State(columns.input + columns.output, np.zeros(len(columns.input), np.bool_))

    def mended(self, state: State, faults: Mapping[int, Sequence[int]]) -> State:
        """With further faults mended, by template."""
        now = dict(state.faults)
        for template, more in faults.items():
            now[template] = tuple(sorted({*now.get(template, ()), *more}))
        return self._again(state._replace(faults=now), faults)

    def without(self, state: State, calls: Longs) -> State:
        """With further calls answered by a cache."""
        gone = state.gone.copy()
        gone[calls] = True
        cost = np.where(gone, 0.0, state.cost)
        touched = [number for number, own in enumerate(self.numbers) if (gone[own] != state.gone[own]).any()]
        return self._again(state._replace(cost=cost, gone=gone), touched)

    def answered(self, state: State, by: Mapping[int, Answering]) -> State:
        """With calls of some templates answered another way."""
        return self._again(state._replace(answering={**state.answering, **by}), by)

    def billed(self, template: int) -> float:
        """USD that the input of its calls was billed for each USD of it that was simulated."""
        simulated = float(self.templates[template].outcome.before.usd)
        return float(self.columns.input[self.numbers[template]].sum()) / simulated if simulated else 0.0

    def of_kinds(self, app: str | None, kinds: str) -> frozenset[int]:
        """Numbers of the calls of a kind of request, or of several with spaces between."""
        return frozenset[int]().union(*(self.asked.get((app, kind), frozenset()) for kind in kinds.split()))

    def only(self, values: Floats, app: str | None, kinds: str) -> Floats:
        """Values by call, nothing for those that are not of these kinds of request."""
        return np.where(np.isin(np.arange(len(values)), list(self.of_kinds(app, kinds))), values, 0.0)

    def hit_ratio(self, state: State, template: int) -> float | None:
        """Tokens read from the provider's cache for each token of input of the calls that are left."""
        case = self._left_of(state, self._group(state, template))
        found = [tokens for prompt, tokens in self._real(case) if self._template_of[prompt.number] == template]
        whole = sum(tokens.total for tokens in found if tokens is not None)
        return sum(tokens.read for tokens in found if tokens is not None) / whole if whole else None

    def _again(self, state: State, templates: Sequence[int] | Mapping[int, object]) -> State:
        cost = state.cost.copy()
        for group in dict.fromkeys(self._group(state, template) for template in templates):
            self._price(state, group, cost)
        return state._replace(cost=cost)

    def _group(self, state: State, template: int) -> tuple[int, ...]:
        """The templates that read each other's entries: the same prompt, answered by the same model since one was taken in.

        First the one whose own model that is; the template alone where no other is.
        """
        kin = self.templates[template].kinship
        by = self._answers(state, template)
        if kin is None or by is None:
            return (template,)
        group = [
            number
            for number, one in enumerate(self.templates)
            if one.kinship == kin and self._answers(state, number) == by
        ]
        own = [number for number in group if self.templates[number].model == by]
        taken = [number for number in group if number not in own]
        return (*own[:1], *taken) if own and template in (own[0], *taken) and taken else (template,)

    def _answers(self, state: State, template: int) -> str | None:
        """Name of the model that answers a template; None for a tuned one, which is not paid by what is cached."""
        way = state.answering.get(template, TODAY)
        if way.usd_call is not None:
            return None
        return self.templates[template].model if way.model is None else way.model[1]

    def _price(self, state: State, group: tuple[int, ...], cost: Floats) -> None:
        """Write what the calls of these templates cost into `cost`."""
        first, *others = group
        rows = self.numbers[first]
        way = state.answering.get(first, TODAY)
        memo = None if others or state.gone[rows].any() else (first, state.faults.get(first, ()), way)
        known = None if memo is None else self._priced.get(memo)
        if known is None:
            self._look_up(state, group, cost)
            if memo is not None:
                self._priced[memo] = cost[rows]
        else:
            cost[rows] = known

    def _look_up(self, state: State, group: tuple[int, ...], cost: Floats) -> None:
        columns = self.columns
        billing = {template: self._billed_for_simulated(template) for template in group}
        case = self._left_of(state, group)
        for template in group:
            for number, usd in self._tuned(state, template).items():
                if columns.priced[number] and not state.gone[number]:
                    cost[number] = usd
        for prompt, tokens in self._real(case):
            number = prompt.number
            if not columns.priced[number]:
                continue
            template = self._template_of[number]
            billed, way = billing[template], state.answering.get(template, TODAY)
            other = (
                otherwise(self.bills[number], way, tokens, billed, self.prices, waits=bool(columns.waits[number]))
                if way != TODAY
                else None
            )
            if other is not None:
                cost[number] = other
                continue
            rates = self.money.rates(prompt)
            known = tokens is not None and rates is not None
            own = float(rates.usd(tokens)) * billed if known and rates and tokens else float(columns.input[number])
            cost[number] = own + columns.output[number]
        for ping, sent in case.pinged:
            number = ping.prompt.number
            if columns.priced[number]:
                template = self._template_of[number]
                way = state.answering.get(template, TODAY)
                usd = of_ping(self.bills[number], way, self.pricing.real(ping.prompt, sent), self.prices)
                cost[number] += usd * billing[template]

    def _tuned(self, state: State, template: int) -> Mapping[int, float]:
        """By number, what calls cost that a tuned model answers then and not already: paid by the call, they read and keep no entry."""
        way = state.answering.get(template, TODAY)
        if way.usd_call is None and not way.kinds:
            return {}
        found: dict[int, float] = {}
        own = self.numbers[template].tolist()
        if way.usd_call is not None:
            found = dict.fromkeys(own, way.usd_call)
        for kind, usd in way.kinds:
            of_kind = self.of_kinds(self.templates[template].app, kind)
            found |= {number: usd for number in own if number in of_kind}
        return {number: usd for number, usd in found.items() if not is_tuned(self.bills[number].key.model, self.tuned)}

    def _real(self, case: Case) -> list[tuple[Prompt, Served | None]]:
        """The prompts, with what the provider will have served of each."""
        return [
            (prompt, None if tokens is None else self.pricing.real(prompt, tokens))
            for prompt, tokens in zip(case.prompts, case.served, strict=True)
        ]

    def _left_of(self, state: State, group: tuple[int, ...]) -> Case:
        """The prompts of the templates that are left, with the faults mended."""
        own, *taken = (self._left(state, template) for template in group)
        return together(own, taken) if taken else own

    def _left(self, state: State, template: int) -> Case:
        """The prompts that are left to today's kind of model, with the faults mended."""
        case = self._case(template, state.faults.get(template, ()))
        numbers = self.numbers[template]
        left = ~state.gone[numbers] & ~np.isin(numbers, list(self._tuned(state, template)))
        if left.all():
            return case
        rows = np.flatnonzero(left).tolist()
        return Case(
            [case.prompts[row] for row in rows], [case.conversation[row] for row in rows], case.chains, case.lifetimes
        )

    def _case(self, template: int, faults: tuple[int, ...]) -> Case:
        outcome = self.templates[template].outcome
        if not faults:
            return outcome.case
        if len(faults) == len(outcome.faults):
            return outcome.repaired
        known = self._cases.get((template, faults))
        if known is None:
            prompts: list[Prompt] = outcome.case.prompts
            for fault in sorted((outcome.faults[number] for number in faults), key=lambda one: one.turn):
                prompts = fault.fault.repair(prompts)
            known = self._cases[template, faults] = outcome.case.repaired(prompts)
        return known

    def _billed_for_simulated(self, template: int) -> float:
        known = self._billed.get(template)
        if known is None:
            billed = simulated = 0.0
            for prompt, tokens in self._real(self._left(self.today, template)):
                rates = self.money.rates(prompt)
                if rates is not None and tokens is not None and self.columns.priced[prompt.number]:
                    billed += float(self.columns.input[prompt.number])
                    simulated += float(rates.usd(tokens))
            known = self._billed[template] = billed / simulated if simulated else 1.0
        return known
