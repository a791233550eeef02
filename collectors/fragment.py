"""A message that its producer logs in a record of its own, apart from the call that it belongs to."""

from __future__ import annotations

from typing import NamedTuple

from analyzers.core import Message


class Fragment(NamedTuple):
    """One message of one call.

    `key` is the call's `text_key`. `time` (unix ns) and `position` (place in its record) put the messages of a call in
    their order; `started_at` (unix seconds) says which day it is kept under. `answer` tells the model's own message
    from those it was given. A record without a time is told from its repetition by its `place` in the topic;
    `copy` counts equal messages of one record, which are no repetition.
    """

    key: str
    time: int
    position: int
    started_at: float
    answer: bool
    message: Message
    place: str = ""
    copy: int = 0
