"""Hostile records through everything that Hone is: `python -m tests.fuzz.pipeline --records 1000000`.

Collectors, database, analyzers, report, digest, events, dashboard: no record may stop it, nothing that it shows may control a screen or
be markup, and every refusal says why. Rounds of records go into a database each; every `--analyse-every`th is analysed and shown in
every form, the others are counted and shown in figures. A law that is broken ends the run; the same `--seed` does it again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from agent import intake, loop
from agent.analyst import analyse
from agent.commands import digests, wiring
from agent.config import Settings, load
from agent.demo.source import DemoSource
from agent.digest.forms import Form, drawn
from agent.digest.notice import forms, notice
from agent.events_view import told
from agent.recommend.record import one as recommendation
from agent.recommend.told import told as explained
from agent.report import Report
from agent.report_html import html
from agent.report_markdown import markdown
from agent.report_text import text
from agent.store import Store, open_store, read
from agent.watch.lag import LagWatch
from agent.watch.look import beside_the_stream
from tests.collectors.test_parse import REASONS
from tests.fuzz import outputs
from tests.fuzz.hostile import SECRET, Round, rounds
from tests.fuzz.parse import _HOLE, Broken
from tests.tui.conftest import HOURS, NOW, START, running

KEYS = (
    "1",
    "enter",
    "escape",
    "2",
    "3",
    "enter",
    "escape",
    "4",
    "p",
    "escape",
    "5",
    "6",
    "7",
    "enter",
    "escape",
    "8",
    "question_mark",
)
_FORMS: tuple[Form, ...] = ("text", "markdown", "html", "json")


class Said(logging.Handler):
    """Every line of the log."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def settings_of(url: str, *, secret: bool) -> Settings:
    """As little embedding as there can be: what is looked for lies elsewhere."""
    return load(
        None,
        {
            "HONE_STORE__URL": url,
            "HONE_PRIVACY__SHOW_TEXT": "false" if secret else "true",
            "HONE_EMBEDDING__MODEL": "static",
            "HONE_RESPONSE_CACHING__EMBED_CHARACTERS": "100000",
        },
    )


def one_round(given: Round, folder: Path, *, whole: bool) -> Counter[str]:
    """One database from nothing to everything that is shown of it; what was counted. Raises Broken."""
    path = folder / "hone.db"
    url = f"sqlite:///{path}"
    settings = settings_of(url, secret=given.secret)
    said = Said()
    logging.getLogger().addHandler(said)
    store = open_store(url)
    try:
        ingest = wiring.ingest_of(store, settings)
        loop.run(DemoSource(iter(given.sent)), ingest, stop=threading.Event(), clock=lambda: NOW - 2)
        counted = _counted(store, len(given.sent))
        shown = _figures(store, settings)
        if whole:
            shown += _everything(store, settings)
    finally:
        store.close()
        logging.getLogger().removeHandler(said)
    if whole:
        shown += asyncio.run(_dashboard(path, may_show_text=not given.secret))
    for line in said.lines:
        outputs.words("log", line)
    outputs.silent("log", said.lines, SECRET)
    if given.secret:
        outputs.silent("output", shown, SECRET)
    for leftover in folder.iterdir():
        leftover.unlink()
    return counted


def _counted(store: Store, sent: int) -> Counter[str]:
    """Every record is a call, a repetition, a message, something else that is known, or refused with a reason."""
    got = intake.total(intake.decode(raw) for _, raw in read.summaries(store.engine, intake.NAME, intake.VERSION))
    if got.records != sent:
        raise Broken(f"{sent} records sent, {got.records} counted")
    refused = read.rejects(store.engine, limit=1 << 30)
    for one in refused:
        if one.reason not in REASONS or not one.detail or _HOLE.search(one.detail):
            raise Broken(f"a refusal that says nothing: {one.reason} {one.detail!r}")
        outputs.words("refusal", one.detail + one.excerpt.decode())
        outputs.silent("refusal", (one.detail, one.excerpt.decode()), SECRET)
    if sum(got.rejected.values()) != len(refused):
        raise Broken(f"{sum(got.rejected.values())} refusals counted, {len(refused)} kept")
    return Counter(
        records=got.records, calls=got.calls, duplicates=got.duplicates, refused=len(refused), messages=got.messages
    )


def _figures(store: Store, settings: Settings) -> list[str]:
    """What is raised beside the stream, and the digest of its figures."""
    wiring.watch_of(store, settings).look(NOW)
    beside_the_stream(store, settings.events, LagWatch(settings.events.lag_records), {}, 0.0, NOW)
    return _events(store, settings) + _digest(store, settings)


def _events(store: Store, settings: Settings) -> list[str]:
    raised = told(read.events(store.engine))
    if not raised:
        return []
    return _checked("events", dict(forms(notice(raised), digests.zone_of(settings))))


def _digest(store: Store, settings: Settings) -> list[str]:
    over = digests.finished(settings, "day", NOW + 86_400)
    made = digests.digest_of(store, settings, over, NOW + 86_400)
    return _checked("digest", {form: drawn(made, form) for form in _FORMS})


def _checked(what: str, shown: dict[Form, str]) -> list[str]:
    outputs.words(f"{what}, text", shown["text"])
    outputs.marked(f"{what}, markdown", shown["markdown"])
    outputs.mail(f"{what}, html", shown["html"])
    outputs.data(f"{what}, json", shown["json"])
    return list(shown.values())


def _everything(store: Store, settings: Settings) -> list[str]:
    analysis = analyse(store, settings, NOW)
    outputs.data("analysis", analysis.report)
    report = Report.model_validate_json(analysis.report)
    shown = [text(report), text(report, width=60), markdown(report), html(report), report.to_json()]
    outputs.words("report, text", shown[0])
    outputs.words("report, narrow text", shown[1])
    outputs.marked("report, markdown", shown[2])
    outputs.page("report, html", shown[3])
    outputs.data("report, json", shown[4])
    for each in report.recommendations:
        shown.append(explained(recommendation(store, each.id, NOW)))
        outputs.words("explain", shown[-1])
    return shown + _events(store, settings) + _digest(store, settings)


async def _dashboard(path: Path, *, may_show_text: bool) -> list[str]:
    shown = []
    async with running(path, may_show_text=may_show_text) as seen:
        for key in KEYS:
            await seen.press(key)
            shown.append(seen.text())
            outputs.words(f"dashboard, {key}", shown[-1])
    return shown


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--each", type=int, default=10_000, help="records of a round")
    parser.add_argument("--analyse-every", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--from-round", type=int, default=0, help="begin with this one")
    given = parser.parse_args()
    logging.getLogger("hone").setLevel(logging.DEBUG)
    total: Counter[str] = Counter()
    began = time.monotonic()
    faults = 0
    made = rounds(given.seed, given.records, given.each, start=START, hours=HOURS)
    for number, one in enumerate(made):
        if number < given.from_round:
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                total += one_round(one, Path(folder), whole=number % given.analyse_every == 0)
            except Exception as error:
                faults += 1
                sys.stdout.write(f"round {number}: {type(error).__name__}: {error}\n")
                if not isinstance(error, Broken):
                    raise
        if number % 10 == 9:
            sys.stdout.write(f"{json.dumps(total)} after {time.monotonic() - began:,.0f} s\n")
            sys.stdout.flush()
    sys.stdout.write(f"{json.dumps(total)} in {time.monotonic() - began:,.0f} s, {faults} rounds broke a law\n")
    raise SystemExit(faults > 0)


if __name__ == "__main__":
    main()
