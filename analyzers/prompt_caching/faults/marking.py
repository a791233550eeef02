"""Where breakpoints stand, and where they would serve best."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from analyzers.prompt_caching.breakpoint_cache import breaks_of
from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.fault import Place, Repair
from analyzers.prompt_caching.prompt import Prompt, Segment

NAMES = {300.0: "5m", 600.0: "10m", 1_800.0: "30m", 3_600.0: "1h", 43_200.0: "12h"}
"""Of lifetimes in seconds, as requests ask for them."""

_STEP = 18
"""Positions between two breakpoints, so that the next request's look-back of 20 still finds one."""
_CANNOT = frozenset(("reasoning",))


class Marking(NamedTuple):
    """Breakpoints at the end of the head, at the end of the last message, and in between where much was added."""

    head: str | None
    tail: str | None
    between: bool = False
    static: frozenset[str] = frozenset()
    """Texts of the head that most requests have: the head's breakpoint stands at the end of these, not of the whole head."""
    only_explicit: bool = False
    """Providers that set a breakpoint by themselves: not to."""
    tools: str | None = None
    """A further one at the end of the tools, which requests with another system prompt share too."""


def mark(prompt: Prompt, marking: Marking) -> Prompt:
    """The request with these breakpoints in place of its own."""
    segments = [s._replace(mark=None) if s.mark else s for s in prompt.segments]
    if marking.tail is not None:
        end = _last_markable(segments)
        if end >= 0:
            places = [end]
            if marking.between:
                first = head_end(segments)
                places += [p for p in (end - _STEP, end - 2 * _STEP) if p > first and segments[p].level == "message"]
            for place in places:
                segments[place] = segments[place]._replace(mark=marking.tail)
    if marking.tools is not None and (end := _tools_end(segments)) >= 0:
        segments[end] = segments[end]._replace(mark=marking.tools)
    if marking.head is not None:
        end = static_end(segments, marking.static) if marking.static else head_end(segments)
        if end >= 0:
            segments[end] = segments[end]._replace(mark=marking.head)
    options = {k: v for k, v in prompt.options.items() if k not in ("prompt_cache_options", "cache_control")}
    if prompt.rule is not None and prompt.rule.marking == "both":
        options["prompt_cache_options"] = {
            **({"mode": "explicit"} if marking.only_explicit else {}),
            **({"ttl": marking.tail} if marking.tail else {}),
        }
    return prompt._replace(segments=tuple(segments), options=options, marked=True)


def head_end(segments: Sequence[Segment]) -> int:
    """Number of the last segment of system or tools, -1 without any."""
    end = -1
    for number, segment in enumerate(segments):
        if segment.level == "message":
            break
        end = number
    return end


def _tools_end(segments: Sequence[Segment]) -> int:
    return max((number for number, segment in enumerate(segments) if segment.level == "tools"), default=-1)


def static_texts(prompts: Sequence[Prompt]) -> frozenset[str]:
    """Texts of tools and system that at least half of the prompts have."""
    seen = Counter(text for p in prompts for text in {s.text for s in p.segments if s.level != "message"})
    return frozenset(text for text, count in seen.items() if 2 * count >= len(prompts))


def static_end(segments: Sequence[Segment], static: frozenset[str]) -> int:
    """Number of the last segment of the leading run of such texts, -1 without any."""
    end = -1
    for number, segment in enumerate(segments):
        if segment.level == "message" or segment.text not in static:
            break
        end = number
    return end


def _last_markable(segments: Sequence[Segment]) -> int:
    for number in range(len(segments) - 1, -1, -1):
        if segments[number].level == "message" and segments[number].kind not in _CANNOT and segments[number].text:
            return number
    return -1


def usual_mark(prompts: Sequence[Prompt]) -> str | None:
    """The lifetime that most breakpoints ask for, None without breakpoints."""
    marks = Counter(s.mark for p in prompts for s in p.segments if s.mark)
    return marks.most_common(1)[0][0] if marks else None


def with_lifetime(prompt: Prompt, lifetime: str) -> Prompt:
    """The request's own breakpoints, all with this lifetime."""
    segments = tuple(s._replace(mark=lifetime) if s.mark else s for s in prompt.segments)
    options = dict(prompt.options)
    if prompt.rule is not None and prompt.rule.marking == "both":
        given = options.get("prompt_cache_options")
        options["prompt_cache_options"] = {**(given if isinstance(given, dict) else {}), "ttl": lifetime}
    return prompt._replace(segments=segments, options=options)


def marked(prompt: Prompt) -> bool:
    """Whether any breakpoint counts for the request."""
    return prompt.rule is not None and bool(breaks_of(prompt, prompt.rule))


def best_marking(case: Case, lifetime: str, *, between: bool, everywhere: bool) -> Marking:
    """The breakpoints under which these requests cost least; `between`: as many as it takes where much is added at once."""
    options = [Marking(lifetime, None), Marking(lifetime, lifetime), Marking(None, lifetime)]
    if between:
        options.append(Marking(lifetime, lifetime, between=True))
    both = any(p.rule is not None and p.rule.marking == "both" for p in case.prompts)
    if both:
        options = [
            Marking(lifetime, lifetime),
            Marking(lifetime, None, only_explicit=True),
            Marking(None, lifetime),
            *options[3:],
        ]
    static = static_texts(case.prompts)
    if any(static_end(p.segments, static) != head_end(p.segments) for p in case.prompts):
        options += [option._replace(static=static) for option in options if option.head]
        if not both and any(_tools_end(p.segments) >= 0 for p in case.prompts):
            options += [Marking(lifetime, None, tools=lifetime), Marking(lifetime, lifetime, tools=lifetime)]
    return min(options, key=lambda option: case.repaired(marked_so(option, everywhere=everywhere)(case.prompts)).weight)


def marked_so(marking: Marking, *, everywhere: bool) -> Repair:
    """`everywhere`: also where no breakpoint is set today. Requests from before a deploy that set them stay as they were."""
    return lambda prompts: [
        mark(p, marking) if p.rule is not None and p.rule.match == "breakpoint" and (everywhere or marked(p)) else p
        for p in prompts
    ]


def usual_lifetime(case: Case) -> str:
    """The one that most breakpoints ask for, else the provider's usual one."""
    found = usual_mark(case.prompts)
    if found is not None:
        return found
    both = any(p.rule is not None and p.rule.marking == "both" for p in case.prompts)
    return "30m" if both else "5m"


def words_of(marking: Marking) -> str:
    """Where to set breakpoints."""
    places = []
    if marking.tools:
        places.append(f"a breakpoint ({marking.tools}) at the end of the tools")
    if marking.head:
        which = "of what stays the same in the system prompt" if marking.static else "of the system prompt"
        places.append(f"{'one' if places else 'a breakpoint'} ({marking.head}) at the end {which}")
    if marking.tail:
        places.append(f"{'one' if places else 'a breakpoint'} ({marking.tail}) at the end of the last message")
    if marking.only_explicit:
        places.append("mode explicit, so that what is not read again is not written")
    return " and ".join(", ".join(places).rsplit(", ", 1))


def place_of(prompt: Prompt, number: int) -> Place:
    """Behind the prompt's segment of that number."""
    if not 0 <= number < len(prompt.segments):
        return Place("system")
    segment = prompt.segments[number]
    return Place(segment.level, segment.position, len(segment.text), len(segment.text), segment.part)


def mean_of(values: Iterable[int]) -> int:
    """Whole, 0 of nothing."""
    found = list(values)
    return round(sum(found) / len(found)) if found else 0
