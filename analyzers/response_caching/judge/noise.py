"""How far the judge and the model themselves can be trusted: the floor below which a wrong-hit rate means nothing.

A request that was sent again letter for letter and answered anew has two right answers. Pairs of them that are judged wrong are the noise
of the model and of the judge together, and would be there without a cache. Pairs of unrelated requests whose answers differ are
wrong; those judged right are what the judge overlooks. Both correct the rate that was seen (Rogan, Gladen, 1978), with the
interval of Lang and Reiczigel (2014), which allows for all three being samples.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from analyzers.response_caching.judge.normal import normal
from analyzers.response_caching.judge.verdict import Verdict
from analyzers.response_caching.judge.weigh import Exchange
from analyzers.response_caching.stream import NO_ANSWER, Stream

LEAST = 20
"""Judged pairs of each kind below which nothing is corrected."""
LEVEL = 0.95


class Tally(NamedTuple):
    """Verdicts counted."""

    right: int = 0
    wrong: int = 0
    unknown: int = 0

    @property
    def judged(self) -> int:
        """Those that came to a verdict."""
        return self.right + self.wrong

    @property
    def wrong_rate(self) -> float | None:
        """Share of the judged; None without any."""
        return self.wrong / self.judged if self.judged else None


class Corrected(NamedTuple):
    """The share of truly wrong pairs with its interval, within 0 and 1; all None where `reason` says why."""

    rate: float | None
    low: float | None
    high: float | None
    reason: str | None = None


def tally(verdicts: Iterable[Verdict]) -> Tally:
    """Count verdicts."""
    right = wrong = unknown = 0
    for verdict in verdicts:
        right += verdict.same is True
        wrong += verdict.same is False
        unknown += verdict.same is None
    return Tally(right, wrong, unknown)


def repeated(streams: Iterable[Stream], most: int = 400) -> list[Exchange]:
    """Requests that were sent twice and answered twice, the second beside the first of its kind; the same ones for the same log.

    Of one request there is at most one pair, so that a popular one does not speak for all.
    """
    found: list[tuple[bytes, Exchange]] = []
    for stream in streams:
        known = np.flatnonzero(stream.answer != NO_ANSWER)
        if len(known) < 2:
            continue
        keys = stream.key[known]
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(ordered)], strict=True):
            if end - start > 1:
                found.append(_drawn(stream, int(known[order[start + 1]]), int(known[order[start]])))
    return _first(found, most)


def unrelated(streams: Iterable[Stream], most: int = 400) -> list[Exchange]:
    """Pairs of different requests of one scope whose answers differ in more than form: what is judged right of them was overlooked.

    Where few answers are possible, equal ones are right by themselves and say nothing about the judge: they are left out.
    """
    found: list[tuple[bytes, Exchange]] = []
    for stream in streams:
        known = np.flatnonzero(stream.answer != NO_ANSWER)
        if len(known) < 2:
            continue
        # By digest of the text: neighbours in this order have nothing to do with each other.
        ranks = np.array([int.from_bytes(_digest(text)[:7], "little") for text in stream.texts], dtype=np.int64)
        _, once = np.unique(stream.text[known], return_index=True)
        rows = known[once][np.argsort(ranks[stream.text[known[once]]], kind="stable")][: most * 2]
        for later, cached in zip(rows[1:].tolist(), rows[:-1].tolist(), strict=True):
            answer, served = stream.answers[stream.answer[later]], stream.answers[stream.answer[cached]]
            if answer.strip() and served.strip() and normal(answer) != normal(served):
                found.append(_drawn(stream, later, cached))
    return _first(found, most)


def corrected(seen: Tally, repeats: Tally, randoms: Tally, level: float = LEVEL) -> Corrected:
    """What is left of the wrong rate that was `seen` once the noise is taken off.

    `repeats` are verdicts on `repeated` pairs, `randoms` on `unrelated` ones; verdicts that could not be told count nowhere.
    """
    if min(seen.judged, repeats.judged, randoms.judged) < LEAST:
        return Corrected(None, None, None, f"fewer than {LEAST} pairs of a kind were judged")
    z = NormalDist().inv_cdf(0.5 + level / 2)
    n = seen.judged + z * z
    share = (seen.wrong + z * z / 2) / n
    n_found, found = randoms.judged + 2.0, (randoms.wrong + 1) / (randoms.judged + 2)
    n_calm, calm = repeats.judged + 2.0, (repeats.right + 1) / (repeats.judged + 2)
    power = found + calm - 1
    if power <= 0:
        return Corrected(None, None, None, "the judge tells right pairs from wrong ones no better than chance")
    rate = (share + calm - 1) / power
    spread_found, spread_calm = found * (1 - found) / n_found, calm * (1 - calm) / n_calm
    shift = 2 * z * z * (rate * spread_found - (1 - rate) * spread_calm)
    variance = (share * (1 - share) / n + rate**2 * spread_found + (1 - rate) ** 2 * spread_calm) / power**2
    half = z * float(np.sqrt(variance))
    plain_found, plain_calm = randoms.wrong / randoms.judged, repeats.right / repeats.judged
    plain = plain_found + plain_calm - 1
    point = (seen.wrong / seen.judged + plain_calm - 1) / plain if plain > 0 else rate
    return Corrected(_share(point), _share(rate + shift - half), _share(rate + shift + half))


def _share(value: float) -> float:
    """A share: noise may take more off than there is, and then nothing is left."""
    return min(1.0, max(0.0, value))


def _drawn(stream: Stream, later: int, cached: int) -> tuple[bytes, Exchange]:
    exchange = Exchange(
        stream.texts[stream.text[later]],
        stream.answers[stream.answer[later]],
        stream.texts[stream.text[cached]],
        stream.answers[stream.answer[cached]],
    )
    return _digest("\0".join(text or "" for text in exchange)), exchange


def _first(found: Sequence[tuple[bytes, Exchange]], most: int) -> list[Exchange]:
    return [exchange for _, exchange in sorted(found, key=lambda one: one[0])[:most]]


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
