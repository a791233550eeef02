"""Whose offsets those of a group are. Pure.

Two deployments of Hone with databases of their own that share a group each count only the partitions that they are given, and neither total is
right. Nobody reads the offsets that Hone tells the group but tools that show lag, so beside each stands which database was counted into:
whoever finds another one there says so. A copy of a database has the same name as its original, which this does not tell apart.
"""

from __future__ import annotations

from collections.abc import Iterable

from collectors.source import Incident

_MARK = "hone/"


def mark(deployment: str) -> str:
    """What stands beside an offset; `deployment` is the database's own name, "" for none."""
    return f"{_MARK}{deployment}" if deployment else ""


def strangers(told: Iterable[str | None], deployment: str) -> frozenset[str]:
    """What stands beside the group's offsets and is of another database; what no Hone wrote, or an older one, is not."""
    own = mark(deployment)
    return frozenset(one for one in told if own and one and one.startswith(_MARK) and one != own)


def shared(group: str, topics: Iterable[str]) -> Incident:
    """Said once: a database that was replaced looks like a second one until the offsets of the first are written over."""
    return Incident(
        "group_shared",
        None,
        f"group {group!r} is or was read by a Hone with another database ({', '.join(sorted(topics))}): two in one group each count only "
        "the partitions that they are given. Set source.kafka.group_id of one of them to another name; if this database took the "
        "other's place, all is well",
    )
