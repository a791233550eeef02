"""Faults that are over: a deploy or a setting mended them, and only older requests of the log still have them.

There is nothing to do about these, and what they cost is spent. A fault is over where the requests since the last one that lost by it are so many, and
go on for so long, that it would have shown again: at least 100, over at least a day, and four times the longest stretch without it that
there was before. Requests are counted, not time: what comes at night only has a day's requests between one night and the next.

All faults of a template are over when nobody sends it any more: it was replaced by another a day ago at least, or has been silent for four times its longest
pause.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.fault import Fault
from analyzers.prompt_caching.prompt import Prompt

_LEAST_AFFECTED = 10
_LEAST_SINCE = 100
_LEAST_S = 86_400.0
_TIMES = 4


def silent(own: Sequence[Prompt], end: float, *, replaced: bool) -> bool:
    """Whether these requests of a template, in the order of time, are its last in a log that goes on until `end` (unix seconds)."""
    since = end - own[-1].at
    if since < _LEAST_S:
        return False
    return replaced or since >= _TIMES * max((later.at - earlier.at for earlier, later in pairwise(own)), default=since)


class Past(NamedTuple):
    """A fault that is over: `ended` is the last request that lost by it (unix seconds), `since` how many came after it."""

    fault: Fault
    ended: float
    since: int


def past(fault: Fault, case: Case) -> Past | None:
    """The fault of this case as one that is over; None where it goes on, or that cannot be told."""
    affected = sorted(fault.affected)
    if len(affected) < _LEAST_AFFECTED:
        return None
    last = affected[-1]
    since = len(case.prompts) - 1 - last
    ended = case.prompts[last].at
    if since < _LEAST_SINCE or case.prompts[-1].at - ended < _LEAST_S:
        return None
    longest = max(later - earlier for earlier, later in pairwise(affected))
    return Past(fault, ended, since) if since >= _TIMES * longest else None
