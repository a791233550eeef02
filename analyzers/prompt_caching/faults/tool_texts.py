"""How tool definitions are written, and what varies in what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.diff import common_prefix, common_suffix
from analyzers.prompt_caching.fault import Fault, Place, Repair, excerpt
from analyzers.prompt_caching.faults.form import bare
from analyzers.prompt_caching.faults.moves import Range, in_first_order, moved
from analyzers.prompt_caching.faults.tool_changes import Example, around, changed_texts, each, fault
from analyzers.prompt_caching.faults.values import Seen, Verdict, judge, variants
from analyzers.prompt_caching.prompt import Prompt
from analyzers.prompt_caching.slots import Slot
from analyzers.prompt_caching.tools import Name, key_order, sorted_keys, tools_of
from analyzers.prompt_caching.units import content
from analyzers.values.times import resolution_words


def key_orders(case: Case) -> Iterator[Fault]:
    """`key_order`: the JSON of a definition with its keys in another order."""
    affected, example = changed_texts(case, _keys_differ)
    if example is None:
        return

    def repair(prompts: Sequence[Prompt]) -> list[Prompt]:
        return each(case, prompts, sorted_keys)

    fix = "Write the JSON of the tools with sorted keys, once, and send these bytes."
    yield from _written(case, "key_order", affected, example, fix, repair)


@lru_cache(maxsize=20_000)
def _keys_differ(a: str, b: str) -> bool:
    (order_a, names_a), (order_b, names_b) = key_order(a), key_order(b)
    return names_a == names_b and order_a != order_b


def tool_forms(case: Case) -> Iterator[Fault]:
    """`whitespace_drift` in definitions."""
    affected, example = changed_texts(case, _form_differs)
    if example is None:
        return
    usual: dict[str, Counter[str]] = {}
    for prompt in case.prompts:
        for text in tools_of(prompt).texts:
            usual.setdefault(bare(text), Counter())[text] += 1
    forms = {key: counts.most_common(1)[0][0] for key, counts in usual.items()}

    def repair(prompts: Sequence[Prompt]) -> list[Prompt]:
        return each(case, prompts, lambda text: forms.get(bare(text), text))

    fix = "Write the tool definitions once, in one form of white space and Unicode, and send these bytes."
    yield from _written(case, "whitespace_drift", affected, example, fix, repair)


@lru_cache(maxsize=20_000)
def _form_differs(a: str, b: str) -> bool:
    return bare(a) == bare(b)


def _written(
    case: Case, kind: str, affected: Sequence[int], example: Example, fix: str, repair: Repair
) -> Iterator[Fault]:
    was, now = example.was, example.now
    start = common_prefix(was, now)
    end = len(now) - common_suffix(was, now, min(len(was), len(now)) - start)
    place = Place("tools", example.position, start, end)
    shown = around(was, start), around(now, start)
    yield from fault(
        case, "key_order" if kind == "key_order" else "whitespace_drift", affected, place, shown, fix, repair
    )


class _ToolSlot(Slot):
    """The definition of one tool, wherever it stands among the others."""

    def __init__(self, name: Name, position: int, texts: Sequence[str | None]) -> None:
        super().__init__("tools", position, 0, texts)
        self._name = name

    def number(self, prompt: Prompt) -> int:
        names = tools_of(prompt).names
        return names.index(self._name) if self._name in names else -1


def tool_texts(case: Case) -> Iterator[Fault]:
    """`tool_text_varies`: the same tool says something else. One fault for all tools, at the first of them."""
    affected, example = changed_texts(case, _text_differs)
    if example is None or changed_texts(case, _keys_differ)[1] is not None:
        return
    found = []
    for slot in _slots(case):
        if _of_kinds(case, slot):
            continue
        some = [(gap, verdict) for gap, verdict in _judged(case, slot) if verdict is not None]
        if some:
            found.append((slot, some))
    if not found:
        return
    slot, some = found[0]
    place, shown = _place(case, slot, some[0][0], affected)
    clocks = [verdict.clock for _, verdict in some if verdict.clock is not None]
    what = f"the clock ({resolution_words(clocks)})" if clocks else "what varies"
    which = f"tool number {slot.position + 1}" if len(found) == 1 else f"{len(found)} tools"
    fix = f"Keep the text of {which} the same in all requests and tell {what} in the last user message."
    yield from fault(case, "tool_text_varies", affected, place, shown, fix, _repair(case, found))


def _of_kinds(case: Case, slot: Slot) -> bool:
    """Whether a few kinds of user get a definition of their own."""
    known = [(text, talk) for text, talk in zip(slot.texts, case.conversation, strict=True) if text is not None]
    return variants([text for text, _ in known], [talk for _, talk in known])


def _text_differs(a: str, b: str) -> bool:
    return bare(sorted_keys(a)) != bare(sorted_keys(b))


def _slots(case: Case) -> Iterator[_ToolSlot]:
    tools = [tools_of(prompt) for prompt in case.prompts]
    texts: dict[Name, list[str | None]] = {}
    for i, some in enumerate(tools):
        for name, text in zip(some.names, some.texts, strict=True):
            texts.setdefault(name, [None] * len(tools))[i] = text
    latest = {name: max(i for i, text in enumerate(column) if text is not None) for name, column in texts.items()}
    slots = [_ToolSlot(name, tools[latest[name]].names.index(name), column) for name, column in texts.items()]
    yield from sorted((slot for slot in slots if len(slot.distinct) > 1), key=lambda slot: slot.position)


def _judged(case: Case, slot: Slot) -> Iterator[tuple[int, Verdict | None]]:
    at = [prompt.at for prompt in case.prompts]
    for gap in range(len(slot.skeleton.pieces) - 1):
        label = slot.skeleton.pieces[gap][-48:]
        yield gap, judge(Seen(slot.values(gap, gap), at, case.conversation, [0] * len(at), label))


def _place(case: Case, slot: Slot, gap: int, affected: Sequence[int]) -> tuple[Place, tuple[str, str]]:
    values = slot.values(gap, gap)
    latest = max(i for i, value in enumerate(values) if value is not None)
    span = _span(slot, latest, gap)
    after = next(
        (i for i in reversed(affected) if values[i] is not None and values[i] != values[case.earlier[i]]), latest
    )
    before = case.earlier[after] if after in affected and values[case.earlier[after]] is not None else after
    shown = [excerpt(slot.texts[i] or "", *_span(slot, i, gap)) for i in (before, after)]
    return slot.place(case, latest, *span), (shown[0], shown[1])


def _span(slot: Slot, request: int, gap: int) -> Range:
    return (slot.gaps(slot.texts[request] or "") or [])[gap]


def _repair(case: Case, found: Sequence[tuple[Slot, Sequence[tuple[int, Verdict]]]]) -> Repair:
    steps: list[Repair] = []
    for slot, some in found:
        ranges = [(gap, gap) for gap, verdict in some if verdict.what != "order"]
        stays = all(verdict.stays for _, verdict in some)
        if ranges:
            steps.append(moved(slot, slot.skeleton, ranges, "head" if stays else "tail", case.chains))
        steps += [
            in_first_order(slot, slot.skeleton, gap, case.chains, content)
            for gap, verdict in some
            if verdict.what == "order"
        ]

    def repair(prompts: Sequence[Prompt]) -> list[Prompt]:
        done = list(prompts)
        for step in steps:
            done = step(done)
        return done

    return repair
