"""Faults in the messages of a conversation: which of them a stream has, and where.

Every request is held against the one before it in its conversation; the first change of bytes names the pair, the pattern
over all pairs names the fault. A change that all conversations see at one moment is a deploy.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from analyzers.prompt_caching.canonical import shape
from analyzers.prompt_caching.case import Case, Pair
from analyzers.prompt_caching.fault import HISTORY, Fault, Place, excerpt
from analyzers.prompt_caching.faults.history_repairs import GROWING, remedy
from analyzers.prompt_caching.history import Change, change
from analyzers.prompt_caching.likeness import changed_span
from analyzers.prompt_caching.messages import Turn, turns_of
from analyzers.prompt_caching.values import widened

_MOST_PAIRS = 20_000
_LEAST_PAIRS = 3
_LEAST_SHARE = 0.03
_MEASURED = 200
_NOTE = 200
_PER_TALK = 1.5
"""Compactions of one conversation from which on they are no longer the rare natural one."""


class Seen(NamedTuple):
    """A pair of requests and what changed between them."""

    pair: Pair
    change: Change


def history(case: Case) -> Iterator[Fault]:
    """All faults of the history, each pair counted for the first change in it.

    What is mended by sending more is planned on the history as it is when nothing else in it changes any more.
    """
    could, seen = _seen(case)
    faults = {kind: some for kind, some in _named(case, seen).items() if _is_fault(case, kind, some, could)}
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


def _named(case: Case, seen: Sequence[Seen]) -> dict[str, list[Seen]]:
    talks = _talks(case, seen)
    notes = Counter(shape(one.change.now) for one in seen if one.change.what == "replaced")
    names = [_name(one.change, talks[case.conversation[one.pair.after]], notes) for one in seen]
    known = Counter(name for name in names if name is not None)
    places = [(case.conversation[one.pair.after], one.change.now_at) for one in seen]
    # A state changes with every request, what stands for dropped messages only when some are dropped.
    if known["state_before_history"] >= max(_LEAST_PAIRS, 0.1 * sum(one.change.over for one in seen)):
        states = {place for place, name in zip(places, names, strict=True) if name == "state_before_history"}
        for number, one in enumerate(seen):
            if one.change.over or (one.change.what == "replaced" and places[number] in states):
                names[number] = "state_before_history"
        known = Counter(name for name in names if name is not None)
    summaries = {place for place, name in zip(places, names, strict=True) if name == "history_compacted"}
    spaced = {one.change.role for one, name in zip(seen, names, strict=True) if name == "whitespace_drift"}
    # What cleans the words of the model takes nothing but white space from some of them.
    cleaned = spaced == {"assistant"} and known["history_edited"] > known["whitespace_drift"]
    named: defaultdict[str, list[Seen]] = defaultdict(list)
    for one, own, place in zip(seen, names, places, strict=True):
        if cleaned and own == "whitespace_drift":
            named["history_edited"].append(one)
            continue
        name = own or max(_POSSIBLE[one.change.what], key=lambda possible: known[possible])
        summed_up = place in summaries or (one.change.dropped and known["history_compacted"] > known[name])
        # The first summary has words of the message in whose place it stands.
        named["history_compacted" if summed_up and name in _CHANGED else name].append(one)
    return named


class _Talk:
    """What happened in one conversation: its pairs, how often which message changed, where messages were dropped."""

    __slots__ = ("changed", "dropped", "pairs")

    def __init__(self) -> None:
        self.pairs = 0
        self.changed: Counter[int] = Counter()
        self.dropped: set[int] = set()

    def stays(self, at: int) -> bool:
        """Whether it is this message again and again."""
        return self.changed[at] > 1 and 2 * self.changed[at] >= self.changed.total()

    @property
    def open(self) -> bool:
        """Too short to tell one change from a habit."""
        return self.changed.total() == 1 and self.pairs < _LEAST_PAIRS


def _talks(case: Case, seen: Sequence[Seen]) -> defaultdict[int, _Talk]:
    talks: defaultdict[int, _Talk] = defaultdict(_Talk)
    for pair in case.turns:
        talks[case.conversation[pair.after]].pairs += 1
    for one in seen:
        talk = talks[case.conversation[one.pair.after]]
        if one.change.what in ("value", "shortened", "edited"):
            talk.changed[one.change.was_at] += 1
        elif one.change.what == "dropped":
            talk.dropped.add(one.change.was_at)
    return talks


_CHANGED = ("state_before_history", "message_ids_rerendered", "history_edited", "history_pruned")
_FORMS = {
    "json": "history_reserialized",
    "space": "whitespace_drift",
    "order": "chunk_order",
    "extended": "last_message_extended",
    "inserted": "state_before_history",
}
_POSSIBLE = {
    "value": ("state_before_history", "message_ids_rerendered", "history_edited"),
    "shortened": ("history_pruned", "state_before_history"),
}
"""What a change in a short conversation may be, the likeliest first."""


def _name(found: Change, talk: _Talk, notes: Counter[str]) -> str | None:
    """The kind of one change; None where only the others can tell."""
    what = found.what
    if what in _FORMS:
        return _FORMS[what]
    moves = len(talk.dropped) > 1
    if what == "dropped":
        if found.gone == "mixed" or not moves:
            return "history_truncated"
        return "history_pruned" if found.gone == "tools" else "history_edited"
    if what == "replaced":
        note = len(found.now) <= _NOTE and 2 * notes[shape(found.now)] >= notes.total() and notes.total() > 1
        if note:
            return "history_pruned" if found.gone == "tools" and moves else "history_truncated"
        return "history_compacted"
    if what == "value" and found.alike > 0.5 and found.old > 1:
        return "message_ids_rerendered"
    if (what == "value" and found.old <= 1) or (talk.open and what in _POSSIBLE):
        return None
    if talk.stays(found.was_at):
        return "state_before_history"
    return "history_pruned" if what == "shortened" else "history_edited"


def _is_fault(case: Case, kind: str, some: Sequence[Seen], could: int) -> bool:
    if len(some) < _LEAST_PAIRS or len(some) < _LEAST_SHARE * could:
        return False
    if max(case.prompts[one.pair.before].at for one in some) < min(case.prompts[one.pair.after].at for one in some):
        # All of them at one moment: the program was changed.
        return False
    if kind == "history_compacted":
        talks = {case.conversation[one.pair.after] for one in some}
        return len(some) >= _PER_TALK * len(talks)
    return True


def _fault(case: Case, kind: str, some: Sequence[Seen], could: int, still: Case | None = None) -> Fault:
    at = Counter(one.change.now_at for one in some).most_common(1)[0][0]
    latest = next(one for one in reversed(some) if one.change.now_at == at)
    where = _place(case, latest)
    start, end, was_start, was_end = where.spans
    fix, repair = remedy(still or case, kind, at, [one.change for one in some])
    return Fault(
        kind,
        Place("message", where.position, start, end, latest.change.part),
        frozenset(one.pair.after for one in some),
        could,
        _stranded(case, some),
        excerpt(latest.change.was, was_start, was_end),
        excerpt(latest.change.now, start, end),
        fix,
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
