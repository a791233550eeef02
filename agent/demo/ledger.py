"""The truth about a run: what a pipeline that reads its records must find.

Keys of `Truth.as_dict()`; all numbers are exact, money is USD as a decimal string.

| key                  | meaning                                                                                     |
|----------------------|---------------------------------------------------------------------------------------------|
| seed, start, hours   | the arguments of the run                                                                     |
| records              | values handed out: calls + duplicates + rejected                                             |
| duplicates           | values that repeat a call: retries of the producer, events beside spans                      |
| skipped              | spans that are no LLM calls (the agent's around the call's); in retried values again          |
| rejected, rejected_by_reason | values that are no record; the names are those of `agent.demo.mishaps`               |
| total, apps, models, formats | a tally each, below; apps and models are keyed by name, formats as Hone names them    |
| apps[a].models       | calls and usd of each model of the application                                               |
| apps[a].waste        | what is known of the application as a whole, below                                           |

A tally: `calls` (distinct), `errors` (refused by the provider: no usage, nothing owed), `usd`, `priced_calls`,
`no_usage_calls` (answered, but the log does not say the tokens), `no_price_calls` (usage known, model unknown to
genai-prices); calls = errors + priced + no_usage + no_price. `tokens`: sums of the five disjoint counters
and of `input_total` over the calls that report them; `unknown`: how many calls do not report each.

`waste` of every application has `fault` (a fault kind of the prompt-caching analyzer, or None) and `static_tokens`
(tokens of the part of the prompt that never changes, framing of its messages included). All but faq-bot, whose
prompt is in order and only too short, have `possible_cache_read`: counted over the calls whose usage is known, what the
same provider cache would have read had the fault been mended (clock and session behind the conversation, tools in
one order; without a fault, what it did read). Then, by application:

support-bot: `clock_line` (segment, start and end character), `head_characters` (clock, session and blank line: the
policy begins here), `first_turns` (conversations that got an answer), `topic:*` and `repeated_first_questions` of
these, `static_tokens_after_regression`, `regression_at` (unix seconds); with a release that changes the prompt, of the calls since
whose usage is known: `since_release_calls`, `since_release_cache_read`, and what these same calls would have read without it
(`since_release_cache_read_without`).
faq-bot: `intent:*` (answered questions by Banking77 intent), `exact_repeats` (answered questions that were
asked before, letter for letter), `cache_minimum`.
invoice-extractor: `few_shot_tokens` (part of static_tokens), `unpriced_model`.
agent-coder: `tools`, `tool_tokens` (part of static_tokens), `possible_cache_write` (billed writes once mended).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from agent.demo.money import price
from agent.demo.record import App, Emission, Fact

_COUNTERS = ("uncached_input", "cache_read", "cache_write_short", "cache_write_long", "output", "input_total")


class Tally:
    """Calls, tokens and money of one application, model or format."""

    __slots__ = ("calls", "errors", "no_price", "no_usage", "priced", "tokens", "unknown", "usd")

    def __init__(self) -> None:
        self.calls = self.errors = self.priced = self.no_usage = self.no_price = 0
        self.usd = Decimal(0)
        self.tokens: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()

    def add(self, fact: Fact, usd: Decimal | None) -> None:
        """Count one call and its price."""
        self.calls += 1
        if fact.status == "error":
            self.errors += 1
        elif usd is not None:
            self.priced += 1
            self.usd += usd
        elif fact.input_total is None:
            self.no_usage += 1
        else:
            self.no_price += 1
        for name in _COUNTERS:
            value = getattr(fact, name)
            if value is None:
                self.unknown[name] += 1
            else:
                self.tokens[name] += value

    def as_dict(self) -> dict[str, Any]:
        """See the module."""
        return {
            "calls": self.calls,
            "errors": self.errors,
            "priced_calls": self.priced,
            "no_usage_calls": self.no_usage,
            "no_price_calls": self.no_price,
            "usd": format(self.usd, "f"),
            "tokens": {name: self.tokens[name] for name in _COUNTERS},
            "unknown": {name: self.unknown[name] for name in _COUNTERS},
        }


class Truth:
    """Watches a run; true at any time of the records handed out so far. Its size does not grow with the run."""

    def __init__(self) -> None:
        self._run: dict[str, Any] = {}
        self._apps: Sequence[App] = ()
        self._by_app: dict[str, Tally] = {}
        self._by_model: dict[str, Tally] = {}
        self._by_format: dict[str, Tally] = {}
        self._by_app_model: dict[tuple[str, str], Tally] = {}
        self._notes: dict[str, Counter[str]] = {}
        self._rejected: Counter[str] = Counter()
        self.total = Tally()
        self.records = self.duplicates = self.skipped = 0

    def begin(self, *, seed: int, start: float, hours: float, apps: Sequence[App]) -> None:
        """Told once, before the first record."""
        self._run = {"seed": seed, "start": start, "hours": hours}
        self._apps = apps
        self._by_app = {app.name: Tally() for app in apps}
        self._notes = {app.name: Counter() for app in apps}

    def observe(self, emission: Emission) -> None:
        """One record."""
        self.records += 1
        self.skipped += emission.skipped
        fact = emission.fact
        if emission.kind == "duplicate":
            self.duplicates += 1
        elif fact is None:
            self._rejected[emission.reason] += 1
        else:
            usd = price(fact)
            self.total.add(fact, usd)
            self._by_app[fact.app].add(fact, usd)
            self._by_model.setdefault(fact.model, Tally()).add(fact, usd)
            self._by_format.setdefault(fact.format, Tally()).add(fact, usd)
            self._by_app_model.setdefault((fact.app, fact.model), Tally()).add(fact, usd)
            notes = self._notes[fact.app]
            for name, number in fact.notes:
                notes[name] += number

    def as_dict(self) -> dict[str, Any]:
        """JSON-able; see the module."""
        apps: dict[str, Any] = {}
        for app in self._apps:
            models = {
                model: {"calls": tally.calls, "usd": format(tally.usd, "f")}
                for (name, model), tally in sorted(self._by_app_model.items())
                if name == app.name
            }
            waste = {**app.waste(), **dict(sorted(self._notes[app.name].items()))}
            apps[app.name] = {**self._by_app[app.name].as_dict(), "models": models, "waste": waste}
        return {
            **self._run,
            "records": self.records,
            "duplicates": self.duplicates,
            "skipped": self.skipped,
            "rejected": self._rejected.total(),
            "rejected_by_reason": dict(sorted(self._rejected.items())),
            "total": self.total.as_dict(),
            "apps": apps,
            "models": {name: tally.as_dict() for name, tally in sorted(self._by_model.items())},
            "formats": {name: tally.as_dict() for name, tally in sorted(self._by_format.items())},
        }

    def as_json(self) -> str:
        """The same, as indented JSON."""
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False)
