"""What a trainer refuses, found before it is uploaded (limits of 2026-11-23)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from analyzers.fine_tuning.dataset.example import Example
from analyzers.fine_tuning.dataset.render import Format

_CHARS_A_TOKEN = 3.8
_RESERVED = ("User:", "Bot:", "Assistant:", "System:", "<image>", "<video>", "[EOS]")


class Limits(NamedTuple):
    """Of one trainer. `tokens` of an example, estimated at 3.8 characters a token."""

    least: int
    advised: int
    most: int
    tokens: int
    tools: bool = True
    reserved: tuple[str, ...] = ()
    most_validation: int | None = None


LIMITS: dict[Format, Limits] = {
    "openai": Limits(10, 50, 1_000_000, 65_536),
    "nova": Limits(8, 100, 20_000, 32_000, tools=False, reserved=_RESERVED),
    "together": Limits(1, 100, 10_000_000, 32_768),
    "fireworks": Limits(3, 100, 3_000_000, 131_072),
    "trl": Limits(1, 100, 10_000_000, 131_072),
    "axolotl": Limits(1, 100, 10_000_000, 131_072),
    "vertex": Limits(10, 100, 1_000_000, 131_072, most_validation=5_000),
}


def tokens(one: Example) -> int:
    """About how many tokens it has."""
    return round(sum(map(len, one.texts)) / _CHARS_A_TOKEN)


def refused(one: Example, form: Format) -> str | None:
    """Why the trainer would refuse (or silently cut) this example, or None."""
    limits = LIMITS[form]
    if tokens(one) > limits.tokens:
        return f"longer than {limits.tokens:,} tokens"
    if not limits.tools and (one.tools or any(turn.calls or turn.role == "tool" for turn in one.turns)):
        return "tools cannot be trained"
    if any(word in text for text in one.texts for word in limits.reserved):
        return "holds a reserved word (User:, Assistant:, ...)"
    return None


def faults(train: Sequence[Example], validation: Sequence[Example], form: Format) -> list[str]:
    """What is wrong with the dataset as a whole."""
    limits = LIMITS[form]
    found = []
    if len(train) < limits.least:
        found.append(f"{len(train)} examples to train on; {form} takes {limits.least} or more")
    elif len(train) < limits.advised:
        found.append(f"{len(train)} examples to train on; {limits.advised} or more are advised")
    if len(train) > limits.most:
        found.append(f"{len(train):,} examples; {form} takes {limits.most:,} at most")
    if limits.most_validation is not None and len(validation) > limits.most_validation:
        found.append(f"{len(validation):,} to validate with; {form} takes {limits.most_validation:,} at most")
    return found
