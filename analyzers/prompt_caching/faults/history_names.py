"""From what changed in single pairs of requests to kinds of fault: by the pattern over conversations and template."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from analyzers.prompt_caching.case import Case, Pair
from analyzers.prompt_caching.history import Change
from analyzers.values.canonical import shape

LEAST_PAIRS = 3
"""Fewer pairs name no fault."""
_NOTE = 200


class Seen(NamedTuple):
    """A pair of requests and what changed between them."""

    pair: Pair
    change: Change


def named(case: Case, seen: Sequence[Seen]) -> dict[str, list[Seen]]:
    """The changes by kind of fault."""
    seen = _with_stubs(seen)
    talks = _talks(case, seen)
    notes = Counter(shape(one.change.now) for one in seen if one.change.what == "replaced")
    names = [_name(one.change, talks[case.conversation[one.pair.after]], notes) for one in seen]
    known = Counter(name for name in names if name is not None)
    places = [(case.conversation[one.pair.after], one.change.now_at) for one in seen]
    # A state changes with every request, what stands for dropped messages only when some are dropped.
    if known["state_before_history"] >= max(LEAST_PAIRS, 0.1 * sum(one.change.over for one in seen)):
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


def _with_stubs(seen: Sequence[Seen]) -> Sequence[Seen]:
    """What becomes of several messages alike is a stub, longer or not than the one that it stands for."""
    before: defaultdict[str, set[str]] = defaultdict(set)
    for one in seen:
        if one.change.what in ("value", "shortened") and len(one.change.now) <= _NOTE:
            before[shape(one.change.now)].add(shape(one.change.was))
    stubs = {now for now, was in before.items() if len(was - {now}) > 1}
    return [
        Seen(one.pair, one.change._replace(what="shortened"))
        if one.change.what == "value" and shape(one.change.now) in stubs and shape(one.change.was) not in stubs
        else one
        for one in seen
    ]


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
        return self.changed.total() == 1 and self.pairs < LEAST_PAIRS


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
