"""Which requests belong to one conversation: by the log's own id where it says something, else by the messages they share."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from analyzers.prompt_caching.canonical import shape
from analyzers.prompt_caching.prompt import Prompt

_COMMON = 4
"""A message that so many conversations share tells none of them."""
_OPENING = 400
_UNIQUE = 0.9


def conversations(prompts: Sequence[Prompt]) -> list[int]:
    """A number for each prompt, in the order given (by time); equal numbers are one conversation."""
    trusted = _apps_with_ids(prompts)
    found = _Inferred()
    named: dict[tuple[str | None, str], int] = {}
    numbers = []
    for prompt in prompts:
        if prompt.conversation is not None and prompt.app in trusted:
            key = (prompt.app, prompt.conversation)
            number = named.get(key)
            if number is None:
                number = named[key] = found.new()
        else:
            number = found.assign(prompt)
        numbers.append(number)
    return numbers


def _apps_with_ids(prompts: Sequence[Prompt]) -> set[str | None]:
    """Apps whose conversation ids come back. An id that is another one with every request names the request."""
    seen: defaultdict[str | None, Counter[str]] = defaultdict(Counter)
    for prompt in prompts:
        if prompt.conversation is not None:
            seen[prompt.app][prompt.conversation] += 1
    return {app for app, ids in seen.items() if len(ids) <= _UNIQUE * ids.total()}


class _Inferred:
    def __init__(self) -> None:
        self._next = 0
        self._latest: dict[tuple[str | None, int], int] = {}
        self._sharers: defaultdict[tuple[str | None, int], set[int]] = defaultdict(set)

    def new(self) -> int:
        self._next += 1
        return self._next - 1

    def assign(self, prompt: Prompt) -> int:
        turns = messages_of(prompt)
        keys = [(prompt.app, hash((role, shape(text)))) for role, text in turns]
        votes: Counter[int] = Counter()
        if any(role == "assistant" for role, _ in turns):
            for key in keys:
                number = self._latest.get(key)
                if number is not None and len(self._sharers[key]) < _COMMON:
                    votes[number] += 1
        opening = self._opening(prompt, turns)
        if opening is not None and not votes and (number := self._latest.get(opening)) is not None:
            votes[number] += 1
        # Among equally likely ones the newest.
        number = max(votes, key=lambda n: (votes[n], n)) if votes else self.new()
        answer = "".join(part.text for part in prompt.response if part.kind == "text")
        if answer:
            keys.append((prompt.app, hash(("assistant", shape(answer)))))
        if opening is not None:
            keys.append(opening)
        for key in keys:
            self._latest[key] = number
            sharers = self._sharers[key]
            if len(sharers) < _COMMON:
                sharers.add(number)
        return number

    @staticmethod
    def _opening(prompt: Prompt, turns: Sequence[tuple[str, str]]) -> tuple[str | None, int] | None:
        """One long message that grows from request to request is a conversation too."""
        if len(turns) == 1 and len(turns[0][1]) >= _OPENING and not prompt.head:
            return (prompt.app, hash(("opening", turns[0][1][:_OPENING])))
        return None


def messages_of(prompt: Prompt) -> list[tuple[str, str]]:
    """(role, text) of every message."""
    found: list[tuple[str, str]] = []
    last = -1
    for segment in prompt.segments:
        if segment.level != "message":
            continue
        if segment.position == last:
            role, text = found[-1]
            found[-1] = (role, f"{text}\n{segment.text}")
        else:
            found.append((segment.role, segment.text))
            last = segment.position
    return found
