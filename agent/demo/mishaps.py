"""What goes wrong between a producer and Kafka: records sent twice, and values that are no record at all."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count
from random import Random

from agent.demo.record import Emission, Sent

_RETRIED = 0.004
_BROKEN = 0.0007

CUT, NULLS, TEXT, OTHER, ENCODING = "cut_json", "null_bytes", "plain_text", "other_json", "broken_utf8"
"""Reasons: a JSON object that ends early; only zero bytes; a line of another log; JSON that is no call; JSON with
bytes that are not UTF-8."""


class Mishaps:
    """Retries are the same bytes again, some seconds later. Broken records come on top and replace nothing."""

    def __init__(self, seed: int) -> None:
        self._rng = Random(f"{seed}:mishaps")  # noqa: S311  (reproducible, not secret)
        self._kinds = 0

    def happen(self, emissions: Iterator[Emission]) -> Iterator[Emission]:
        """The stream with its mishaps, still in the order of `Sent.at`."""
        rng = self._rng
        late: list[tuple[float, int, Emission]] = []
        order = count()
        for emission in emissions:
            sent = emission.sent
            while late and late[0][0] <= sent.at:
                yield heappop(late)[2]
            yield emission
            dice = rng.random()
            if dice < _RETRIED:
                again = sent._replace(at=sent.at + rng.uniform(0.2, 5.0))
                repeated = emission._replace(sent=again, kind="duplicate")
                heappush(late, (again.at, next(order), repeated))
            elif dice < _RETRIED + _BROKEN and sent.value[:1] == b"{":
                broken = self._broken(sent)
                heappush(late, (broken.sent.at, next(order), broken))
        while late:
            yield heappop(late)[2]

    def _broken(self, sent: Sent) -> Emission:
        rng = self._rng
        reason = (CUT, NULLS, TEXT, OTHER, ENCODING)[self._kinds % 5]
        self._kinds += 1
        middle = len(sent.value) // 2
        value = {
            CUT: sent.value[: rng.randrange(middle, len(sent.value) - 1)],
            NULLS: bytes(rng.randrange(16, 200)),
            TEXT: b"WARN connection to upstream lost, 3 attempts left",
            OTHER: b'{"event":"healthcheck","status":"ok","uptime_s":%d}' % rng.randrange(10**6),
            ENCODING: sent.value[:middle] + b"\xff\xfe\xc3\x28" + sent.value[middle:],
        }[reason]
        broken = sent._replace(at=sent.at + rng.uniform(0.0, 1.0), value=value)
        return Emission(broken, "reject", reason=reason)
