"""What changes in tool definitions from one request to the next, and the fault that it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from analyzers.prompt_caching.case import Case, Pair
from analyzers.prompt_caching.fault import EXCERPT, Fault, Kind, Place, Repair
from analyzers.prompt_caching.faults.loss import confidence
from analyzers.prompt_caching.faults.values import lasting
from analyzers.prompt_caching.prompt import Prompt
from analyzers.prompt_caching.tools import Name, Tools, tools_of, with_tools

_FEW = 0.02
_MEASURED = 60
_AROUND = 24


class Example(NamedTuple):
    """A definition in two requests: the later one, its place there, and both texts."""

    request: int
    position: int
    name: Name
    was: str
    now: str


def changed_texts(case: Case, differ: Callable[[str, str], bool]) -> tuple[list[int], Example | None]:
    """Requests with a definition that differs as `differ` tells from the one in the request before; the latest example.

    What was changed for good is left out.
    """
    tools = [tools_of(prompt) for prompt in case.prompts]
    known: dict[tuple[tuple[str, ...], tuple[str, ...]], int] = {}
    affected = []
    for after, before in enumerate(case.earlier):
        if before < 0 or tools[before].texts == tools[after].texts:
            continue
        key = (tools[before].texts, tools[after].texts)
        if key not in known:
            known[key] = _first(tools[before], tools[after], differ)
        if known[key] >= 0:
            affected.append(after)
    if not affected:
        return [], None
    latest = affected[-1]
    before = case.earlier[latest]
    position = known[tools[before].texts, tools[latest].texts]
    name = tools[latest].names[position]
    example = Example(latest, position, name, tools[before].by_name[name], tools[latest].texts[position])
    texts = [text for some in tools if (text := some.by_name.get(name)) is not None]
    talks = [talk for some, talk in zip(tools, case.conversation, strict=True) if name in some.names]
    return (affected, example) if not lasting(texts, talks) else ([], None)


def _first(before: Tools, after: Tools, differ: Callable[[str, str], bool]) -> int:
    was = before.by_name
    return next(
        (
            i
            for i, (name, text) in enumerate(zip(after.names, after.texts, strict=True))
            if name in was and was[name] != text and differ(was[name], text)
        ),
        -1,
    )


def fault(
    case: Case,
    kind: Kind,
    affected: Sequence[int],
    place: Place,
    example: tuple[str, str],
    fix: str,
    repair: Repair,
) -> Iterator[Fault]:
    """The fault, unless hardly a request is affected."""
    if len(affected) < max(2, _FEW * len(case.prompts)):
        return
    some = affected[:: len(affected) // _MEASURED + 1]
    pairs = [Pair(case.earlier[i], i) for i in some]
    behind = [_behind(case, pair) for pair in pairs]
    yield Fault(
        kind,
        place,
        frozenset(affected),
        len(case.prompts),
        round(sum(behind) / len(behind)),
        *example,
        fix,
        repair,
        confidence(case, last_tool, pairs),
    )


def _behind(case: Case, pair: Pair) -> int:
    """Tokens from the first tool that differs on which both requests have, in whatever order."""
    before, after = case.prompts[pair.before], case.prompts[pair.after]
    was = set(tools_of(before).texts)
    tokens = 0
    differs = False
    for number, text in enumerate(tools_of(after).texts):
        differs = differs or number >= len(before.segments) or before.segments[number].text != text
        if differs and text in was:
            tokens += case.tokens_before(pair.after, number, len(text)) - case.tokens_before(pair.after, number)
    return tokens + _rest(case, pair)


def _rest(case: Case, pair: Pair) -> int:
    before, after = case.prompts[pair.before], case.prompts[pair.after]
    end = last_tool(after)
    shift = last_tool(before) - end
    at = end
    for number in range(end + 1, min(len(after.segments), len(before.segments) - shift)):
        if before.segments[number + shift].text != after.segments[number].text:
            break
        at = number
    if at == end:
        return 0
    start = case.tokens_before(pair.after, end, len(after.segments[end].text)) if end >= 0 else 0
    return case.tokens_before(pair.after, at, len(after.segments[at].text)) - start


def last_tool(prompt: Prompt) -> int:
    """Segment number of the last tool, -1 without tools."""
    return len(tools_of(prompt).texts) - 1


def around(text: str, start: int) -> str:
    """An excerpt that begins a little before `start`."""
    return text[max(0, start - _AROUND) : start - _AROUND + EXCERPT]


def each(case: Case, prompts: Sequence[Prompt], change: Callable[[str], str]) -> list[Prompt]:
    """Every definition as `change` makes it, and the requests' tokens with it."""
    done = []
    for prompt in prompts:
        texts = tools_of(prompt).texts
        changed = [change(text) for text in texts]
        if tuple(changed) == texts:
            done.append(prompt)
        else:
            made = with_tools(prompt, [(text, number) for number, text in enumerate(changed)])
            done.append(case.chains.resized(prompt, made))
    return done
