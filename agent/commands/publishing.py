"""Settings of the published topics become the publisher, and what `hone check` says of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from agent.config import Settings
    from agent.deliver.courier import Told
    from agent.publish.publisher import Publisher
    from agent.publish.topics import Made, Topic
    from agent.store import Store
    from analyzers.errors import HoneError

_BACK_S = 7 * 86_400.0


def publisher_of(store: Store, settings: Settings, told: Told) -> Publisher | None:
    """What publishes, not started yet; None where nothing is published."""
    given = settings.publish
    kafka = given.brokers(settings.source.kafka)
    if kafka is None:
        return None
    from agent.publish.publisher import Publisher

    return Publisher(
        store,
        kafka,
        events=given.events,
        recommendations=given.recommendations,
        make=_made(settings),
        told=told,
    )


def say_topics(settings: Settings) -> bool:
    """Reach the topics and say what they are, and what was not published lately; whether they can be published to. Writes nothing."""
    given = settings.publish
    kafka = given.brokers(settings.source.kafka)
    if kafka is None:
        return True
    from agent.publish.topics import look
    from analyzers.errors import HoneError

    what = {given.events: "events", given.recommendations: "recommendations"}
    there: dict[str, Topic] = {}
    fault: HoneError | None = None
    try:
        there = {one.name: one for one in look(kafka, _made(settings), only_try=True)}
    except HoneError as error:
        fault = error
    for topic in kafka.topics:
        typer.echo(
            f"publish: {what[topic]} to topic {topic} on {kafka.where}; {_state(there.get(topic), fault)}", err=True
        )
        _say_failures(settings, topic)
    if fault is not None:
        typer.echo(f"publish: {fault.message}" + (f"; {fault.hint}" if fault.hint else ""), err=True)
    return fault is None


def _state(topic: Topic | None, fault: HoneError | None) -> str:
    if fault is not None:
        return "cannot be published to"
    if topic is None:
        return "does not exist yet: `hone run` makes it, compacted"
    parts = f"{topic.partitions} partition{'' if topic.partitions == 1 else 's'}"
    if topic.policy is None:
        return f"{parts}; whether it is compacted may not be seen"
    return f"{parts}; {topic.fault}" if topic.fault else f"{parts}, compacted"


def _say_failures(settings: Settings, topic: str) -> None:
    from agent.commands.check_channels import failures
    from agent.report_table import several
    from agent.store.published import channel_of

    for one in failures(settings, time.time() - _BACK_S):
        if one.channel == channel_of(topic):
            typer.echo(f"  {several(one.messages, 'message')} still tried: {one.error}", err=True)


def _made(settings: Settings) -> Made | None:
    from agent.publish.topics import Made

    given = settings.publish
    return Made(given.partitions, given.replicas) if given.create else None
