"""What a request did to the messages that the one before it had sent: nothing, or the first change that a cache trips over.

Growth at the end is nothing, and so are a repeated request, another last turn, and a branch from an earlier one: no message
behind the change is sent again, so there is nothing that could have been read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from analyzers.prompt_caching.alignment import align, first_difference
from analyzers.prompt_caching.diff import changes
from analyzers.prompt_caching.likeness import kinship, likeness, words
from analyzers.prompt_caching.messages import Turn
from analyzers.values.canonical import shape

What = Literal["json", "space", "order", "value", "shortened", "edited", "dropped", "replaced", "inserted", "extended"]

_SHORTER = 0.6
_NOTE = 200
_STANDS_IN = 2
"""Messages that may stand for those that were dropped."""
_SUMMARY_WORDS = 5
_SUMMARY_SHARE = 0.5
_SUMMARY_KIN = 0.6
_REGION = 80


class Change(NamedTuple):
    """The first message that is not what it was, with old messages behind it.

    `was_at` and `now_at` number it in the earlier and the later request, `part` within it; `was` and `now` are the texts of
    that part. `dropped` earlier messages are gone there and `added` others stand in their place. `kept_to` is the last old
    message of the later request. `alike` is the share of old messages of the same role that changed too, of `old` such.
    """

    what: What
    was_at: int
    now_at: int
    part: int
    was: str
    now: str
    role: str
    kind: str
    dropped: int
    added: int
    kept_to: int
    alike: float
    old: int
    gone: Literal["", "tools", "speech", "mixed"] = ""
    """What the dropped messages were: calls of tools and their results, words of the model, or others too."""
    whole: bool = False
    """A part of the message is gone, rather than changed."""
    over: bool = False
    """What stands for dropped messages stood there before, for fewer of them."""


def change(a: Sequence[Turn], b: Sequence[Turn]) -> Change | None:
    """From request `a` to the next one, `b`, of the same conversation; None for what is natural."""
    at = first_difference(a, b)
    if at >= len(a) or at >= len(b):
        return None
    if at == len(a) - 1:
        return _last(a, b, at)
    image = align(a, b)
    behind = next((i for i in range(len(a) - 1, at, -1) if image[i] >= 0 and _same(a[i], b[image[i]])), -1)
    if behind < 0:
        return _summary(a, b, at)
    kept_to = image[behind]
    if permuted(a, b, at):
        return _made("order", a, b, at, at, kept_to)
    if image[at] == at:
        return _in_place(a, b, at, image, kept_to)
    if image[at] > at:
        return _made("inserted", a, b, at, at, kept_to, added=image[at] - at)
    following = next((i for i in range(at, len(a)) if image[i] >= 0), len(a))
    dropped, added = following - at, image[following] - at
    if added > max(_STANDS_IN, dropped // 4):
        # So much that is new is another conversation with an end in common.
        return None
    return _made("replaced" if added else "dropped", a, b, at, at, kept_to, dropped=dropped, added=added)


def _same(a: Turn, b: Turn) -> bool:
    return a == b or (a.role == b.role and likeness(a, b).form != "other")


def _last(a: Sequence[Turn], b: Sequence[Turn], at: int) -> Change | None:
    """The last message: another one is natural, the same one in other bytes is not."""
    old, new = without_tail(a[at], b[at]), b[at]
    if old.role != new.role or old == new:
        return None
    if _grown(old, new):
        return _made("extended", a, b, at, at, at, part=len(old.parts) - 1)
    found = likeness(old, new) if len(b) > len(a) else None
    if found is None or found.form not in ("json", "space", "order"):
        return None
    return _made(found.form, a, b, at, at, at, part=found.part)


def without_tail(old: Turn, new: Turn) -> Turn:
    """A last message without what was put behind it for one request only (a reminder, the state of the work)."""
    return Turn(old.role, old.parts[: len(new.parts)]) if len(old.parts) > len(new.parts) else old


def _grown(old: Turn, new: Turn) -> bool:
    last = len(old.parts) - 1
    if last < 0 or len(new.parts) <= last or old.parts[:last] != new.parts[:last]:
        return False
    (kind, text), (new_kind, new_text) = old.parts[last], new.parts[last]
    return bool(text) and kind == new_kind and new_text.startswith(text) and old != new


def _summary(a: Sequence[Turn], b: Sequence[Turn], at: int) -> Change | None:
    """Everything from there on gave way to something much shorter that speaks of the same."""
    gone = "\n".join(turn.text for turn in a[at:])
    text = b[at].text
    short = sum(turn.length for turn in b[at:]) < _SUMMARY_SHARE * len(gone) and len(b) < len(a)
    if short and len(words(text)) >= _SUMMARY_WORDS and kinship(text, gone) >= _SUMMARY_KIN:
        return _made("replaced", a, b, at, at, at, dropped=len(a) - at, added=1)
    return None


def permuted(a: Sequence[Turn], b: Sequence[Turn], at: int) -> int:
    """Number of messages from there on that are the same in another order; 0 when they are not."""
    if b[at] not in a[at : at + _REGION] or a[at] not in b[at : at + _REGION]:
        return 0
    balance: Counter[Turn] = Counter()
    for width in range(1, min(len(a), len(b), at + _REGION) - at + 1):
        for turn, sign in ((a[at + width - 1], 1), (b[at + width - 1], -1)):
            balance[turn] += sign
            if not balance[turn]:
                del balance[turn]
        if not balance:
            return width
    return 0


def _in_place(a: Sequence[Turn], b: Sequence[Turn], at: int, image: Sequence[int], kept_to: int) -> Change:
    old, new = a[at], b[at]
    found = likeness(old, new)
    part = min(found.part, len(new.parts) - 1)
    if found.form in ("json", "space", "order"):
        return _made(found.form, a, b, at, at, kept_to, part=part)
    peers = [i for i in range(at, len(a) - 1) if image[i] >= 0 and a[i].role == old.role]
    alike = sum(a[i] != b[image[i]] for i in peers) / len(peers)
    if found.form == "span" and alike > 0.5 and _more_than_peers(a, b, image, peers):
        alike = 0.0
    following = next((i for i in range(at + 1, len(a)) if image[i] >= 0), at + 1)
    dropped = following - at - 1
    what: What = "value"
    over = bool(dropped) and _stands_for(old, new, a[at + 1 : following])
    if over:
        what = "replaced"
    elif found.form == "dropped" or new.length < _SHORTER * old.length:
        what = "edited" if old.role == "assistant" and _speech(old, new) else "shortened"
    elif old.role == "assistant" and not (found.form == "span" and alike >= 0.5 and len(peers) > 1):
        what = "edited"
    made = _made(what, a, b, at, at, kept_to, part=part, dropped=dropped)
    return made._replace(alike=alike, old=len(peers), whole=found.form == "dropped", over=over)


def _more_than_peers(a: Sequence[Turn], b: Sequence[Turn], image: Sequence[int], peers: Sequence[int]) -> bool:
    """Whether the first of them changes in more values than any of the next: a state among messages with labels."""
    own, *others = (len(changes(a[i].text, b[image[i]].text)) for i in peers[:4])
    return own > 1 and bool(others) and own > max(others)


def _stands_for(old: Turn, new: Turn, gone: Sequence[Turn]) -> bool:
    """A note or a summary that speaks for more messages than before: what it says more, they had said."""
    if len(new.text) <= _NOTE and shape(old.text) == shape(new.text):
        return True
    if likeness(old, new).form == "extended":
        return True
    more = words(new.text) - words(old.text)
    said = frozenset().union(*(words(turn.text) for turn in gone))
    return len(more & said) > _SUMMARY_SHARE * len(more)


def _speech(old: Turn, new: Turn) -> bool:
    """Whether what changed is what the model said, and not a call of a tool."""
    left = list(new.parts)
    for part in old.parts:
        if part in left:
            left.remove(part)
        elif part[0] in ("text", "reasoning"):
            return True
    return False


def _made(
    what: What,
    a: Sequence[Turn],
    b: Sequence[Turn],
    was_at: int,
    now_at: int,
    kept_to: int,
    *,
    part: int = 0,
    dropped: int = 0,
    added: int = 0,
) -> Change:
    old, new = a[was_at], b[now_at]
    kind, was = old.parts[min(part, len(old.parts) - 1)]
    now = new.parts[min(part, len(new.parts) - 1)][1]
    gone = _gone(a[was_at : was_at + dropped]) if dropped else ""
    return Change(what, was_at, now_at, part, was, now, old.role, kind, dropped, added, kept_to, 0.0, 0, gone)


def _gone(turns: Sequence[Turn]) -> Literal["tools", "speech", "mixed"]:
    if all(of_tools(turn) for turn in turns):
        return "tools"
    return "speech" if all(turn.role == "assistant" for turn in turns) else "mixed"


def of_tools(turn: Turn) -> bool:
    """A call of a tool, or its result."""
    return turn.role == "tool" or turn.parts[-1][0] in ("tool_call", "tool_result")
