"""Search for a record that breaks the parser: `python -m tests.fuzz.parse --minutes 10`.

Seeds are the recorded samples. With atheris installed the search is led by what code a record reaches; without it the
same changes are made blindly. A record that breaks a law is written to --out and ends the run.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import re
import sys
import time
from hashlib import blake2b
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType
from typing import Any, get_args

from analyzers.core import Call, TextState
from collectors import identity
from collectors.parse import Parsed, Parser
from collectors.source import Record
from tests.collectors.test_bedrock import CLAUDE_EVENTS, envelope, record
from tests.collectors.test_event_stream import CHAT, MESSAGES, RESPONSES, sse
from tests.collectors.test_formats import READ, sample
from tests.collectors.test_gemini import chunks as gemini_chunks
from tests.collectors.test_parse import REASONS
from tests.fuzz.mutate import mutated

NOW = 1_795_100_000.0
_SLOW_S = 2.0
_HOLE = re.compile(r"\b[A-Z]\w*(?:Error|Exception|Iteration|Interrupt)$")
_STATES = get_args(TextState)
_LABELS = [
    "provider",
    "request_model",
    "response_model",
    "operation",
    "app",
    "environment",
    "team",
    "conversation",
    "error_type",
    "finish_reason",
    "service_tier",
    "region",
]


class Broken(AssertionError):
    """A law that a record breaks."""


def seeds() -> list[bytes]:
    """The values of all recorded samples, and streams of answers."""
    streams = [json.dumps({"response": sse(events)}).encode() for events in (CHAT, MESSAGES, RESPONSES)]
    bedrock = record(operation="InvokeModelWithResponseStream")
    bedrock["output"] = {"outputBodyJson": CLAUDE_EVENTS}
    lines = [json.dumps(one) for one in (bedrock, record("converse"))]
    own = (bedrock, envelope(*lines), {"response": gemini_chunks()})
    return [sample(path)[0] for path in READ] + streams + [json.dumps(one).encode() for one in own]


def check(data: bytes) -> None:
    """Parse one record; Broken when it is not read as every record must be."""
    began = time.process_time()
    parsed = _parse(data)
    if time.process_time() - began > _SLOW_S:
        raise Broken(f"slower than {_SLOW_S} s for {len(data)} bytes")
    if not (parsed.calls or parsed.rejects or parsed.skipped or parsed.fragments):
        raise Broken("the record disappeared")
    for reject in parsed.rejects:
        if reject.reason not in REASONS or not reject.detail:
            raise Broken(f"a reject without a reason: {reject}")
        if _HOLE.search(reject.detail):
            raise Broken(f"a hole in a format: {reject.detail}")
    for call in parsed.calls:
        _check_call(call)


def _parse(data: bytes) -> Parsed:
    return Parser(clock=lambda: NOW).parse(Record(7, data, NOW - 10), "logs", 3)


def _check_call(call: Call) -> None:
    usage = call.usage
    counters = (usage.uncached_input, usage.cache_read, usage.cache_write_short, usage.cache_write_long)
    for counter in (*counters, usage.output, usage.reasoning, usage.input_total):
        if counter is not None and (type(counter) is not int or counter < 0):
            raise Broken(f"a count that is none: {usage}")
    known = usage.uncached_input is not None and usage.input_total is not None
    if known and sum(counter or 0 for counter in counters) != usage.input_total:
        raise Broken(f"counters do not add up: {usage}")
    if usage.reasoning is not None and usage.output is not None and usage.reasoning > usage.output:
        raise Broken(f"more reasoning than output: {usage}")
    if not 1.4e9 < call.started_at <= NOW + 86_400:
        raise Broken(f"a time that is none: {call.started_at}")
    for duration in (call.duration, call.time_to_first_token):
        if duration is not None and not 0 <= duration <= 7 * 86_400:
            raise Broken(f"a duration that is none: {duration}")
    for name in _LABELS:
        label = getattr(call, name)
        if label is not None and (type(label) is not str or not 0 < len(label) <= 200 or not label.isprintable()):
            raise Broken(f"{name} is no label")
    if call.text_state not in _STATES or call.status not in ("ok", "error"):
        raise Broken("a state that is none")
    parts = (*call.system, *call.tools, *call.output, *(part for message in call.messages for part in message.parts))
    if any(type(part.text) is not str for part in parts):
        raise Broken("a part without text")
    for given in (call.logged_cost, call.feedback):
        if given is not None and type(given) is not float:
            raise Broken("a number that is none")
    json.dumps(call.parameters)
    identity.keys(call)


def search(minutes: float, out: Path, seed: int = 0) -> int:
    """Blind search for so many minutes; how many records were tried. Broken ends it."""
    rng = random.Random(seed)
    known = seeds()
    tried = 0
    until = time.monotonic() + minutes * 60
    while time.monotonic() < until:
        _keep(mutated(rng.choice(known), known, rng), out)
        tried += 1
    return tried


def _keep(data: bytes, out: Path) -> None:
    try:
        check(data)
    except Exception:
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{blake2b(data, digest_size=8).hexdigest()}.record").write_bytes(data)
        raise


def _guided(atheris: Any, minutes: float, out: Path, corpus: Path) -> None:
    known = seeds()
    corpus.mkdir(parents=True, exist_ok=True)
    for data in known:
        check(data)  # which also loads what is loaded when first needed
        (corpus / blake2b(data, digest_size=8).hexdigest()).write_bytes(data)

    def mutator(data: bytes, longest: int, seed: int) -> bytes:
        return mutated(data or known[0], known, random.Random(seed))[:longest]

    for function in gc.get_objects():
        if isinstance(function, FunctionType) and str(function.__module__).startswith("collectors"):
            atheris.instrument_func(function)
    limits = [f"-max_total_time={int(minutes * 60)}", "-max_len=200000", "-timeout=20", "-rss_limit_mb=3000"]
    atheris.Setup([sys.argv[0], str(corpus), *limits], lambda data: _keep(data, out), custom_mutator=mutator)
    atheris.Fuzz()


def main() -> None:
    """Read the command line and search."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--minutes", type=float, default=10.0)
    arguments.add_argument("--seed", type=int, default=0, help="of the blind search")
    arguments.add_argument("--out", type=Path, default=Path("build/fuzz/broken"))
    arguments.add_argument("--corpus", type=Path, default=Path("build/fuzz/corpus"))
    arguments.add_argument("--blind", action="store_true", help="do without atheris")
    given = arguments.parse_args()
    if find_spec("atheris") is not None and not given.blind:
        _guided(import_module("atheris"), given.minutes, given.out, given.corpus)
        return
    tried = search(given.minutes, given.out, given.seed)
    sys.stdout.write(f"{tried:,} records, none broke the parser\n")


if __name__ == "__main__":
    main()
