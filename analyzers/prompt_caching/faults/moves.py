"""Repairs of the head: a value that varies leaves its place, or stays what the conversation first had there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from analyzers.prompt_caching.case import moved_to_tail
from analyzers.prompt_caching.chain import Chains
from analyzers.prompt_caching.fault import Repair
from analyzers.prompt_caching.prompt import Prompt, Segment
from analyzers.prompt_caching.said import said_in_turn
from analyzers.prompt_caching.skeleton import Skeleton
from analyzers.prompt_caching.slots import Slot

Target = Literal["tail", "head"]
"""Behind the last message, or behind the rules: at the end of the system."""

Range = tuple[int, int]
"""First and last gap of a skeleton."""


def moved(slot: Slot, skeleton: Skeleton, ranges: Sequence[Range], target: Target, chains: Chains) -> Repair:
    """The values of the ranges leave the slot for the target; texts that are none of the template's stay."""
    memo: dict[str, tuple[str, tuple[str, ...]]] = {}

    def taken_out(text: str) -> tuple[str, tuple[str, ...]]:
        found = memo.get(text)
        if found is None:
            values = []
            rest = text
            for first, last in sorted(ranges, reverse=True):
                span = skeleton.gap(rest, first, last)
                if span is not None and span[0] < span[1]:
                    values.append(rest[span[0] : span[1]])
                    rest = rest[: span[0]] + rest[span[1] :]
            found = memo[text] = (rest, tuple(reversed(values)))
        return found

    def repair(prompts: Sequence[Prompt]) -> list[Prompt]:
        done: list[tuple[Prompt, Sequence[Segment], Sequence[str]]] = []
        for prompt in prompts:
            number = slot.number(prompt)
            rest, values = taken_out(prompt.segments[number].text) if number >= 0 else ("", ())
            segments = list(prompt.segments)
            if values:
                segments[number] = segments[number]._replace(text=rest)
            done.append((prompt, segments, values))
        if target == "tail":
            return said_in_turn(done, chains)
        return [_behind(prompt, list(segments), values) if values else prompt for prompt, segments, values in done]

    return repair


def _behind(prompt: Prompt, segments: list[Segment], values: Sequence[str]) -> Prompt:
    end = max((i for i, segment in enumerate(segments) if segment.level != "message"), default=-1)
    if end < 0:
        return moved_to_tail(prompt, segments, values)
    last = segments[end]
    if prompt.rule is not None and prompt.rule.marking == "both" and not last.mark:
        segments[end] = last._replace(mark="30m")
    position = last.position + 1 if last.level == "system" else 0
    segments.insert(end + 1, Segment("system", position, 0, "system", "text", "\n".join(values)))
    return prompt.with_segments(segments)


def kept(slot: Slot, skeleton: Skeleton, ranges: Sequence[Range], chains: Chains) -> Repair:
    """In every request of a conversation the values that its first request had."""

    def repair(prompts: Sequence[Prompt]) -> list[Prompt]:
        first: dict[tuple[int, int], str] = {}

        def as_first(talk: int, text: str) -> str:
            for number, (low, high) in enumerate(sorted(ranges, reverse=True)):
                span = skeleton.gap(text, low, high)
                if span is not None:
                    value = first.setdefault((talk, number), text[span[0] : span[1]])
                    text = text[: span[0]] + value + text[span[1] :]
            return text

        return rewritten(prompts, slot, chains, as_first)

    return repair


def in_first_order(
    slot: Slot, skeleton: Skeleton, gap: int, chains: Chains, content: Callable[[str], object]
) -> Repair:
    """Values of equal content in the order in which the template first had them."""

    def repair(prompts: Sequence[Prompt]) -> list[Prompt]:
        first: dict[object, str] = {}

        def sorted_alike(talk: int, text: str) -> str:
            span = skeleton.gap(text, gap, gap)
            if span is None:
                return text
            value = text[span[0] : span[1]]
            return text[: span[0]] + first.setdefault(content(value), value) + text[span[1] :]

        return rewritten(prompts, slot, chains, sorted_alike)

    return repair


def rewritten(prompts: Sequence[Prompt], slot: Slot, chains: Chains, change: Callable[[int, str], str]) -> list[Prompt]:
    """Every request with the slot's text as `change` (of the conversation and the text) makes it, and its tokens."""
    done = []
    for prompt in prompts:
        number = slot.number(prompt)
        text = change(prompt.talk, prompt.segments[number].text) if number >= 0 else ""
        if number < 0 or text == prompt.segments[number].text:
            done.append(prompt)
            continue
        segments = list(prompt.segments)
        segments[number] = segments[number]._replace(text=text)
        done.append(chains.resized(prompt, prompt.with_segments(segments)))
    return done
