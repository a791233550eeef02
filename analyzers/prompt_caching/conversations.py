"""Which requests belong to one conversation: found from their messages, within the log's own id where that says something.

A request goes on with the conversation whose end it holds: the last message that was sent there, or the answer that came back.
Beginnings tell nothing (a greeting, worked examples), and an id may name less than a conversation (the request) or
more (a session, a user). Texts are compared by their shape, so that a new clock or id in them is no new text.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from analyzers.prompt_caching.messages import Turn, turns_of
from analyzers.prompt_caching.prompt import Prompt
from analyzers.values.canonical import shape

_UNIQUE = 0.9
_OPENING = 40
"""Characters of a message that grows from request to request by which it is found again."""
_CANDIDATES = 64
_NEAR_END = 12
_LEAST_WORDS = 5
_READ = 2_000
"""Characters at either end of a text that its gist is of."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_CHANGED = 2
"""So many messages of a conversation may have changed when most of it is there."""

Scope = tuple[str | None, str | None]
"""App, and the id that is trusted there."""


def conversations(prompts: Sequence[Prompt]) -> list[int]:
    """A number for each prompt, in the order given (by time); equal numbers are one conversation."""
    trusted = _apps_with_ids(prompts)
    found = _Conversations()
    numbers = [
        found.assign(prompt, (prompt.app, prompt.conversation if prompt.app in trusted else None)) for prompt in prompts
    ]
    return _succeeded(numbers, found.forerunners)


def _succeeded(numbers: list[int], forerunners: dict[int, int]) -> list[int]:
    """One id is one conversation also where it began anew (a summary of everything), unless the earlier one went on too."""
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for position, number in enumerate(numbers):
        first.setdefault(number, position)
        last[number] = position
    same: dict[int, int] = {}
    for number, forerunner in sorted(forerunners.items()):
        root = same.get(forerunner, forerunner)
        if last[root] < first[number]:
            same[number] = root
            last[root] = last[number]
    return [same.get(number, number) for number in numbers]


def _apps_with_ids(prompts: Sequence[Prompt]) -> set[str | None]:
    """Apps whose conversation ids come back. An id that is another one with every request names the request."""
    seen: defaultdict[str | None, Counter[str]] = defaultdict(Counter)
    for prompt in prompts:
        if prompt.conversation is not None:
            seen[prompt.app][prompt.conversation] += 1
    return {app for app, ids in seen.items() if len(ids) <= _UNIQUE * ids.total()}


class _State(NamedTuple):
    """A conversation as its latest request left it."""

    keys: frozenset[int]
    turns: tuple[Turn, ...]
    tail: tuple[int, ...]
    answer: str

    @property
    def last(self) -> Turn | None:
        """The last message that was sent."""
        return self.turns[-1] if self.turns else None


class _Conversations:
    def __init__(self) -> None:
        self._states: list[_State] = []
        self._tails = _Index()
        self._holders = _Index()
        self._openings = _Index()
        self._gists = _Index()
        self._waiting: list[tuple[Scope, int]] = []
        """Conversations whose gists were not asked for yet."""
        self._newest: dict[Scope, int] = {}
        self.forerunners: dict[int, int] = {}
        """Of conversations that began under an id that was there before: the one that was then the newest."""

    def assign(self, prompt: Prompt, scope: Scope) -> int:
        turns = turns_of(prompt)
        keys = [_key(turn) for turn in turns]
        answered = any(turn.role == "assistant" for turn in turns)
        number = self._by_tail(scope, turns, keys) if answered else None
        if number is None:
            number = self._by_growth(scope, turns)
        if number is None and answered:
            number = self._by_gist(scope, turns, keys)
        if number is None and answered:
            number = self._by_most(scope, keys)
        if number is None:
            number = len(self._states)
            self._states.append(_State(frozenset(), (), (), ""))
            if scope[1] is not None and scope in self._newest:
                self.forerunners[number] = self._newest[scope]
        self._advance(scope, number, prompt, turns, keys)
        return number

    def _by_tail(self, scope: Scope, turns: Sequence[Turn], keys: Sequence[int]) -> int | None:
        own = frozenset(keys)
        found: set[int] = set()
        # The last message is new: that another conversation ended in the same words says nothing.
        for turn, key in zip(turns[:-1], keys, strict=False):
            found.update(self._tails.get(scope, key))
            if turn.role == "assistant":
                found.update(self._tails.get(scope, _key_of_words(turn.parts)))
        # Many end alike ("yes, please"): the one with most in common, of equals the newest.
        return max(found, key=lambda number: (len(own & self._states[number].keys), number), default=None)

    def _by_growth(self, scope: Scope, turns: Sequence[Turn]) -> int | None:
        """The last message of a conversation with more text behind it."""
        if not turns or not (opening := _opening(turns[-1])):
            return None
        text = turns[-1].text
        best, longest = None, 0
        for number in self._openings.get(scope, opening):
            *before, last = self._states[number].turns
            grown = longest < len(last.text) < len(text) and text.startswith(last.text)
            if grown and before == list(turns[:-1]):
                best, longest = number, len(last.text)
        return best

    def _by_gist(self, scope: Scope, turns: Sequence[Turn], keys: Sequence[int]) -> int | None:
        """The end of a conversation in other words: ids made of letters, an edited answer."""
        for where, number in self._waiting:
            for gist in self._ends(number):
                self._gists.add(where, gist, number)
        self._waiting.clear()
        votes: Counter[int] = Counter()
        for turn in turns[-_NEAR_END:-1]:
            for gist in _gists(turn.text):
                votes.update(n for n in self._gists.get(scope, gist) if gist in self._ends(n))
        own = frozenset(keys)
        return max(votes, key=lambda n: (votes[n], len(own & self._states[n].keys), n), default=None)

    def _ends(self, number: int) -> tuple[int, ...]:
        """Gists of the last message and of the answer to it."""
        state = self._states[number]
        return (*_gists(state.last.text if state.last is not None else ""), *_gists(state.answer))

    def _by_most(self, scope: Scope, keys: Sequence[int]) -> int | None:
        """The end of a conversation is not there, but all the rest of it, and it goes on."""
        own = frozenset(keys)
        votes: Counter[int] = Counter()
        for key in own:
            votes.update(self._holders.get(scope, key))
        best = max(votes, key=lambda number: (votes[number], number), default=None)
        if best is None:
            return None
        state = self._states[best]
        grown = len(state.turns) < len(keys)
        return best if grown and len(own & state.keys) >= max(1, len(state.keys) - _CHANGED) else None

    def _advance(self, scope: Scope, number: int, prompt: Prompt, turns: Sequence[Turn], keys: Sequence[int]) -> None:
        old = self._states[number]
        for key in old.tail:
            self._tails.remove(scope, key, number)
        if old.last is not None:
            self._openings.remove(scope, _opening(old.last), number)
        answer = tuple((part.kind, part.text) for part in prompt.response)
        tail = list(keys[-1:])
        if answer:
            tail += [_key(Turn("assistant", answer)), _key_of_words(answer)]
        own = frozenset(keys)
        self._states[number] = _State(own, tuple(turns), tuple(tail), "\n".join(text for _, text in answer))
        for key in tail:
            self._tails.add(scope, key, number)
        for key in own - old.keys:
            self._holders.add(scope, key, number)
        if turns:
            self._openings.add(scope, _opening(turns[-1]), number)
        self._waiting.append((scope, number))
        self._newest[scope] = number


class _Index:
    """Conversations by what they hold, the newest _CANDIDATES of each."""

    def __init__(self) -> None:
        self._held: dict[tuple[Scope, int], dict[int, None]] = {}

    def get(self, scope: Scope, key: int) -> Sequence[int]:
        held = self._held.get((scope, key))
        return tuple(held) if held else ()

    def add(self, scope: Scope, key: int, number: int) -> None:
        if not key:
            return
        held = self._held.setdefault((scope, key), {})
        held[number] = None
        if len(held) > _CANDIDATES:
            del held[next(iter(held))]

    def remove(self, scope: Scope, key: int, number: int) -> None:
        held = self._held.get((scope, key))
        if held is not None:
            held.pop(number, None)


def _key(turn: Turn) -> int:
    return hash((turn.role, *(shape(text) for _, text in turn.parts)))


def _key_of_words(parts: Sequence[tuple[str, str]]) -> int:
    """Of what the model said, calls of tools aside: logs write those in several ways."""
    said = tuple(shape(text) for kind, text in parts if kind == "text" and text)
    return hash(("said", *said)) if said else 0


def _opening(turn: Turn) -> int:
    text = turn.parts[0][1]
    return hash((turn.role, text[:_OPENING])) if len(text) >= _OPENING else 0


@lru_cache(maxsize=20_000)
def _gists(text: str) -> tuple[int, ...]:
    """Numbers of which a text keeps some when a few words of it change: of its runs of words, the first and last by checksum."""
    if len(text) > 2 * _READ:
        text = text[:_READ] + text[-_READ:]
    found = _WORD.findall(text)
    if len(found) < _LEAST_WORDS:
        return ()
    # Not `hash`: it is another one in every process, and so would be what is found.
    numbers = [crc32(" ".join(run).encode()) for run in zip(found, found[1:], found[2:], strict=False)]
    ordered = sorted(set(numbers))
    return tuple(number + 1 for number in (*ordered[:2], *ordered[-2:]))
