"""How much of a template is the same in all of its requests, and how much is each one's own."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.slots import Slot, leading_slots, system_slots

_SAMPLE = 300


class Share(NamedTuple):
    """Mean tokens of a request: of what stays (tools, system and leading messages, piece by piece), and of the rest."""

    static: int
    variable: int


def share(case: Case) -> Share:
    """Looked for in the newest requests, sized over all."""
    some = case.newest(_SAMPLE)
    static = _tools(some)
    static += sum(_tokens(some, slot) for slots in (system_slots(some), leading_slots(some)) for slot in slots)
    whole = sum(case.size(i) for i in range(len(case.prompts))) / (len(case.prompts) or 1)
    static = min(static, whole)
    return Share(round(static), round(whole - static))


def _tools(case: Case) -> float:
    """Tools that at least half of the requests send in the same words, in whatever order."""
    seen = Counter(text for p in case.prompts for text in {s.text for s in p.segments if s.level == "tools"})
    usual = {text for text, count in seen.items() if 2 * count >= len(case.prompts)}
    tokens = 0
    for position, prompt in enumerate(case.prompts):
        start = 0
        for segment, end in zip(prompt.segments, case.chain(position).tokens, strict=False):
            if segment.level != "tools":
                break
            tokens += end - start if segment.text in usual else 0
            start = end
    return tokens / (len(case.prompts) or 1)


def _tokens(case: Case, slot: Slot) -> float:
    """Tokens of the slot's static pieces, by the size of the whole text in the newest request that has it; 0 if few have it."""
    having = [i for i, text in enumerate(slot.texts) if text]
    if 2 * len(having) < len(case.prompts):
        return 0.0
    newest = having[-1]
    number = slot.number(case.prompts[newest])
    tokens = case.chain(newest).tokens
    text = slot.texts[newest] or ""
    if number < 0 or not tokens or not text:
        return 0.0
    own = tokens[number] - (tokens[number - 1] if number else 0)
    return own * min(1.0, slot.skeleton.static / len(text))
