"""What the analysis of prompt caching costs: a call from its block hashes, a call from a long body, a stream of millions, the demo.

    python -m tests.bench.caching [--calls 10000 100000 1000000] [--demo 20000] [--only blocks body stream analyse]

CPU time of one thread (times of single calls: the clock's), without garbage collection. `stream` runs each length in a process of its own, so
that its resident memory is its own: conversations of 8 to 60 blocks come, grow for some turns and go, 20 calls a second.
Caches by rule keep what is alive in the longest lifetime; a ceiling without expiry keeps everything, by its nature, and is left out there.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from statistics import median, quantiles

import msgspec
import zstandard

from agent.demo import traffic
from analyzers.core import Call, PromptBlocks, Usage
from analyzers.names import family
from analyzers.prices import Prices
from analyzers.prompt_caching.analyse import analyse
from analyzers.prompt_caching.chain import Chains
from analyzers.prompt_caching.prompt import Prompt, Reader
from analyzers.prompt_caching.rules import load
from analyzers.prompt_caching.simulate import LIFETIMES, Best, Caches
from analyzers.prompt_caching.sizes import Sizes
from analyzers.prompt_caching.unit_cache import UnitCache
from collectors.parse import Parser
from collectors.source import Record

TRACE = Path(__file__).parents[1] / "data" / "traces" / "mooncake-conversation.jsonl.zst"
NOW = 1_795_000_000.0
BODY = 24_000
_BODIES = 2_000
_DAY_S = 86_400.0
_PER_SECOND = 20.0
_OPEN = 400
"""Conversations that go on at the same time."""

Row = tuple[str, str]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.caching")
    parser.add_argument("--calls", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--demo", type=int, default=20_000)
    parser.add_argument("--only", nargs="+", default=["blocks", "body", "stream", "analyse"])
    parser.add_argument("--one-stream", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    gc.disable()
    if options.one_stream:
        sys.stdout.write(json.dumps(list(one_stream(options.one_stream))))
        return
    if "blocks" in options.only:
        show("from block hashes (Mooncake, 12,031 calls)", blocks())
    if "body" in options.only:
        show(f"from a body of {BODY // 1_000} KB", body())
    if "stream" in options.only:
        show("a stream of block hashes, by its length", streams(options.calls))
    if "analyse" in options.only:
        show(f"the whole analysis of {options.demo:,} demo calls", whole(options.demo))


def show(title: str, rows: Iterator[Row]) -> None:
    """One part of the table."""
    sys.stdout.write(f"{title}\n")
    for name, value in rows:
        sys.stdout.write(f"  {name:<44}{value:>28}\n")
        sys.stdout.flush()


def blocks() -> Iterator[Row]:
    """Every call of the trace, by the rules' caches and by all ceilings."""
    data = zstandard.ZstdDecompressor().stream_reader(TRACE.read_bytes()).read()
    parser = Parser(clock=lambda: NOW)
    calls = [
        call
        for n, line in enumerate(data.splitlines())
        for call in parser.parse(Record(n, line, NOW - 1_000), "bench", 0).calls
    ]
    # The trace names no model: one with a cache by block stands in.
    calls = [msgspec.structs.replace(call, provider="openai", request_model="gpt-5.4") for call in calls]
    prompts = list(prompts_of(calls))
    chains = Chains(Sizes())
    caches, best = Caches(chains), Best(chains)
    for name, serve in (("as is", caches.serve), ("all ceilings", best.ceilings)):
        yield name, spread([timed(serve, prompt) for prompt in prompts])


def body() -> Iterator[Row]:
    """A conversation's request of raw Chat Completions, each with a history of its own: record, parser, reader, chain, cache."""
    rng = Random(1)
    parser, reader, sizes = Parser(clock=lambda: NOW), Reader(load(), family), Sizes()
    values = [Record(n, raw(rng, n), NOW - 1_000) for n in range(_BODIES)]
    calls: list[Call] = []
    parts: dict[str, list[float]] = {"parse": [], "read": [], "chain": [], "simulated as it is": []}
    for record in values:
        parts["parse"].append(timed(parser.parse, record, "bench", 0))
        calls += parser.parse(record, "bench", 0).calls
    for n, call in enumerate(calls):
        parts["read"].append(timed(reader.read, call, n))
    prompts = list(prompts_of(calls))
    sizes.learn(prompts)
    chains = Chains(sizes)
    caches = Caches(chains)
    for prompt in prompts:
        parts["chain"].append(timed(chains.chain, prompt))
        parts["simulated as it is"].append(timed(caches.serve, prompt))
    for name, times in parts.items():
        yield name, spread(times)
    yield "together", spread([sum(times) for times in zip(*parts.values(), strict=True)])


def streams(lengths: Sequence[int]) -> Iterator[Row]:
    """Microseconds a call, entries that are alive at the end, and resident memory, each in a process of its own."""
    for length in lengths:
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.caching", "--one-stream", str(length)],
            capture_output=True,
            text=True,
            check=True,
        )
        per_call, entries, before, after = json.loads(done.stdout)
        yield f"{length:,} calls", f"{per_call:.1f} us a call"
        yield "    units kept", f"{entries:,}"
        yield "    resident memory, empty and then", f"{before} and {after} MiB"


def one_stream(length: int) -> Iterator[float]:
    """Calls are made as they are needed: what is resident is the caches."""
    chains, cache = Chains(Sizes()), UnitCache(LIFETIMES[:3])
    before = resident()
    spent = 0.0
    for prompt in prompts_of(block_calls(length)):
        began = time.process_time()
        cache.serve(chains.chain(prompt), prompt.at, prompt.ready_at)
        spent += time.process_time() - began
    yield spent / length * 1e6
    yield len(cache)
    yield before
    yield resident()


def block_calls(length: int) -> Iterator[Call]:
    """Turns of conversations: a request has all blocks of the one before and some more."""
    rng = Random(7)
    talks: list[list[str]] = []
    for n in range(length):
        if len(talks) < _OPEN or rng.random() < 0.15:
            talks.append([f"s{rng.randrange(8)}.{block}" for block in range(8)])
        if len(talks) > _OPEN:
            talks.pop(rng.randrange(_OPEN))
        talk = rng.choice(talks)
        talk += [f"{n}.{block}" for block in range(rng.randint(1, 8))]
        yield Call(
            id=str(n),
            started_at=NOW + n / _PER_SECOND,
            format="bench",
            provider="openai",
            request_model="gpt-5.4",
            text_state="hashes",
            prompt_blocks=PromptBlocks(512, tuple(talk)),
            usage=Usage(input_total=512 * len(talk)),
        )


def whole(count: int) -> Iterator[Row]:
    """Everything that the report says of prompt caching."""
    parser = Parser(clock=lambda: NOW)
    calls = [
        call
        for n, sent in enumerate(traffic(7, start=NOW - _DAY_S, hours=24.0, calls=count))
        for call in parser.parse(Record(n, sent.value, NOW - 1_000), "bench", 0).calls
    ]
    began = time.process_time()
    found = analyse(calls, Prices(), load(), family)
    spent = time.process_time() - began
    yield f"{found.calls:,} calls", f"{spent:.1f} s"
    yield "a call", f"{spent / len(calls) * 1e6:.0f} us"


def prompts_of(calls: Sequence[Call] | Iterator[Call]) -> Iterator[Prompt]:
    """As the analysis reads them."""
    reader = Reader(load(), family)
    for number, call in enumerate(calls):
        yield reader.read(call, number)


def raw(rng: Random, number: int) -> bytes:
    """A request of about BODY bytes: a system prompt that all share, a history of its own, and its answer."""
    words = [f"{n:x}word" for n in range(5_000)]
    system = " ".join(f"rule{n}" for n in range(1_200))
    history = " ".join(rng.choices(words, k=(BODY - len(system)) // 8))
    turns = [history[at : at + 1_500] for at in range(0, len(history), 1_500)]
    messages = [{"role": "system", "content": system}]
    messages += [{"role": ("user", "assistant")[n % 2], "content": turn} for n, turn in enumerate(turns)]
    usage = {"prompt_tokens": BODY // 4, "completion_tokens": 20, "prompt_tokens_details": {"cached_tokens": 0}}
    answer = {"index": 0, "message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}
    response = {
        "id": f"chatcmpl-{number:08d}",
        "object": "chat.completion",
        "created": int(NOW) + number,
        "model": "gpt-5.4",
        "choices": [answer],
        "usage": usage,
    }
    return json.dumps({"request": {"model": "gpt-5.4", "messages": messages}, "response": response}).encode()


def timed(step: Callable[..., object], *values: object) -> float:
    """Microseconds of one call of `step`."""
    began = time.perf_counter()
    step(*values)
    return (time.perf_counter() - began) * 1e6


def spread(times: Sequence[float]) -> str:
    """Median and 95th percentile in microseconds."""
    return f"{median(times):,.0f} us, 95 %: {quantiles(times, n=20)[-1]:,.0f} us"


def resident() -> int:
    """MiB now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() >> 20


if __name__ == "__main__":
    main()
