"""Which threshold to recommend: the one that saves most among those whose wrong answers are known to be rare enough.

Thresholds are looked at from the strictest down, and the first whose bound lies above the aim ends the search: in such a fixed order
looking at many costs no confidence, because a false acceptance has to happen at the first threshold that deserves none (Maurer,
Hothorn, Lehmacher 1995: fixed-sequence testing; Angelopoulos et al. 2021 for thresholds). The aim lies below the limit, so that what is
chosen also stands up when it is judged once more on other draws; that second judgement is the figure that is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from analyzers.response_caching.bound import LEVEL
from analyzers.response_caching.wrong import Wrong

AIM = 0.8
"""Of the limit."""
_MORE = Decimal("1.05")
"""Times what an exact cache brings: less is not worth a model and a store of vectors."""
TRIES = 2
"""How often a threshold may be put to the second judgement."""
CONFIRMED = 1 - (1 - LEVEL) / TRIES
"""The level of each, so that together they err no more often than `bound.LEVEL` allows."""

Verdict = Literal["use", "no", "not_yet", "cannot_tell"]


class Candidate(NamedTuple):
    """A threshold with what it would bring and break; money is USD of the period."""

    threshold: float
    saved: Decimal
    """What the requests cost that would have been served."""
    running: Decimal
    """What the cache costs."""
    wrong: Wrong

    @property
    def net(self) -> Decimal:
        """What is left."""
        return self.saved - self.running


class Choice(NamedTuple):
    """The recommended threshold, or None, and why."""

    verdict: Verdict
    threshold: float | None
    reason: str
    worth_it_from: str = ""
    confirmed: Wrong | None = None
    """Wrong answers at the threshold, judged on draws that had no part in choosing it."""


def choose(
    candidates: Sequence[Candidate], limit: float, exact_net: Decimal, confirm: Callable[[float], Wrong]
) -> Choice:
    """The choice; `limit` is the owner's, in wrong answers for each request, `exact_net` what an exact cache alone would bring.

    `confirm` judges the replay at a threshold on draws that had no part in the candidates, at the level CONFIRMED.
    """
    strict_first = sorted(candidates, key=lambda one: -one.threshold)
    if not any(one.wrong.hits > one.wrong.repeats for one in strict_first):
        return Choice("no", None, "no request is near enough to another one that is worded otherwise")
    rare: list[Candidate] = []
    failed: Candidate | None = None
    for one in strict_first:
        if one.wrong.rate_high > AIM * limit:
            failed = one
            break
        rare.append(one)
    if not rare:
        return _refused(strict_first[0], limit)
    least = max(exact_net * _MORE, Decimal(0))
    worth = sorted((one for one in rare if one.net > least and one.wrong.rate is not None), key=lambda one: -one.net)
    if not worth:
        return _worthless(rare, exact_net, failed)
    for one in worth[:TRIES]:
        again = confirm(one.threshold)
        if again.rate_high <= limit:
            return Choice("use", one.threshold, "", confirmed=again)
    return Choice(
        "cannot_tell",
        None,
        f"judged once more, {_percent(again.rate_high)} of requests could be answered wrongly, above the limit of {_percent(limit)}",
        "more judged pairs: `hone judge`, or more calls",
    )


def _refused(strictest: Candidate, limit: float) -> Choice:
    found = strictest.wrong
    if found.too_many_unknown:
        return Choice(
            "cannot_tell",
            None,
            f"{_percent(found.unknown)} of the hits could not be judged: their answers are missing or cannot be compared",
            "answers in the log, or verdicts of your own: `hone judge`",
        )
    at_most = f"up to {_percent(found.rate_high)} of requests would be answered wrongly"
    if found.rate is None or found.rate <= AIM * limit:
        return Choice(
            "cannot_tell",
            None,
            f"{found.judged_pairs} judged pairs are too few to say that wrong answers are rarer than {_percent(limit)} of requests: "
            f"{at_most}",
            "more calls, or more verdicts: `hone judge`",
        )
    return Choice(
        "no", None, f"{at_most} even at a threshold of {strictest.threshold:g}; the limit is {_percent(limit)}"
    )


def _worthless(rare: Sequence[Candidate], exact_net: Decimal, failed: Candidate | None) -> Choice:
    best = max(rare, key=lambda one: one.net)
    if failed is not None:
        than = "than an exact cache" if exact_net > 0 else "than it costs"
        return Choice(
            "no",
            None,
            f"where wrong answers are rare it saves hardly more {than}, and at {failed.threshold:g} up to "
            f"{_percent(failed.wrong.rate_high)} of requests would be answered wrongly",
        )
    if best.net <= 0:
        return Choice("not_yet", None, "the cache would cost more than it saves", "more calls of this kind")
    return Choice("no", None, f"an exact cache saves as much: even at {best.threshold:g} little is added")


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.001 else f"{100 * share:.2g} %"
