"""Examples without what identifies anybody, and proof that nothing is left."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from analyzers.anonymise import Conversation, Detector, residue
from analyzers.fine_tuning.dataset.example import Example, Turn
from analyzers.fine_tuning.tools import ToolCall

_CAPITALISED = re.compile(r"(?<=[a-z,;] )[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]{2,}")
SHARED_BY = 3
"""Conversations in which a capitalised word has to occur to be no name (as far as can be told without knowing names)."""


class Cleaned(NamedTuple):
    """Examples with placeholders, values replaced by kind, and what was still found in them (by kind): none, or they may not go out."""

    examples: list[Example]
    replaced: dict[str, int]
    residue: dict[str, int]
    rare_names: int
    """Examples left out because of a capitalised word that hardly another conversation has."""


def cleaned(examples: Sequence[Example], detectors: Sequence[Detector] = (), *, drop_rare: bool = False) -> Cleaned:
    """Anonymise conversation by conversation. With `drop_rare` examples with rare capitalised words go too."""
    by_conversation: defaultdict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(examples):
        by_conversation[one.conversation].append(number)
    made: dict[int, Example] = {}
    replaced: Counter[str] = Counter()
    for numbers in by_conversation.values():
        texts = [text for number in numbers for text in _flat(examples[number])]
        done = Conversation(detectors).replace(texts)
        replaced.update(done.counts)
        given = iter(done.texts)
        for number in numbers:
            made[number] = _rebuilt(examples[number], [next(given) for _ in _flat(examples[number])])
    kept = [made[number] for number in range(len(examples))]
    rare = _rare(kept) if drop_rare else frozenset()
    whole = [one for number, one in enumerate(kept) if number not in rare]
    left = Counter(span.kind for one in whole for text in _flat(one) for span in residue(text))
    return Cleaned(whole, dict(replaced), dict(left), len(rare))


def _flat(one: Example) -> list[str]:
    arguments = (_written(call) for turn in one.turns for call in turn.calls)
    return [one.system, *(turn.text for turn in one.turns), *arguments]


def _written(call: ToolCall) -> str:
    return orjson.dumps(call.arguments or {}).decode()


def _rebuilt(one: Example, texts: Sequence[str]) -> Example:
    given = iter(texts)
    system = next(given)
    said = [next(given) for _ in one.turns]
    turns = []
    for turn, text in zip(one.turns, said, strict=True):
        calls = tuple(call._replace(arguments=_read(next(given))) for call in turn.calls)
        turns.append(Turn(turn.role, text, calls, turn.answers))
    return one._replace(system=system, turns=tuple(turns))


def _read(text: str) -> dict[str, Any]:
    """Arguments after their values were replaced; what is no JSON any more (a number became a placeholder) is kept as text."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        quoted = re.sub(r"(?<=[:\[,])\s*(\[[A-Z]+_\d+\])(?=\s*[,}\]])", r'"\1"', text)
        try:
            value = orjson.loads(quoted)
        except orjson.JSONDecodeError:
            value = {"arguments": text}
    return value if isinstance(value, dict) else {"arguments": text}


def _rare(examples: Sequence[Example]) -> frozenset[int]:
    seen: defaultdict[str, set[str]] = defaultdict(set)
    words = [{word for text in one.texts[1:] for word in _CAPITALISED.findall(text)} for one in examples]
    for one, own in zip(examples, words, strict=True):
        for word in own:
            seen[word].add(one.conversation)
    return frozenset(n for n, own in enumerate(words) if any(len(seen[word]) < SHARED_BY for word in own))
