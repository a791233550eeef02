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

from tests.quality.caching import bases
from tests.quality.caching import faults_history as history
from tests.quality.caching import faults_marks as marks
from tests.quality.caching import faults_system as system
from tests.quality.caching import faults_tools as tools
from tests.quality.caching import faults_traffic as sending
from tests.quality.caching.stream import Inject, Stream, as_json, stream
from tests.quality.caching.trajectories import HOUR_S, START, Pace, Turn

OPENAI = ("gpt-5.2", "gpt-5.4", "gpt-4.1", "gpt-5.1")
DEEP = ("gpt-5.2", "gpt-5.4", "gpt-5.1")
"""Reasoning models that read their cache at a tenth of the price."""
SHALLOW = ("gpt-4.1", "gpt-4o")
"""These read it at a quarter or half of the price."""
CLAUDE = ("claude-sonnet-5", "claude-opus-4-8", "claude-sonnet-4-5", "claude-opus-5-5")
BREAKPOINTS = ("gpt-5.6", "gpt-6.1-sol")

SHORT = Pace(conversations=40, longest=5)
LONG = Pace(conversations=16, longest=18)
SINGLE = Pace(conversations=200)
COLD = Pace(conversations=110, hours=220.0)
"""Somebody asks something every two hours."""
SLOW = Pace(14, longest=8, hours=60.0, reply=(4_000.0, 9_000.0))
"""People reply after one to three hours."""
NIGHT = Pace(hours=3.0, start=START + 13.4 * HOUR_S)
"""Across midnight."""


class Case(NamedTuple):
    """How one stream is made. `models`: one of these is drawn."""

    name: str
    models: tuple[str, ...]
    injects: tuple[Inject, ...] = ()
    pace: Pace = Pace()
    base: Callable[[Random, str, Pace], list[Turn]] = bases.conversations


CASES: tuple[Case, ...] = (
    Case("clean-openai", OPENAI),
    Case("clean-anthropic", CLAUDE),
    Case("clean-breakpoints", BREAKPOINTS),
    Case("clean-suspicious-openai", OPENAI, base=bases.suspicious),
    Case("clean-suspicious-anthropic", CLAUDE, base=bases.suspicious),
    Case("clean-single-openai", OPENAI, pace=SINGLE, base=bases.single),
    Case("clean-single-anthropic", CLAUDE, pace=SINGLE, base=bases.single),
    Case("clean-two-apps", OPENAI, base=bases.two_apps),
    Case("clean-deployed", OPENAI, base=bases.deployed),
    Case("clean-two-variants", CLAUDE, base=bases.two_variants),
    Case("clean-night", OPENAI, pace=NIGHT, base=bases.patient),
    Case("clock-second-top", OPENAI, (system.clock("second", "top"),)),
    Case("clock-second-end-anthropic", CLAUDE, (system.clock("second", "end"),)),
    Case("clock-second-middle-breakpoints", BREAKPOINTS, (system.clock("second", "middle"),)),
    Case("clock-minute-top", OPENAI, (system.clock("minute", "top"),)),
    Case("clock-minute-end-anthropic", CLAUDE, (system.clock("minute", "end"),)),
    Case("clock-hour-top", OPENAI, (system.clock("hour", "top"),), Pace(hours=3.0), bases.patient),
    Case("clock-day-top", OPENAI, (system.clock("day", "top"),), NIGHT, bases.patient),
    Case("random-id-top", OPENAI, (system.request_id("top"),)),
    Case("random-id-middle", OPENAI, (system.request_id("middle"),)),
    Case("random-id-block-anthropic", CLAUDE, (system.request_id("block", 7),)),
    Case("user-data", OPENAI, (system.user_data(),), SHORT),
    Case("user-data-anthropic", CLAUDE, (system.user_data(),), SHORT),
    Case("user-data-five-people", OPENAI, (system.user_data(5),), SHORT),
    Case("user-data-single", OPENAI, (system.user_data(),), SINGLE, bases.single),
    Case("memory-top", OPENAI, (system.memory("top"),)),
    Case("memory-end-anthropic", CLAUDE, (system.memory("end"),)),
    Case("chunk-order", OPENAI, (system.chunk_order,)),
    Case("chunk-order-single", CLAUDE, (system.chunk_order,), SINGLE, bases.single),
    Case("whitespace-system", OPENAI, (system.crlf,)),
    Case("prefix-rebuilt", OPENAI, (system.rebuilt,)),
    Case("prefix-rebuilt-anthropic", CLAUDE, (system.rebuilt,)),
    Case("tool-order", OPENAI, (tools.order(),)),
    Case("tool-order-anthropic", CLAUDE, (tools.order(),)),
    Case("tool-order-three", OPENAI, (tools.order(3),)),
    Case("tool-set", OPENAI, (tools.chosen,)),
    Case("tool-set-anthropic", CLAUDE, (tools.chosen,)),
    Case("tool-set-connecting", OPENAI, (tools.connecting,)),
    Case("tool-text-clock", OPENAI, (tools.text("clock"),)),
    Case("tool-text-quota-anthropic", CLAUDE, (tools.text("quota"),)),
    Case("tool-text-servers", OPENAI, (tools.text("servers"),)),
    Case("key-order-request", OPENAI, (tools.keys(),)),
    Case("key-order-request-anthropic", CLAUDE, (tools.keys(),)),
    Case("key-order-process", OPENAI, (tools.keys(4),)),
    Case("key-order-system", OPENAI, (system.json_keys,)),
    Case("state-first", OPENAI, (history.state,)),
    Case("state-first-anthropic", CLAUDE, (history.state,)),
    Case("history-reserialized", OPENAI, (history.reserialized,)),
    Case("history-reserialized-anthropic", CLAUDE, (history.reserialized,)),
    Case("history-edited-cut", DEEP, (history.edited("cut"),)),
    Case("history-edited-clean-anthropic", CLAUDE, (history.edited("clean"),)),
    Case("history-truncated", DEEP, (history.truncated,), LONG),
    Case("history-truncated-anthropic", CLAUDE, (history.truncated,), LONG),
    Case("history-pruned", DEEP, (history.pruned(2),), LONG),
    Case("history-pruned-shallow", SHALLOW, (history.pruned(1),), LONG),
    Case("history-pruned-anthropic", CLAUDE, (history.pruned(2),), LONG),
    Case("history-compacted", DEEP, (history.compacted,), LONG),
    Case("history-compacted-anthropic", CLAUDE, (history.compacted,), LONG),
    Case("message-ids", OPENAI, (history.rendered_again,)),
    Case("message-ids-anthropic", CLAUDE, (history.rendered_again,)),
    Case("whitespace-history", DEEP, (history.drifting,)),
    Case("whitespace-history-anthropic", CLAUDE, (history.drifting,)),
    Case("last-message-extended", BREAKPOINTS, (history.extended,)),
    Case("last-message-extended-anthropic", CLAUDE, (history.extended,)),
    Case("model-fallback", ("gpt-5",), (sending.model("fallback"),)),
    Case("model-router-anthropic", ("claude-opus-4-8",), (sending.model("router"),)),
    Case("settings-effort", DEEP, (sending.settings("reasoning_effort"),)),
    Case("settings-format", OPENAI, (sending.settings("response_format"),)),
    Case("settings-thinking-anthropic", CLAUDE, (sending.settings("thinking"),)),
    Case("cache-key", OPENAI, (sending.cache_key,)),
    Case("cache-key-breakpoints", BREAKPOINTS, (sending.cache_key,)),
    Case("idle-gap", OPENAI, (sending.idle,), Pace(14, hours=20.0, reply=(640.0, 1_500.0))),
    Case("idle-gap-anthropic", CLAUDE, (sending.idle,), Pace(14, hours=16.0, reply=(320.0, 1_500.0))),
    Case("cold-anthropic", CLAUDE, (sending.cold("5m"),), COLD, bases.single),
    Case("cold-conversations-anthropic", CLAUDE, (sending.cold("1h"),), SLOW),
    Case("fanout", OPENAI, (sending.fanout,), base=bases.transcripts),
    Case("fanout-anthropic", CLAUDE, (sending.fanout,), base=bases.transcripts),
    Case("below-minimum", OPENAI, (sending.too_short,), SINGLE, bases.short),
    Case("below-minimum-anthropic", ("claude-haiku-4-5",), (sending.too_short,), SINGLE, bases.short),
    Case("breakpoint-on-question", CLAUDE, (marks.on_variable("question"),), SINGLE, bases.single),
    Case("breakpoint-on-context", CLAUDE, (marks.on_variable("context"),), SINGLE, bases.single),
    Case("lookback", CLAUDE, (marks.far,), Pace(longest=8)),
    Case("marker-lost-some", CLAUDE, (marks.lost("some"),)),
    Case("marker-lost-since", CLAUDE, (marks.lost("since"),)),
    Case("wrong-ttl", CLAUDE, (marks.wrong_ttl,)),
    Case("two-clock-tool-order", OPENAI, (system.clock("second", "top"), tools.order())),
    Case("two-user-data-pruned", DEEP, (system.user_data(), history.pruned(2)), Pace(conversations=30, longest=9)),
    Case("two-clock-cache-key", OPENAI, (system.clock("minute", "top"), sending.cache_key)),
    Case("two-key-order-reserialized", CLAUDE, (tools.keys(4), history.reserialized)),
    Case("two-id-thinking", CLAUDE, (system.request_id("block"), sending.settings("thinking"))),
)

MAY_NOT_PAY = {
    "clock-hour-top": "three changes in three hours; the time in the user messages costs about as much",
    "clock-day-top": "one change in three hours",
    "tool-set-connecting": "requests without the late tools are shorter",
    "history-pruned-shallow": "what is pruned would be paid for at a quarter or half of the price with every request",
}
"""Streams whose mending changes little and may cost more than it saves, and why."""


def build(name: str, seed: int) -> Stream:
    """One stream. The same name and seed give the same bytes."""
    case = next(case for case in CASES if case.name == name)
    rng = Random(f"{seed}:{name}")
    model = rng.choice(case.models)
    labelled = rng.random() < 0.7
    turns = case.base(rng, model, case.pace)
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


def main(given_arguments: list[str] | None = None) -> None:
    """Writes every stream into a folder."""
    arguments = argparse.ArgumentParser(description=main.__doc__)
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--only", default="", help="names that begin so")
    given = arguments.parse_args(given_arguments)
    given.out.mkdir(parents=True, exist_ok=True)
    for name in names():
        if name.startswith(given.only):
            made = build(name, given.seed)
            (given.out / f"{name}.jsonl").write_bytes(b"\n".join(made.records) + b"\n")
            (given.out / f"{name}.fixed.jsonl").write_bytes(b"\n".join(made.fixed) + b"\n")
            (given.out / f"{name}.json").write_bytes(as_json(made))


if __name__ == "__main__":
    main()
