"""Which requests share one prompt template, found out from the texts alone.

The lines of tools and system that come back in several conversations of an application are its static text; requests whose
static text is mostly the same are one template. What varies (a clock, a user's data) comes back nowhere and tells nothing.
Where there is neither tool nor system, the first message is looked at instead.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b

from analyzers.prompt_caching.conversations import conversations
from analyzers.prompt_caching.prompt import Prompt
from analyzers.values.canonical import spaceless

_ALIKE = 0.5
_SENTENCE = re.compile(r"(?<=[.!?;])\s+")
_LONG_LINE = 160
_TOOL_WEIGHT = 60
_LEAST_LINE = 8
_MOST_LEADERS = 400
_NOTHING: frozenset[str] = frozenset()


def told_apart(prompts: Iterable[Prompt]) -> list[Prompt]:
    """Prompts in the order of time with the numbers of their conversation and template; those that are to be compared with others."""
    prompts = list(prompts)
    talks = conversations(prompts)
    numbers = zip(prompts, talks, templates(prompts, talks), strict=True)
    return [prompt._replace(talk=talk, template=template) for prompt, talk, template in numbers]


def templates(prompts: Sequence[Prompt], talks: Sequence[int]) -> list[int]:
    """A number for each prompt; equal numbers are one template. Prompts without text are a template of their model."""
    groups: defaultdict[str | None, list[int]] = defaultdict(list)
    for position, prompt in enumerate(prompts):
        groups[prompt.app].append(position)
    numbers = [0] * len(prompts)
    count = 0
    for positions in groups.values():
        found = _cluster([prompts[p] for p in positions], [talks[p] for p in positions])
        apart = _by_model([prompts[p] for p in positions], [talks[p] for p in positions], found)
        for position, number in zip(positions, apart, strict=True):
            numbers[position] = count + number
        count += max(apart, default=-1) + 1
    return numbers


def _cluster(prompts: Sequence[Prompt], talks: Sequence[int]) -> list[int]:
    lines = [lines_of(prompt) for prompt in prompts]
    static = _static(lines, talks)
    leaders: list[frozenset[str]] = []
    known: dict[frozenset[str], int] = {}
    numbers = []
    for found in lines:
        own = found & static
        number = known.get(own)
        if number is None:
            number = _nearest(own, leaders)
            if number is None:
                number = len(leaders)
                leaders.append(own)
            known[own] = number
        numbers.append(number)
    return numbers


def _static(lines: Sequence[frozenset[str]], talks: Sequence[int]) -> frozenset[str]:
    """Lines that come back in another conversation, or in another request where there is but one."""
    seen: defaultdict[str, set[int]] = defaultdict(set)
    one = len(set(talks)) < 3
    for number, (found, talk) in enumerate(zip(lines, talks, strict=True)):
        for line in found:
            holders = seen[line]
            if len(holders) < 2:
                holders.add(number if one else talk)
    return frozenset(line for line, holders in seen.items() if len(holders) > 1)


def _nearest(own: frozenset[str], leaders: Sequence[frozenset[str]]) -> int | None:
    weight = weight_of(own)
    best, best_share = None, _ALIKE
    for number, leader in enumerate(leaders[:_MOST_LEADERS]):
        smaller = min(weight, weight_of(leader))
        share = weight_of(own & leader) / smaller if smaller else (1.0 if own == leader else 0.0)
        if share >= best_share:
            best, best_share = number, share
    if best is None and len(leaders) >= _MOST_LEADERS:
        return _MOST_LEADERS - 1
    return best


@lru_cache(maxsize=20_000)
def weight_of(lines: frozenset[str]) -> int:
    """Characters of text; a tool counts as a line of usual length."""
    return sum(_TOOL_WEIGHT if is_tool(line) else len(line) for line in lines)


def is_tool(line: str) -> bool:
    """Whether one of `lines_of` is the name of a tool."""
    return line.startswith("\x00")


def lines_of(prompt: Prompt) -> frozenset[str]:
    """Lines (sentences of long ones) of the system and names of tools; of the first message where there are neither."""
    head = [s for s in prompt.segments if s.level != "message"]
    if not head:
        first = [s for s in prompt.segments if s.position == 0]
        return frozenset().union(*(_lines(s.text) for s in first)) if first else _NOTHING
    found: set[str] = set()
    for segment in head:
        if segment.level == "tools":
            found.add("\x00" + tool_name(segment.text))
        else:
            found |= _lines(segment.text)
    return frozenset(found)


@lru_cache(maxsize=20_000)
def _lines(text: str) -> frozenset[str]:
    return frozenset().union(*map(_sentences, text.split("\n")))


@lru_cache(maxsize=20_000)
def _sentences(line: str) -> frozenset[str]:
    # Where a clock makes every text another one, most of its lines are still the same.
    found = [line] if len(line) <= _LONG_LINE else _SENTENCE.split(line)
    return frozenset(one for one in map(spaceless, found) if len(one) >= _LEAST_LINE)


@lru_cache(maxsize=20_000)
def tool_name(definition: str) -> str:
    """Name of a tool from its definition as JSON, or the beginning of what is no JSON."""
    try:
        value = json.loads(definition)
    except (ValueError, RecursionError):
        return definition[:40]
    inner = value.get("function", value) if isinstance(value, dict) else value
    if isinstance(inner, dict):
        name = inner.get("name") or inner.get("type")
        spec = inner.get("toolSpec")
        if name is None and isinstance(spec, dict):
            name = spec.get("name")
        if isinstance(name, str):
            return name
    return definition[:40]


def _by_model(prompts: Sequence[Prompt], talks: Sequence[int], found: Sequence[int]) -> list[int]:
    """Models apart, unless conversations go to and fro between them: then the switch itself is what matters."""
    models: defaultdict[int, defaultdict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for prompt, talk, number in zip(prompts, talks, found, strict=True):
        models[number][talk].add(prompt.family[1])
    mixed = {
        number for number, by in models.items() if sum(len(names) > 1 for names in by.values()) >= max(2, len(by) // 20)
    }
    numbers: dict[tuple[int, str], int] = {}
    return [
        numbers.setdefault((number, "" if number in mixed else prompt.family[1]), len(numbers))
        for prompt, number in zip(prompts, found, strict=True)
    ]


def identity(prompts: Iterable[Prompt], model: str | None = None) -> str:
    """A short name of a template that stays the same from run to run: application, model and its longest common line.

    With `model` the name that the same prompts would have on that model.
    """
    prompts = list(prompts)
    if model is None:
        model = Counter(prompt.family[1] for prompt in prompts).most_common(1)[0][0]
    app = prompts[0].app or ""
    return _digest(f"{app}\0{model}\0{_common_line(prompts)}")


def kinship(prompts: Iterable[Prompt]) -> str | None:
    """Equal for templates of an application that are one prompt on different models; None where no text tells."""
    prompts = list(prompts)
    line = _common_line(prompts)
    return _digest(f"{prompts[0].app or ''}\0{line}") if line else None


def _common_line(prompts: Sequence[Prompt]) -> str:
    lines: Counter[str] = Counter(line for prompt in prompts[:200] for line in lines_of(prompt))
    most = max(lines.values(), default=0)
    common = [line for line, n in lines.items() if n >= 0.8 * most]
    return max(common, key=lambda line: (len(line), line), default="")


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
