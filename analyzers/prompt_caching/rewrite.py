"""Repairs of a history: what was sent once is sent again in the same bytes, and what varies stands behind it.

All are transformations of every request of a template in the order of time, conversation by conversation (`Prompt.talk`), and
look at the requests as they are then: they may follow any other repair.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from analyzers.prompt_caching.alignment import align, first_difference
from analyzers.prompt_caching.chain import Chains
from analyzers.prompt_caching.history import change, permuted, without_tail
from analyzers.prompt_caching.likeness import formless, likeness, pieces, text_form
from analyzers.prompt_caching.messages import Placed, Turn, turns_of, with_turns
from analyzers.prompt_caching.prompt import Prompt

Echoes = Callable[[Turn, Turn], bool]
"""Whether the first-sent version of a message stands in for a later one."""


class Policy(NamedTuple):
    """Which later versions give way to the first one, and which dropped messages are kept."""

    echoes: Echoes
    keeps: Callable[[Turn], bool]


class Kept(NamedTuple):
    """A message as it is sent after the repair, and its number in the request as it was."""

    turn: Turn
    source: int


def echoed(prompts: Sequence[Prompt], chains: Chains, echoes: Echoes, worth: float | None = None) -> list[Prompt]:
    """Every old message for which `echoes` holds in the bytes in which it was first sent; `worth` as in `Chains.resized`."""
    latest: dict[int, tuple[tuple[Turn, ...], list[Kept]]] = {}
    found = []
    for prompt in prompts:
        turns = turns_of(prompt)
        before = latest.get(prompt.talk)
        kept = [Kept(turn, source) for source, turn in enumerate(turns)]
        if before is not None and turns:
            own, sent = before
            image = align(own, turns)
            for old in sent:
                at = image[old.source]
                if at < 0:
                    continue
                was, turn = own[old.source], old.turn
                if old.source == len(own) - 1:
                    was, turn = without_tail(was, turns[at]), without_tail(turn, turns[at])
                if was == turns[at] or echoes(was, turns[at]):
                    kept[at] = Kept(turn, at)
        latest[prompt.talk] = (turns, kept)
        found.append(_sent(prompt, turns, kept, chains, worth))
    return found


def in_one_form(prompts: Sequence[Prompt], chains: Chains) -> list[Prompt]:
    """Texts of a conversation that differ in white space, line ends or Unicode alone in the form they mostly have."""
    forms: defaultdict[tuple[int, str, str], Counter[str]] = defaultdict(Counter)
    known: dict[str, str] = {}
    for prompt in prompts:
        for segment in prompt.segments:
            if segment.level == "message":
                text = segment.text
                plain = known.get(text) or known.setdefault(text, formless(text))
                forms[prompt.talk, segment.role, plain][text] += 1
    usual: dict[tuple[int, str, str], str] = {}
    for (talk, role, _), versions in forms.items():
        if len(versions) > 1:
            first = max(versions, key=lambda text: versions[text])
            usual |= {(talk, role, text): first for text in versions if text_form(first, text) == "space"}
    found = []
    for prompt in prompts:
        segments = [
            segment._replace(text=usual.get((prompt.talk, segment.role, segment.text), segment.text))
            if segment.level == "message"
            else segment
            for segment in prompt.segments
        ]
        same = all(new.text is old.text for new, old in zip(segments, prompt.segments, strict=True))
        found.append(prompt if same else chains.resized(prompt, prompt.with_segments(segments)))
    return found


def in_one_order(prompts: Sequence[Prompt], chains: Chains, echoes: Echoes) -> list[Prompt]:
    """Messages of the same pieces, and groups of the same messages, in the order in which the template first had them."""
    orders: dict[frozenset[tuple[Turn, int]], tuple[Turn, ...]] = {}
    groups: set[tuple[int, int]] = set()
    latest: dict[int, tuple[Turn, ...]] = {}
    for prompt in prompts:
        turns = turns_of(prompt)
        own = latest.get(prompt.talk, turns)
        at = first_difference(own, turns)
        if at < min(len(own), len(turns)) and (width := permuted(own, turns, at)):
            groups.add((at, width))
        latest[prompt.talk] = turns
    versions: dict[tuple[str, tuple[str, ...]], Turn] = {}
    found = []
    for prompt in prompts:
        turns = turns_of(prompt)
        sorted_turns = [_first_version(turn, versions) for turn in turns]
        for at, width in sorted(groups):
            group = tuple(sorted_turns[at : at + width])
            if len(group) == width:
                sorted_turns[at : at + width] = orders.setdefault(frozenset(Counter(group).items()), group)
        kept = [Kept(turn, source) for source, turn in enumerate(sorted_turns)]
        found.append(_sent(prompt, turns, kept, chains))
    return echoed(found, chains, echoes)


def _first_version(turn: Turn, versions: dict[tuple[str, tuple[str, ...]], Turn]) -> Turn:
    some = tuple(sorted(piece for _, text in turn.parts for piece in pieces(text)))
    if len(some) < 2:
        return turn
    first = versions.setdefault((turn.role, some), turn)
    return first if first == turn or likeness(first, turn).form == "order" else turn


def appended(prompts: Sequence[Prompt], chains: Chains, policy: Policy, limit: float) -> list[Prompt]:
    """Old messages are kept where they were dropped, and in their first bytes where they are echoed, as `policy` says.

    A request that would grow beyond `limit` times what it was starts anew from what it was: history is then cut in rare large
    steps. What stood in for dropped messages (a note, a summary) is not sent while they are.
    """
    latest: dict[int, tuple[tuple[Turn, ...], list[Kept]]] = {}
    found = []
    for prompt in prompts:
        turns = turns_of(prompt)
        before = latest.get(prompt.talk)
        kept = [Kept(turn, source) for source, turn in enumerate(turns)]
        sent = prompt
        if before is not None and turns:
            longer = list(_merged(before[0], before[1], turns, policy))
            rebuilt = _sent(prompt, turns, longer, chains)
            if chains.tokens(rebuilt) <= limit * chains.tokens(prompt):
                kept, sent = longer, rebuilt
        latest[prompt.talk] = (turns, kept)
        found.append(sent)
    return found


def _merged(own: Sequence[Turn], sent: Sequence[Kept], turns: Sequence[Turn], policy: Policy) -> Iterator[Kept]:
    image = align(own, turns)
    at = first_difference(own, turns)
    happened = change(own, turns) if at < len(own) - 1 else None
    # Another last turn, or a branch from an earlier one: what stands behind it was taken back, not dropped.
    last = at - 1 if happened is None else happened.kept_to
    replaced = happened is not None and happened.what == "replaced"
    summary = replaced and last == at
    if summary:
        image = (*image[:at], *(-1 for _ in own[at:]))
    alive = len(own) if summary else max((i for i, j in enumerate(image) if 0 <= j <= last), default=-1) + 1
    done = 0
    dropping = False
    for old in sent:
        if old.source >= alive:
            break
        j = image[old.source] if old.source >= 0 else -1
        if j < 0 or j > last:
            if policy.keeps(old.turn):
                dropping = True
                yield Kept(old.turn, -1)
            continue
        if not dropping:
            for new in range(done, j):
                yield Kept(turns[new], new)
        dropping = False
        # A summary that was sent stays, for what the next one says more is still there itself.
        same = own[old.source] == turns[j] or policy.echoes(own[old.source], turns[j]) or (replaced and j == at)
        yield Kept(old.turn if same else turns[j], j)
        done = j + 1
    start = last + 1 if summary else done
    for new in range(start, len(turns)):
        yield Kept(turns[new], new)


def split(prompts: Sequence[Prompt], chains: Chains) -> list[Prompt]:
    """What was added to the text of a last message follows it as a message of its own."""
    latest: dict[int, tuple[tuple[Turn, ...], dict[int, tuple[Turn, ...]]]] = {}
    found = []
    for prompt in prompts:
        turns = turns_of(prompt)
        before = latest.get(prompt.talk)
        pieces: dict[int, tuple[Turn, ...]] = {}
        if before is not None and turns:
            own, known = before
            at = first_difference(own, turns)
            pieces = {i: several for i, several in known.items() if i < at}
            if at == len(own) - 1 and at < len(turns):
                rest = _rest(own[at], turns[at])
                if rest is not None:
                    pieces[at] = (*known.get(at, (own[at],)), rest)
        latest[prompt.talk] = (turns, pieces)
        kept = []
        for source, turn in enumerate(turns):
            several = pieces.get(source, (turn,))
            kept += [Kept(piece, -1) for piece in several[:-1]] + [Kept(several[-1], source)]
        found.append(_sent(prompt, turns, kept, chains) if pieces else prompt)
    return found


def _rest(old: Turn, new: Turn) -> Turn | None:
    last = len(old.parts) - 1
    if old.role != new.role or len(new.parts) <= last or old.parts[:last] != new.parts[:last] or old == new:
        return None
    kind, text = old.parts[last]
    new_kind, new_text = new.parts[last]
    if kind != new_kind or not new_text.startswith(text):
        return None
    grown = ((kind, new_text[len(text) :]),) if len(new_text) > len(text) else ()
    return Turn(new.role, (*grown, *new.parts[last + 1 :]))


def _sent(
    prompt: Prompt, turns: Sequence[Turn], kept: Sequence[Kept], chains: Chains, worth: float | None = None
) -> Prompt:
    if len(kept) == len(turns) and all(one.turn is turn for one, turn in zip(kept, turns, strict=True)):
        return prompt
    return chains.resized(prompt, with_turns(prompt, [Placed(one.turn, one.source) for one in kept]), worth)
