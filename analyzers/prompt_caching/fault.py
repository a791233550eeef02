"""A fault of a prompt's structure: what it is, where, how often, and the repair that undoes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from analyzers.prompt_caching.prompt import Prompt

Kind = Literal[
    "timestamp_before_static",
    "random_id_before_static",
    "user_data_before_static",
    "memory_before_static",
    "state_before_history",
    "tool_order",
    "tool_set_varies",
    "tool_text_varies",
    "key_order",
    "history_reserialized",
    "history_edited",
    "history_truncated",
    "history_pruned",
    "history_compacted",
    "chunk_order",
    "message_ids_rerendered",
    "whitespace_drift",
    "model_switch",
    "settings_toggle",
    "cache_key_unstable",
    "idle_gap",
    "parallel_fanout",
    "below_minimum",
    "breakpoint_on_variable",
    "lookback_exceeded",
    "marker_lost",
    "wrong_ttl",
    "last_message_extended",
    "prefix_rebuilt",
]
"""The kinds of DESIGN section 7. What an advice proposes beyond them has a kind of its own (`advice`)."""

Repair = Callable[[Sequence[Prompt]], list[Prompt]]
"""The requests of a template as they would be with the fault mended: same number, same order. Lifetimes and breakpoints are
changed by changing marks and options of the prompts, content by changing segments."""

HEAD, HISTORY, SETUP = 0, 1, 2


class Place(NamedTuple):
    """Where in a prompt: the tool, system part or message, and the characters of its text.

    `segment` is the level, `position` the index of tool, system part or message, `part` the part within a message.
    """

    segment: Literal["tools", "system", "message"]
    position: int = 0
    start: int = 0
    end: int = 0
    part: int = 0


class Fault(NamedTuple):
    """One kind of fault at one place of one template.

    `affected` are positions (in the sequence of the template's requests) of those that lose by it, `of` how many requests could.
    `stranded` is the mean number of tokens an affected request would have shared behind the place; `was` and
    `now` are what stood there in two requests; `fix` says in a sentence what to do. `order` sorts faults as the
    prefix does: what comes earlier hides what comes later.
    """

    kind: str
    place: Place
    affected: frozenset[int]
    of: int
    stranded: int
    was: str
    now: str
    fix: str
    repair: Repair
    confidence: Literal["confirmed", "suspected"] = "confirmed"
    stage: int = HEAD
    """HEAD, HISTORY or SETUP: faults of a later stage are looked for on the repaired earlier ones."""
    late: bool = False
    """Mended by sending more, which pays once nothing else in the stage changes any more."""

    @property
    def order(self) -> tuple[int, bool, int, int, int, int]:
        """Where in the prefix, settings last."""
        level = {"tools": 0, "system": 1, "message": 2}[self.place.segment]
        return self.stage, self.late, level, self.place.position, self.place.part, self.place.start

    @property
    def name(self) -> tuple[str, str, int]:
        """Kind, level and position: what makes two findings of successive rounds the same one."""
        return self.kind, self.place.segment, self.place.position


EXCERPT = 120


def excerpt(text: str, start: int, end: int, around: int = 24) -> str:
    """The characters of a span with a little before and after, cut to a readable length."""
    before, after = max(0, start - around), min(len(text), end + around)
    inner = text[start:end]
    if len(inner) > EXCERPT:
        inner = f"{inner[: EXCERPT // 2]} ... {inner[-EXCERPT // 2 :]}"
    return f"{'...' if before else ''}{text[before:start]}{inner}{text[end:after]}{'...' if after < len(text) else ''}"
