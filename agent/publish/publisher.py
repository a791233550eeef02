"""One of several agents keeps the topics in step with the database, in a thread of its own.

What the broker has acknowledged is written down (`agent.store.published`), and held against what the topics should hold whenever
something changed: nothing is lost, and nothing is sent on every look. A broker that is away holds up nobody; it is tried again,
ever later, at most every five minutes.

The agent that publishes holds a lease. One that is stopped between that and its sending (longer than the lease lasts) could send a state
after a newer one; it writes down which it sent, and the next look puts that right.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from itertools import islice

from agent.deliver.courier import Told, wait_s
from agent.printable import printable
from agent.publish import topics, wanted
from agent.publish.topics import Made, Sender, Topic
from agent.publish.wanted import Wanted
from agent.store import Store, StoreUnavailable, published
from agent.store.leases import lease
from analyzers.errors import HoneError
from collectors.kafka_settings import KafkaSettings

log = logging.getLogger("hone.publish")

LEASE = "publisher"
LONGEST_WAIT_S = 300.0
LOOK_EVERY_S = 300.0
"""So often all is compared, whether or not something seems to have changed, and the topics are looked at."""
CLOSING_S = 5.0
_TURN_S = 2.0
_AT_ONCE = 500

Marks = dict[str, str]


class Publisher:
    """The work of publishing, turn by turn; a thread calls `turn` until it is closed."""

    def __init__(
        self,
        store: Store,
        kafka: KafkaSettings,
        *,
        events: str = "",
        recommendations: str = "",
        make: Made | None = None,
        told: Told = lambda channel, outcome: None,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`events` and `recommendations` name topics, empty for none; those that are missing are made where `make` says how."""
        self._store = store
        self._kafka = kafka
        self._make = make
        self._told = told
        self._clock = clock
        self._jitter = jitter
        self._lease = lease(store.engine, LEASE, store.owner)
        self._holding: dict[str, Callable[[float], Mapping[str, Wanted]]] = {}
        self._changed: dict[str, Callable[[], tuple[object, ...]]] = {}
        if events:
            self._holding[events] = lambda now: wanted.events(store)
            self._changed[events] = lambda: published.events_changed(store.engine)
        if recommendations:
            self._holding[recommendations] = lambda now: wanted.recommendations(store, now)
            self._changed[recommendations] = lambda: published.recommendations_changed(store.engine)
        self._seen: dict[str, tuple[object, ...]] = {}
        self._looked_at = float("-inf")
        self._sender: Sender | None = None
        self._tries = 0
        self._next_at = float("-inf")
        self._warned: set[str] = set()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def turn(self) -> int:
        """Publish what changed, if this agent is the one that does; the number of messages that were acknowledged.

        Raises StoreUnavailable.
        """
        now = self._clock()
        if not self._lease.hold(now):
            self._let_go()
            return 0
        if now < self._next_at:
            return 0
        whole = now - self._looked_at >= LOOK_EVERY_S
        changed = {topic: ask() for topic, ask in self._changed.items()}
        due = [topic for topic in self._holding if whole or changed[topic] != self._seen.get(topic)]
        if not due:
            return 0
        done = 0
        try:
            if whole:
                self._look(now)
            for topic in due:
                done += self._publish(topic, now)
                self._seen[topic] = changed[topic]
        except StoreUnavailable:
            raise
        except HoneError as error:
            self._failed(due, error, now)
            return done
        self._tries = 0
        return done

    def _look(self, now: float) -> None:
        """Know the topics; one that was made anew is empty."""
        for topic in topics.look(self._kafka, self._make):
            known = published.topic_id(self._store.engine, topic.name)
            if known != topic.id:
                if known is not None:
                    log.warning("topic %s was made anew: all is published again", topic.name)
                published.begin_anew(self._store.engine, topic.name, topic.id, now)
            self._warn(topic)
        self._looked_at = now

    def _warn(self, topic: Topic) -> None:
        if topic.fault and topic.name not in self._warned:
            self._warned.add(topic.name)
            log.warning("topic %s %s", topic.name, topic.fault)

    def _publish(self, topic: str, now: float) -> int:
        """Send what the broker does not have; raises HoneError for the first that it did not take."""
        should, has = self._holding[topic](now), published.acknowledged(self._store.engine, topic)
        values: dict[str, bytes | None] = {key: one.value for key, one in should.items() if has.get(key) != one.mark}
        values |= dict.fromkeys(key for key in has if key not in should)
        done = 0
        pending = iter(values.items())
        while some := dict(islice(pending, _AT_ONCE)):
            if not self._lease.hold(self._clock()):
                return done
            if self._sender is None:
                self._sender = Sender(self._kafka)
            done += self._send(self._sender, topic, some, should)
        if done:
            log.info("published to %s: %d", topic, done)
        return done

    def _send(
        self, sender: Sender, topic: str, values: Mapping[str, bytes | None], should: Mapping[str, Wanted]
    ) -> int:
        outcome = sender.send(topic, values)
        taken = [key for key, error in outcome.items() if error is None]
        marks = {key: should[key].mark for key in taken if key in should}
        now = self._clock()
        published.acknowledge(self._store.engine, topic, marks, [key for key in taken if key not in should], now)
        for _ in taken:
            self._told(published.channel_of(topic), "sent")
        refused = next((error for error in outcome.values() if error is not None), None)
        if refused is not None:
            raise refused
        return len(taken)

    def _failed(self, due: list[str], error: HoneError, now: float) -> None:
        """Note it for all that waits, and when to try again."""
        self._let_go_of_broker()
        self._looked_at = float("-inf")
        self._tries += 1
        pause = min(LONGEST_WAIT_S, wait_s(self._tries, self._jitter()))
        self._next_at = now + pause
        reason = printable(error.message, limit=200)
        for topic in due:
            has = published.acknowledged(self._store.engine, topic)
            marks = {key: one.mark for key, one in self._holding[topic](now).items() if has.get(key) != one.mark}
            if marks:
                published.refuse(self._store.engine, topic, marks, reason, now)
                self._told(published.channel_of(topic), "failed")
        log.warning("not published: %s; tried again in %.0f s", reason, pause)

    def start(self) -> None:
        """Take turns in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="hone-publisher", daemon=True)
        self._thread.start()

    def close(self, timeout_s: float = CLOSING_S) -> None:
        """Stop, wait so long for the turn in hand, and let another agent go on."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
            if self._thread.is_alive():
                return
        self._let_go()
        self._lease.give_up()

    def finish(self) -> None:
        """Publish what is new, and take no further turn."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._once()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._once()
            self._stop.wait(_TURN_S)

    def _once(self) -> None:
        try:
            self.turn()
        except StoreUnavailable as error:
            log.warning("not looked for what to publish: %s", error.message)
        except Exception as error:
            # Its message may hold text of what was to be published.
            log.error("%s in the publisher", type(error).__name__)
            self._let_go_of_broker()
            self._next_at = self._clock() + LONGEST_WAIT_S

    def _let_go(self) -> None:
        """Another agent may publish: what this one knew of the topics is old when its turn comes."""
        self._let_go_of_broker()
        self._seen.clear()
        self._looked_at = float("-inf")

    def _let_go_of_broker(self) -> None:
        sender, self._sender = self._sender, None
        if sender is not None:
            sender.close()
