"""What providers really served of what their rules promise, learnt from simulated against reported reads.

Routing and eviction make real hits rarer than identical prefixes allow, so every forecast is multiplied by the share that was
really read. Where a provider names no exact lifetime, the one of LIFETIMES that explains the reported reads best is taken
first; only what is left is availability.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from analyzers.prompt_caching.chain import Chains
from analyzers.prompt_caching.engine import Availability
from analyzers.prompt_caching.prompt import Prompt
from analyzers.prompt_caching.rules import Rule
from analyzers.prompt_caching.served import Served
from analyzers.prompt_caching.simulate import LIFETIMES, Caches, Lives

LEAST_REQUESTS = 20
LEAST_TOKENS = 20_000
"""Simulated reads below which nothing is learnt."""

_OFF = 0.05
_CANDIDATES = (300.0, 600.0, *LIFETIMES[1:])

Group = tuple[str, str, bool]
"""Provider family, bare model, and whether requests carry a cache key."""


class Learnt(NamedTuple):
    """For one group: requests and simulated reads that could be compared, reported reads, and the lifetime assumed (s)."""

    requests: int
    simulated: int
    reported: int
    lifetime_s: float
    lifetime_learnt: bool
    key_routes: bool = False
    """The provider routes by a cache key where a request has one."""

    @property
    def share(self) -> float | None:
        """Reported reads for each simulated one; above 1 the provider served more than its rules promise."""
        if self.requests < LEAST_REQUESTS or self.simulated < LEAST_TOKENS:
            return None
        return self.reported / self.simulated


def group_of(prompt: Prompt) -> Group:
    """Which availability holds for a request."""
    return (*prompt.family, bool(prompt.cache_key))


def learn(prompts: Sequence[Prompt], chains: Chains) -> dict[Group, Learnt]:
    """From all requests in the order of time; those without usage or without something to compare teach nothing."""
    groups: defaultdict[Group, list[Prompt]] = defaultdict(list)
    for prompt in prompts:
        if prompt.rule is not None and (prompt.segments or prompt.blocks):
            groups[group_of(prompt)].append(prompt)
    return {group: _of_group(found, chains) for group, found in groups.items()}


def lifetimes(learnt: dict[Group, Learnt], prompts: Iterable[Prompt]) -> dict[str, float]:
    """Learnt lifetimes by rule, of the group with the most to compare."""
    best: dict[str, tuple[int, float]] = {}
    rules = {group_of(prompt): prompt.rule for prompt in prompts if prompt.rule is not None}
    for group, found in learnt.items():
        rule = rules.get(group)
        if rule is not None and found.lifetime_learnt and found.simulated > best.get(rule.id, (0, 0.0))[0]:
            best[rule.id] = (found.simulated, found.lifetime_s)
    return {name: life for name, (_, life) in best.items()}


def _of_group(prompts: Sequence[Prompt], chains: Chains) -> Learnt:
    rule = prompts[0].rule
    if rule is None:
        raise ValueError("a group of requests has a rule")
    usual = _as_asked(prompts, chains)
    learnable = rule.kind in ("typical", "minimum", "best_effort", "lru") and rule.match != "breakpoint"
    if not learnable or usual[2] < LEAST_TOKENS or usual[0] < LEAST_REQUESTS:
        return Learnt(*usual, rule.lifetime, False, rule.cache_key == "routes")
    candidates = [(rule.lifetime, usual), *zip(_CANDIDATES, _with_others(prompts, chains, rule), strict=True)]
    # The provider's own figure wins unless another explains the reported reads clearly better.
    life, found = min(candidates, key=lambda one: (abs(one[1][1] - one[1][2]), one[0] != rule.lifetime))
    if abs(usual[1] - usual[2]) - abs(found[1] - found[2]) < 0.05 * usual[2]:
        life, found = rule.lifetime, usual
    return Learnt(*found, life, life != rule.lifetime, rule.cache_key == "routes")


class _Sums:
    """Of the requests that report: how many, and simulated and reported reads."""

    def __init__(self) -> None:
        self.requests = self.simulated = self.reported = 0

    def add(self, read: int, prompt: Prompt) -> None:
        if prompt.read is not None:
            self.requests += 1
            self.simulated += read
            self.reported += read if _same(read, prompt) else prompt.read

    @property
    def found(self) -> tuple[int, int, int]:
        return self.requests, self.simulated, self.reported


def _as_asked(prompts: Sequence[Prompt], chains: Chains) -> tuple[int, int, int]:
    """With the lifetimes that the requests ask for."""
    caches, sums = Caches(chains), _Sums()
    for prompt in prompts:
        tokens = caches.serve(prompt)
        if tokens is not None:
            sums.add(tokens.read, prompt)
    return sums.found


def _with_others(prompts: Sequence[Prompt], chains: Chains, rule: Rule) -> list[tuple[int, int, int]]:
    """With each of _CANDIDATES, in one walk along each prompt."""
    caches, sums = Lives(chains, rule, _CANDIDATES), [_Sums() for _ in _CANDIDATES]
    for prompt in prompts:
        for read, one in zip(caches.read(prompt), sums, strict=True):
            one.add(read, prompt)
    return [one.found for one in sums]


def _same(simulated: int, prompt: Prompt) -> bool:
    """Whether the provider read what was simulated, but for what sizes and increments may be off by.

    Where every request breaks at one place, a size that is off by an increment would look like a provider that serves less; and
    so would one just above the minimum that is just below it.
    """
    step, minimum = (prompt.rule.increment, prompt.rule.minimum) if prompt.rule is not None else (1, 0)
    off = max(2 * step, _OFF * simulated)
    read = prompt.read or 0
    return abs(read - simulated) <= off or (not read and simulated <= minimum + off)


def availability(learnt: dict[Group, Learnt]) -> dict[Group, Availability]:
    """For forecasts: never more than the rules promise, however much was served."""
    return {
        group: Availability(min(share, 1.0)) for group, found in learnt.items() if (share := found.share) is not None
    }


def tokens_of(prompt: Prompt) -> Served | None:
    """What the log itself says that was read and written, or None where it does not."""
    if prompt.total is None or prompt.read is None:
        return None
    short, long = (written or 0 for written in prompt.written)
    return Served(prompt.total - prompt.read - short - long, prompt.read, short, long)
