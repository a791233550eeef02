"""`hone run`: the agent."""

from __future__ import annotations

import logging
import os
import time
from contextlib import ExitStack

from agent.commands.options import Config, Database, LogFormat

log = logging.getLogger("hone.run")


def run(config: Config = None, db: Database = None, log_format: LogFormat = None) -> None:
    """Read the stream and keep its figures, until told to stop.

    SIGTERM or Ctrl-C finishes the batch in hand, commits it and ends with 0. A restart reads on where the database
    says. SIGHUP finishes the batch too and starts again with the configuration as it is now; so does a change of a file
    that holds a secret.
    """
    from agent import loop, schedule
    from agent.analyst import Analyst
    from agent.commands import digests, upkeep, wiring
    from agent.commands.again import Again, start_again
    from agent.commands.publishing import publisher_of
    from agent.commands.signals import stop_on_signals
    from agent.config import secret_files
    from agent.deliver.courier import close
    from agent.logs import start_logging
    from agent.metrics import Metrics, MetricsServer
    from agent.store import open_store, waiting
    from agent.store.leases import lease
    from agent.watch.lag import LagWatch
    from agent.watch.look import beside_the_stream
    from agent.watch.paced import Paced

    stop = stop_on_signals()
    # Before the secrets are read, so that no change of them falls between.
    again = Again(stop, secret_files(config, os.environ), lambda: wiring.settings_of(config, db))
    again.on_hangup()
    settings = wiring.settings_of(config, db)
    style = log_format.value if log_format else settings.log.format
    start_logging(style, settings.log.level)
    with ExitStack() as parts:
        store = open_store(settings.store.database_url)
        parts.callback(store.close)
        source = wiring.source_of(settings, store)
        parts.callback(source.close)
        files = settings.source.files
        ingest = wiring.ingest_of(store, settings, files.format if files else None)
        metrics = Metrics(source.lag, wiring.connection_of(source))
        if settings.http.enabled:
            server = MetricsServer(metrics, settings.http.host, settings.http.port)
            parts.callback(server.close)
            log.info("metrics and health on http://%s:%d", settings.http.host, server.port)
        turn = lease(store.engine, "watch", store.owner)
        parts.callback(turn.give_up)
        watch = Paced(wiring.watch_of(store, settings).look, turn)

        behind = LagWatch(settings.events.lag_records)

        def look(now: float) -> None:
            for event in watch(now):
                metrics.event(event.kind)
            for event in beside_the_stream(store, settings.events, behind, source.lag(), metrics.commit_age(), now):
                metrics.event(event.kind)

        due = digests.digests_of(store, settings, lambda: digests.caught_up(source))
        jobs = schedule.start(
            store,
            upkeep.keep_of(settings),
            look=look,
            look_every_s=settings.prompt_caching.look_every_s,
            digests=due.look if settings.channels else None,
            tell=lambda now: waiting.keep(store.engine, source.lag(), store.owner, now),
            tidy=upkeep.tidying_of(store, settings, ingest),
            again=again.look,
        )
        parts.callback(jobs.shutdown, wait=False)
        couriers = digests.couriers_of(store, settings, metrics.delivered)
        parts.callback(close, couriers)
        for courier in couriers:
            courier.start()
        publisher = publisher_of(store, settings, metrics.delivered)
        if publisher is not None:
            parts.callback(publisher.close)
            publisher.start()
        analyst = Analyst(store, settings, metrics, log_format=style)
        parts.callback(analyst.close)
        if settings.analysis.enabled:
            analyst.start()
        log.info("reading into %s", settings.store.url)
        loop.run(
            source,
            ingest,
            stop=stop,
            pace=wiring.pace_of(settings),
            on_commit=metrics.committed,
            on_waiting=metrics.waiting,
        )
        if not stop.is_set():
            # Files that are read to their end: what came last was not looked at yet.
            watch.rested()
            schedule.look_now(look, time.time())
            analyst.finish(stop)
            schedule.look_now(due.look, time.time(), "no digest made")
            for courier in couriers:
                courier.finish()
            if publisher is not None:
                publisher.finish()
    log.info("stopped; everything read is committed")
    if again.wanted:
        start_again()
