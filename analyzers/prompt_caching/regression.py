"""Changes over time: a template that was changed for good, and one whose hits fell when that happened.

A fall is looked for in the share of tokens read, as the log reports it, or as simulated where it does not. It is called a regression of
the prompt only when a fault is found after the fall that was not there before; where the bytes did not change and only the
provider serves less, it says that.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from math import sqrt
from typing import Literal, NamedTuple

from analyzers.prompt_caching.canonical import shape
from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.diff import changes
from analyzers.prompt_caching.engine import Detectors, Pricing, mend
from analyzers.prompt_caching.fault import Fault, Place, excerpt
from analyzers.prompt_caching.money import Money

LEAST_BEFORE = 30
LEAST_AFTER = 10
_LEAST_FALL = 0.10
_LEAST_RELATIVE = 0.25
_LEAST_Z = 5.0
_DAY_S = 86_400.0
_ERA = 5
_MOST = 3_000


class Drift(NamedTuple):
    """A text of the head that was replaced for good: `was` before `at` (unix seconds), `now` from then on."""

    at: float
    place: Place
    was: str
    now: str
    calls_before: int
    calls_after: int


class Regression(NamedTuple):
    """Hits that fell at `at` (start of the first call that lost): share of tokens read before and after."""

    at: float
    cause: Literal["prompt", "provider"]
    fault: Fault | None
    before: float
    after: float
    calls_before: int
    calls_after: int
    reported: bool
    """From usage; else simulated."""
    usd_day: Decimal | None
    """What it costs at the pace of the calls after it."""


def drifts(case: Case) -> list[Drift]:
    """Every lasting change of a tools or system text, in the order of time.

    A text that comes back, or that holds for fewer than a handful of calls, is no deploy.
    """
    found: list[Drift] = []
    slots = sorted({(s.level, s.position) for p in case.prompts[-_MOST:] for s in p.segments if s.level != "message"})
    for level, position in slots:
        eras = _eras(case, level, position)
        for (_, was, n), (start, now, m) in pairwise(eras):
            found_changes = changes(was, now)
            if n < _ERA or m < _ERA or not found_changes:
                continue
            first, last = found_changes[0], found_changes[-1]
            place = Place(level, position, first.b0, last.b1)
            found.append(Drift(start, place, excerpt(was, first.a0, first.a1), excerpt(now, first.b0, first.b1), n, m))
    return sorted(found, key=lambda drift: drift.at)


def _eras(case: Case, level: str, position: int) -> list[tuple[float, str, int]]:
    """(start, text, calls) of each text of one place, when every text holds for one stretch of time; else nothing."""
    eras: list[tuple[float, str, int]] = []
    seen: set[str] = set()
    latest = ""
    for prompt in case.prompts[-_MOST:]:
        text = next((s.text for s in prompt.segments if s.level == level and s.position == position), "")
        # A clock or a number that moves all the time makes no new text.
        form = shape(text)
        if eras and latest == form:
            start, _, count = eras[-1]
            eras[-1] = (start, text, count + 1)
            continue
        if form in seen:
            return []
        seen.add(form)
        latest = form
        eras.append((prompt.at, text, 1))
    return eras if len(eras) <= 2 + len(case.prompts) // _ERA else []


def regression(case: Case, detectors: Detectors, pricing: Pricing, money: Money) -> Regression | None:
    """The fall of hits in these requests, when there is one that lasts until the end."""
    reads, reported = _reads(case)
    split = _split(reads)
    if split is None:
        return None
    before, after = _ratio(reads[:split]), _ratio(reads[split:])
    position = reads[split][0]
    earlier, later = _part(case, 0, position), _part(case, position, len(case.prompts))
    known = {(f.fault.kind, f.fault.place.segment) for f in mend(earlier, detectors, pricing).faults}
    fresh = [
        f.fault for f in mend(later, detectors, pricing).faults if (f.fault.kind, f.fault.place.segment) not in known
    ]
    simulated = _ratio([(i, t.read, t.total) for i, t in enumerate(later.served) if t is not None])
    if not fresh and not (reported and simulated > after + _LEAST_FALL):
        # Fewer calls, longer gaps: nobody changed anything.
        return None
    return Regression(
        case.prompts[position].at,
        "prompt" if fresh else "provider",
        fresh[0] if fresh else None,
        before,
        after,
        split,
        len(reads) - split,
        reported,
        _usd_day(later, before - after, money),
    )


def hit_ratios(case: Case, newest: int) -> tuple[float, int]:
    """Share of tokens that the newest calls read, and how many calls that is of."""
    reads = _reads(case)[0][-newest:]
    return _ratio(reads), len(reads)


Reads = Sequence[tuple[int, int, int]]
"""Position in the case, tokens read, tokens of input."""


def _reads(case: Case) -> tuple[Reads, bool]:
    reported = [(i, p.read, p.total) for i, p in enumerate(case.prompts) if p.read is not None and p.total]
    if len(reported) > 0.8 * len(case.prompts):
        return reported, True
    return [(i, t.read, t.total) for i, t in enumerate(case.served) if t is not None and t.total], False


def _split(reads: Reads) -> int | None:
    """Where the share of tokens read falls most clearly, or None when it does not fall enough."""
    count = len(reads)
    if count < LEAST_BEFORE + LEAST_AFTER:
        return None
    shares = [read / total for _, read, total in reads]
    sums, squares = [0.0], [0.0]
    for share in shares:
        sums.append(sums[-1] + share)
        squares.append(squares[-1] + share * share)
    best, best_z = None, _LEAST_Z
    for k in range(LEAST_BEFORE, count - LEAST_AFTER + 1):
        n, m = k, count - k
        mean_a, mean_b = sums[k] / n, (sums[count] - sums[k]) / m
        fall = mean_a - mean_b
        if fall < _LEAST_FALL or fall < _LEAST_RELATIVE * mean_a:
            continue
        spread_a = max(squares[k] / n - mean_a * mean_a, 1e-4)
        spread_b = max((squares[count] - squares[k]) / m - mean_b * mean_b, 1e-4)
        z = fall / sqrt(spread_a / n + spread_b / m)
        if z > best_z:
            best, best_z = k, z
    return best


def _ratio(reads: Reads) -> float:
    whole = sum(total for _, _, total in reads)
    return sum(read for _, read, _ in reads) / whole if whole else 0.0


def _part(case: Case, start: int, end: int) -> Case:
    start = max(start, end - _MOST)
    return Case(case.prompts[start:end], case.conversation[start:end], case.chains, case.lifetimes)


def _usd_day(later: Case, fall: float, money: Money) -> Decimal | None:
    """USD a day of the tokens that are no longer read, at the pace of these calls."""
    lost = Decimal(0)
    priced = False
    for position, prompt in enumerate(later.prompts):
        rates = money.rates(prompt)
        if rates is not None:
            priced = True
            lost += Decimal(str(fall)) * later.size(position) * (rates.uncached - rates.read)
    seconds = later.prompts[-1].at - later.prompts[0].at
    if not priced or seconds <= 0:
        return None
    return lost * Decimal(str(_DAY_S / seconds))
