"""The Mooncake traces of KV-cache requests: lengths and prefix-block hashes, no text.

Rows are {"timestamp": ms since the start of the trace, "input_length", "output_length", "hash_ids"}; a hash stands for a block of
512 tokens and everything before it. The trace has no date: its first millisecond is put at 2015-01-01 UTC. It names no
model, so there are neither prices nor a provider's rules for it, only hit ratios by lifetime.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from analyzers.core import Call, PromptBlocks, Usage
from collectors.context import Context, Malformed
from collectors.times import FIRST_SECOND
from collectors.usage import count

NAME = "mooncake"
ANY_ENVELOPE = False

BLOCK = 512
_MOST_BLOCKS = 100_000
_YEAR_MS = 366 * 86_400_000


def may_hold(names: Collection[str]) -> bool:
    """Whether an object with these fields may be of this format."""
    return "hash_ids" in names and "input_length" in names and "output_length" in names


def parse(value: dict[str, Any], context: Context) -> list[Call] | None:
    """One call, or None when the object is no such row. Raises Malformed for a length, time or hash that is none."""
    hashes = value.get("hash_ids")
    if hashes is None or "input_length" not in value or "output_length" not in value:
        return None
    at = value.get("timestamp")
    if not isinstance(at, int | float) or isinstance(at, bool) or not 0 <= at <= _YEAR_MS:
        raise Malformed("timestamp")
    if type(hashes) is not list or len(hashes) > _MOST_BLOCKS or any(type(one) is not int for one in hashes):
        raise Malformed("hash_ids")
    total = count(value["input_length"], "input_length")
    return [
        Call(
            id=context.identify(None, timed=False),
            started_at=FIRST_SECOND + at / 1000,
            format=NAME,
            observer=context.observer,
            usage=Usage(output=count(value["output_length"], "output_length"), input_total=total),
            prompt_blocks=PromptBlocks(BLOCK, tuple([str(one) for one in hashes])),
            text_state="hashes",
        )
    ]
