"""What a varying value of a template is: a time, an id, data of the user, a text found for the turn, or what a restart renewed.

| verdict | the value                                                                                       |
|---------|-------------------------------------------------------------------------------------------------|
| time    | parses as a time and moves with the time of the requests                                        |
| id      | one token of much chance, new with every request, or with every conversation                    |
| user    | stays within a conversation and differs between them, or belongs to who asks                    |
| memory  | a text that changes from turn to turn                                                           |
| state   | something short that changes from turn to turn and comes back, or is renewed for all at once    |
| rebuilt | stays for some turns of a conversation, then is another                                         |
| order   | the same pieces in another order                                                                |
| keys    | the same JSON with its keys in another order (found by `json_text`)                             |
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Literal, NamedTuple

from analyzers.prompt_caching.units import content
from analyzers.values.times import Clock, clock

What = Literal["time", "id", "user", "memory", "state", "rebuilt", "order", "keys"]

_FEW = 0.05
_RARE = 0.5
_NEW = 0.9
_LEAST_PAIRS = 3
_MOST_VARIANTS = 3
_LEAST_WORDS = 6
_SEVERAL = 3
_LONG = 48
_LONG_WORDS = 7
_TOKEN = re.compile(r"^[\w\-.:+/=~#]{3,200}$")
_HEX = re.compile(r"^[0-9a-f]{4,}$", re.IGNORECASE)
_NUMBER = re.compile(r"^\W*(\d{1,9})\W*$")
_OF_USER = re.compile(
    r"customer|client|user|account|member|tenant|organi[sz]ation|company|name|mail|plan|locale|kunde|nutzer|konto|mandant"
    r"|firma|sprache|usuario|utilisateur|compte|cliente|cuenta",
    re.IGNORECASE,
)
_OF_RUN = re.compile(
    r"session|request|trace|nonce|conversation|correlation|thread|\brun\b|\bspan\b|\bchat\b|\bsalt\b|\bseed\b|bust|billing"
    r"|sitzung|anfrage|gespräch|vorgang|sesión|requête",
    re.IGNORECASE,
)


class Seen(NamedTuple):
    """A value over requests in the order of time; None in a request without its place.

    `asked` is the number of user messages of each request, `label` the static text in front of the value, `who` the user of each
    request where the log names them.
    """

    values: Sequence[str | None]
    at: Sequence[float]
    talk: Sequence[int]
    asked: Sequence[int]
    label: str = ""
    who: Sequence[str | None] = ()


class Verdict(NamedTuple):
    """What the value is, `clock` for times; `within`: requests in which it is not what it was a turn before.

    `stays`: constant within conversations. `of_run`: the text in front of it speaks of a session or a request.
    """

    what: What
    clock: Clock | None
    within: frozenset[int]
    stays: bool
    of_run: bool = False


class _Habit(NamedTuple):
    pairs: int
    changed: frozenset[int]
    with_question: int
    """Changed where a user message was added."""
    questions: int
    """Pairs with a user message added."""
    first: tuple[str, ...]
    """The value at every change and at every start of a conversation."""

    @property
    def share(self) -> float:
        return len(self.changed) / self.pairs if self.pairs else 0.0


def judge(seen: Seen) -> Verdict | None:
    """What the value is; None where it does not vary, or was replaced for good (a deploy)."""
    known = [(i, value) for i, value in enumerate(seen.values) if value is not None]
    if len({value for _, value in known}) < 2:
        return None
    habit = _habit(seen)
    of_run = _nearest(seen.label) == "run"
    found = clock([(value, seen.at[i]) for i, value in known if value])
    if found is not None and sum(bool(value) for _, value in known) >= _NEW * len(known):
        stays = habit.pairs >= _LEAST_PAIRS and (habit.share <= _FEW or (found.frozen and habit.share <= _RARE))
        return Verdict("time", found, habit.changed, stays)
    if lasting([value for _, value in known], [seen.talk[i] for i, _ in known]):
        return None
    if _reordered(seen, apart=len(habit.changed) < _LEAST_PAIRS):
        return Verdict("order", None, habit.changed, habit.pairs >= _LEAST_PAIRS and not habit.changed)
    turns = habit.pairs >= _LEAST_PAIRS
    stays = turns and habit.share <= _FEW
    if (stays or not turns) and _variants(habit.first):
        return None
    return Verdict(_what(seen, habit, [value for _, value in known], stays=stays), None, habit.changed, stays, of_run)


def _what(seen: Seen, habit: _Habit, values: Sequence[str], *, stays: bool) -> What:
    turns = habit.pairs >= _LEAST_PAIRS
    owner = _nearest(seen.label)
    random = is_random(habit.first)
    if stays or not turns:
        if random and owner != "user":
            return "id"
        if _renewed(seen):
            return "state"
        if turns or owner == "user":
            return "user"
        of_users = _of_whom(seen)
        long = is_long(values) or (of_users is False and median(map(len, values)) >= _LONG)
        return "memory" if long and not of_users else "user"
    if random and (habit.share > _RARE or owner == "run"):
        return "id"
    follows_questions = (
        habit.with_question >= _NEW * len(habit.changed) and habit.with_question > _RARE * habit.questions
    )
    if habit.share <= _RARE and not (follows_questions and habit.questions < habit.pairs):
        return "rebuilt"
    return "memory" if is_long(values) else "id" if random else "state"


def _renewed(seen: Seen) -> bool:
    """Whether each value holds for one stretch of time, in several conversations: the same for all who ask."""
    known = [(value, talk) for value, talk in zip(seen.values, seen.talk, strict=True) if value is not None]
    stretches = 1 + sum(one[0] != other[0] for one, other in pairwise(known))
    talks = len({talk for _, talk in known})
    return stretches == len({value for value, _ in known}) and talks >= _SEVERAL * stretches


def _of_whom(seen: Seen) -> bool | None:
    """Whether every user has one value, and has it again; None where the log names too few users to tell."""
    own: dict[str, list[str]] = {}
    for who, value in zip(seen.who, seen.values, strict=False):
        if who is not None and value is not None:
            own.setdefault(who, []).append(value)
    again = [some for some in own.values() if len(some) > 1]
    if len(again) < _LEAST_PAIRS:
        return None
    same = sum(len(set(some)) == 1 for some in again)
    return same >= _NEW * len(again) and len({some[0] for some in again}) > 1


def _habit(seen: Seen) -> _Habit:
    latest: dict[int, int] = {}
    pairs = with_question = questions = 0
    changed = set()
    first = []
    for i, value in enumerate(seen.values):
        if value is None:
            continue
        before = latest.get(seen.talk[i])
        latest[seen.talk[i]] = i
        if before is None:
            first.append(value)
            continue
        pairs += 1
        question = seen.asked[i] > seen.asked[before]
        questions += question
        if seen.values[before] != value:
            changed.add(i)
            first.append(value)
            with_question += question
    return _Habit(pairs, frozenset(changed), with_question, questions, tuple(first))


def _nearest(label: str) -> Literal["user", "run", ""]:
    """Whose value it is by the words in front of it, the last of them deciding."""
    user = max((found.end() for found in _OF_USER.finditer(label)), default=-1)
    run = max((found.end() for found in _OF_RUN.finditer(label)), default=-1)
    return "" if user == run else "user" if user > run else "run"


def _variants(first: Sequence[str]) -> bool:
    """Whether it is one of a few sentences, or none: an instruction that is tried out, no data."""
    kinds = set(first)
    wordy = any(len(value.split()) >= _LEAST_WORDS for value in kinds)
    return len(kinds) <= _MOST_VARIANTS and len(first) >= 2 * len(kinds) and wordy


def is_random(first: Sequence[str]) -> bool:
    """Whether values, each of one occasion, are tokens that were never there before."""
    some = [value for value in first if value]
    if len(some) < _LEAST_PAIRS or len(set(some)) < _NEW * len(some):
        return False
    return sum(map(_token, some)) >= _NEW * len(some)


def _token(value: str) -> bool:
    if not _TOKEN.match(value):
        return False
    digits = sum(c.isdigit() for c in value)
    letters = sum(c.isalpha() for c in value)
    plain = value.replace("-", "").replace(":", "")
    return (
        (digits >= 1 and letters >= 1 and len(plain) >= 5)
        or digits >= 3
        or (_HEX.match(plain) is not None and len(plain) >= 5)
        or (len(plain) >= 16 and not plain.isdigit() and plain.isalnum())
    )


def is_long(values: Sequence[str]) -> bool:
    """Text rather than a value."""
    some = [value for value in values if value]
    return bool(some) and (
        median(len(value) for value in some) >= _LONG and median(len(value.split()) for value in some) >= _LONG_WORDS
    )


def _reordered(seen: Seen, *, apart: bool) -> bool:
    """Whether it is a matter of order alone when a value changes: within conversations, or `apart` from one request to the next."""
    latest: dict[int, str] = {}
    changed = moved = 0
    for talk, value in zip(seen.talk, seen.values, strict=True):
        if value is None:
            continue
        key = 0 if apart else talk
        before = latest.get(key)
        latest[key] = value
        if before is not None and before != value:
            changed += 1
            moved += content(before) == content(value)
    return changed >= _LEAST_PAIRS and moved >= _NEW * changed


def variants(values: Sequence[str], talks: Sequence[int]) -> bool:
    """Whether there are a few values, each used again and again and none changed within a conversation: what several kinds of user get."""
    of_talk: dict[int, str] = {}
    if any(of_talk.setdefault(talk, value) != value for talk, value in zip(talks, values, strict=True)):
        return False
    counts = Counter(of_talk.values())
    return len(counts) <= _MOST_VARIANTS and min(counts.values(), default=0) >= _SEVERAL


def lasting(values: Sequence[str], talks: Sequence[int]) -> bool:
    """Whether each value holds for one stretch of time, with few changes: the program was changed, not the prompt's data.

    So is a single stretch of something else. Changes that only happen between conversations which do not overlap are those of the conversation.
    """
    starts = [i for i in range(len(values)) if not i or values[i] != values[i - 1]]
    if len(starts) == 3 and values[0] == values[-1]:
        return True
    if len(starts) != len(set(values)):
        return False
    if len(starts) == 2:
        return True
    between = all(talks[i] != talks[i - 1] for i in starts[1:])
    return len(starts) <= 4 and len(values) >= 20 * len(starts) and not between
