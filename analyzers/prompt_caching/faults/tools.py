"""Tool definitions that are not the same, in the same bytes and order, in every request: they are the first thing hashed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from analyzers.prompt_caching.canonical import canonical, spaceless
from analyzers.prompt_caching.case import Case, moved_to_tail
from analyzers.prompt_caching.diff import changes
from analyzers.prompt_caching.fault import Fault, Kind, Place, Repair, excerpt
from analyzers.prompt_caching.prompt import Prompt, Segment
from analyzers.prompt_caching.templates import tool_name

_ERA = 5
_FEW = 0.02

Tools = tuple[str, ...]


def tools(case: Case) -> Iterable[Fault]:
    """`key_order`, `whitespace_drift`, `tool_text_varies`, `tool_set_varies` and `tool_order`, told apart by what is left when the
    others are taken away.
    """
    lists = [_texts(prompt) for prompt in case.prompts]
    if len(set(lists)) < 2:
        return
    forms = [tuple(canonical(text) for text in one) for one in lists]
    plain = [tuple(spaceless(form) for form in one) for one in forms]
    names = [tuple(tool_name(text) for text in one) for one in lists]
    for kind, finer, coarser in (("key_order", lists, forms), ("whitespace_drift", forms, plain)):
        yield from _reformed(case, kind, finer, coarser, names)  # type: ignore[arg-type]  # both are kinds
    yield from _text(case, plain, names)
    yield from _set(case, names)
    yield from _order(case, names)


def _texts(prompt: Prompt) -> Tools:
    return tuple(s.text for s in prompt.segments if s.level == "tools")


def _unsettled(values: Sequence[object]) -> list[int]:
    """Positions at which a value is another one than before; none when each value has a long time of its own (deploys)."""
    switched = [i for i in range(1, len(values)) if values[i] != values[i - 1]]
    eras = len(switched) + 1
    if eras == len(set(values)) and len(values) >= _ERA * eras:
        return []
    return switched if len(switched) > max(1, _FEW * len(values)) else []


def _by_name(names: Sequence[Tools], values: Sequence[Tools]) -> list[frozenset[tuple[str, str]]]:
    return [frozenset(zip(n, v, strict=True)) for n, v in zip(names, values, strict=True)]


def _reformed(
    case: Case, kind: Kind, finer: Sequence[Tools], coarser: Sequence[Tools], names: Sequence[Tools]
) -> Iterable[Fault]:
    """The same tools in another form: equal when `coarser`, different when `finer`."""
    forms: dict[tuple[str, str], set[str]] = {}
    for name, fine, coarse in zip(names, finer, coarser, strict=True):
        for key, value in zip(zip(name, coarse, strict=True), fine, strict=True):
            forms.setdefault(key, set()).add(value)
    many = {key for key, seen in forms.items() if len(seen) > 1}
    if not many:
        return
    values = [
        tuple(sorted((n, f) for n, f, c in zip(name, fine, coarse, strict=True) if (n, c) in many))
        for name, fine, coarse in zip(names, finer, coarser, strict=True)
    ]
    switched = _unsettled(values)
    if not switched:
        return
    first: dict[tuple[str, str], str] = {}
    take = canonical if kind == "key_order" else _spaceless_form

    for prompt in case.prompts:
        for text in _texts(prompt):
            first.setdefault((tool_name(text), take(text)), text)

    def repair(prompts: Sequence[Prompt]) -> list[Prompt]:
        return [_each(p, lambda text: first.get((tool_name(text), take(text)), text)) for p in prompts]

    fix = (
        "Write tool definitions with sorted keys (or build them once and reuse the text): the same tools come in other bytes."
        if kind == "key_order"
        else "Bring the texts of tool definitions into one form of white space and Unicode."
    )
    yield _fault(case, kind, switched, fix, repair)


def _spaceless_form(text: str) -> str:
    return spaceless(canonical(text))


def _text(case: Case, plain: Sequence[Tools], names: Sequence[Tools]) -> Iterable[Fault]:
    versions: dict[str, Counter[str]] = {}
    for name, found in zip(names, plain, strict=True):
        for one, text in zip(name, found, strict=True):
            versions.setdefault(one, Counter())[text] += 1
    many = {name for name, seen in versions.items() if len(seen) > 1}
    if not many:
        return
    values = [
        tuple(sorted((n, t) for n, t in zip(name, found, strict=True) if n in many))
        for name, found in zip(names, plain, strict=True)
    ]
    switched = _unsettled(values)
    if not switched:
        return
    first: dict[str, str] = {}
    for prompt in case.prompts:
        for text in _texts(prompt):
            first.setdefault(tool_name(text), text)

    def repair(prompts: Sequence[Prompt]) -> list[Prompt]:
        return [_settled(p, first, many) for p in prompts]

    which = ", ".join(sorted(many)[:3])
    yield _fault(
        case,
        "tool_text_varies",
        switched,
        f"Keep the description of {which} the same in every request, and say what changes at the end of the last message.",
        repair,
        of=many,
    )


def _settled(prompt: Prompt, first: dict[str, str], many: set[str]) -> Prompt:
    """Descriptions as first seen; what they said otherwise goes to the end."""
    segments, moved = [], []
    for segment in prompt.segments:
        name = tool_name(segment.text) if segment.level == "tools" else ""
        base = first.get(name) if name in many else None
        if base is None or base == segment.text or canonical(base) == canonical(segment.text):
            segments.append(segment)
            continue
        moved += [segment.text[c.b0 : c.b1] for c in changes(base, segment.text)]
        segments.append(segment._replace(text=base))
    return moved_to_tail(prompt, segments, moved)


def _set(case: Case, names: Sequence[Tools]) -> Iterable[Fault]:
    sets = [frozenset(name) for name in names]
    if len(set(sets)) < 2:
        return
    switched = _unsettled(sets)
    if not switched:
        return
    first: dict[str, Segment] = {}
    for prompt in case.prompts:
        for segment in prompt.segments:
            if segment.level == "tools":
                first.setdefault(tool_name(segment.text), segment)
    whole = [first[name] for name in sorted(first)]

    def repair(prompts: Sequence[Prompt]) -> list[Prompt]:
        return [_with_all(case, p, whole) for p in prompts]

    yield _fault(
        case,
        "tool_set_varies",
        switched,
        f"Send all {len(whole)} tools in every request and restrict them by tool_choice or allowed tools, or load the rare ones "
        "through a search tool.",
        repair,
    )


def _with_all(case: Case, prompt: Prompt, whole: Sequence[Segment]) -> Prompt:
    own = {tool_name(s.text): s for s in prompt.segments if s.level == "tools"}
    if not own and not any(s.level != "tools" for s in prompt.segments):
        return prompt
    mark = next((s.mark for s in reversed(prompt.segments) if s.level == "tools" and s.mark), None)
    listed = [(own.get(tool_name(s.text)) or s)._replace(position=number, mark=None) for number, s in enumerate(whole)]
    if mark and listed:
        listed[-1] = listed[-1]._replace(mark=mark)
    rest = [s for s in prompt.segments if s.level != "tools"]
    return case.chains.resized(prompt, prompt.with_segments((*listed, *rest)))


def _order(case: Case, names: Sequence[Tools]) -> Iterable[Fault]:
    """The same set in another order. Where the set varies too, only tools that follow one another both ways count."""
    orders = [(frozenset(name), name) for name in names]
    by_set: dict[frozenset[str], set[Tools]] = {}
    for key, order in orders:
        by_set.setdefault(key, set()).add(order)
    if all(len(found) == 1 for found in by_set.values()):
        return
    switched = [
        i
        for i in _unsettled([order for _, order in orders])
        if orders[i][0] == orders[i - 1][0] or len(by_set[orders[i][0]]) > 1
    ]
    if not switched:
        return

    def repair(prompts: Sequence[Prompt]) -> list[Prompt]:
        return [_sorted(p) for p in prompts]

    yield _fault(
        case,
        "tool_order",
        switched,
        "Sort the tools by name: the same tools come in another order.",
        repair,
    )


def _sorted(prompt: Prompt) -> Prompt:
    listed = [s for s in prompt.segments if s.level == "tools"]
    if len(listed) < 2:
        return prompt
    marks = [s.mark for s in listed]
    ordered = sorted(listed, key=lambda s: (tool_name(s.text), s.text))
    placed = [
        s._replace(position=number, mark=mark) for number, (s, mark) in enumerate(zip(ordered, marks, strict=True))
    ]
    return prompt.with_segments((*placed, *(s for s in prompt.segments if s.level != "tools")))


def _each(prompt: Prompt, form: Callable[[str], str]) -> Prompt:
    if not any(s.level == "tools" for s in prompt.segments):
        return prompt
    return prompt.with_segments(s._replace(text=form(s.text)) if s.level == "tools" else s for s in prompt.segments)


def _fault(
    case: Case, kind: Kind, switched: Sequence[int], fix: str, repair: Repair, of: set[str] | None = None
) -> Fault:
    place, was, now = _first_difference(case, switched, of)
    stranded = [case.size(i) for i in switched]
    before = case.tokens_before(switched[-1], min(place.position, max(_count(case, switched[-1]) - 1, 0)), place.start)
    return Fault(
        kind,
        place,
        frozenset(switched),
        len(case.prompts),
        max(0, round(sum(stranded) / len(stranded)) - before),
        was,
        now,
        fix,
        repair,
    )


def _count(case: Case, position: int) -> int:
    return sum(s.level == "tools" for s in case.prompts[position].segments)


def _first_difference(case: Case, switched: Sequence[int], of: set[str] | None) -> tuple[Place, str, str]:
    """The first tool that differs between the last two requests that do, and its characters."""
    after = switched[-1]
    now, was = _texts(case.prompts[after]), _texts(case.prompts[after - 1])
    for position, text in enumerate(now):
        other = was[position] if position < len(was) else ""
        if of is not None:
            if tool_name(text) not in of:
                continue
            other = next((t for t in was if tool_name(t) == tool_name(text)), other)
        if text == other:
            continue
        if tool_name(text) != tool_name(other):
            return Place("tools", position, 0, len(text)), tool_name(other), tool_name(text)
        found = changes(other, text)
        first, last = found[0], found[-1]
        return (
            Place("tools", position, first.b0, max(last.b1, first.b0 + 1)),
            excerpt(other, first.a0, last.a1),
            excerpt(text, first.b0, last.b1),
        )
    last_tool = max(len(now) - 1, 0)
    return Place("tools", last_tool, 0, len(now[-1]) if now else 0), f"{len(was)} tools", f"{len(now)} tools"
