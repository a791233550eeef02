"""What kinds of request a task of fine-tuning is made of, and what each would come to by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from agent.kinds_of_request import KindsOfApp
from agent.mask import masked
from agent.report_tuning import TaskFigure, TaskKind
from agent.tuning_routes import least, shown, tried_out
from analyzers.clusters.kind import OTHER
from analyzers.clusters.tasks import Task, tasks, templates
from analyzers.fine_tuning.facts import Cheaper, Facts
from analyzers.fine_tuning.figures import Observed, figures, instructions
from analyzers.fine_tuning.ladder import judge
from analyzers.fine_tuning.measure import Looked, facts_of
from analyzers.fine_tuning.rungs import Judged
from analyzers.fine_tuning.signals import diagnose
from analyzers.fine_tuning.together import best_together
from analyzers.prices import Prices
from analyzers.prompt_caching.analyse import Template

if TYPE_CHECKING:
    from agent.tuning_view import Tuning

LEAST_SHARE = 0.1
"""Of a task's calls, that a kind has to be to be told apart."""
MOST = 6
_ARITHMETIC = 6
"""The rung of the order of resort on which routes are held against volume."""
_WEEK_S = 604_800.0


class Part(NamedTuple):
    """Requests of one template, all of them or of one kind; `numbers` are those of their calls."""

    requests: Task
    numbers: Sequence[int]


class Made(NamedTuple):
    """A template: all of its requests, and those of its kinds that are told apart, most calls first."""

    whole: Part
    kinds: tuple[Part, ...]


def made_of(found: Iterable[KindsOfApp]) -> Mapping[str, Made]:
    """By id of the template."""
    made = {}
    for one in found:
        parts: dict[str, list[Part]] = {}
        for task in tasks(one.requests, one.found, one.vectors):
            parts.setdefault(task.template, []).append(_part(task, one))
        for task in templates(one.requests, one.found, one.vectors):
            own = [part for part in parts.get(task.template, ()) if part.requests.calls >= LEAST_SHARE * task.calls]
            made[task.template] = Made(_part(task, one), tuple(own[:MOST]) if len(own) > 1 else ())
    return made


def _part(task: Task, one: KindsOfApp) -> Part:
    return Part(task, [one.numbers[row] for row in task.rows.tolist()])


class _Judged(NamedTuple):
    """One kind of a task, or some of them together."""

    parts: Sequence[Part]
    id: str
    share: float
    facts: Facts
    verdict: Judged

    @property
    def alike(self) -> bool:
        """Whether it can be told from other requests."""
        return all(part.requests.kind != OTHER for part in self.parts)


class Apart:
    """A task taken apart: its figures, and each of its kinds judged by itself."""

    def __init__(
        self,
        template: Template,
        looked: Looked,
        numbers: Sequence[int],
        made: Made | None,
        cheaper: Cheaper | None,
        asked: Mapping[tuple[str | None, str], frozenset[int]],
        days: float,
    ) -> None:
        """`numbers`: of each of the task's calls, `asked` says which of them are of which kind of request. `made` is None where kinds of request were not looked for; `cheaper` a model that is
        proven for the task as a whole.
        """
        self._template = template
        self._looked = looked
        self._places = {number: place for place, number in enumerate(numbers)}
        self._made = made
        self._cheaper = cheaper
        self._asked = asked
        self._days = days

    def figures(self, others: Iterable[Looked]) -> list[TaskFigure]:
        """Those that could be told; `others` are tasks of the same app with another prompt."""
        template, looked = self._template, self._looked
        found = figures(
            Observed(
                looked.task.calls,
                looked.exchanges,
                looked.failing,
                [drift.at for drift in template.drifts],
                (template.end - template.start) / _WEEK_S,
                [instructions(other.exchanges) for other in others],
            )
        )
        calls = [_figure(one.name, one.value, one.of) for one in found if one.value is not None]
        return calls + (_of_requests(self._made.whole) if self._made is not None else [])

    def kinds(
        self, prices: Prices, tuning: Tuning, now: float, *, show_text: bool
    ) -> tuple[list[TaskKind], TaskKind | None]:
        """Most calls first, none where there is but one; and those of them, as one, that are best served by one tuned model."""
        if not self._made:
            return [], None
        today = datetime.fromtimestamp(now, UTC).date()
        judged = [self._judged((part,), prices, tuning, today) for part in self._made.kinds]
        told = [_told(one, show_text=show_text) for one in judged]
        # Nothing but the arithmetic stands between these and a tuned model.
        open_ = [one for one in judged if one.verdict.rung == _ARITHMETIC and one.facts.trial is None and one.alike]
        chosen = best_together([one.facts for one in open_], tuning.routes, tuning.assumed, today, tuning.limits)
        if not chosen:
            return told, None
        parts = tuple(part for n in chosen for part in open_[n].parts)
        both = _told(self._judged(parts, prices, tuning, today), show_text=show_text)
        return told, both if both.stands_alone else None

    def _judged(self, parts: Sequence[Part], prices: Prices, tuning: Tuning, today: date) -> _Judged:
        """Calls of these kinds, as if they were a task by themselves."""
        looked, template = self._looked, self._template
        requests = sum(part.requests.calls for part in parts)
        share = requests / self._made.whole.requests.calls if self._made else 1.0
        of_kinds = frozenset[int]().union(
            *(self._asked.get((template.app, part.requests.kind or ""), frozenset()) for part in parts)
        )
        places = [place for number, place in self._places.items() if number in of_kinds]
        exchanges = [looked.exchanges[place] for place in places]
        own = looked.task._replace(
            id="+".join(part.requests.id for part in parts),
            calls=[looked.task.calls[place] for place in places],
            calls_month=looked.task.calls_month * Decimal(str(share)),
        )
        alone = Looked(own, exchanges, diagnose(exchanges), [looked.failing[place] for place in places])
        facts = facts_of(alone, prices, self._cheaper, tuning.tuned)
        facts = facts._replace(calls=requests, days=self._days)
        return _Judged(parts, own.id, share, facts, judge(facts, tuning.routes, tuning.assumed, today, tuning.limits))


def _told(one: _Judged, *, show_text: bool) -> TaskKind:
    judged, facts = one.verdict, one.facts
    best = judged.best if judged.verdict in ("pays", "trial") and one.alike else None
    return TaskKind(
        id=one.id,
        kind=" ".join(part.requests.kind or "" for part in one.parts),
        label=" + ".join(_label(part, show_text=show_text) for part in one.parts),
        calls_month=int(facts.calls_month),
        share_of_calls=round(one.share, 6),
        verdict=judged.verdict,
        deciding=judged.deciding,
        saving_usd_month=None if best is None else best.saving_month,
        breakeven_calls_month=least(judged.options),
        examples_ready=facts.examples,
        trial=tried_out(facts.trial),
        best=None if best is None else shown(best),
        figures=_of_requests(one.parts[0]) if len(one.parts) == 1 else [],
    )


def _label(part: Part, *, show_text: bool) -> str:
    # What is in parentheses is a description and no word of a request.
    label = part.requests.label
    return label if show_text or label.startswith("(") else masked(label)


def _of_requests(part: Part) -> list[TaskFigure]:
    one = part.requests
    named: tuple[tuple[str, float | None, int], ...] = (
        ("narrowness", one.narrowness, one.calls),
        ("output_entropy", one.output_entropy, one.answered),
        ("output_variety", one.output_variety, one.answered),
        ("top_output", one.top_output, one.answered),
        ("output_gzip", one.output_gzip, one.answered),
        ("share_of_spend", one.share_of_spend, one.priced),
        ("variation_day", one.variation_day, one.calls),
        ("variation_week", one.variation_week, one.calls),
        ("kinds_shift", one.kinds_shift if one.kind is None else None, one.calls),
    )
    return [_figure(name, value, of) for name, value, of in named if value is not None]


def _figure(name: str, value: float, of: int) -> TaskFigure:
    return TaskFigure(name=name, value=round(value, 4), of=of)
