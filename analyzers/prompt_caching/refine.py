"""Sizes of parts, from where the provider itself says that a cached prefix ended.

Where requests part at the same place again and again (a clock behind the tools), the logged reads tell within one increment how
many tokens stand before that place, which totals alone do not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from analyzers.prompt_caching.breakpoint_cache import BreakpointCache, breaks_of
from analyzers.prompt_caching.chain import Chain, Chains
from analyzers.prompt_caching.prompt import Prompt
from analyzers.prompt_caching.rules import Rule
from analyzers.prompt_caching.simulate import likely
from analyzers.prompt_caching.sizes import FRAME, Group, Sizes, kind_of, size_in_bytes, sized_with
from analyzers.prompt_caching.unit_cache import UnitCache

_NEAR = 0.1
_MOST = 500


def refine(sizes: Sizes, prompts: Sequence[Prompt]) -> dict[int, int]:
    """Teach `sizes` from prompts in the order of time, whose totals it has learnt already.

    Where breakpoints tell them exactly, the tokens up to there, by the key of the end (`Chain.ends`).
    """
    chains = Chains(sizes)
    known: dict[int, int] = {}
    caches: dict[str, UnitCache | BreakpointCache] = {}
    learnt: Counter[Group] = Counter()
    parts = []
    for prompt in prompts:
        rule = prompt.rule
        if rule is None or rule.match == "unit" or not prompt.segments:
            continue
        group = sized_with(prompt)
        if rule.match == "block" and learnt[group] >= _MOST:
            continue
        cache = caches.get(rule.id)
        if cache is None:
            cache = caches[rule.id] = UnitCache((rule.lifetime,)) if rule.match == "block" else BreakpointCache(rule)
        chain = chains.chain(prompt)
        hit = -1
        if isinstance(cache, BreakpointCache):
            read, _, _, hit = cache.serve(prompt, chain)
            _at_the_last(prompt, rule, chain, known)
        else:
            read = cache.serve(chain, prompt.at, prompt.ready_at).read[0]
        reported = prompt.read or 0
        if not reported or not read:
            continue
        exact = rule.match == "breakpoint"
        # A breakpoint is where it is; a unit or block ends somewhere before the place where the requests part.
        place = read if exact else likely(read, chain)
        estimate = chain.logged(place)
        if abs(estimate - reported) > max(3 * rule.increment, _NEAR * estimate):
            # Another reason than sizes: another machine, an entry that is gone.
            continue
        if hit >= 0:
            known.setdefault(chain.ends[hit], reported)
        if learnt[group] >= _MOST:
            continue
        learnt[group] += 1
        fits = reported <= estimate < reported + rule.increment
        tokens = reported if exact else estimate if fits else reported + rule.increment / 2
        row, frames = _before(prompt, place, chains)
        parts.append((prompt, row, tokens - frames))
    for prompt, row, tokens in parts:
        sizes.learn_part(prompt, row, tokens)
    return known


def _at_the_last(prompt: Prompt, rule: Rule, chain: Chain, known: dict[int, int]) -> None:
    """What was read and written ends at the last breakpoint."""
    cached = (prompt.read or 0) + sum(written or 0 for written in prompt.written)
    if cached and (breaks := breaks_of(prompt, rule)):
        known.setdefault(chain.ends[breaks[-1].position], cached)


def _before(prompt: Prompt, tokens: int, chains: Chains) -> tuple[list[float], int]:
    """Bytes of each class in front of that many tokens of the chain, and the tokens of the frames there."""
    row = [0.0] * 4
    frames = start = 0
    message = -1
    for segment, end in zip(prompt.segments, chains.chain(prompt).tokens, strict=True):
        if start >= tokens:
            break
        if segment.level == "message" and segment.position != message:
            message = segment.position
            frames += FRAME
            start += FRAME
        share = 1.0 if end <= tokens or end <= start else max(0.0, (tokens - start) / (end - start))
        row[kind_of(segment)] += size_in_bytes(segment.text) * share
        start = end
    return row, frames
