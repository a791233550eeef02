"""Two faults that pay only together are told as one; two that pay each are not."""

from __future__ import annotations

from collections.abc import Sequence

from analyzers.prices import Prices
from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.chain import Chains
from analyzers.prompt_caching.engine import Availability, Outcome, Pricing, mend
from analyzers.prompt_caching.fault import HEAD, Fault, Place
from analyzers.prompt_caching.money import Money
from analyzers.prompt_caching.prompt import Prompt
from analyzers.prompt_caching.sizes import Sizes
from tests.analyzers.prompt_caching.prompts import call, message, prompts, text

WORDS = text(300, "rule")


def longer(found: Sequence[Prompt]) -> list[Prompt]:
    """300 tokens more in the system prompt."""
    done = []
    for prompt in found:
        first, *rest = prompt.segments
        more = first._replace(text=first.text + " " + text(300, "more"))
        done.append(prompt.with_segments((more, *rest))._replace(total=(prompt.total or 0) + 300))
    return done


def marked(found: Sequence[Prompt]) -> list[Prompt]:
    """A breakpoint at the end of the system prompt."""
    return [
        prompt.with_segments((prompt.segments[0]._replace(mark="5m"), *prompt.segments[1:]))._replace(marked=True)
        for prompt in found
    ]


def outcome(system_tokens: int) -> Outcome:
    calls = [
        call(
            20.0 * n,
            [message("user", f"question {n}")],
            system=WORDS,
            model="claude-sonnet-4-5",
            provider="anthropic",
            total=system_tokens + 10,
            read=0,
        )
        for n in range(60)
    ]
    found = prompts(calls)
    sizes = Sizes()
    sizes.learn(found)
    case = Case(found, list(range(len(found))), Chains(sizes))
    faults = [
        Fault(kind, Place("system"), frozenset(range(60)), 60, 0, "", "", f"Do {kind}.", repair)
        for kind, repair in (("below_minimum", longer), ("caching_not_enabled", marked))
    ]
    pricing = Pricing(Money(Prices()), lambda prompt: Availability())
    return mend(case, {HEAD: [lambda case: faults]}, pricing)


def test_padding_and_breakpoints_that_pay_only_together_say_so() -> None:
    padding, breakpoints = outcome(900).faults
    assert padding.saving < 0
    assert breakpoints.alone == 0
    assert padding.saving + breakpoints.saving > 0
    assert (padding.together, breakpoints.together) == (("caching_not_enabled",), ("below_minimum",))
    assert padding.fault.fix == "Do below_minimum. Pays only together with the repair of caching_not_enabled."


def test_what_pays_by_itself_is_not_tied_to_what_does_not() -> None:
    (breakpoints,) = outcome(1_400).faults
    assert breakpoints.fault.kind == "caching_not_enabled"
    assert breakpoints.together == ()
    assert breakpoints.fault.fix == "Do caching_not_enabled."
