"""Values in the system or in leading instructions that vary in front of text that stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.fault import Fault, Kind, Repair, excerpt
from analyzers.prompt_caching.faults.form import differs_in_form
from analyzers.prompt_caching.faults.json_text import keys_reordered, with_sorted_keys
from analyzers.prompt_caching.faults.loss import Loss, measure
from analyzers.prompt_caching.faults.moves import Range, in_first_order, kept, moved
from analyzers.prompt_caching.faults.values import Seen, Verdict, What, judge
from analyzers.prompt_caching.prompt import Prompt
from analyzers.prompt_caching.slots import Slot, leading_slots, system_slots
from analyzers.prompt_caching.units import content
from analyzers.values.times import resolution_words

_LEAST_REQUESTS = 4
_LEAST_AFFECTED = 2
_LEAST_BEHIND = 200
"""Characters that must stay behind a value for it to stand in their way."""
_LABEL = 48
_NEAR = {True: 80, False: 40}
"""Characters between two values of one thing: of the same kind, of kinds that go together."""

_KINDS: dict[What, Kind] = {
    "time": "timestamp_before_static",
    "id": "random_id_before_static",
    "user": "user_data_before_static",
    "memory": "memory_before_static",
    "state": "state_before_history",
    "rebuilt": "prefix_rebuilt",
    "order": "chunk_order",
    "keys": "key_order",
}


class Found(NamedTuple):
    """A stretch of gaps of one slot that is one thing."""

    first: int
    last: int
    verdict: Verdict


def varying_head(case: Case) -> Iterator[Fault]:
    """One fault for each kind of varying value of a slot."""
    if len(case.prompts) < _LEAST_REQUESTS:
        return
    system, leading = list(system_slots(case)), list(leading_slots(case))
    for number, slot in enumerate((*system, *leading)):
        if len(slot.distinct) < 2 or differs_in_form(case, slot):
            continue
        rest = [*system, *leading][number + 1 :]
        behind = sum(other.skeleton.static for other in rest if other.distinct)
        yield from _of_slot(case, slot, behind, to_tail=bool(leading))


def _of_slot(case: Case, slot: Slot, behind: int, *, to_tail: bool) -> Iterator[Fault]:
    by_what: dict[What, list[Found]] = {}
    seen = _requests(case)
    for found in (_as_text(slot, one, seen) for one in joined(slot, _judged(case, slot, seen))):
        if _in_the_way(slot, found, behind):
            by_what.setdefault(found.verdict.what, []).append(found)
    for what, some in by_what.items():
        if what == "order":
            for one in some:
                yield from _fault(case, slot, what, [one], to_tail=to_tail)
        else:
            yield from _fault(case, slot, what, some, to_tail=to_tail)


def _judged(case: Case, slot: Slot, seen: Seen) -> list[Found]:
    found = []
    for gap in range(len(slot.skeleton.pieces) - 1):
        verdict = judge(seen._replace(values=slot.values(gap, gap), label=_label(slot, gap)))
        if verdict is not None:
            if verdict.what != "time" and keys_reordered(slot, gap, case.conversation):
                verdict = verdict._replace(what="keys")
            found.append(Found(gap, gap, verdict))
    return found


def _as_text(slot: Slot, found: Found, seen: Seen) -> Found:
    """Many short values that are a text together (a table, a list of readings) are judged as that, where nothing says whose they are."""
    if found.first == found.last or found.verdict.what != "user" or found.verdict.stays:
        return found
    columns = [slot.values(gap, gap) for gap in range(found.first, found.last + 1)]
    texts = [
        None if any(v is None for v in row) else " ".join(v or "" for v in row) for row in zip(*columns, strict=True)
    ]
    label = " ".join((_label(slot, found.first), *slot.skeleton.pieces[found.first + 1 : found.last + 1]))
    whole = judge(seen._replace(values=texts, label=label))
    return found._replace(verdict=found.verdict._replace(what="memory")) if whole and whole.what == "memory" else found


def _requests(case: Case) -> Seen:
    """What is seen of every value of the case; the values and what stands in front of them are still to be put in."""
    prompts = case.prompts
    at, asked, who = [one.at for one in prompts], [_asked(one) for one in prompts], [one.user for one in prompts]
    return Seen((), at, case.conversation, asked, "", who)


def _label(slot: Slot, gap: int) -> str:
    return slot.skeleton.pieces[gap][-_LABEL:].rsplit("\n\n", 1)[-1]


def _asked(prompt: Prompt) -> int:
    return len({s.position for s in prompt.segments if s.level == "message" and s.role == "user" and s.kind == "text"})


def joined(slot: Slot, found: Sequence[Found]) -> list[Found]:
    """Neighbouring gaps that are parts of one thing, as one."""
    done: list[Found] = []
    for one in found:
        last = done[-1] if done else None
        what = None if last is None else _together(slot, last, one)
        if last is None or what is None:
            done.append(one)
            continue
        a, b = last.verdict, one.verdict
        verdict = a._replace(what=what, within=a.within | b.within, stays=a.stays and b.stays, clock=a.clock or b.clock)
        done[-1] = Found(last.first, one.last, verdict)
    return done


def _together(slot: Slot, a: Found, b: Found) -> What | None:
    one, two = a.verdict, b.verdict
    if b.first != a.last + 1 or "order" in (one.what, two.what):
        return None
    between = len(slot.skeleton.pieces[b.first])
    kinds = {one.what, two.what}
    if between > _NEAR[len(kinds) == 1]:
        return None
    if len(kinds) == 1:
        return one.what if one.stays == two.stays else None
    if "rebuilt" in kinds and not one.stays and not two.stays and _alike(one.within, two.within):
        return "rebuilt"
    if kinds == {"user", "id"} and one.stays == two.stays:
        id_of_run = one.of_run if one.what == "id" else two.of_run
        return None if id_of_run else "user"
    if kinds <= {"memory", "state", "user"} and not one.stays and not two.stays:
        return "memory" if "memory" in kinds else None
    return None


def _alike(a: frozenset[int], b: frozenset[int]) -> bool:
    return len(a & b) >= 0.7 * min(len(a), len(b)) > 0 and len(a & b) >= 0.4 * len(a | b)


def _in_the_way(slot: Slot, found: Found, behind: int) -> bool:
    """Whether something that stays stands behind it: the rest of the head, or the history where it changes from turn to turn."""
    rest = sum(map(len, slot.skeleton.pieces[found.last + 1 :])) + behind
    if found.verdict.what in ("order", "keys"):
        return True
    if rest >= _LEAST_BEHIND:
        return True
    return slot.level == "system" and bool(found.verdict.within) and not found.verdict.stays


def _fault(case: Case, slot: Slot, what: What, some: Sequence[Found], *, to_tail: bool) -> Iterator[Fault]:
    first = some[0]
    values = slot.values(first.first, first.last)
    whole = values if len(some) == 1 else _all_values(slot, some)
    behind = sum(map(len, slot.skeleton.pieces[first.last + 1 :]))
    loss = measure(case, slot, whole, behind)
    if loss is None or len(loss.affected) < _LEAST_AFFECTED:
        return
    latest = max((i for i, value in enumerate(values) if value), default=-1)
    if latest < 0:
        return
    start, end = _span(slot, latest, first)
    fix, repair = _remedy(case, slot, what, some, to_tail=to_tail)
    was, now = _example(slot, first, values, loss)
    yield Fault(
        _KINDS[what] if not (what == "memory" and slot.level == "message") else "user_data_before_static",
        slot.place(case, latest, start, end),
        loss.affected,
        len(case.prompts),
        loss.stranded,
        was,
        now,
        fix,
        repair,
        loss.confidence,
    )


def _all_values(slot: Slot, some: Sequence[Found]) -> list[str | None]:
    columns = [slot.values(found.first, found.last) for found in some]
    return [
        None if any(v is None for v in row) else "\n".join(v or "" for v in row) for row in zip(*columns, strict=True)
    ]


def _span(slot: Slot, request: int, found: Found) -> Range:
    gaps = slot.gaps(slot.texts[request] or "") or []
    return gaps[found.first][0], gaps[found.last][1]


def _example(slot: Slot, found: Found, values: Sequence[str | None], loss: Loss) -> tuple[str, str]:
    pair = next(((a, b) for a, b in reversed(loss.pairs) if values[a] != values[b]), None)
    if pair is None:
        return "", ""
    texts = [slot.texts[i] or "" for i in pair]
    spans = [_span(slot, i, found) for i in pair]
    return excerpt(texts[0], *spans[0]), excerpt(texts[1], *spans[1])


def _remedy(case: Case, slot: Slot, what: What, some: Sequence[Found], *, to_tail: bool) -> tuple[str, Repair]:
    ranges = [(found.first, found.last) for found in some]
    stays = all(found.verdict.stays for found in some)
    place = "the system prompt" if slot.level == "system" else "the instructions in the first message"
    if what == "order":
        fix = f"Put the pieces in {place} (documents, examples, list items) into one order that stays, such as by name."
        return fix, in_first_order(slot, slot.skeleton, some[0].first, case.chains, content)
    if what == "keys":
        fix = f"Write the JSON in {place} with sorted keys, the same in every request."
        gaps = [gap for first, last in ranges for gap in range(first, last + 1)]
        return fix, with_sorted_keys(slot, slot.skeleton, gaps, case.chains)
    if what == "rebuilt":
        fix = f"Keep {place} of a conversation as it was first sent when it is resumed, and tell what is new in a message."
        return fix, kept(slot, slot.skeleton, ranges, case.chains)
    target = "head" if stays and not to_tail and slot.level == "system" else "tail"
    where = (
        "behind the rules, to the end of the system prompt"
        if target == "head"
        else f"out of {place}, into the last user message"
    )
    repair = moved(slot, slot.skeleton, ranges, "head" if target == "head" else "tail", case.chains)
    clocks = [found.verdict.clock for found in some if found.verdict.clock is not None]
    within = any(found.verdict.within for found in some)
    names: dict[What, str] = {
        "time": f"the clock ({resolution_words(clocks)})" if clocks else "the clock",
        "id": "the id of the conversation" if stays else "the id that is new with every request",
        "user": "the data of the user",
        "memory": "the text that was found for the turn" if slot.level == "system" else "the text to work on",
        "state": "the state that changes from turn to turn" if within else "what is renewed from time to time",
    }
    also = ", or leave it out" if what == "id" else ""
    return f"Move {names[what]} {where}{also}.", repair
