"""Prefixes that are too short to be cached, where making them longer would pay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.fault import SETUP, Fault, Place
from analyzers.prompt_caching.faults.marking import Marking, head_end, mark, marked, usual_lifetime, words_of
from analyzers.prompt_caching.prompt import Prompt, Segment

_SAFETY = 32
"""Tokens above the minimum, for what the estimate of sizes may be off by."""
_MOST = 0.9
_MUCH = " That is more than all that is there now: a model with a lower minimum needs none of it."


def below_minimum(case: Case) -> Iterable[Fault]:
    """`below_minimum`: the shared head is shorter than the model's minimum, and padding it up to there costs less.

    Padding L tokens to M pays when L > M (r + (w - r) / N) for N requests a lifetime (OpenAI's guide); here the simulation
    with the longer prompts decides.
    """
    rule = case.prompts[-1].rule
    if rule is None or rule.minimum <= rule.increment or not case.prompts[-1].segments:
        return
    short = []
    lengths = []
    for position, prompt in enumerate(case.prompts):
        end = head_end(prompt.segments)
        if end < 0 or prompt.rule is not rule:
            continue
        chain = case.chain(position)
        length = chain.logged(chain.tokens[end])
        tokens = case.served[position]
        if length < rule.minimum and tokens is not None and tokens.read == 0:
            short.append(position)
            lengths.append(length)
    if len(short) < _MOST * len(case.prompts):
        return
    length = sorted(lengths)[len(lengths) // 2]
    missing = rule.minimum - length + _SAFETY
    minimum = rule.minimum

    unmarked = rule.marking == "explicit" and not any(marked(p) for p in case.prompts)
    on = Marking(usual_lifetime(case), None)

    def repair(prompts: Sequence[Prompt]) -> list[Prompt]:
        longer = [_padded(case, p, missing) for p in prompts]
        return [mark(p, on) if p.rule is rule else p for p in longer] if unmarked else longer

    last = case.prompts[short[-1]]
    end = head_end(last.segments)
    place = last.segments[end]
    yield Fault(
        "below_minimum",
        Place(place.level, place.position, 0, len(place.text)),
        frozenset(short),
        len(case.prompts),
        length,
        f"{length:,} tokens",
        f"{minimum:,} tokens at least",
        f"Lengthen what is the same in all requests by about {missing:,} tokens that are of use (worked examples, rules): below "
        f"{minimum:,} tokens this model caches nothing. What they cost themselves is taken off the saving."
        + (_MUCH if missing > length else "")
        + (f" And turn caching on: {words_of(on)}." if unmarked else ""),
        repair,
        stage=SETUP,
    )


def _padded(case: Case, prompt: Prompt, tokens: int) -> Prompt:
    end = head_end(prompt.segments)
    if end < 0:
        return prompt
    segment = prompt.segments[end]
    before = case.chains.chain(prompt)
    # Text of as many tokens, by what this prompt's own text of that kind has.
    own = before.tokens[end] - (before.tokens[end - 1] if end else 0)
    per_character = own / len(segment.text) if segment.text and own else 0.25
    filler = ("." * 7 + "\n") * (round(tokens / per_character) // 8 + 1)
    longer = Segment(
        segment.level,
        segment.position,
        segment.part,
        segment.role,
        segment.kind,
        segment.text + "\n" + filler,
        segment.mark,
    )
    segments = (*prompt.segments[:end], longer, *prompt.segments[end + 1 :])
    total = None if prompt.total is None else prompt.total + tokens
    return prompt._replace(segments=segments, total=total)
