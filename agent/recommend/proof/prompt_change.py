"""When a prompt was changed as proposed: what varied is gone from its place, or more of the prompt begins as the ones before do.

Two things show it. What stood between the same characters on either side stands there no longer: then something was done, whether it
helps or not. Or the share that the provider's rules let be read rises for good, and the fault is not found in the calls since.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

from agent.recommend.proof.state import Where
from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.engine import Pricing, mend
from analyzers.prompt_caching.fall import Read, rise
from analyzers.prompt_caching.faults import DETECTORS
from analyzers.prompt_caching.prompt import Prompt
from analyzers.prompt_caching.regression import OF_TIME, lifetimes_asked
from analyzers.values.canonical import shape

LEAST = 10
"""Calls that show it before it is said."""
_LASTS = 0.9
_REFERENCE = 60
_AROUND = (16, 10, 6)
"""Characters on either side that tell a place."""
_FURTHER = 400
"""Characters that may stand where the fault stood, beyond its own length."""
_LOOKED_AT = 400


class Reference(NamedTuple):
    """What stood on either side of the varying part, and the words that were always in it."""

    before: str
    after: str
    longest: int
    words: frozenset[str]


class Seen(NamedTuple):
    """`since` is the first request without what varied, when it stays away; `doubt`: some requests are without it, and too few."""

    since: Prompt | None = None
    doubt: bool = False


def gone_since(case: Case, where: Where, until: float) -> Seen:
    """Requests up to `until` (unix seconds) still had at `where` what varies."""
    known = [prompt for prompt in case.prompts if prompt.at <= until][-_REFERENCE:]
    found = _reference([_text(prompt, where) for prompt in known], where)
    if found is None:
        return Seen()
    later = [prompt for prompt in case.prompts if prompt.at > until]
    without = [not _has(_text(prompt, where), found) for prompt in later]
    left = sum(without)
    some = left > 0
    for number, gone in enumerate(without):
        if gone and left >= max(LEAST, _LASTS * (len(later) - number)):
            return Seen(later[number])
        left -= gone
    return Seen(doubt=some)


class Rise(NamedTuple):
    """Requests from `since` on could read more by the provider's rules than those before, and that lasts."""

    since: Prompt
    left: frozenset[tuple[str, str]]
    """Kind and level of the faults that are found in them."""
    same_lifetimes: bool

    def shows(self, kind: str, segment: str) -> bool:
        """Whether this fault is found no more; those of mere time come and go with the traffic."""
        return (kind, segment) not in self.left and not (kind in OF_TIME and self.same_lifetimes)


def rise_of(case: Case, pricing: Pricing) -> Rise | None:
    """Where the share that could be read rises, when it does."""
    reads = [
        Read(number, case.prompts[number].at, tokens.read, tokens.total)
        for number, tokens in enumerate(case.served)
        if tokens is not None and tokens.total
    ]
    split = rise(reads)
    if split is None:
        return None
    start = reads[split].position
    first = max(start, len(case.prompts) - _LOOKED_AT)
    since = Case(case.prompts[first:], case.conversation[first:], case.chains, case.lifetimes)
    left = frozenset((one.fault.kind, one.fault.place.segment) for one in mend(since, DETECTORS, pricing).faults)
    same = lifetimes_asked(case.prompts[:start]) == lifetimes_asked(case.prompts[start:])
    return Rise(case.prompts[start], left, same)


def _text(prompt: Prompt, where: Where) -> str | None:
    for segment in prompt.segments:
        if (segment.level, segment.position, segment.part) == (where.segment, where.position, where.part):
            return segment.text
    return None


def _reference(texts: Sequence[str | None], where: Where) -> Reference | None:
    """None where the place cannot be told by what surrounds it."""
    own = [text for text in texts if text is not None]
    if len(own) < LEAST or where.end <= where.start:
        return None
    newest, longest = own[-1], where.end - where.start + _FURTHER
    # What is next to it may vary as well a few characters on.
    for left, right in product(_AROUND, _AROUND):
        before, after = newest[max(0, where.start - left) : where.start], newest[where.end : where.end + right]
        if len(after.strip()) < _AROUND[-1] - 1:
            continue
        sides = Reference(before, after, longest, frozenset())
        between = [part for text in own if (part := _between(text, sides))]
        if len(between) >= _LASTS * len(own):
            counts = Counter(word for part in between for word in set(shape(part).split()))
            return sides._replace(words=frozenset(word for word, n in counts.items() if n >= _LASTS * len(between)))
    return None


def _between(text: str, sides: Reference) -> str:
    """What stands between the two sides; empty where nothing does, or one of them is not there."""
    begin = text.find(sides.before) if sides.before else 0
    if begin < 0:
        return ""
    begin += len(sides.before)
    end = text.find(sides.after, begin, begin + sides.longest + len(sides.after))
    return text[begin:end].strip() if end >= 0 else ""


def _has(text: str | None, sides: Reference) -> bool:
    between = "" if text is None else _between(text, sides)
    if not between:
        return False
    return not sides.words or 2 * len(sides.words.intersection(shape(between).split())) >= len(sides.words)
