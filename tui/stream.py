"""The stream's health: how far each partition is read, what was refused and why, what calls do not say, and the jobs beside it."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui import cells, figures, text
from tui.cells import Columns
from tui.hanging import Hanging
from tui.live_screen import Blank, LiveScreen
from tui.live_table import Line, LiveTable
from tui.reading import Reading
from tui.status_bar import STALE_S
from tui.stream_view import Partition, StreamView, read_stream

_SHOWN = 6
_LACKS = {"text": "text", "usage": "tokens", "cache_split": "what was cached", "time": "a time of their own"}


class Stream(LiveScreen[StreamView]):
    """Screen 7."""

    NAME = "stream"
    RANGED = True
    LIVELY = True
    HELP_TEXT = (
        "Offsets, commits and what waits are of this moment; records, formats and refusals are of the chosen range. Rate is what was read "
        "between two refreshes. Waiting (lag) is what the agent told a few seconds ago; a dash where it does not, as with files."
    )
    DEFAULT_CSS = """
    Stream #partitions { height: auto; max-height: 12; }
    Stream #lower { height: 1fr; margin-top: 1; }
    Stream #left { width: 3fr; }
    Stream #side { width: 2fr; padding: 0 1; border-left: vkey $panel; }
    Stream.-narrow #lower { layout: vertical; }
    Stream.-narrow #left { width: 1fr; height: 1fr; }
    Stream.-narrow #side { width: 1fr; height: auto; max-height: 40%; border-left: none; }
    Stream.-low #partitions { max-height: 8; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._before: dict[str, tuple[int, float]] = {}
        self._rate: dict[str, float] = {}

    def read(self, reading: Reading) -> StreamView:
        """See `tui.stream_view`."""
        return read_stream(reading)

    def body(self) -> ComposeResult:
        """Partitions above, refused records and the rest below."""
        yield Static(id="summary", classes="heading", markup=False)
        yield LiveTable(
                "partitions", "Topic", "Part", "Next offset", "Waiting", "Rate", "Committed", "Calls", "Refused", "Formats",
            "Read by", right=(1, 2, 3, 4, 6, 7), flex=0, drop=(9, 8, 6),
        )  # fmt: skip
        with Horizontal(id="lower"):
            with Vertical(id="left"):
                yield Static(id="refused-heading", classes="heading", markup=False)
                yield LiveTable("refused", "When", "Where", "Why", "Detail", opens=True, flex=3)
            with VerticalScroll(id="side"):
                yield Hanging("beside")

    def blank(self, view: StreamView) -> Blank | None:
        """Before anything was read."""
        if view.partitions:
            return None
        return Blank(
            "Nothing has been read yet.",
            "hone check shows what the stream sends; hone run reads it.\nhone demo shows the dashboard on a stream of its own.",
        )

    def show(self, view: StreamView) -> None:
        """Everything of one reading."""
        self._measure(view)
        self.query_one("#summary", Static).update(self._summary(view))
        self.query_one("#partitions", LiveTable).fill([self._line(one) for one in view.partitions])
        refused = sum(count for _, count in view.reasons)
        said = f"Refused {refused:,} of {view.records:,} records" if refused else "No record was refused in this range"
        self.query_one("#refused-heading", Static).update(Content(f"{said} · newest first, enter shows one"))
        self.query_one("#refused", LiveTable).fill(
            [
                Line(
                    one.key,
                    (
                        cells.time(one.at, self.now, "quiet"),
                        cells.name(one.place, 34),
                        cells.name(one.reason, 24, "warn"),
                        cells.name(one.detail, 80),
                    ),
                )
                for one in view.refused
            ]
        )
        self.query_one("#beside", Hanging).put(self._beside(view))

    def export(self, view: StreamView) -> Columns | None:
        """The table that has the focus, else the partitions."""
        table = self.focused if isinstance(self.focused, LiveTable) else self.query_one("#partitions", LiveTable)
        return table.columns_of_all()

    def markdown(self, view: StreamView) -> str:
        """The partitions as a table."""
        from tui.handing_out import as_markdown

        return as_markdown(self.query_one("#partitions", LiveTable).columns_of_all())

    @on(LiveTable.RowSelected, "#refused")
    def _selected(self, event: LiveTable.RowSelected) -> None:
        self._open(event.row_key.value)

    def _open(self, key: str | None) -> None:
        from tui.record import Record

        found = next((one for one in self.view.refused if one.key == key), None) if self.view else None
        if found is not None:
            self.app.push_screen(Record(found, self.now))

    def _measure(self, view: StreamView) -> None:
        for one in view.partitions:
            key = _key(one)
            before = self._before.get(key)
            if before is None or one.committed_at > before[1]:
                if before is not None:
                    self._rate[key] = (one.next - before[0]) / (one.committed_at - before[1])
                self._before[key] = (one.next, one.committed_at)
            elif self.now - one.committed_at > 10:
                self._rate[key] = 0.0

    def _line(self, one: Partition) -> Line:
        key = _key(one)
        old = self.now - one.committed_at > STALE_S
        rate = self._rate.get(key)
        share = one.refused / one.records if one.records else None
        formats = " ".join(form for form, _ in one.formats) or figures.DASH
        return Line(
            key,
            (
                cells.name(one.topic, 28),
                cells.exact(one.number),
                cells.exact(one.next),
                cells.count(one.waiting, "warn" if one.waiting and old else ""),
                cells.Cell(figures.rate(rate), rate, right=True),
                cells.Cell(
                    f"{figures.ago(one.committed_at, self.now)}{' ▲' if old else ''}",
                    one.committed_at,
                    "warn" if old else "",
                ),
                cells.count(one.calls),
                cells.share(share, "warn" if share and share > 0.01 else "", places=2),
                cells.name(formats, 30),
                cells.name(one.owner, 24, "quiet"),
            ),
        )

    def _summary(self, view: StreamView) -> Content:
        agents = len({one.owner for one in view.partitions})
        parts = [
            f"{agents} agent{'s' if agents != 1 else ''}",
            f"{view.records:,} records in {self._range()}",
            f"{view.calls:,} calls",
            f"{view.duplicates:,} duplicates",
        ]
        if view.skipped:
            parts.append(f"{view.skipped:,} without an LLM call")
        waiting = [one.waiting for one in view.partitions if one.waiting is not None]
        if waiting:
            parts.insert(1, f"{sum(waiting):,} waiting")
        if view.jobs.bytes is not None:
            parts.append(f"database {figures.short(view.jobs.bytes)}B")
        return Content(" · ".join(parts))

    def _range(self) -> str:
        return self.reading.range.name if self.reading is not None else ""

    def _beside(self, view: StreamView) -> Content:
        lines = [*self._agents(view), text.said("Jobs", "strong"), *self._jobs(view)]
        if view.formats:
            lines += [Content(""), text.said("Formats", "strong")]
            lines += [_counted(form, calls, view.calls) for form, calls in view.formats[:_SHOWN]]
        if view.reasons:
            lines += [Content(""), text.said("Refused because of", "strong")]
            lines += [_counted(reason, count, view.records) for reason, count in view.reasons[:_SHOWN]]
        if view.lacks:
            lines += [Content(""), text.said("What calls do not say", "strong")]
            for one in view.lacks[:_SHOWN]:
                what = f"{_LACKS[one.what]}{f' {one.state}' if one.state else ''}"
                lines.append(
                    Content.assemble(
                        text.said(f"{one.calls:>8,} ", "quiet"), text.name(one.format, 24, ""), f"  {what}"
                    )
                )
                if one.switch:
                    lines.append(text.said(f"     fix  {one.switch}", "quiet"))
        if view.incidents:
            lines += [Content(""), text.said("Happened to the stream", "strong")]
            for happened in view.incidents[:_SHOWN]:
                when = figures.moment(happened.at, self.now)
                lines.append(Content.assemble(text.said(f"{when} ", "quiet"), text.name(happened.message, 160, "")))
        return Content("\n").join(lines)

    def _agents(self, view: StreamView) -> list[Content]:
        """Side by side, where several share the database."""
        owners = sorted({one.owner for one in view.partitions})
        if len(owners) < 2:
            return []
        lines = [text.said("Agents", "strong")]
        for owner in owners:
            own = [one for one in view.partitions if one.owner == owner]
            rates = [self._rate[_key(one)] for one in own if _key(one) in self._rate]
            parts = [figures.many(len(own), "partition")]
            parts += [figures.rate(sum(rates))] if rates else []
            waiting = [one.waiting for one in own if one.waiting is not None]
            parts += [f"{figures.short(sum(waiting))} waiting"] if waiting else []
            parts.append(figures.ago(max(one.committed_at for one in own), self.now))
            lines.append(Content.assemble(text.name(owner, 24, ""), text.said(f"  {' · '.join(parts)}", "quiet")))
        return [*lines, Content("")]

    def _jobs(self, view: StreamView) -> list[Content]:
        jobs = view.jobs
        lines = []
        if jobs.analysis_at is None:
            lines.append(text.said("analyse   not yet", "warn"))
        else:
            took = f", took {figures.lasting(jobs.analysis_seconds or 0)}"
            lines.append(Content(f"analyse   {figures.ago(jobs.analysis_at, self.now)}{took}"))
        for held in jobs.leases:
            until = "free" if held.until < self.now else f"held by {cells.name(held.owner, 30).text}"
            lines.append(Content(f"{cells.name(held.name, 18).text:<9} {until}"))
        if jobs.digest_at is not None:
            lines.append(Content(f"digest    {figures.ago(jobs.digest_at, self.now)}"))
        for state, count in sorted(jobs.deliveries.items()):
            lines.append(Content(f"deliver   {count:,} {cells.name(state, 20).text}"))
        return lines


def _key(one: Partition) -> str:
    return f"{one.topic}[{one.number}]"


def _counted(name: str, count: int, of: int) -> Content:
    share = figures.percent(count / of if of else None)
    return Content.assemble(text.said(f"{count:>8,} {share:>6} ", "quiet"), text.name(name, 40, ""))
