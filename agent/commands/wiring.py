"""Settings become parts: the one place where commands meet the constructors of the other packages."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzers.errors import HoneError

if TYPE_CHECKING:
    from agent.close_look import CloseLook
    from agent.config import Settings
    from agent.ingest import Ingest
    from agent.judging import Compared
    from agent.loop import Pace, Progress
    from agent.recommend.proof.state import Proof
    from agent.report import Report
    from agent.store import Store
    from agent.tuning_view import Tuning
    from agent.watch_caching import CachingWatch
    from analyzers.clusters.state import State
    from analyzers.core import Analyzer
    from analyzers.embed.embedder import Embedder
    from analyzers.fine_tuning.measure import Looked
    from analyzers.prices import Prices
    from analyzers.prompt_caching.rules import Rules
    from analyzers.response_caching.analyse import Options
    from collectors.file import FileSource
    from collectors.formats.mapping import Mapping
    from collectors.parse import Parser
    from collectors.source import Source

MEMORY = "sqlite://"


def settings_of(config: Path | None, db: str | None = None) -> Settings:
    """The settings of this process; `--db` goes over everything."""
    from agent.config import load

    env = dict(os.environ)
    if db is not None:
        env["HONE_STORE__URL"] = db
    return load(config, env)


def parser_of(settings: Settings, form: str | None = None) -> Parser:
    """Reads every format, those of the configuration too, or the one named. Raises HoneError when there is none."""
    from collectors.formats import FORMATS
    from collectors.formats.envoy import Envoy
    from collectors.parse import Parser

    envoy = Envoy(settings.envoy.model_dump())
    every = (*(envoy if each.NAME == envoy.NAME else each for each in FORMATS), *mappings_of(settings))
    formats = every if form is None else tuple(each for each in every if form == each.NAME)
    if not formats:
        known = ", ".join(sorted(each.NAME for each in every))
        raise HoneError(f"there is no log format {form!r}", f"there are: {known}")
    return Parser(formats=formats, user_salt=settings.privacy.user_salt.get_secret_value().encode())


def mappings_of(settings: Settings) -> Sequence[Mapping]:
    """The formats that the configuration describes."""
    if not settings.formats:
        return ()
    from collectors.formats.mapping import Mapping

    return tuple(Mapping(name, table) for name, table in settings.formats.items())


def prices_of(settings: Settings) -> Prices:
    """The price list with the settings' own prices over it."""
    from analyzers.fine_tuning.routes import load, tuned_prices
    from analyzers.prices import Override, Prices

    own = {model: Override(**dict(price)) for model, price in settings.prices.overrides.items()}
    return Prices(own, settings.prices.aliases, tuned_prices(load(settings.fine_tuning.routes)))


def rules_of(settings: Settings) -> Rules:
    """The providers' cache rules with the settings' own before them."""
    from analyzers.prompt_caching.rules import load

    return load(settings.prompt_caching.rules)


def embedder_of(settings: Settings) -> Embedder:
    """The model that turns texts into vectors, loaded. Raises HoneError when it cannot be."""
    from analyzers.embed import embedder_named

    return embedder_named(settings.embedding.model, settings.embedding.device, settings.embedding.batch)


def watch_of(store: Store, settings: Settings) -> CachingWatch:
    """Looks for caches that got worse."""
    from agent.watch_caching import CachingWatch
    from analyzers.names import Aliases

    family = Aliases(settings.prices.aliases).family
    return CachingWatch(store, prices_of(settings), rules_of(settings), family, quiet_s=settings.events.quiet_s)


def report_of(
    store: Store,
    settings: Settings,
    *,
    start_hour: int | None = None,
    now: float | None = None,
    closely: Callable[[CloseLook], None] | None = None,
    found_kinds: Callable[[dict[str | None, State]], None] | None = None,
    proven: Callable[[list[Proof]], None] | None = None,
) -> Report:
    """What came in, what it cost and what there is to gain, from an hour (unix time // 3600) on or ever; `now` is the clock's otherwise.

    `closely` is given what may be seen of the texts behind it, `found_kinds` the kinds of request for the next one,
    `proven` what became of the recommendations.
    """
    from agent import views
    from agent.models import models_of
    from analyzers.names import Aliases

    now = time.time() if now is None else now
    return views.report(
        store,
        prices_of(settings),
        start_hour=start_hour,
        rules=rules_of(settings),
        family=Aliases(settings.prices.aliases).family,
        show_text=settings.privacy.show_text,
        tuning=tuning_of(settings),
        response=response_of(settings),
        models=models_of(settings, store, now),
        recommend=settings.recommend,
        now=now,
        closely=closely,
        found_kinds=found_kinds,
        proven=proven,
    )


def tuning_of(settings: Settings) -> Tuning:
    """Routes, assumptions and limits for fine-tuning, with the settings' own over them."""
    from agent.tuning_view import Tuning
    from analyzers.fine_tuning import routes
    from analyzers.fine_tuning.assumptions import Assumptions
    from analyzers.fine_tuning.facts import LIMITS

    own = settings.fine_tuning
    return Tuning(
        routes.load(own.routes, max_age_days=own.max_price_age_days),
        Assumptions(**own.assumptions.model_dump()),
        LIMITS._replace(days=own.least_days, calls=own.least_calls, examples=own.least_examples),
        frozenset(own.tuned_models),
    )


def task_of(paths: Sequence[str], settings: Settings, wanted: str) -> Looked:
    """The task `wanted`, or a kind of request of one, with its calls; from files alone or from the database."""
    from functools import partial

    from agent import views
    from agent.models import models_of
    from agent.store import open_store
    from agent.tuning_task import task
    from analyzers.names import Aliases

    store = open_store(MEMORY) if paths else open_store(settings.store.database_url, create=False)
    try:
        if paths:
            read_files(paths, store, settings, threading.Event())
        family = Aliases(settings.prices.aliases).family
        prices, rules, response = prices_of(settings), rules_of(settings), response_of(settings)
        models = models_of(settings, store, time.time())
        kinds = partial(views.kinds_of_request, store, prices, rules, response, family=family, models=models)
        return task(store, rules, family, wanted, kinds)
    finally:
        store.close()


def pairs_to_judge(store: Store, settings: Settings, app: str | None) -> list[Compared]:
    """Pairs of answers for the owner to judge, the least certain first."""
    from agent import views
    from agent.models import models_of
    from analyzers.names import Aliases

    family = Aliases(settings.prices.aliases).family
    models = models_of(settings, store, time.time())
    return views.pairs_to_judge(
        store, prices_of(settings), response_of(settings), family=family, app=app, models=models
    )


def response_of(settings: Settings) -> Options:
    """The cache of answers that is simulated, and what it may break."""
    from analyzers.response_caching.analyse import Options
    from analyzers.response_caching.semantic import Limits
    from analyzers.response_caching.worth import Costs

    given = settings.response_caching
    return Options(
        limits=Limits(max_wrong_rate=given.max_wrong_rate, pairs=given.judged_pairs),
        lifetime=given.lifetime_s,
        entries=given.entries,
        costs=Costs(given.costs.embedding_usd_million_tokens, given.costs.store_usd_gb_month),
        characters=given.embed_characters,
        lookups=given.verified_lookups,
        own_vectors=settings.embedding.own_vectors,
    )


def analyzers() -> Sequence[Analyzer[Any]]:
    """Every analyzer whose summaries are kept."""
    from analyzers.spend import Spend

    return (Spend(),)


def ingest_of(store: Store, settings: Settings, form: str | None = None) -> Ingest:
    """Parse, count and commit as the settings say."""
    from agent.ingest import Ingest
    from agent.sampling import Sampling
    from agent.store.room import newest_day

    sample = settings.sample
    return Ingest(
        store,
        parser_of(settings, form),
        analyzers(),
        sampling=Sampling(sample.share, sample.rows, sample.bytes, newest_day(store.engine)),
        text=settings.store.text,
        salt=settings.privacy.user_salt.get_secret_value().encode(),
    )


def source_of(settings: Settings, store: Store) -> Source:
    """The stream that the settings name. Raises HoneError when they name none."""
    if settings.source.kafka is not None:
        from collectors.kafka import KafkaSource

        return KafkaSource(settings.source.kafka, store.position, store.deployment)
    if settings.source.files is not None:
        return files_of(settings.source.files.paths, store)
    raise HoneError(
        "there is nothing to read: the configuration names no source",
        "add [source.kafka] or [source.files] (deploy/hone.example.toml), or try `hone report FILE`",
    )


def files_of(paths: Sequence[str], store: Store) -> FileSource:
    """These files as a stream."""
    from collectors.file import FileSource

    return FileSource(paths, store.position)


def connection_of(source: Source) -> Callable[[], bool | None]:
    """Asks whether the source is connected; None for one that has no connection."""
    from collectors.kafka import KafkaSource

    return (lambda: source.health().connected) if isinstance(source, KafkaSource) else (lambda: None)


def pace_of(settings: Settings) -> Pace:
    """When a commit is due."""
    from agent.loop import Pace

    ingest = settings.ingest
    return Pace(records=ingest.batch_records, bytes=ingest.batch_bytes, interval=ingest.interval_s)


def read_files(
    paths: Sequence[str], store: Store, settings: Settings, stop: threading.Event, form: str | None = None
) -> int:
    """Feed files through the same path as Kafka, with a bar on a terminal; the number of records read."""
    from agent import loop
    from agent.progress import progress

    source = files_of(paths, store)
    records = 0
    try:
        with progress("reading", source.bytes_total) as advance:

            def committed(told: Progress) -> None:
                nonlocal records
                records += told.committed.received.records
                advance(source.bytes_read, f"{records:,} records")

            ingest = ingest_of(store, settings, form)
            loop.run(source, ingest, stop=stop, pace=pace_of(settings), on_commit=committed)
    finally:
        source.close()
    return records
