"""The provider's cache over requests in the order of time: what each would read and write under its provider's rules."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from analyzers.prompt_caching.breakpoint_cache import Break, BreakpointCache
from analyzers.prompt_caching.chain import Chain, Chains
from analyzers.prompt_caching.prompt import Prompt
from analyzers.prompt_caching.rules import Rule
from analyzers.prompt_caching.served import Served, plain, served
from analyzers.prompt_caching.unit_cache import FOREVER, UnitCache
from analyzers.prompt_caching.whole_cache import WholeCache

LIFETIMES = (300.0, 1_800.0, 3_600.0, 86_400.0)
"""Lifetimes that are looked at side by side (seconds)."""


class Caches:
    """One cache for every rule, as the requests are marked. Prompts must come in the order of their start."""

    def __init__(self, chains: Chains, lifetimes: Mapping[str, float] | None = None) -> None:
        """`lifetimes`: by rule, in place of the rule's own where that is not exact (`availability`)."""
        self._chains = chains
        self._lifetimes = lifetimes or {}
        self._units: dict[str, UnitCache] = {}
        self._wholes: dict[str, WholeCache] = {}
        self._breaks: dict[str, BreakpointCache] = {}

    def serve(self, prompt: Prompt, breaks: list[Break] | None = None, lifetime: float | None = None) -> Served | None:
        """What is read and written; None for a request without rule or without anything to compare.

        `breaks` stand in for the request's own breakpoints, `lifetime` (seconds) for the rule's.
        """
        rule = prompt.rule
        if rule is None or not (prompt.segments or prompt.blocks):
            return None
        chain = self._chains.chain(prompt)
        total = prompt.total if prompt.total is not None else chain.total
        if rule.not_batch and prompt.price.batch:
            return Served(total, 0)
        if prompt.blocks is not None or rule.match == "block":
            return self._by_unit(prompt, rule, chain, total, lifetime)
        if rule.match == "unit":
            life = lifetime or self._lifetimes.get(rule.id, rule.lifetime)
            whole = self._wholes.setdefault(f"{rule.id}:{life}", WholeCache(life))
            read = likely(whole.serve(chain, prompt.at, prompt.ready_at, *answer_of(prompt, self._chains)), chain)
            return plain(total, _floored(read, rule, chain))
        cache = self._breaks.get(rule.id)
        if cache is None:
            cache = self._breaks[rule.id] = BreakpointCache(rule)
        bill = cache.serve(prompt, chain, breaks)
        return served(total, chain, bill.read, bill.short, bill.long)

    def _by_unit(self, prompt: Prompt, rule: Rule, chain: Chain, total: int, lifetime: float | None) -> Served:
        life = lifetime or self.lifetime(prompt, rule)
        cache = self._units.get(f"{rule.id}:{life}")
        if cache is None:
            cache = self._units[f"{rule.id}:{life}"] = UnitCache((life,))
        read = _floored(likely(cache.serve(chain, prompt.at, prompt.ready_at).read[0], chain), rule, chain)
        if rule.match == "breakpoint":
            # Block hashes tell no breakpoints: every block is taken to be marked.
            return Served(0, read, total - read) if total >= rule.minimum else Served(total, 0)
        return plain(total, read)

    def lifetime(self, prompt: Prompt, rule: Rule) -> float:
        """Seconds, as asked for by the request, as learnt, or as documented."""
        if prompt.options.get("prompt_cache_retention") == "24h" and len(rule.lifetimes_s) > 1:
            return rule.lifetimes_s[1]
        return self._lifetimes.get(rule.id, rule.lifetime)


class Lives:
    """What requests of one rule without breakpoints would read under several lifetimes. Prompts must come in the order of time."""

    def __init__(self, chains: Chains, rule: Rule, lifetimes: Sequence[float]) -> None:
        """`lifetimes` in ascending order, in place of any that requests ask for."""
        self._chains = chains
        self._rule = rule
        self._units = UnitCache(lifetimes)
        self._wholes = [WholeCache(life) for life in lifetimes]

    def read(self, prompt: Prompt) -> list[int]:
        """Tokens read of one request, for each lifetime."""
        chain, rule = self._chains.chain(prompt), self._rule
        if rule.not_batch and prompt.price.batch:
            return [0] * len(self._wholes)
        if rule.match == "unit" and prompt.blocks is None:
            answer = answer_of(prompt, self._chains)
            reads = [whole.serve(chain, prompt.at, prompt.ready_at, *answer) for whole in self._wholes]
        else:
            reads = list(self._units.serve(chain, prompt.at, prompt.ready_at).read)
        return [_floored(likely(read, chain), rule, chain) for read in reads]


def answer_of(prompt: Prompt, chains: Chains) -> tuple[Sequence[int], float]:
    """Keys of the units of the request with its answer behind it, none without an answer, and when they can be read.

    Building them takes as long as for the input.
    """
    if not prompt.response or not prompt.segments:
        return (), 0.0
    return chains.chain(prompt.with_answer).units, prompt.answered_at + (prompt.ready_at - prompt.at)


def likely(read: int, chain: Chain) -> int:
    """Tokens up to which prompts are the same, from those of the whole units that are: where an earlier request is known to have ended
    in the next unit, else half a unit more, as on average.

    Block hashes are the provider's own, and exact.
    """
    if not read or not chain.ends:
        return read
    end = read + chain.unit
    if chain.known:
        at = bisect_left(chain.known, (end,)) - 1
        if at >= 0 and chain.known[at][0] >= read:
            return chain.known[at][0]
    return min(end - chain.unit // 2, chain.total)


def _floored(read: int, rule: Rule, chain: Chain) -> int:
    """The cached prefix as the provider counts it, in tokens of the log: whole increments, from the minimum on."""
    tokens = chain.logged(read)
    if tokens < rule.minimum:
        return 0
    step = rule.increment
    return tokens // step * step if rule.match != "breakpoint" and step > 1 else tokens


class Ceilings(NamedTuple):
    """One request under other regimes than its own."""

    infinite: Served
    """Nothing expires and nothing is too short."""
    best: Served
    """Only what is read again in time is ever written, with the shorter lifetime."""
    by_lifetime: tuple[Served, ...]
    """Everything is written, nothing is too short, entries live for each of LIFETIMES unused."""


class Best:
    """Ceilings, in one walk along each prompt. Prompts must come in the order of their start."""

    def __init__(self, chains: Chains) -> None:
        self._chains = chains
        self._caches: dict[float, _Regimes] = {}

    def ceilings(self, prompt: Prompt) -> Ceilings | None:
        """All ceilings of one request; None without anything to compare. Without a rule the best marking reads nothing."""
        if not (prompt.segments or prompt.blocks):
            return None
        rule = prompt.rule
        life = 0.0 if rule is None else (rule.lifetimes_s[0] if rule.lifetimes_s else rule.lifetime)
        regimes = self._caches.get(life)
        if regimes is None:
            regimes = self._caches[life] = _regimes(life)
        chain = self._chains.chain(prompt)
        total = prompt.total if prompt.total is not None else chain.total
        reads = regimes.cache.serve(chain, prompt.at, prompt.ready_at)
        # Most often what is read is the same under several lifetimes.
        found = {read: served(total, chain, likely(read, chain)) for read in set(reads.read)}
        best = Served(total, 0)
        if rule is not None:
            read = _floored(likely(reads.read[regimes.own], chain), rule, chain)
            written = chain.logged(reads.paid[0]) if rule.write[0] > 1 else 0
            best = Served(total - read - min(written, total - read), read, min(written, total - read))
        return Ceilings(found[reads.read[-1]], best, tuple([found[reads.read[at]] for at in regimes.shown]))


class _Regimes(NamedTuple):
    """A cache that is asked for several lifetimes in ascending order, the last of them for ever, and where some are among them."""

    cache: UnitCache
    own: int
    """The rule's."""
    shown: tuple[int, ...]
    """LIFETIMES."""


def _regimes(life: float) -> _Regimes:
    lifetimes = tuple(sorted({*LIFETIMES, FOREVER, *([life] if life else [])}))
    cache = UnitCache(lifetimes, [life] if life else [])
    return _Regimes(cache, lifetimes.index(life) if life else 0, tuple(map(lifetimes.index, LIFETIMES)))
