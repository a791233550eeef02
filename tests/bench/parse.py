"""Records a second that are recognised and parsed on one core, by format and mixed, beside bare decoding of their JSON.

    python -m tests.bench.parse [--records 100000] [--largest 3000]

The records are the samples under tests/data/formats/read, each with ids of its own. `mixed` shuffles all samples of at
most `--largest` bytes into one stream, which no topic does: the next record is hardly ever of the format before it.
`mixed 1 KB` shuffles those that come within a half of 1 KB when their prose is cut or said again (`tests.bench.sizes`;
fields, ids and counts stay as they are); their mean is what the column says. CPU time of one thread; nothing is stored.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import re
import sys
import time
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from collectors.parse import Parser
from collectors.source import Record
from tests.bench.sizes import near, sized

READ = Path(__file__).parents[1] / "data" / "formats" / "read"
AT_ONCE = 2_000
SIZE = 1_024
NOW = 1_900_000_000.0
"""Later than every sample; only plausibility is judged by it."""
ID_NAME = re.compile(r"(?:^|[._])(?:id|uuid|hash)$|I[dD]$")


class Sample(NamedTuple):
    """One recorded value, as bytes, its format, and the ids in it that tell two records apart."""

    format: str
    value: bytes
    ids: tuple[bytes, ...]

    def record(self, number: int) -> Record:
        """The value with the last eight characters of its ids replaced by `number`."""
        value, tail = self.value, b"%08x" % number
        for found in self.ids:
            value = value.replace(found, found[:-8] + tail)
        return Record(number, value, NOW - 1_000)


class Figures(NamedTuple):
    """Totals of one run, times in CPU seconds; `bare` is 0 for what is no JSON."""

    records: int
    bytes: int
    parse: float
    bare: float


def samples() -> list[Sample]:
    """Every sample that holds a call."""
    found = []
    for path in sorted(READ.glob("*.json")):
        value = json.loads(path.read_text())["value"]
        data = b64decode(value) if isinstance(value, str) else orjson.dumps(value)
        parsed = Parser(clock=lambda: NOW).parse(Record(0, data, NOW - 1_000), "bench", 0)
        if parsed.calls:
            ids = {text.encode() for text in _ids(value) if len(text) >= 12 and text.isascii()}
            found.append(Sample(parsed.calls[0].format, data, tuple(sorted(ids, key=len, reverse=True))))
    return found


def one_kilobyte(found: Sequence[Sample]) -> list[Sample]:
    """Those samples in JSON that can be brought to about 1 KB."""
    fitted = [sample._replace(value=sized(sample.value, SIZE)) for sample in found if sample.value[:1] in b"{["]
    return [sample for sample in fitted if near(sample.value, SIZE)]


def measured(chosen: Sequence[Sample], count: int) -> Figures:
    """`count` records of the samples in random order, in portions that fit the cache of no machine."""
    rng = random.Random(1)
    parse = Parser(clock=lambda: NOW).parse
    figures = Figures(0, 0, 0.0, 0.0)
    json_only = all(sample.value[:1] in b"{[" for sample in chosen)
    for start in range(0, count, AT_ONCE):
        records = [rng.choice(chosen).record(number) for number in range(start, min(start + AT_ONCE, count))]
        values = [record.value or b"" for record in records]
        figures = Figures(
            figures.records + len(records),
            figures.bytes + sum(map(len, values)),
            figures.parse + _timed(partial(parse, topic="bench", partition=0), records),
            figures.bare + (_timed(orjson.loads, values) if json_only else 0.0),
        )
    return figures


def _timed(work: Callable[[Any], Any], given: Sequence[Any]) -> float:
    began = time.thread_time()
    kept = [work(one) for one in given]  # as the agent keeps calls until its next commit
    took = time.thread_time() - began
    del kept
    return took


def _ids(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        # OpenTelemetry names its attributes in a field beside the value.
        named = value.get("key") if isinstance(value.get("key"), str) else None
        for key, inner in value.items():
            yield from _ids(inner, named if named and key in ("value", "stringValue") else key)
    elif isinstance(value, list):
        for inner in value:
            yield from _ids(inner, name)
    elif isinstance(value, str) and ID_NAME.search(name):
        yield value


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--largest", type=int, default=3_000)
    chosen = parser.parse_args()
    found = samples()
    out = sys.stdout.write
    out(f"{'format':>14} {'samples':>8} {'bytes':>6} {'us/record':>10} {'records/s':>10} {'MB/s':>6}  ratio\n")
    gc.freeze()
    gc.disable()
    names = sorted({sample.format for sample in found})
    rows = {name: [one for one in found if one.format == name] for name in names}
    rows["mixed"] = [one for one in found if len(one.value) <= chosen.largest]
    rows["mixed 1 KB"] = one_kilobyte(found)
    for name, some in rows.items():
        count = chosen.records if name not in names else min(max(chosen.records // 10, 1), chosen.records)
        records, size, took, bare = measured(some, count)
        ratio = f"{bare / took:.2f} of bare decoding" if bare else "no JSON"
        out(
            f"{name:>14} {len(some):>8} {size // records:>6} {took / records * 1e6:>10.1f} {records / took:>10,.0f}"
            f" {size / took / 1e6:>6.0f}  {ratio}\n"
        )


if __name__ == "__main__":
    main()
