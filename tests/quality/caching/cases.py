"""All labelled streams, by name: a clean traffic, the faults that are put into it, what provider serves it.

`python -m tests.quality.caching.cases --out DIR --seed N` writes each as NAME.jsonl (records, for `hone report`),
NAME.fixed.jsonl (the same traffic, mended) and NAME.json (what is true of it).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.quality.caching import faults_history, faults_system, faults_tools
from tests.quality.caching.provider import is_breakpoint_model
from tests.quality.caching.stream import Inject, Stream, as_json, stream
from tests.quality.caching.trajectories import Mark, Pace, Turn, traffic

OPENAI = ("gpt-5.2", "gpt-5.4", "gpt-4.1", "gpt-5.1")
CLAUDE = ("claude-sonnet-5", "claude-opus-4-8", "claude-sonnet-4-5", "claude-opus-5-5")
BREAKPOINTS = ("gpt-5.6", "gpt-6.1-sol")
MARKS = {"claude": (Mark("system"), Mark("messages")), "gpt-5.6": (Mark("system", ttl="30m"),)}
"""Where a careful client sets breakpoints; OpenAI marks the newest message by itself."""


class Case(NamedTuple):
    """How one stream is made. `models`: one of these is drawn."""

    name: str
    models: tuple[str, ...]
    injects: tuple[Inject, ...] = ()
    pace: Pace = Pace()
    base: Callable[[Random, str, Pace], list[Turn]] | None = None
    labelled: bool | None = None
    """Whether the log names conversations; None leaves it to chance."""


def _marked(rng: Random, model: str, pace: Pace) -> list[Turn]:
    marks = MARKS["claude"] if model.startswith("claude") else MARKS["gpt-5.6"] if is_breakpoint_model(model) else ()
    return [turn._replace(marks=marks) for turn in traffic(rng, model, pace)]


MAY_NOT_PAY: dict[str, str] = {}
"""Streams whose mending may cost more than it saves, and why."""

SHORT = Pace(conversations=40, longest=5, hours=1.6)

CASES: tuple[Case, ...] = (
    Case("clean-openai", OPENAI),
    Case("clean-anthropic", CLAUDE),
    Case("clean-openai-breakpoints", BREAKPOINTS),
    Case("clock-second-top", OPENAI, (faults_system.clock("second", "top"),)),
    Case("clock-second-end-anthropic", CLAUDE, (faults_system.clock("second", "end"),)),
    Case("clock-minute-top", OPENAI, (faults_system.clock("minute", "top"),)),
    Case("random-id-top", OPENAI, (faults_system.request_id("top"),)),
    Case("user-data", OPENAI, (faults_system.user_data,), SHORT),
    Case("tool-order", OPENAI, (faults_tools.order(),)),
    Case("key-order-request", OPENAI, (faults_tools.keys(),)),
    Case("memory-top", OPENAI, (faults_system.memory("top"),)),
    Case("history-reserialized", OPENAI, (faults_history.reserialized,)),
    Case("history-truncated", OPENAI, (faults_history.truncated,)),
)


def build(name: str, seed: int) -> Stream:
    """One stream. The same name and seed give the same bytes."""
    case = next(case for case in CASES if case.name == name)
    rng = Random(f"{seed}:{name}")
    model = rng.choice(case.models)
    labelled = rng.random() < 0.7 if case.labelled is None else case.labelled
    turns = (case.base or _marked)(rng, model, case.pace)
    return stream(name, seed, turns, case.injects, labelled=labelled)


def names() -> list[str]:
    """The names of all streams."""
    return [case.name for case in CASES]


def streams(seed: int) -> Iterator[Stream]:
    """All streams, one at a time."""
    return (build(name, seed) for name in names())


def all_streams(seed: int) -> list[Stream]:
    """All streams."""
    return list(streams(seed))


def main() -> None:
    """Writes every stream into a folder."""
    arguments = argparse.ArgumentParser(description=main.__doc__)
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--only", default="", help="names that begin so")
    given = arguments.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for name in names():
        if name.startswith(given.only):
            made = build(name, given.seed)
            (given.out / f"{name}.jsonl").write_bytes(b"\n".join(made.records) + b"\n")
            (given.out / f"{name}.fixed.jsonl").write_bytes(b"\n".join(made.fixed) + b"\n")
            (given.out / f"{name}.json").write_bytes(as_json(made))


if __name__ == "__main__":
    main()
