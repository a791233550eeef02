"""What a log tells about why answers fail: each signal is a pure function over the exchanges of one task.

| axis       | signals                                                                                | remedy                        |
|------------|----------------------------------------------------------------------------------------|-------------------------------|
| knowledge  | does not know, nothing retrieved, answer drifts, corrected in a fact                     | retrieval                     |
| behaviour  | examples in the prompt, schema missed, asked again for the format, corrected in style, inconsistent | prompt first, then tuning |
| capability | passed on to a dearer model, tools misused, much reasoning                               | a better base, decomposition  |

The score of an axis is the share of exchanges that show at least one of its signals, with its count; the three are never blended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from analyzers.fine_tuning.exchange import Exchange
from analyzers.fine_tuning.signals import behaviour, capability, knowledge
from analyzers.fine_tuning.signals.signal import Axis, Signal


class Score(NamedTuple):
    """One axis: how many of how many exchanges show it, and by which signals."""

    axis: Axis
    n: int
    of: int
    signals: tuple[Signal, ...]

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.n / self.of if self.of else 0.0


class Diagnosis(NamedTuple):
    """The three axes of one task."""

    knowledge: Score
    behaviour: Score
    capability: Score


def diagnose(exchanges: Sequence[Exchange]) -> Diagnosis:
    """All signals of the exchanges of one task, in order of time."""
    return Diagnosis(
        _score("knowledge", knowledge.SIGNALS, exchanges),
        _score("behaviour", behaviour.SIGNALS, exchanges),
        _score("capability", capability.SIGNALS, exchanges),
    )


def _score(
    axis: Axis, signals: Iterable[Callable[[Sequence[Exchange]], Signal]], exchanges: Sequence[Exchange]
) -> Score:
    found = tuple(signal(exchanges) for signal in signals)
    # What only hints (a prompt with examples works as it stands) is told, and is not counted as a failure.
    shown = frozenset[int]().union(*(one.affected for one in found if one.counts))
    return Score(axis, len(shown), len(exchanges), found)
