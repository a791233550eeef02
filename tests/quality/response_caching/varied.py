"""Far more wordings than Banking77 has: its questions with openings, closings and slips of the finger, as people write."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers.response_caching.stream import Stream
from tests.quality.response_caching.banking import asked, questions

_OPENINGS = (
    *("", "", "", "", "", "Hi, ", "Hello, ", "Good morning. ", "Please help: ", "Quick question: ", "Hey there, "),
    *("I need to know: ", "Sorry to bother you, but ", "Could you tell me, ", "Not sure whom to ask. ", "Question - "),
)
_CLOSINGS = (
    *("", "", "", "", "", " Thanks", " Thank you!", " Please advise.", " Any help is welcome", " I am in a hurry."),
    *(" Cheers", " Let me know.", " It is urgent", " I have been waiting since Monday.", " Best, Sam", " ??"),
)
_DAYS = 14


class Varied(NamedTuple):
    """A stream, and the intent behind each of its texts."""

    stream: Stream
    intent: NDArray[np.int32]


def varied(length: int, seed: int, wordings: int) -> Varied:
    """Requests over two weeks: questions by Zipf's law, and `wordings` variants of each by Zipf's law again.

    The first variant is the question as it stands. Each intent has one answer, there two seconds later.
    """
    random = np.random.default_rng(seed)
    known = questions()
    share = 1.0 / np.arange(1, wordings + 1)
    variant = random.choice(wordings, length, p=share / share.sum())
    number, text = np.unique(asked(length, seed) * wordings + variant, return_inverse=True)
    wording = [
        _reworded(known.texts[n // wordings], n) if n % wordings else known.texts[n // wordings]
        for n in number.tolist()
    ]
    distinct = {one: i for i, one in enumerate(dict.fromkeys(wording))}
    place = np.array([distinct[one] for one in wording], np.int32)
    intent = np.zeros(len(distinct), np.int32)
    intent[place] = known.intent[number // wordings]
    text = place[text]
    at = np.sort(random.random(length)) * _DAYS * 86_400
    made = Stream(
        scope="banking",
        app="bank",
        model="model",
        at=at,
        ready=at + 2.0,
        text=text,
        key=text,
        answer=intent[text],
        cost=np.full(length, 10**9, np.int64),
        priced=np.ones(length, np.bool_),
        call=np.arange(length, dtype=np.int64),
        texts=list(distinct),
        answers=known.intents,
    )
    return Varied(made, intent)


def _reworded(text: str, seed: int) -> str:
    random = np.random.default_rng(seed)
    opening, closing = random.integers(len(_OPENINGS)), random.integers(len(_CLOSINGS))
    letters = list(text)
    for place in random.integers(1, max(2, len(letters) - 1), size=random.integers(3)).tolist():
        letters[place - 1 : place + 1] = letters[place - 1 : place + 1][::-1]
    return _OPENINGS[opening] + "".join(letters) + _CLOSINGS[closing]
