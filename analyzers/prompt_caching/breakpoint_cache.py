"""Caches by breakpoint: Anthropic Claude, Amazon Bedrock, OpenAI from GPT-5.6.

An entry exists only at a breakpoint that a request set. A request reads the longest living entry that one of its own
breakpoints finds, itself or up to `lookback` positions before it, and pays for writing what lies between that and its last
breakpoint. Entries below the minimum are neither written nor read. Lifetime counts from the start of the request
that wrote or read the entry; an entry is readable once that request has begun to answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from analyzers.prompt_caching.chain import Chain
from analyzers.prompt_caching.prompt import Prompt, Segment
from analyzers.prompt_caching.rules import Rule

_SWEEP_LEAST = 50_000


class Break(NamedTuple):
    """A breakpoint: the segment at whose end it stands, and how long its entry lives."""

    position: int
    lifetime: float


class Bill(NamedTuple):
    """Tokens read, and written for the short and the long lifetime. `hit` is the segment whose entry was read, or -1."""

    read: int
    short: int
    long: int
    hit: int


class BreakpointCache:
    """Prompts must come in the order of their start; one object for one rule."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._entries: dict[int, tuple[float, float, float]] = {}
        """Key -> (last used, readable from, lifetime)."""
        self._sweep_at = _SWEEP_LEAST

    def serve(
        self, prompt: Prompt, chain: Chain, breaks: Sequence[Break] | None = None, ready_at: float | None = None
    ) -> Bill:
        """What is read and written; `breaks` stand in for the request's own breakpoints."""
        rule, entries, at = self._rule, self._entries, prompt.at
        if not chain.ends:
            return Bill(0, 0, 0, -1)
        if breaks is None:
            breaks = breaks_of(prompt, rule)
        tokens, keys = chain.tokens, chain.ends
        breaks = [b for b in breaks if chain.logged(tokens[b.position]) >= rule.minimum]
        if not breaks:
            return Bill(0, 0, 0, -1)
        hit = self._found(prompt, chain, breaks, at)
        ready = prompt.ready_at if ready_at is None else ready_at
        if hit >= 0:
            entries[keys[hit]] = (at, *entries[keys[hit]][1:])
        short = long = 0
        reached = tokens[hit] if hit >= 0 else 0
        for place in breaks:
            key = keys[place.position]
            known = entries.get(key)
            if place.position <= hit:
                if known is not None and at - known[0] <= known[2]:
                    entries[key] = (at, known[1], max(known[2], place.lifetime))
                continue
            if rule.is_long(place.lifetime):
                long += tokens[place.position] - reached
            else:
                short += tokens[place.position] - reached
            reached = tokens[place.position]
            alive = known is not None and at - known[0] <= known[2]
            entries[key] = (at, min(known[1], ready) if alive and known else ready, place.lifetime)
        if len(entries) > self._sweep_at:
            self._entries = {key: e for key, e in entries.items() if at - e[0] <= e[2]}
            self._sweep_at = max(_SWEEP_LEAST, 2 * len(self._entries))
        return Bill(tokens[hit] if hit >= 0 else 0, short, long, hit)

    def _found(self, prompt: Prompt, chain: Chain, breaks: Sequence[Break], at: float) -> int:
        entries, rule, keys = self._entries, self._rule, chain.ends
        looked: set[int] = set()
        for position in lookups(prompt, rule, breaks):
            if position in looked:
                continue
            looked.add(position)
            entry = entries.get(keys[position])
            if (
                entry is not None
                and entry[1] <= at
                and at - entry[0] <= entry[2]
                and chain.logged(chain.tokens[position]) >= rule.minimum
            ):
                return position
        return -1


def breaks_of(prompt: Prompt, rule: Rule) -> list[Break]:
    """The request's own breakpoints in their order: those it marked and, where the provider sets one, that one."""
    if rule.marking != "both" and not prompt.marked:
        return []
    segments = prompt.segments
    marked = [Break(i, rule.lifetime_of(s.mark)) for i, s in enumerate(segments) if s.mark]
    if rule.marking != "both":
        return marked[: rule.breakpoints] if rule.breakpoints else marked
    options = prompt.options.get("prompt_cache_options")
    explicit_only = isinstance(options, dict) and options.get("mode") == "explicit"
    lifetime = rule.lifetime_of(options.get("ttl") if isinstance(options, dict) else None)
    if explicit_only:
        return marked[-rule.breakpoints :]
    found = {place.position: place for place in marked[-(rule.breakpoints - 1) :]}
    end = _latest_boundary(segments)
    if end >= 0:
        found.setdefault(end, Break(end, lifetime))
    return [found[position] for position in sorted(found)]


def _latest_boundary(segments: Sequence[Segment]) -> int:
    """End of the last user message or group of tool results, else of the initial developer messages."""
    for position in range(len(segments) - 1, -1, -1):
        segment = segments[position]
        if segment.level != "message":
            return position if segment.level == "system" else -1
        if segment.role in ("user", "tool"):
            return position
    return -1


def message_ends(segments: Sequence[Segment]) -> list[int]:
    """Positions at which an automatic breakpoint may have stood: ends of user messages, tool groups, the system."""
    ends = []
    for position, segment in enumerate(segments):
        following = segments[position + 1] if position + 1 < len(segments) else None
        if segment.level == "system":
            if following is None or following.level != "system":
                ends.append(position)
        elif segment.level == "message" and segment.role in ("user", "tool"):
            same = following is not None and following.level == "message" and following.position == segment.position
            grouped = following is not None and segment.role == "tool" and following.role == "tool"
            if not same and not grouped:
                ends.append(position)
    return ends


def lookups(prompt: Prompt, rule: Rule, breaks: Sequence[Break]) -> list[int]:
    """Positions at which an entry is looked for, the longest first."""
    segments = prompt.segments
    if rule.marking == "both":
        places = {place.position for place in breaks}
        places.update(message_ends(segments)[-(rule.lookback + 1) :])
        system = [i for i, s in enumerate(segments) if s.level == "system"]
        places.update(system[-1:])
        return sorted(places, reverse=True)
    found: list[int] = []
    for place in reversed(breaks):
        position, left = place.position, rule.lookback
        while position >= 0 and left > 0:
            found.append(position)
            if rule.runs_count_once:
                kind = segments[position].kind
                if kind in ("tool_call", "tool_result"):
                    while position > 0 and segments[position - 1].kind == kind:
                        position -= 1
                        found.append(position)
            position -= 1
            left -= 1
    found.sort(reverse=True)
    return found
