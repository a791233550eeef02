"""What need not be recommended any more: faults that only calls before a change of the same prompt have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agent.recommend.opportunity import Opportunity
from agent.recommend.proof.state import Proof
from agent.recommend.world import World
from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.engine import LEAST_CALLS, mend
from analyzers.prompt_caching.fault import Place
from analyzers.prompt_caching.faults import DETECTORS

_LOOKED_AT = 400


def changes(proofs: Iterable[Proof]) -> dict[str, float]:
    """By template when its prompts were last changed as proposed (unix seconds)."""
    found: dict[str, float] = {}
    for proof in proofs:
        if proof.lever == "prompt_caching" and proof.adopted_at is not None:
            for name in proof.templates:
                found[name] = max(found.get(name, 0.0), proof.adopted_at)
    return found


def over(world: World, listed: Iterable[Opportunity], changed: Mapping[str, float]) -> frozenset[str]:
    """Ids of those of which nothing is left at their place in the calls since each of their prompts was `changed`."""
    left = {
        number: _places(one.outcome.case, changed[one.id], world)
        for number, one in enumerate(world.templates)
        if one.id in changed
    }
    gone = set()
    for one in listed:
        places = [left.get(number) for number in one.templates]
        if one.place is not None and places and all(p is not None and _where(one.place) not in p for p in places):
            gone.add(one.id)
    return frozenset(gone)


def _places(case: Case, start: float, world: World) -> frozenset[tuple[str, int]] | None:
    """Where faults are found in the calls since; None where these are too few to tell."""
    first = max(sum(prompt.at < start for prompt in case.prompts), len(case.prompts) - _LOOKED_AT)
    since = Case(case.prompts[first:], case.conversation[first:], case.chains, case.lifetimes)
    if len(since.prompts) < LEAST_CALLS:
        return None
    return frozenset(_where(one.fault.place) for one in mend(since, DETECTORS, world.pricing).faults)


def _where(place: Place) -> tuple[str, int]:
    return place.segment, place.position if place.segment == "system" else 0
