"""What a digest says, apart from how it is drawn: a title, sentences and lists that text, Markdown and HTML share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from agent.digest.period import clock, label
from agent.digest.value import Advice, CachedShare, Change, Digest, Proof, Spent, Unchecked
from agent.report_lines_proof import ended, track
from agent.report_plan import Interval, TrackRecord
from agent.report_table import alone, count, several, usd

SAME = 0.005
"""A smaller relative change is none."""


class Name(NamedTuple):
    """A name: of a recommendation, an application, a model."""

    text: str


Line = tuple[str | Name, ...]


class Section(NamedTuple):
    """Items under a heading; each has a first line, and perhaps one of details. A remark ends it."""

    title: str
    items: tuple[tuple[Line, Line], ...]
    remark: Line = ()
    numbered: bool = False


class Lines(NamedTuple):
    """The digest in the order in which it is read."""

    title: str
    summary: tuple[Line, ...]
    sections: tuple[Section, ...]


def lines(digest: Digest) -> Lines:
    """Everything worth a line. Figures come with the count and the period they are from."""
    zone = ZoneInfo(digest.period.timezone)
    named = label(digest.period.kind, digest.period.start, digest.period.end, zone)
    sections = (
        _advice(digest),
        _changes(digest),
        _proofs(digest),
        _events(digest, zone),
        _unchecked(digest),
        _undelivered(digest),
    )
    return Lines(
        title=f"Hone: {named}",
        summary=tuple(_summary(digest, zone)),
        sections=tuple(section for section in sections if section.items or section.remark),
    )


def _summary(digest: Digest, zone: ZoneInfo) -> Iterator[Line]:
    if digest.late and digest.due_at is not None:
        yield (f"Late: it was due on {clock(digest.due_at, zone)}, and nothing ran then that could send it.",)
    if digest.quiet:
        yield (f"A quiet {digest.period.kind}: nothing changed that needs you.",)
    yield _spent(digest.spend, digest.period.kind)
    if digest.spend.movers:
        moved: list[str | Name] = ["Moved most: "]
        for number, mover in enumerate(digest.spend.movers):
            moved += [", " if number else "", Name(mover.app), f" {_signed(mover.usd - mover.before_usd)} USD"]
        yield (*moved, ".")
    yield _cached(digest.cached)
    if digest.recommendations and None not in (digest.plan.today_usd_month, digest.plan.after_usd_month):
        yield (
            f"All that is recommended: {usd(digest.plan.today_usd_month)} USD a month now, "
            f"{usd(digest.plan.after_usd_month)} after it.",
        )


def _spent(spent: Spent, kind: str) -> Line:
    if not spent.calls:
        return ("There were no calls.",)
    priced = spent.calls - spent.unpriced_calls
    of = "" if not spent.unpriced_calls else f" of {count(spent.calls)}"
    if spent.usd is None:
        return (f"What {count(spent.calls)} calls cost is not known: {spent.usd_reason or 'no call has a price'}.",)
    told = f"{usd(spent.usd)} USD for {count(priced)}{of} calls"
    if spent.change is None:
        return (f"{told}. Not compared with the {kind} before: {spent.change_reason or 'not known'}.",)
    before = f"{usd(spent.before_usd)} USD for {count(spent.before_calls or 0)} calls"
    if abs(spent.change) < SAME:
        return (f"{told}, as in the {kind} before ({before}).",)
    more = "more" if spent.change > 0 else "less"
    return (f"{told}, {100 * abs(spent.change):,.0f} % {more} than the {kind} before ({before}).",)


def _cached(cached: CachedShare) -> Line:
    if cached.share is None:
        return (f"How much input came from prompt caches is not known: {cached.share_reason}.",)
    before = "" if cached.before is None else f", {100 * cached.before:.0f} % before"
    return (
        f"{100 * cached.share:.0f} % of {_large(cached.input_tokens)} input tokens came from prompt caches{before}.",
    )


def _advice(digest: Digest) -> Section:
    basis = digest.basis
    if basis is None:
        return Section("Worth doing", (), (f"Not known: {digest.basis_reason}.",))
    of = f"{count(basis.calls)} calls" + ("" if basis.hours is None else f", {_span(basis.hours)}")
    if not digest.recommendations:
        nearest = f" Nearest: {digest.restraint}." if digest.restraint else ""
        return Section(
            "Worth doing", (), (f"Nothing now ({of}): no change would pay for the people who make it.{nearest}",)
        )
    title = f"Worth doing{_shown(digest.recommendations, digest.more_recommendations)}, from {of}"
    return Section(title, tuple(map(_one, digest.recommendations)), numbered=True)


def _one(one: Advice) -> tuple[Line, Line]:
    saving = _interval(one.saving_usd_month)
    if saving is None:
        money = f"no figure yet: {one.saving_usd_month_reason or 'not known'}"
    else:
        likely = one.saving_usd_month.likely
        apart = one.alone_usd_month not in (None, likely)
        money = f"saves {saving}" + (f", alone {alone(one.alone_usd_month, likely)}" if apart else "")
    first = f" First: {one.first_step.rstrip('.')}." if one.first_step else ""
    kind = "measured" if one.measured else "modelled in part"
    risk = {"none": "", "low": ", little risk", "review": ", needs a review"}.get(one.risk, "")
    over = "" if one.hours is None else f" in {_span(one.hours)}"
    n = "" if one.n is None else f" on {count(one.n)} calls{over}"
    detail = f"{money}; {kind}{n}; {one.effort_days:g} days{risk}.{first} "
    return (Name(one.subject), f": {one.action}"), (_capital(detail), Name(f"hone explain {one.id}"))


def _changes(digest: Digest) -> Section:
    told = {
        "new": "New",
        "gone": "Gone",
        "more": "Worth more",
        "less": "Worth less",
        "decided": "Decided",
        "back": "Back",
    }
    items = tuple(
        ((f"{told[one.what]}: ", Name(one.subject), f": {one.action}{_moved(one)}"), ()) for one in digest.changes
    )
    if digest.changes_reason and digest.basis is not None:
        return Section("What changed", (), (f"Not known: {digest.changes_reason}.",))
    return Section(f"What changed{_shown(digest.changes, digest.more_changes)}", items)


def _moved(change: Change) -> str:
    now, before = change.usd_month, change.before_usd_month
    if change.what in ("decided", "back") and change.status:
        return f" (now {change.status})"
    if now is not None and before is not None:
        return f" ({usd(now)} USD a month, {usd(before)} before)"
    either = now if now is not None else before
    return "" if either is None else f" ({usd(either)} USD a month)"


def _proofs(digest: Digest) -> Section:
    items = tuple(_proof(one) for one in digest.proofs)
    asked = bool(digest.proofs or digest.recommendations)
    return Section(f"Proof{_shown(digest.proofs, digest.more_proofs)}", items, _track(digest.track_record, asked=asked))


def _proof(proof: Proof) -> tuple[Line, Line]:
    verdict = {"confirmed": "Confirmed", "not_confirmed": "Not confirmed", "cannot_tell": "Cannot tell"}[proof.verdict]
    saving = _interval(proof.saving_usd_month)
    real = "" if saving is None else f" saves {saving}"
    forecast = "" if proof.forecast_usd_month is None else f", promised {usd(proof.forecast_usd_month)}"
    why = f"; {proof.why}" if proof.why else ""
    told = f"{real}{forecast} ({count(proof.calls)} calls{why}): {proof.action}"
    return (f"{verdict}: ", Name(proof.subject), told), ()


def _track(record: TrackRecord, *, asked: bool) -> Line:
    """`asked`: there is something that could have been carried out."""
    return (f"{track(record)}.",) if asked or ended(record) else ()


def _events(digest: Digest, zone: ZoneInfo) -> Section:
    items = []
    for one in digest.events:
        raised = clock(one.raised_at, zone)
        over = "still open" if one.resolved_at is None else f"over since {clock(one.resolved_at, zone)}"
        items.append(((f"{one.message} ({raised}, {over})",), ()))
    still = f", {count(digest.open_events)} open" if digest.more_events and digest.open_events else ""
    return Section(f"Events{_shown(digest.events, digest.more_events)}{still}", tuple(items))


def _unchecked(digest: Digest) -> Section:
    title = f"Could not be checked{_shown(digest.unchecked, digest.more_unchecked)}"
    return Section(title, tuple(((_gap(one),), ()) for one in digest.unchecked))


def _gap(gap: Unchecked) -> str:
    of = "" if gap.of is None else f" of {count(gap.of)}"
    n = "" if gap.n is None else f"{count(gap.n)}{of} "
    why = f" ({gap.why})" if gap.why else ""
    return f"{_capital(n + gap.what)}{why}."


def _undelivered(digest: Digest) -> Section:
    items: list[tuple[Line, Line]] = []
    for one in digest.undelivered:
        state = "given up" if one.state == "given_up" else "still tried"
        items.append(((Name(one.channel), f": {several(one.messages, 'message')} {state}: {one.error}"), ()))
    return Section("Channels that fail", tuple(items))


def _shown(some: Sequence[object], more: int) -> str:
    return f" ({count(len(some))} of {count(len(some) + more)})" if more else ""


def _interval(saving: Interval) -> str | None:
    if saving.likely is None:
        return None
    bounds = "" if saving.low is None or saving.high is None else f" ({usd(saving.low)} to {usd(saving.high)})"
    return f"{usd(saving.likely)} USD a month{bounds}"


def _signed(amount: Decimal) -> str:
    return f"{'+' if amount > 0 else '-'}{usd(abs(amount))}"


def _span(hours: float) -> str:
    return f"{hours:.0f} hours" if hours < 72 else f"{hours / 24:.0f} days"


def _large(number: int) -> str:
    for size, word in ((1_000_000_000, "billion"), (1_000_000, "million")):
        if number >= size:
            return f"{number / size:,.1f} {word}"
    return count(number)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def plain(line: Iterable[str | Name]) -> str:
    """A line without any marks."""
    return "".join(part.text if isinstance(part, Name) else part for part in line)
