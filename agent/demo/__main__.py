"""Writes the demo's traffic to a file, one record a line, or sends it to Kafka.

python -m agent.demo --hours 24 --seed 7 --out FILE --truth FILE
python -m agent.demo --hours 24 --kafka localhost:9092
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.demo import Truth, traffic

_START = 1_795_392_000.0
"""2026-11-23T00:00:00Z, a Monday."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files or send the records. In files spans are OTLP/JSON and no value contains a line break."""
    parser = argparse.ArgumentParser(prog="python -m agent.demo", description="Synthetic LLM traffic with known truth.")
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--out", help="records, one a line; - is standard output")
    target.add_argument("--kafka", metavar="HOST:PORT", help="send them to the topics their producers would use")
    parser.add_argument("--truth", type=Path, help="what is true of them, as JSON")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--start", type=float, default=_START, help="unix seconds (default: 2026-11-23T00:00Z)")
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--calls", type=int, help="exactly so many calls")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--regression-at", type=float, metavar="HOURS", help="deploy a longer support prompt")
    parser.add_argument("--fixed-at", type=float, metavar="HOURS", help="deploy a support prompt in good order")
    parser.add_argument("--fix-fails", action="store_true", help="... that is cached no better than before")
    parser.add_argument("--doubled-at", type=float, metavar="HOURS", help="twice the traffic from then on")
    options = parser.parse_args(arguments)
    known = Truth() if options.truth else None
    records = traffic(
        options.seed,
        start=options.start,
        hours=options.hours,
        calls=options.calls,
        scale=options.scale,
        regression_at=options.regression_at,
        fixed_at=options.fixed_at,
        fix_works=not options.fix_fails,
        doubled_at=options.doubled_at,
        protobuf=options.kafka is not None,
        truth=known,
    )
    if options.kafka is not None:
        from agent.demo.produce import produce
        from analyzers.errors import HoneError

        try:
            produce(records, options.kafka)
        except HoneError as error:
            sys.stderr.write(f"error: {error.message}\nhint: {error.hint}\n")
            return 1
    elif options.out == "-":
        try:
            sys.stdout.buffer.writelines(record.value + b"\n" for record in records)
            sys.stdout.flush()
        except BrokenPipeError:  # whoever reads has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    else:
        with Path(options.out).open("wb") as out:
            out.writelines(record.value + b"\n" for record in records)
    if known is not None:
        options.truth.write_text(known.as_json() + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
