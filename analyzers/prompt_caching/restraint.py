"""Why nothing is proposed for a template: the number that decided it, and from when it would be different."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, NamedTuple

from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.engine import LEAST_CALLS, Outcome
from analyzers.prompt_caching.faults.marking import head_end
from analyzers.prompt_caching.faults.warmth import SURE, WORTH, without_pauses
from analyzers.prompt_caching.past import Past
from analyzers.prompt_caching.prompt import Prompt
from analyzers.prompt_caching.rules import Rule

_GOOD = 0.95
_MOST = 0.99
_FEW = 0.2
_SERVED = 0.9


class Restraint(NamedTuple):
    """A verdict with its reason in a sentence and the volume or change from which it would be another."""

    verdict: Literal["not_yet", "no", "cannot_tell"]
    why: str
    worth_it_from: str


def restraint(case: Case, outcome: Outcome, share: float = 1.0) -> Restraint:
    """For a template without a fault; `share` of what the rules promise is what the provider was seen to serve."""
    if outcome.past:
        return _over(max(outcome.past, key=lambda one: one.ended))
    found = _decided(case, outcome, share)
    newest, rule = outcome.case, case.prompts[-1].rule
    if found.verdict != "no" or rule is None or not newest.weight:
        return found
    lost = 1 - without_pauses(newest) / newest.weight
    if lost < 1 - WORTH or _within(case, rule.lifetime) > _MOST * len(case.prompts):
        return found
    return found._replace(
        why=f"{found.why}; what is lost to pauses is {100 * lost:.0f} % of its input cost, and {_pings(rule)}"
    )


def _over(last: Past) -> Restraint:
    where = {"tools": "its tools", "system": "its system prompt", "message": "its messages"}[last.fault.place.segment]
    when = f"{datetime.fromtimestamp(last.ended, UTC):%Y-%m-%d %H:%M} UTC"
    if not last.since:
        return Restraint("no", f"nobody has sent it since {when}", "")
    return Restraint(
        "no", f"what broke its cache in {where} was mended: the {last.since:,} calls since {when} are without it", ""
    )


def _not_served(prompt: Prompt, rule: Rule, share: float) -> Restraint:
    why = f"the provider serves {100 * share:.0f} % of what its rules promise for the same bytes"
    if rule.cache_key == "routes" and not prompt.cache_key:
        return Restraint(
            "cannot_tell",
            f"{why}; whether a prompt_cache_key would bring them to one machine, the log cannot tell: no call of this model has one",
            "some of the calls sent with a key, to compare",
        )
    return Restraint("no", f"{why}: nothing in the prompt changes that", "")


def _pings(rule: Rule) -> str:
    if rule.kind in SURE:
        return "pings that would keep it until then cost too much for what they save"
    return "the provider promises no lifetime that pings to keep it could be timed by"


def _span(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes <= 60:
        return "an hour" if minutes == 60 else f"{minutes} minutes"
    return f"{minutes / 60:g} hours"


def _decided(case: Case, outcome: Outcome, share: float) -> Restraint:
    requests = len(case.prompts)
    before = outcome.before
    if before.unpriced == before.requests:
        return Restraint("cannot_tell", "the price of its input is not known", "a price for the model")
    if requests < LEAST_CALLS:
        many = "a single call has" if requests == 1 else f"{requests} calls have"
        return Restraint(
            "cannot_tell", f"{many} too little to show a pattern", f"{LEAST_CALLS} calls of the same prompt"
        )
    rule = case.prompts[-1].rule
    if rule is None:
        return Restraint("cannot_tell", "no rule of a provider's cache fits the model", "a rule in the configuration")
    if share < _SERVED:
        return _not_served(case.prompts[-1], rule, share)
    ratio = before.hit_ratio or 0.0
    possible = _possible(case)
    if ratio and ratio >= _GOOD * possible:
        return Restraint(
            "no",
            f"in order already: {100 * ratio:.0f} % of input tokens are read from the cache, of {100 * possible:.0f} % possible",
            "",
        )
    longest = max((rule.lifetime, *rule.lifetimes_s))
    soon = _within(case, longest)
    if soon < _FEW * requests:
        return Restraint(
            "not_yet",
            f"{soon} of {requests:,} calls came within {_span(longest)} of another: what one writes is gone "
            f"before the next could read it, and {_pings(rule)}",
            f"a call every {_span(longest).removeprefix('an ')}",
        )
    head = _head(case)
    if not head and possible < _FEW:
        return Restraint(
            "no", f"these calls share no beginning; {100 * possible:.0f} % of their input repeats at all", ""
        )
    if head < rule.minimum:
        return Restraint(
            "no",
            f"the shared beginning has {head:,} tokens, the model caches from {rule.minimum:,}; padding it would cost more "
            "than it saves",
            f"{rule.minimum:,} tokens that all calls share",
        )
    if possible < _FEW:
        return Restraint("no", f"only {100 * possible:.0f} % of its input repeats at all", "")
    return Restraint("no", "no change would save 1 % of its input cost", "")


def _possible(case: Case) -> float:
    """Share of tokens that a cache of the rule's lifetime could read, whatever is marked."""
    from analyzers.prompt_caching.simulate import Best

    best = Best(case.chains)
    read = whole = 0
    for prompt in case.prompts:
        found = best.ceilings(prompt)
        if found is not None:
            read += found.best.read
            whole += found.best.total
    return read / whole if whole else 0.0


def _within(case: Case, lifetime: float) -> int:
    """Calls that came within a lifetime after another one."""
    return sum(
        later.at - earlier.at <= lifetime for earlier, later in zip(case.prompts, case.prompts[1:], strict=False)
    )


def _head(case: Case) -> int:
    """Median tokens of tools and system."""
    sizes = []
    for position, prompt in enumerate(case.prompts):
        end = head_end(prompt.segments)
        chain = case.chain(position)
        sizes.append(chain.tokens[end] if end >= 0 and chain.tokens else 0)
    return sorted(sizes)[len(sizes) // 2]
