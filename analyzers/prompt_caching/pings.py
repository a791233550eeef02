"""Requests that nobody needs an answer to, sent so that an entry is still there when somebody does.

An entry's uses are the requests that begin alike; after each of them, and as long as no other follows, the entry is pinged. When is known
from the times of the requests alone, so that a client can do it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from analyzers.prompt_caching.chain import Chains
from analyzers.prompt_caching.prompt import Prompt, Segment
from analyzers.prompt_caching.sizes import FRAME

_NOTHING = Segment("message", 0, 0, "user", "text", ".")
"""A request without a message is refused."""
_OF_NOTHING = FRAME + 1


class Ping(NamedTuple):
    """Sent at `at` (unix seconds) because of request number `owner` of the sequence; answered with one token."""

    at: float
    owner: int
    prompt: Prompt


def due(prompts: Sequence[Prompt], chains: Chains) -> list[Ping]:
    """The pings of requests in the order of time that are to have some, until the last of the requests."""
    asked = [number for number, prompt in enumerate(prompts) if prompt.pings is not None]
    if not asked:
        return []
    end = prompts[-1].at
    sent = []
    for numbers in uses([prompts[n] for n in asked], chains):
        own = [asked[n] for n in numbers]
        for number, following in zip(own, [*own[1:], None], strict=True):
            prompt = prompts[number]
            pings = prompt.pings
            if pings is None:
                continue
            until = end if following is None else prompts[following].at
            times = [prompt.at + n * pings.every for n in range(1, pings.most + 1)]
            sent += [Ping(at, number, _again(prompt, at, chains)) for at in times if at < until]
    return sorted(sent, key=lambda ping: ping.at)


def uses(prompts: Sequence[Prompt], chains: Chains) -> list[list[int]]:
    """Numbers of the requests that use the same entry, by entry: of one conversation (`Pings.whole`), or of one beginning."""
    found: defaultdict[Hashable, list[int]] = defaultdict(list)
    for number, prompt in enumerate(prompts):
        if prompt.pings is not None and prompt.pings.whole:
            found["talk", prompt.talk].append(number)
        elif end := beginning(prompt):
            found["beginning", chains.chain(prompt).ends[end - 1]].append(number)
    return list(found.values())


def beginning(prompt: Prompt) -> int:
    """How many of its segments a request shares with others: up to the last breakpoint of tools and system, else all of these."""
    head = len(prompt.head)
    marked = [number for number, segment in enumerate(prompt.segments[:head]) if segment.mark]
    by_mark = prompt.rule is not None and prompt.rule.match == "breakpoint" and marked
    return marked[-1] + 1 if by_mark else head


def _again(prompt: Prompt, at: float, chains: Chains) -> Prompt:
    sent = prompt._replace(at=at, ready_at=at, pings=None, response=())
    if prompt.pings is None or prompt.pings.whole:
        return sent
    end, chain = beginning(prompt), chains.chain(prompt)
    total = chain.logged(chain.tokens[end - 1]) + _OF_NOTHING
    return sent._replace(segments=(*prompt.segments[:end], _NOTHING), total=total)
