"""What the provider itself says of its cache, held against what is seen and named here, request by request.

| provider  | reasons                                                                                            |
|-----------|----------------------------------------------------------------------------------------------------|
| Anthropic | model, tools, system, messages `_changed`; `previous_message_not_found`, `unavailable` compare nothing |
| OpenAI    | model, prompt_cache_key, tools, text_format, reasoning_effort, verbosity, service_tier, input        |
|           | `_changed`; `context_compacted`; `cache_hit`                                                        |

Both name the first difference to an earlier request that the caller chose; here it is the one before in the conversation.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from analyzers.prompt_caching.engine import LOOKED_AT, Outcome
from analyzers.prompt_caching.fault import Fault
from analyzers.prompt_caching.history import change
from analyzers.prompt_caching.messages import turns_of
from analyzers.prompt_caching.prompt import Level, Prompt

NOTHING_COMPARED = frozenset({"unavailable", "previous_message_not_found"})
HIT = "cache_hit"
_EXAMPLES = 20
_SETTINGS = {
    "text": ("text_format_changed", "verbosity_changed"),
    "response_format": ("text_format_changed",),
    "verbosity": ("verbosity_changed",),
    "reasoning": ("reasoning_effort_changed",),
    "reasoning_effort": ("reasoning_effort_changed",),
    "parallel_tool_calls": ("tools_changed",),
    "context_management": ("context_compacted",),
}
_LEVELS: tuple[Level, ...] = ("tools", "system", "message")
_OF_LEVEL = {
    "tools": frozenset({"tools_changed"}),
    "system": frozenset({"system_changed", "input_changed"}),
    "message": frozenset({"messages_changed", "input_changed"}),
}
_OF_KIND = {
    "model_switch": frozenset({"model_changed"}),
    "cache_key_unstable": frozenset({"prompt_cache_key_changed"}),
    "history_compacted": frozenset({"messages_changed", "input_changed", "context_compacted"}),
    "history_truncated": frozenset({"messages_changed", "input_changed", "context_compacted"}),
}
_UNCHANGED = frozenset(
    {
        "idle_gap", "parallel_fanout", "below_minimum", "breakpoint_on_variable", "lookback_exceeded", "marker_lost",
        "wrong_ttl", "keep_warm", "breakpoint_missing", "caching_not_enabled", "caching_loses", "cache_key_missing",
    }
)  # fmt: skip
"""Kinds under which a prompt is what it was: the provider names no change for them."""


class Agreement(NamedTuple):
    """One reason of the provider, and the requests that carry it.

    `alone` have no earlier request of their conversation in the log, so that nothing can be said of them. Of the others,
    `seen` differ from that request just there (for a hit: only by growth); `named` are covered by a fault of that
    kind (for a hit: by none), `silent` by no fault, and `other` counts the kinds of fault that were named instead.
    """

    reason: str
    requests: int
    alone: int
    seen: int
    named: int
    silent: int
    other: tuple[tuple[str, int], ...]


class Word(NamedTuple):
    """Of one request (its number among the calls): what the provider says of it, what is seen, which fault covers it."""

    number: int
    reason: str
    seen: frozenset[str]
    """The provider's words for what differs from the request before it; empty where nothing does."""
    fault: str
    """Kind of the first fault that covers it, "" for none."""
    fault_reasons: frozenset[str]
    """The provider's words for such a fault."""


class Diagnosed(NamedTuple):
    """All that the provider said. `compared` requests carry a reason that can be held against what is seen here."""

    requests: int
    compared: int
    seen: int
    by_reason: tuple[Agreement, ...]
    disagreements: tuple[Word, ...]
    """The newest of them."""

    @property
    def share(self) -> float | None:
        """Share of the compared ones in which the provider names what is seen here; None without any."""
        return self.seen / self.compared if self.compared else None


def diagnosed(prompts: Sequence[Prompt], outcomes: Sequence[Outcome]) -> Diagnosed:
    """Of all requests in the order of time with their conversations (`Prompt.talk`), and the templates' faults."""
    if not any(prompt.diagnosis for prompt in prompts):
        return Diagnosed(0, 0, 0, (), ())
    template = {p.number: number for number, outcome in enumerate(outcomes) for p in outcome.case.prompts}
    faults = _faults_of(outcomes)
    latest: defaultdict[int, dict[int | None, Prompt]] = defaultdict(dict)
    words: defaultdict[str, list[Word | None]] = defaultdict(list)
    for prompt in prompts:
        own = template.get(prompt.number)
        known = latest[prompt.talk]
        # Side calls of another prompt (a title, a check) stand between the turns of a conversation.
        before = known.get(own) or next(reversed(known.values()), None)
        known.pop(own, None)
        known[own] = prompt
        if prompt.diagnosis:
            words[prompt.diagnosis].append(None if before is None else _word(before, prompt, faults))
    by_reason = tuple(_agreement(reason, words[reason]) for reason in sorted(words))
    compared = [one for one in by_reason if one.reason not in NOTHING_COMPARED]
    unlike = [
        word
        for reason, some in words.items()
        if reason not in NOTHING_COMPARED
        for word in some
        if word is not None and not _agrees(word.reason, word.seen)
    ]
    return Diagnosed(
        sum(one.requests for one in by_reason),
        sum(one.requests - one.alone for one in compared),
        sum(one.seen for one in compared),
        by_reason,
        tuple(sorted(unlike, key=lambda word: -word.number)[:_EXAMPLES]),
    )


def _faults_of(outcomes: Iterable[Outcome]) -> Mapping[int, list[Fault]]:
    """By the number of the request, the first in the prefix first."""
    found: defaultdict[int, list[Fault]] = defaultdict(list)
    for outcome in outcomes:
        prompts = outcome.case.prompts[-LOOKED_AT:]
        for priced in sorted(outcome.faults, key=lambda one: _rank(one.fault)):
            if priced.fault.kind not in _UNCHANGED:
                for position in priced.fault.affected:
                    found[prompts[position].number].append(priced.fault)
    return found


def _rank(fault: Fault) -> tuple[bool, tuple[int, bool, int, int, int, int]]:
    return fault.kind not in ("model_switch", "cache_key_unstable", "settings_toggle"), fault._replace(late=False).order


def _word(before: Prompt, prompt: Prompt, faults: Mapping[int, list[Fault]]) -> Word:
    fault = next(iter(faults.get(prompt.number, ())), None)
    seen = first_difference(before, prompt)
    if fault is None:
        return Word(prompt.number, prompt.diagnosis or "", seen, "", frozenset())
    return Word(prompt.number, prompt.diagnosis or "", seen, fault.kind, _reasons_of(fault))


def _agrees(reason: str, reasons: frozenset[str]) -> bool:
    return not reasons if reason == HIT else reason in reasons


def _agreement(reason: str, words: Sequence[Word | None]) -> Agreement:
    paired = [word for word in words if word is not None]
    named = silent = 0
    other: Counter[str] = Counter()
    for word in paired:
        silent += not word.fault
        if _agrees(reason, word.fault_reasons):
            named += 1
        elif word.fault:
            other[word.fault] += 1
    return Agreement(
        reason,
        len(words),
        len(words) - len(paired),
        sum(_agrees(reason, word.seen) for word in paired),
        named,
        silent,
        tuple(other.most_common()),
    )


def first_difference(before: Prompt, after: Prompt) -> frozenset[str]:
    """The provider's words for the first thing that is not as it was; empty where the later request only grew."""
    if before.family != after.family:
        return frozenset({"model_changed"})
    beside = set(_beside(before, after))
    if before.settings[0] != after.settings[0]:
        beside.update(_settings_changed(before.settings[0], after.settings[0]))
    if beside:
        return frozenset(beside)
    for number, level in enumerate(_LEVELS):
        if before.settings[number] != after.settings[number]:
            return _OF_LEVEL[level]
        if level != "message" and _texts(before, level) != _texts(after, level):
            return _OF_LEVEL[level]
    a, b = turns_of(before), turns_of(after)
    if b[: len(a)] == a:
        return frozenset()
    happened = change(a, b)
    shorter = happened is not None and happened.what in ("replaced", "dropped")
    return _OF_KIND["history_compacted"] if shorter else _OF_LEVEL["message"]


def _texts(prompt: Prompt, level: Level) -> list[tuple[str, str]]:
    return [(segment.kind, segment.text) for segment in prompt.segments if segment.level == level]


def _beside(before: Prompt, after: Prompt) -> Iterable[str]:
    if before.cache_key != after.cache_key:
        yield "prompt_cache_key_changed"
    if before.price.tier != after.price.tier:
        yield "service_tier_changed"


def _settings_changed(before: str, after: str) -> Iterable[str]:
    one, two = (json.loads(text) if text else {} for text in (before, after))
    for name in {*one, *two}:
        if one.get(name) != two.get(name):
            yield from _SETTINGS.get(name, ("tools_changed",))


def _reasons_of(fault: Fault) -> frozenset[str]:
    if fault.kind in _OF_KIND:
        return _OF_KIND[fault.kind]
    if fault.kind == "settings_toggle":
        settings = frozenset().union(*(frozenset(reasons) for reasons in _SETTINGS.values()))
        return settings | _OF_LEVEL["system"] | _OF_LEVEL["message"]
    return _OF_LEVEL[fault.place.segment]
