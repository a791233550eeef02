"""What leaves the head of a prompt is said in the user's messages instead, and stays there, so that the history stays as it was sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from analyzers.prompt_caching.chain import Chains
from analyzers.prompt_caching.prompt import Prompt, Segment

_Key = tuple[str, int]
"""Text of a user's message, and the how-manieth of that text it is."""


def said_in_turn(moved: Iterable[tuple[Prompt, Sequence[Segment], Sequence[str]]], chains: Chains) -> list[Prompt]:
    """Each request as it was, its segments without some values, and those values: said with the newest user's message.

    A message keeps, in later requests of its conversation, what was said with it first. Without any user's message the values
    stand at the end.
    """
    said: dict[int, dict[_Key, str]] = {}
    found = []
    for before, segments, values in moved:
        text = "\n".join(value for value in values if value.strip())
        known = said.setdefault(before.talk, {}) if before.talk >= 0 else {}
        after = before.with_segments(_with_tails(segments, text, known))
        found.append(chains.resized(before, after))
    return found


def _with_tails(segments: Sequence[Segment], text: str, known: dict[_Key, str]) -> list[Segment]:
    keys = _users(segments)
    newest = max(keys, default=None)
    if newest is not None and text:
        known.setdefault(keys[newest], text)
    out: list[Segment] = []
    for number, segment in enumerate(segments):
        out.append(segment)
        following = segments[number + 1] if number + 1 < len(segments) else None
        ends = following is None or following.level != "message" or following.position != segment.position
        if segment.level == "message" and ends and segment.position in keys:
            tail = known.get(keys[segment.position])
            if tail:
                out.append(Segment("message", segment.position, segment.part + 1, segment.role, "text", tail))
    if newest is None and text:
        last = out[-1] if out and out[-1].level == "message" else None
        position, part, role = (0, 0, "user") if last is None else (last.position, last.part + 1, last.role)
        out.append(Segment("message", position, part, role, "text", text))
    return out


def _users(segments: Sequence[Segment]) -> dict[int, _Key]:
    """Keys of the users' messages by position; results of tools are none."""
    texts: dict[int, str] = {}
    for segment in segments:
        if segment.level == "message" and segment.role == "user" and segment.kind != "tool_result":
            texts[segment.position] = f"{texts.get(segment.position, '')}\0{segment.text}"
    seen: Counter[str] = Counter()
    keys = {}
    for position, text in texts.items():
        keys[position] = (text, seen[text])
        seen[text] += 1
    return keys
