"""Which tools there are, and in which order: they stand before everything else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.fault import EXCERPT, Fault, Place, Repair
from analyzers.prompt_caching.faults.tool_changes import fault
from analyzers.prompt_caching.faults.values import lasting, variants
from analyzers.prompt_caching.prompt import Prompt
from analyzers.prompt_caching.tools import Name, Tools, tools_of, with_tools


def tool_order(case: Case) -> Iterator[Fault]:
    """`tool_order`: the same tools in another order."""
    tools = [tools_of(prompt) for prompt in case.prompts]
    affected = [
        i
        for i, before in enumerate(case.earlier)
        if before >= 0 and _order_differs(tools[before].names, tools[i].names)
    ]
    sets = {frozenset(some.names) for some in tools}
    orders = [str(some.names) for some in tools]
    if not affected or (len(sets) == 1 and lasting(orders, case.conversation)):
        return
    latest = affected[-1]
    was, now = tools[case.earlier[latest]].names, tools[latest].names
    at = next((i for i, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), 0)
    yield from fault(
        case,
        "tool_order",
        affected,
        Place("tools", at, 0, len(tools[latest].texts[at])),
        (_listed(was), _listed(now)),
        "Sort the tools by name before they are sent.",
        _in_order,
    )


def _order_differs(a: Sequence[Name], b: Sequence[Name]) -> bool:
    if a == b:
        return False
    common = set(a) & set(b)
    return [name for name in a if name in common] != [name for name in b if name in common]


def _in_order(prompts: Sequence[Prompt]) -> list[Prompt]:
    done = []
    for prompt in prompts:
        tools = tools_of(prompt)
        order = sorted(range(len(tools.names)), key=lambda i: tools.names[i])
        done.append(prompt if order == sorted(order) else with_tools(prompt, [(tools.texts[i], i) for i in order]))
    return done


def tool_set(case: Case) -> Iterator[Fault]:
    """`tool_set_varies`: tools come and go between requests."""
    tools = [tools_of(prompt) for prompt in case.prompts]
    sets = [frozenset(some.names) for some in tools]
    affected = [i for i, before in enumerate(case.earlier) if before >= 0 and sets[before] != sets[i]]
    names = [str(sorted(some)) for some in sets]
    if not affected or lasting(names, case.conversation) or variants(names, case.conversation):
        return
    latest = affected[-1]
    was, now = tools[case.earlier[latest]].names, tools[latest].names
    at = next((i for i, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), min(len(was), len(now)) - 1)
    at = max(0, min(at, len(now) - 1))
    length = len(tools[latest].texts[at]) if now else 0
    gone, come = sorted(set(was) - set(now)), sorted(set(now) - set(was))
    yield from fault(
        case,
        "tool_set_varies",
        affected,
        Place("tools", at, 0, length),
        (_listed(gone) or "(none)", _listed(come) or "(none)"),
        f"Send all {len(set().union(*sets))} tools with every request, and allow a part of them by allowed_tools or tool_choice.",
        _completed(case, tools),
    )


def _completed(case: Case, tools: Sequence[Tools]) -> Repair:
    order = _global_order(tools)
    usual: dict[Name, Counter[str]] = {}
    for some in tools:
        for name, text in zip(some.names, some.texts, strict=True):
            usual.setdefault(name, Counter())[text] += 1
    texts = {name: counts.most_common(1)[0][0] for name, counts in usual.items()}
    place = {name: number for number, name in enumerate(order)}

    def repair(prompts: Sequence[Prompt]) -> list[Prompt]:
        latest = dict(texts)
        done = []
        for prompt in prompts:
            own = tools_of(prompt)
            held = own.by_name
            if len(held) == len(texts):
                done.append(prompt)
                latest.update(held)
                continue
            names = [name for name in own.names if name in place]
            missing = [name for name in order if name not in held]
            if names == sorted(names, key=lambda name: place[name]):
                names = [name for name in order if name in held or name in texts]
            else:
                names += missing
            source = {name: number for number, name in enumerate(own.names)}
            chosen = [(held.get(name, latest[name]), source.get(name, -1)) for name in names]
            done.append(case.chains.resized(prompt, with_tools(prompt, chosen)))
            latest.update(held)
        return done

    return repair


def _global_order(tools: Sequence[Tools]) -> list[Name]:
    """All tools in an order that agrees with most requests: by the mean of the places that each has among its neighbours."""
    before: Counter[tuple[Name, Name]] = Counter()
    lists = Counter(some.names for some in tools)
    for names, count in lists.most_common(200):
        for i, a in enumerate(names):
            for b in names[i + 1 :]:
                before[a, b] += count
    every = sorted(set().union(*(set(some.names) for some in tools)))
    return sorted(every, key=lambda a: (sum(before[b, a] > before[a, b] for b in every), a))


def _listed(names: Iterable[Name]) -> str:
    return ", ".join(name for name, _ in names)[: 2 * EXCERPT]
