"""What a varying place costs: which requests differ there from the one before them, and what both share behind it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Literal, NamedTuple

from analyzers.prompt_caching.case import Case, Pair
from analyzers.prompt_caching.prompt import Prompt
from analyzers.prompt_caching.slots import Slot

_MEASURED = 100


class Loss(NamedTuple):
    """`pairs` are (before, after) of the affected requests, in the order of time."""

    affected: frozenset[int]
    pairs: tuple[Pair, ...]
    stranded: int
    confidence: Literal["confirmed", "suspected"]


def measure(case: Case, slot: Slot, values: Sequence[Hashable], behind: int) -> Loss | None:
    """By the value of each request (None: it has none); `behind` characters of the slot stay behind the place."""
    pairs = [
        Pair(before, after)
        for after, before in enumerate(case.earlier)
        if before >= 0 and values[before] is not None and values[after] is not None and values[before] != values[after]
    ]
    if not pairs:
        return None
    some = pairs[:: len(pairs) // _MEASURED + 1]
    tokens = [shared_behind(case, pair, slot.number(case.prompts[pair.after]), behind) for pair in some]
    return Loss(
        frozenset(pair.after for pair in pairs),
        tuple(pairs),
        round(sum(tokens) / len(tokens)),
        confidence(case, slot.number, some),
    )


def shared_behind(case: Case, pair: Pair, number: int, behind: int) -> int:
    """Tokens that both requests have behind segment `number`, with the last `behind` characters of that itself."""
    before, after = case.prompts[pair.before], case.prompts[pair.after]
    length = len(after.segments[number].text)
    end = case.tokens_before(pair.after, number, length)
    tokens = end - case.tokens_before(pair.after, number, max(0, length - behind))
    same = _same_until(before, after, number)
    if same > number:
        tokens += case.tokens_before(pair.after, same, len(after.segments[same].text)) - end
    return tokens


def _same_until(before: Prompt, after: Prompt, number: int) -> int:
    """The last segment of `after` up to which both are equal from behind `number` on."""
    at = number
    for i in range(number + 1, min(len(before.segments), len(after.segments))):
        if before.segments[i].text != after.segments[i].text:
            break
        at = i
    return at


def confidence(
    case: Case, number_of: Callable[[Prompt], int], pairs: Sequence[Pair]
) -> Literal["confirmed", "suspected"]:
    """Confirmed when requests within a lifetime differ and the reads that the log reports do not go beyond the place.

    `number_of` tells the segment of a request that the reads may reach at most.
    """
    near = reported = refuted = 0
    for pair in pairs:
        before, after = case.prompts[pair.before], case.prompts[pair.after]
        near += after.rule is not None and after.at - before.at <= after.rule.lifetime
        if after.read is not None:
            reported += 1
            number = number_of(after)
            end = case.tokens_before(pair.after, number, len(after.segments[number].text)) if number >= 0 else 0
            refuted += after.read > 1.1 * end + 64
    return "confirmed" if near and 2 * refuted <= reported else "suspected"
