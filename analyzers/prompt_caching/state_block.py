"""What varies within a conversation in an early message, moved behind the history."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from analyzers.prompt_caching.case import moved_to_tail
from analyzers.prompt_caching.messages import Placed, Turn, turns_of, with_turns
from analyzers.prompt_caching.prompt import Prompt
from analyzers.values.canonical import shape

_UNITS = re.compile(r"[^\n]*\n|[^\n]+")
_SENTENCES = re.compile(r".+?(?:[.;!?|]\s+|$)", re.DOTALL)


def state_behind(prompts: Sequence[Prompt], position: int) -> list[Prompt]:
    """What varies within a conversation in message number `position` moves behind the history.

    Lines that all requests of the conversation have there stay; all others follow the last message.
    """
    texts: defaultdict[int, dict[str, list[str]]] = defaultdict(dict)
    own: list[str | None] = []
    for prompt in prompts:
        turns = turns_of(prompt)
        text = turns[position].text if 0 <= position < len(turns) - 1 else None
        own.append(text)
        if text is not None and text not in texts[prompt.talk]:
            texts[prompt.talk][text] = units(text)
    common = {number: _common(list(versions.values())) for number, versions in texts.items()}
    moving = {
        shape(unit)
        for number, versions in texts.items()
        if len(versions) > 1
        for some in versions.values()
        for unit in _parted(some, common[number])[1]
    }
    found = []
    for prompt, text in zip(prompts, own, strict=True):
        if text is None:
            found.append(prompt)
            continue
        stay, move = _parted(texts[prompt.talk][text], common[prompt.talk])
        if len(texts[prompt.talk]) == 1:
            # Nothing to compare with in this conversation: what moves in the others moves here.
            stay, move = _by_shape(texts[prompt.talk][text], moving)
        found.append(_moved(prompt, position, "".join(stay), "".join(move)) if move else prompt)
    return found


def units(text: str) -> list[str]:
    """Lines with their ends; sentences where there is but one line."""
    lines = _UNITS.findall(text)
    return lines if len(lines) > 1 else _SENTENCES.findall(text)


def _common(versions: Sequence[Sequence[str]]) -> Counter[str]:
    common = Counter(versions[0])
    for version in versions[1:]:
        common &= Counter(version)
    return common


def _parted(version: Sequence[str], common: Counter[str]) -> tuple[list[str], list[str]]:
    left = Counter(common)
    stay, move = [], []
    for unit in version:
        if left[unit] > 0:
            left[unit] -= 1
            stay.append(unit)
        else:
            move.append(unit)
    return stay, move


def _by_shape(version: Sequence[str], moving: set[str]) -> tuple[list[str], list[str]]:
    move = [unit for unit in version if shape(unit) in moving]
    return [unit for unit in version if shape(unit) not in moving], move


def _moved(prompt: Prompt, position: int, stay: str, move: str) -> Prompt:
    turns = turns_of(prompt)
    placed = [Placed(turn, source) for source, turn in enumerate(turns)]
    turn = turns[position]
    if stay.strip():
        placed[position] = Placed(Turn(turn.role, ((turn.parts[0][0], stay),)), position)
    else:
        del placed[position]
    after = with_turns(prompt, placed)
    return moved_to_tail(after, after.segments, [move])
