"""What is known of each kind of recommendation beforehand: its risk, its work, and how to see that it is done."""

from __future__ import annotations

from typing import Literal, NamedTuple

from agent.config.recommend_settings import EffortDays

Risk = Literal["none", "low", "review"]
Work = Literal[
    "prompt",
    "history",
    "setting",
    "longer_prompt",
    "exact_cache",
    "single_flight",
    "semantic_cache",
    "model_choice",
    "batch",
    "fine_tuning",
]


class Kind(NamedTuple):
    """`none`: answers cannot change; `low`: what the model reads is the same in another order; `review`: look at answers first."""

    work: Work
    risk: Risk


_PROMPT, _SORTED = Kind("prompt", "low"), Kind("prompt", "none")
_HISTORY, _SETTING = Kind("history", "review"), Kind("setting", "none")

KINDS: dict[str, Kind] = {
    "timestamp_before_static": _PROMPT,
    "random_id_before_static": _PROMPT,
    "user_data_before_static": _PROMPT,
    "memory_before_static": _PROMPT,
    "state_before_history": _PROMPT,
    "chunk_order": _PROMPT,
    "tool_order": _SORTED,
    "tool_set_varies": _PROMPT,
    "tool_text_varies": _PROMPT,
    "key_order": _SORTED,
    "whitespace_drift": _SORTED,
    "message_ids_rerendered": _SORTED,
    "history_reserialized": _SORTED,
    "history_edited": _HISTORY,
    "history_truncated": _HISTORY,
    "history_pruned": _HISTORY,
    "history_compacted": _HISTORY,
    "prefix_rebuilt": _HISTORY,
    "last_message_extended": _HISTORY,
    "model_switch": Kind("prompt", "review"),
    "below_minimum": Kind("longer_prompt", "review"),
    "keep_warm": Kind("prompt", "none"),
    "exact_cache": Kind("exact_cache", "low"),
    "single_flight": Kind("single_flight", "low"),
    "semantic_cache": Kind("semantic_cache", "review"),
    "model_choice": Kind("model_choice", "review"),
    "batch": Kind("batch", "review"),
    "fine_tuning": Kind("fine_tuning", "review"),
}
"""Other faults are settings: a lifetime, a breakpoint, a cache key."""


def kind_of(name: str) -> Kind:
    """What is known of a kind of fault or lever."""
    return KINDS.get(name, _SETTING)


def days_of(name: str, effort: EffortDays) -> float:
    """Days of work that a kind is taken to need."""
    return float(getattr(effort, kind_of(name).work))
