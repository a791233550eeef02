"""Faults in the messages of a conversation: which of them a stream has, and where.

Every request is held against the one before it in its conversation; the first change of bytes names the pair, the pattern
over all pairs names the fault. A change that all conversations see at one moment is a deploy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.fault import HISTORY, Fault, Place, excerpt
from analyzers.prompt_caching.faults.history_names import LEAST_PAIRS, Seen, named
from analyzers.prompt_caching.faults.history_repairs import GROWING, remedy
from analyzers.prompt_caching.history import change
from analyzers.prompt_caching.likeness import changed_span
from analyzers.prompt_caching.messages import Turn, turns_of
from analyzers.values.spans import widened
from analyzers.values.times import clock

_MOST_PAIRS = 20_000
_LEAST_SHARE = 0.03
_MEASURED = 200
_PER_TALK = 1.5
"""Compactions of one conversation from which on they are no longer the rare natural one."""


def history(case: Case) -> Iterator[Fault]:
    """All faults of the history, each pair counted for the first change in it.

    What is mended by sending more is planned on the history as it is when nothing else in it changes any more.
    """
    could, seen = _seen(case)
    faults = {
        _whole_name(case, kind, some): some
        for kind, some in named(case, seen).items()
        if _is_fault(case, kind, some, could)
    }
    steady = [_fault(case, kind, some, could) for kind, some in faults.items() if kind not in GROWING]
    yield from steady
    still = case
    for fault in sorted(steady, key=lambda fault: fault.order):
        still = still.repaired(fault.repair(still.prompts))
    for kind, some in faults.items():
        if kind in GROWING:
            yield _fault(case, kind, some, could, still)


def _seen(case: Case) -> tuple[int, list[Seen]]:
    """How many pairs have a history that could have changed, and the changes."""
    pairs = case.turns
    every = len(pairs) // _MOST_PAIRS + 1
    known: dict[int, tuple[Turn, ...]] = {}
    could = 0
    found = []
    for pair in pairs:
        if case.conversation[pair.after] % every:
            continue
        a = known.pop(pair.before, None) or turns_of(case.prompts[pair.before])
        b = known[pair.after] = turns_of(case.prompts[pair.after])
        if not a or not b or a == b:
            continue
        could += 1
        happened = change(a, b)
        if happened is not None:
            found.append(Seen(pair, happened))
    return could, found


def _is_fault(case: Case, kind: str, some: Sequence[Seen], could: int) -> bool:
    if len(some) < LEAST_PAIRS or len(some) < _LEAST_SHARE * could:
        return False
    if max(case.prompts[one.pair.before].at for one in some) < min(case.prompts[one.pair.after].at for one in some):
        # All of them at one moment: the program was changed.
        return False
    if kind == "history_compacted":
        talks = {case.conversation[one.pair.after] for one in some}
        return len(some) >= _PER_TALK * len(talks)
    return True


def _whole_name(case: Case, kind: str, some: Sequence[Seen]) -> str:
    """A state that is nothing but a clock is called one."""
    if kind != "state_before_history":
        return kind
    read = []
    for one in some[-_MEASURED:]:
        now = one.change.now
        _, _, start, end = changed_span(one.change.was, now)
        start, end = widened(now, start, end)
        read.append((now[start:end], case.prompts[one.pair.after].at))
    return "state_before_history" if clock(read) is None else "timestamp_before_static"


def _fault(case: Case, kind: str, some: Sequence[Seen], could: int, still: Case | None = None) -> Fault:
    at = Counter(one.change.now_at for one in some).most_common(1)[0][0]
    latest = next(one for one in reversed(some) if one.change.now_at == at)
    where = _place(case, latest)
    start, end, was_start, was_end = where.spans
    said, repair = remedy(still or case, kind, at, some)
    return Fault(
        kind,
        Place("message", where.position, start, end, latest.change.part),
        frozenset(one.pair.after for one in some),
        could,
        _stranded(case, some),
        excerpt(latest.change.was, was_start, was_end),
        excerpt(latest.change.now, start, end),
        f"{said}.",
        repair,
        "confirmed" if _confirmed(case, some) else "suspected",
        HISTORY,
        late=kind in GROWING,
    )


class _Where(NamedTuple):
    position: int
    spans: tuple[int, int, int, int]
    """Start and end in the text of now, then in that of before."""


def _place(case: Case, one: Seen) -> _Where:
    found = one.change
    prompt = case.prompts[one.pair.after]
    segment = prompt.segments[_segment(case, one.pair.after, found.now_at, found.part)]
    was, now = found.was, found.now
    if found.what in ("dropped", "replaced", "inserted", "shortened") or found.whole or not was or not now:
        return _Where(segment.position, (0, len(now), 0, len(was)))
    if found.what == "extended":
        return _Where(segment.position, (len(was), max(len(was), len(now)), len(was), len(was)))
    was_start, was_end, start, end = changed_span(was, now)
    if start == end:
        # Something is gone there: shown with what stands around it.
        start, end = max(0, start - 1), min(len(now), end + 1)
    if found.what == "value" or start + 2 >= end:
        start, end = widened(now, start, end)
        was_start, was_end = widened(was, was_start, was_end)
    return _Where(segment.position, (start, end, was_start, was_end))


def _segment(case: Case, position: int, message: int, part: int) -> int:
    """Number of the segment that is part `part` of message number `message`."""
    segments = case.prompts[position].segments
    number, last, inside = -1, -1, 0
    found = len(segments) - 1
    for index, segment in enumerate(segments):
        if segment.level != "message":
            continue
        if segment.position != last:
            number, last, inside = number + 1, segment.position, 0
        if number == message:
            found = index
            if inside == part:
                return index
        elif number > message:
            return found
        inside += 1
    return found


def _stranded(case: Case, some: Sequence[Seen]) -> int:
    step = len(some) // _MEASURED + 1
    tokens = []
    for one in some[::step]:
        found, after = one.change, one.pair.after
        first = _segment(case, after, found.now_at, found.part)
        if found.what == "extended":
            tokens.append(case.tokens_before(after, first, len(found.was)) - case.tokens_before(after, first))
            continue
        last = _segment(case, after, found.kept_to, 1 << 30)
        whole = len(case.prompts[after].segments[last].text)
        tokens.append(case.tokens_before(after, last, whole) - case.tokens_before(after, first))
    return round(sum(tokens) / len(tokens))


def _confirmed(case: Case, some: Sequence[Seen]) -> bool:
    """The bytes differ within a lifetime of the cache, and the reads that the log reports do not go beyond the place."""
    near = refuted = reported = 0
    for one in some[-_MEASURED:]:
        before, after = case.prompts[one.pair.before], case.prompts[one.pair.after]
        rule = after.rule
        near += rule is not None and after.at - before.at <= rule.lifetime
        if after.read is not None:
            reported += 1
            first = _segment(case, one.pair.after, one.change.now_at, one.change.part)
            whole = len(after.segments[first].text)
            refuted += after.read > 1.1 * case.tokens_before(one.pair.after, first, whole) + 64
    return near > 0 and 2 * refuted <= reported
