"""Plays the applications against one clock and hands out their records in the order in which they were sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from itertools import count
from random import Random

from agent.demo.apps.coder import AgentCoder
from agent.demo.apps.extractor import InvoiceExtractor
from agent.demo.apps.faq import FaqBot
from agent.demo.apps.hr import HrHelper
from agent.demo.apps.support import SupportBot
from agent.demo.apps.support_release import Release
from agent.demo.clock import arrivals, more
from agent.demo.ledger import Truth
from agent.demo.mishaps import Mishaps
from agent.demo.record import App, Emission, Sent, Turns

_HOUR_S = 3_600.0
_MARGIN_S = 900.0
"""Sessions begin at least this long before the end, or a tenth of the time if that is less, to be able to finish."""


def traffic(
    seed: int = 7,
    *,
    start: float,
    hours: float = 24.0,
    calls: int | None = None,
    scale: float = 1.0,
    regression_at: float | None = None,
    stamped_at: float | None = None,
    fixed_at: float | None = None,
    fix_works: bool = True,
    doubled_at: float | None = None,
    protobuf: bool = True,
    mishaps: bool = True,
    truth: Truth | None = None,
) -> Iterator[Sent]:
    """Records of five applications in the order of `Sent.at`; the same arguments give the same bytes.

    start: unix seconds at which the traffic begins; the day curves are those of UTC.
    hours: how long it lasts. Calls begin inside it; a session that begins late may finish a little after it.
    calls: exactly so many distinct calls instead of 20,000 a day times `scale`.
    regression_at: hours after `start` at which the support bot's longer prompt is deployed.
    stamped_at: hours after `start` at which a release of invoice-extractor puts the time above its rules: its cache is lost.
    fixed_at: hours after `start` at which a release of the support bot takes clock and session from above its policy; with
        `fix_works` False the same release puts a number of each request there: the cache is as bad as before.
    doubled_at: hours after `start` from which on all applications have twice the traffic.
    protobuf: False writes the spans of hr-helper as OTLP/JSON only, so that every value is one line of text.
    mishaps: False leaves out the producer's retries and the broken records.
    truth: is told of each record before it is handed out.
    """
    if hours <= 0 or scale <= 0 or (calls is not None and calls < 1):
        raise ValueError("hours, scale and calls must be positive")
    regression = None if regression_at is None else start + regression_at * _HOUR_S
    stamped = None if stamped_at is None else start + stamped_at * _HOUR_S
    measured = truth is not None
    apps: list[App] = [
        SupportBot(
            seed,
            regression_at=regression,
            release=None if fixed_at is None else Release(start + fixed_at * _HOUR_S, fix_works),
            possible=measured,
        ),
        FaqBot(seed),
        InvoiceExtractor(seed, stamped_at=stamped),
        AgentCoder(seed, possible=measured),
        HrHelper(seed, protobuf=protobuf),
    ]
    if truth is not None:
        truth.begin(seed=seed, start=start, hours=hours, apps=apps)
    doubled = None if doubled_at is None else doubled_at * _HOUR_S
    quotas = _quotas(apps, hours, calls, scale)
    if doubled is not None and calls is None:
        quotas = [
            round(quota * more(app.curve, start, hours * _HOUR_S, doubled))
            for app, quota in zip(apps, quotas, strict=True)
        ]
    emissions = _played(apps, quotas, seed, start, hours * _HOUR_S, doubled)
    if mishaps:
        emissions = Mishaps(seed).happen(emissions)
    for emission in emissions:
        if truth is not None:
            truth.observe(emission)
        yield emission.sent


def _quotas(apps: Sequence[App], hours: float, calls: int | None, scale: float) -> list[int]:
    """Calls of each application: by its volume, or sharing `calls` by largest remainders."""
    days = hours / 24.0
    wanted = [app.calls_a_day * days * (scale if app.scales else 1.0) for app in apps]
    if calls is None:
        return [round(volume) for volume in wanted]
    fixed = [min(round(volume), calls // 50) if not app.scales else 0 for app, volume in zip(apps, wanted, strict=True)]
    rest = calls - sum(fixed)
    shares = [app.calls_a_day if app.scales else 0 for app in apps]
    exact = [rest * share / sum(shares) for share in shares]
    quotas = [int(value) for value in exact]
    for index in sorted(range(len(apps)), key=lambda i: quotas[i] - exact[i])[: rest - sum(quotas)]:
        quotas[index] += 1
    return [quota + extra for quota, extra in zip(quotas, fixed, strict=True)]


def _sessions(
    app: App, seed: int, quota: int, start: float, seconds: float, doubled: float | None
) -> Iterator[tuple[float, Turns]]:
    """Sessions in the order in which they begin; together they make `quota` calls.

    How many sessions it takes is known only when their lengths are, so these are drawn ahead, one byte each.
    """
    rng = Random(f"{seed}:{app.name}:arrivals")  # noqa: S311  (reproducible, not secret)
    lengths = bytearray()
    left = quota
    while left > 0:
        lengths.append(min(app.session_length(), left))
        left -= lengths[-1]
    room = seconds - min(_MARGIN_S, seconds / 10)
    for length, at in zip(lengths, arrivals(rng, app.curve, start, room, len(lengths), doubled), strict=True):
        yield at, app.session(at, length, start + seconds)


def _played(
    apps: Sequence[App], quotas: Sequence[int], seed: int, start: float, seconds: float, doubled: float | None
) -> Iterator[Emission]:
    """All emissions in the order in which they are sent, holding only the sessions and calls that are under way."""
    order = count()
    due: list[tuple[float, int, Turns, Iterator[tuple[float, Turns]] | None]] = []
    out: list[tuple[float, int, Emission]] = []

    def begin(source: Iterator[tuple[float, Turns]]) -> None:
        found = next(source, None)
        if found is not None:
            heappush(due, (found[0], next(order), found[1], source))

    for app, quota in zip(apps, quotas, strict=True):
        begin(_sessions(app, seed, quota, start, seconds, doubled))
    while due:
        at, _, turns, source = heappop(due)
        while out and out[0][0] <= at:
            yield heappop(out)[2]
        if source is not None:
            begin(source)
        emissions, again = next(turns)
        for emission in emissions:
            heappush(out, (emission.sent.at, next(order), emission))
        if again is not None:
            heappush(due, (again, next(order), turns, None))
    while out:
        yield heappop(out)[2]


def truth(
    seed: int = 7,
    *,
    start: float,
    hours: float = 24.0,
    calls: int | None = None,
    scale: float = 1.0,
    regression_at: float | None = None,
) -> Truth:
    """The truth about `traffic` with the same arguments, without keeping a record."""
    known = Truth()
    for _ in traffic(
        seed, start=start, hours=hours, calls=calls, scale=scale, regression_at=regression_at, truth=known
    ):
        pass
    return known
