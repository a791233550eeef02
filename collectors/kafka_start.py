"""Where to begin in a partition, from what the database and the broker say. Pure."""

from __future__ import annotations

from typing import NamedTuple

from analyzers.errors import HoneError
from collectors.kafka_settings import KafkaSettings
from collectors.source import Batch, Incident, Partition, Position


class Facts(NamedTuple):
    """What the broker holds of a partition: offsets [beginning, end), and the topic's id."""

    topic_id: str | None
    beginning: int
    end: int
    at_start: int
    """Offset of the first record at or after `KafkaSettings.start` when that is a time; else unused."""
    siblings: int = 1
    """Partitions of the topic."""


class Begin(NamedTuple):
    """Read from `offset`. A move that the database must hear of comes as an empty batch, a loss as an incident."""

    offset: int
    batch: Batch | None = None
    incident: Incident | None = None


def begin(
    partition: Partition, position: Position | None, facts: Facts, settings: KafkaSettings, topic_known: bool
) -> Begin:
    """Decide where to read `partition` from.

    A partition never read before begins as configured and announces that offset with an empty batch, so that it is
    written down before the first record comes: otherwise a restart on a quiet topic with `start = "end"` would skip
    what arrived in between. `topic_known`: another partition of the topic was read before, hence this one was
    added later and begins at its beginning. HoneError when the configured answer to a lost position is to stop.
    """
    if position is None:
        offset = _first(facts, settings, topic_known)
        return Begin(offset, Batch(partition, offset, offset, (), topic_id=facts.topic_id))
    if position.topic_id and facts.topic_id and position.topic_id != facts.topic_id:
        return _recreated(partition, position, facts, settings)
    if facts.beginning <= position.next <= facts.end:
        return Begin(position.next)
    return _out_of_range(partition, position, facts, settings)


def _first(facts: Facts, settings: KafkaSettings, topic_known: bool) -> int:
    if settings.start == "beginning" or topic_known:
        return facts.beginning
    return facts.end if settings.start == "end" else facts.at_start


def _recreated(partition: Partition, position: Position, facts: Facts, settings: KafkaSettings) -> Begin:
    what = (
        f"topic {partition.topic!r} was deleted and created anew: partition {partition.number} was read up to offset "
        f"{position.next} of the old one, the new one holds {facts.beginning} to {facts.end}"
    )
    if settings.on_topic_recreated == "stop":
        raise HoneError(what, 'set on_topic_recreated = "beginning" to read the new topic from its beginning')
    incident = Incident("topic_recreated", partition, what, start=position.next)
    return Begin(facts.beginning, _jump(partition, position, facts.beginning, facts), incident)


def _out_of_range(partition: Partition, position: Position, facts: Facts, settings: KafkaSettings) -> Begin:
    held = f"the log holds {facts.beginning} to {facts.end}"
    name = f"topic {partition.topic!r} partition {partition.number}"
    behind = position.next < facts.beginning
    if behind:
        why = (
            f"{name}: offset {position.next} is gone, {held}: up to {facts.beginning - position.next} records were lost"
        )
    else:
        why = f"{name}: offset {position.next} is beyond the end, {held}: the log was cut or this is another cluster"
    if settings.on_out_of_range == "stop":
        raise HoneError(why, 'set on_out_of_range = "beginning" (or "end") to go on from there')
    offset = facts.beginning if settings.on_out_of_range == "beginning" else facts.end
    incident = Incident(
        "records_lost" if behind else "log_truncated",
        partition,
        f"{why}; reading on at {offset}",
        start=position.next if behind else facts.end,
        end=offset if behind else position.next,
    )
    return Begin(offset, _jump(partition, position, offset, facts), incident)


def _jump(partition: Partition, position: Position, offset: int, facts: Facts) -> Batch:
    return Batch(partition, position.next, offset, (), topic_id=facts.topic_id)
