"""What the figures of a task that decide no rung are called, and how they are written. `hone explain fine_tuning` defines each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from agent.report_tuning import TaskFigure

_Written = Callable[[float], str]


class Told(NamedTuple):
    """A figure in words: what it is, its value, and how many calls (texts, prompts) it is of."""

    what: str
    value: str
    of: int


def told(figures: Iterable[TaskFigure]) -> list[Told]:
    """Those that this version of the program has words for."""
    known = ((_FIGURES[one.name], one) for one in figures if one.name in _FIGURES)
    return [Told(words, written(one.value), one.of) for (words, written), one in known]


def _plain(value: float) -> str:
    return f"{value:.2f}"


def _share(value: float) -> str:
    return "< 1 %" if 0 < value < 0.005 else f"{100 * value:.0f} %"


_FIGURES: dict[str, tuple[str, _Written]] = {
    "narrowness": ("requests are alike by (1: all the same)", _plain),
    "output_variety": ("answers vary by (0: a constant, 1: free text)", _plain),
    "share_of_spend": ("share of the application's spend", _share),
    "variation_week": ("weeks differ from their mean by", _share),
    "kinds_shift": ("its kinds have shifted by (above 0.25: much)", _plain),
    "asked_again": ("asked again, or told that it is wrong", _share),
    "rated_badly": ("rated badly", _share),
    "refused": ("refused, or stopped by a filter", _share),
    "identifiers_per_1000": ("identifiers in 1,000 texts", lambda value: f"{value:,.0f}"),
    "first_token_p95_s": ("first token, 95 % are faster than", lambda value: f"{value:.2f} s"),
    "first_token_by_length": ("the longest prompts wait longer by a factor of", _plain),
    "prompt_changes_week": ("changes of the prompt a week", _plain),
    "failing_since_change": ("failing since the last change", lambda value: f"{100 * value:+.1f} points"),
    "alike_prompts": ("other prompts that say nearly the same", lambda value: f"{value:.0f}"),
}
