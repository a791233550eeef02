"""A log through the real pipeline: written down, read, stored, analysed, reported."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import orjson

from agent.commands import wiring
from agent.config import Settings
from agent.recommend.record import decide, record
from agent.report import Report
from agent.store import Store, open_store
from tests.quality.caching.log import write
from tests.quality.caching.trajectories import Turn


def written(turns: Sequence[Turn], seed: str) -> tuple[bytes, ...]:
    """Records of the requests as they were billed; those of no conversation do not name one."""
    found = write(turns, seed=seed).records
    return tuple(one if b'"conversation_id":""' not in one else _unnamed(one) for one in found)


def _unnamed(line: bytes) -> bytes:
    value = orjson.loads(line)
    del value["conversation_id"]
    return orjson.dumps(value)


def stored(records: Sequence[bytes], folder: Path, settings: Settings) -> Store:
    """A database in memory with these records, read from a file."""
    log = folder / "log.jsonl"
    log.write_bytes(b"\n".join(records) + b"\n")
    store = open_store(wiring.MEMORY)
    wiring.read_files([str(log)], store, settings, threading.Event())
    return store


def reported(store: Store, settings: Settings, now: float, accepted: Sequence[str] = ()) -> Report:
    """The report as of `now` (unix seconds), with these recommendations accepted before."""
    made = wiring.report_of(store, settings, now=now)
    if not accepted:
        return made
    record(store, made, now)
    for name in accepted:
        decide(store, name, "accepted", "owner", now)
    return wiring.report_of(store, settings, now=now)
