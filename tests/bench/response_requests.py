"""What it costs to read calls as the requests of a response cache, and to run exact caches over them.

    python -m tests.bench.response_requests [--calls 100000]

CPU time of one thread, without garbage collection. Questions are those of Banking77, each asked often (`repeated`), with a
clock in an 8 KB system prompt (`clock`), or each asked once (`distinct`). `exact` runs both curves and the recommended point.
"""

from __future__ import annotations

import argparse
import gc
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

import numpy as np

from agent.demo.texts import banking77, prose
from analyzers.core import Call, Message, Part
from analyzers.response_caching.exact import exact
from analyzers.response_caching.requests import Streams, streams
from analyzers.response_caching.spoilers import spoilers
from analyzers.response_caching.stream import NO_ANSWER, Stream

START = 1_795_003_200.0
CENT = Decimal("0.01")
KINDS = ("repeated", "clock", "distinct")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.response_requests")
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--exact", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    gc.disable()
    for kind in KINDS:
        seconds, found = reading(kind, options.calls)
        began = time.process_time()
        named = spoilers(found)
        judged = time.process_time() - began
        show(kind, f"{seconds / options.calls * 1e6:.1f} us/call", f"{found.eligible:,} eligible")
        show("  spoilers", f"{judged:.1f} s", ", ".join(one.kind for one in named) or "none")
    exact(keys(1_000))
    one = keys(options.exact)
    began = time.process_time()
    exact(one)
    show(f"exact, {options.exact:,} requests", f"{time.process_time() - began:.1f} s")
    show("memory at most", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024:,} MB")


def show(*cells: str) -> None:
    """One line of the table."""
    sys.stdout.write("  ".join(f"{cell:<28}" for cell in cells).rstrip() + "\n")
    sys.stdout.flush()


def reading(kind: str, count: int) -> tuple[float, Streams]:
    """Seconds to read so many calls, without the time in which they are made, and what was found."""
    making = 0.0

    def made() -> Iterator[Call]:
        nonlocal making
        began = time.process_time()
        for piece in pieces(kind, count):
            making += time.process_time() - began
            yield from piece
            began = time.process_time()

    began = time.process_time()
    found = streams(made(), lambda call: CENT)
    return time.process_time() - began - making, found


def pieces(kind: str, count: int, size: int = 5_000) -> Iterator[list[Call]]:
    """The calls, `size` at a time."""
    rng = Random(1)
    questions = [(question, intent) for intent, some in banking77().items() for question in some]
    policy = prose("support_policy.md")
    for first in range(0, count, size):
        yield [one(kind, n, rng.choice(questions), policy) for n in range(first, min(count, first + size))]


def one(kind: str, n: int, asked: tuple[str, str], policy: str) -> Call:
    """One call, with texts of its own as a parser makes them."""
    question, answer = asked
    at = START + n * 0.5
    head = f"{datetime.fromtimestamp(at, UTC).isoformat()}\n{policy}" if kind == "clock" else policy
    return Call(
        id=f"call-{n}",
        started_at=at,
        format="bench",
        duration=1.2,
        provider="openai",
        request_model="gpt-5.4",
        app="bot",
        user=f"user-{n % 5_000}",
        system=(Part("text", "".join((head[:1], head[1:]))),),
        messages=(Message("user", (Part("text", f"{question} ({n})" if kind == "distinct" else question + ""),)),),
        output=(Part("text", f"This is about {answer}."),),
        parameters={"temperature": 0.2, "max_tokens": 300},
    )


def keys(count: int) -> Stream:
    """A stream of keys alone, by Zipf's law."""
    rng = np.random.default_rng(1)
    key = (rng.zipf(1.2, count) % 200_000).astype(np.int32)
    at = np.sort(rng.uniform(0, 86_400.0 * 30, count))
    none = np.full(count, NO_ANSWER, np.int32)
    cost = np.full(count, 10**10, np.int64)
    return Stream("", None, "", at, at + 1.0, key, key, none, cost, cost > 0, np.arange(count), [""] * 200_000, [])


if __name__ == "__main__":
    main()
