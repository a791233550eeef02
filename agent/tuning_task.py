"""One task with its calls: what a dataset is made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from agent.kinds_of_request import KindsOfApp
from agent.looked_at import calls, count, no_garbage
from agent.store import Store
from agent.tuning_kinds import made_of
from agent.tuning_looked import label_of
from agent.tuning_view import Kept
from analyzers.core import Call
from analyzers.errors import HoneError
from analyzers.fine_tuning.measure import Looked, TaskCalls, look
from analyzers.prompt_caching.prompt import Family
from analyzers.prompt_caching.rules import Rules
from analyzers.prompt_caching.sharing import Sharing, sharing

_KINDS = re.compile(r"\w+-[0-9a-f]+(\+\w+-[0-9a-f]+)*")
_MOST_NAMED = 12


def task(
    store: Store, rules: Rules, family: Family, wanted: str, kinds: Callable[[], Iterable[KindsOfApp]] | None = None
) -> Looked:
    """The task, or the kind of request of one, with the calls kept of it, for what its calls say: volume and caching are left at nothing.

    `wanted` is the beginning of an id of the report, or a task's label; of several kinds of one task their ids with "+" between. `kinds` finds the kinds of request of the same calls: it takes as long as a
    report, and is asked only for what looks like the id of one. Raises HoneError when there is none of that id or label.
    """
    sampled = Kept(calls(store), count(store))
    with no_garbage():
        there = sharing(sampled, rules, family)
    kept = sampled.by_number
    fitting = [one for one in there if one.id.startswith(wanted) or label_of(one) == wanted]
    if not fitting and kinds is not None and _KINDS.fullmatch(wanted):
        found = _of_kinds(there, kinds(), wanted.split("+"), kept)
        if found is not None:
            return found
    if len(fitting) != 1:
        known = "; ".join(f"{one.id} ({label_of(one)})" for one in there[:_MOST_NAMED]) or "none: no call has text"
        many = "more than one task" if fitting else "no task"
        raise HoneError(f"there is {many} {wanted[:80]!r}", f"tasks: {known}")
    own = fitting[0]
    return _looked(own, own.id, label_of(own), [prompt.number for prompt in own.prompts], kept)


def _of_kinds(
    there: Sequence[Sharing], kinds: Iterable[KindsOfApp], wanted: Sequence[str], kept: Mapping[int, Call]
) -> Looked | None:
    made = made_of(kinds)
    for own in there:
        parts = made[own.id].kinds if own.id in made else ()
        fitting = [[part for part in parts if part.requests.id.startswith(one)] for one in wanted]
        if all(len(some) == 1 for some in fitting):
            chosen = {part.requests.id: part for some in fitting for part in some}
            # What it is called in the report are words of requests: the id says as much without them.
            label = f"{label_of(own)} · {' + '.join(part.requests.kind or '' for part in chosen.values())}"
            among = {prompt.number for prompt in own.prompts}
            numbers = sorted(n for part in chosen.values() for n in part.numbers if n in among)
            return _looked(own, "+".join(chosen), label, numbers, kept)
    return None


def _looked(own: Sharing, name: str, label: str, numbers: Sequence[int], kept: Mapping[int, Call]) -> Looked:
    of_task = [kept[number] for number in numbers if number in kept]
    return look(TaskCalls(name, label, own.app, of_task, Decimal(0), None))
