"""Where breakpoints stand, and where they would serve best."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from analyzers.prompt_caching.breakpoint_cache import breaks_of
from analyzers.prompt_caching.prompt import Prompt, Segment

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
