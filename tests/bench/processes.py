"""Processes of this machine seen from outside (Linux): memory, CPU time, open files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Use(NamedTuple):
    """CPU seconds of all threads so far, MiB in memory now, open files, threads."""

    cpu: float = 0.0
    mib: float = 0.0
    files: int = 0
    threads: int = 0


def use(pid: int) -> Use:
    """Of one process; nothing of one that is gone."""
    place = Path("/proc") / str(pid)
    try:
        fields = (place / "stat").read_text().rpartition(")")[2].split()
        pages = int((place / "statm").read_text().split()[1])
        files = len(list((place / "fd").iterdir()))
    except OSError:
        return Use()
    cpu = (int(fields[11]) + int(fields[12])) / _TICKS
    return Use(cpu, pages * _PAGE / (1 << 20), files, int(fields[17]))


def together(pids: Iterable[int]) -> Use:
    """Of several."""
    return Use(*map(sum, zip(*(use(pid) for pid in pids), Use(), strict=True)))


def family(pid: int) -> list[int]:
    """A process and all that come of it."""
    parents: dict[int, list[int]] = {}
    for place in Path("/proc").iterdir():
        if place.name.isdecimal():
            try:
                parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            parents.setdefault(parent, []).append(int(place.name))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += parents.get(found[-1], [])
    return found
