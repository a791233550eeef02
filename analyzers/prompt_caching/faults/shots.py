"""Examples that stand as messages of their own in front of the conversation, in an order that changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.diff import common_prefix
from analyzers.prompt_caching.fault import Fault, Place, excerpt
from analyzers.prompt_caching.faults.loss import confidence
from analyzers.prompt_caching.faults.values import lasting
from analyzers.prompt_caching.messages import Placed, Turn, turns_of, with_turns
from analyzers.prompt_caching.prompt import Prompt

_MOST = 40
_LEAST_TALKS = 4
_LEAST_AFFECTED = 2
_NEARLY_ALL = 0.9
_MEASURED = 60

Lead = tuple[Turn, ...]


def example_order(case: Case) -> Iterator[Fault]:
    """`chunk_order`: conversations begin with the same messages in another order."""
    common = _common(case)
    if len(common) < 2:
        return
    leads = [_lead(prompt, common) for prompt in case.prompts]
    affected = [i for i, before in enumerate(case.earlier) if before >= 0 and _reordered(leads[before], leads[i])]
    usual = Counter(_content(lead) for lead in leads).most_common(1)[0][1]
    if len(affected) < _LEAST_AFFECTED or usual < _NEARLY_ALL * len(leads):
        return
    if lasting([str(hash(lead)) for lead in leads], case.conversation):
        return
    latest = affected[-1]
    was, now = leads[case.earlier[latest]], leads[latest]
    at = next(i for i, (a, b) in enumerate(zip(was, now, strict=True)) if a != b)
    prompt = case.prompts[latest]
    number = _segment(prompt, at)
    segment = prompt.segments[number]
    start = common_prefix(was[at].text, now[at].text)
    some = [pair for pair in (*case.neighbours, *case.turns) if pair.after in set(affected)][-_MEASURED:]
    yield Fault(
        "chunk_order",
        Place("message", segment.position, 0, len(segment.text), segment.part),
        frozenset(affected),
        len(case.prompts),
        _stranded(case, affected, leads),
        excerpt(was[at].text, 0, start + 60, 0),
        excerpt(now[at].text, 0, start + 60, 0),
        "Send the examples in front of the conversation in one order that stays.",
        lambda prompts: _in_first_order(prompts, common),
        confidence(case, lambda prompt: _segment(prompt, at), some),
    )


def _common(case: Case) -> frozenset[Turn]:
    """Messages that at least half of the conversations begin with, in whatever order."""
    firsts = {talk: i for i, talk in reversed(list(enumerate(case.conversation)))}
    if len(firsts) < _LEAST_TALKS:
        return frozenset()
    counts = Counter(turn for i in firsts.values() for turn in set(turns_of(case.prompts[i])[:_MOST]))
    return frozenset(turn for turn, count in counts.items() if 2 * count >= len(firsts))


def _lead(prompt: Prompt, common: frozenset[Turn]) -> Lead:
    turns = turns_of(prompt)[:_MOST]
    end = next((i for i, turn in enumerate(turns) if turn not in common), len(turns))
    return turns[:end]


def _content(lead: Lead) -> frozenset[tuple[Turn, int]]:
    return frozenset(Counter(lead).items())


def _reordered(a: Lead, b: Lead) -> bool:
    return a != b and len(a) == len(b) and _content(a) == _content(b)


def _segment(prompt: Prompt, message: int) -> int:
    """Number of the first segment of a message, counted from the first one."""
    number, last = -1, -1
    for index, segment in enumerate(prompt.segments):
        if segment.level == "message" and segment.position != last:
            number, last = number + 1, segment.position
            if number == message:
                return index
    return -1


def _stranded(case: Case, affected: Sequence[int], leads: Sequence[Lead]) -> int:
    tokens = []
    for i in affected[:: len(affected) // _MEASURED + 1]:
        was, now = leads[case.earlier[i]], leads[i]
        first = next(n for n, (a, b) in enumerate(zip(was, now, strict=True)) if a != b)
        end = _segment(case.prompts[i], len(now))
        end = len(case.prompts[i].segments) if end < 0 else end
        start = _segment(case.prompts[i], first)
        length = len(case.prompts[i].segments[end - 1].text)
        tokens.append(case.tokens_before(i, end - 1, length) - case.tokens_before(i, start))
    return round(sum(tokens) / len(tokens))


def _in_first_order(prompts: Sequence[Prompt], common: frozenset[Turn]) -> list[Prompt]:
    first: dict[frozenset[tuple[Turn, int]], Lead] = {}
    done = []
    for prompt in prompts:
        lead = _lead(prompt, common)
        wanted = first.setdefault(_content(lead), lead)
        if wanted == lead:
            done.append(prompt)
            continue
        turns = turns_of(prompt)
        # Breakpoints stay at their place in the prompt: they mark an end, not a message.
        placed = [Placed(turn, number) for number, turn in enumerate((*wanted, *turns[len(lead) :]))]
        done.append(with_turns(prompt, placed))
    return done
