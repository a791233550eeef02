"""The section `fine_tuning` of the report: for each task which problem it is, whether tuning pays, and what decided that.

Money is modelled from the prices of the routes (with their date) and the assumptions of [fine_tuning]; volumes and signals are measured.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

from agent.report_values import Usd

SAME_PROMPT = "it has the same prompt"
"""Why the calls of a tuned model are of a task, where nothing else has to be said of it."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class SignalCount(_Part):
    """How many of the calls that could show it do. `counts`: it is a failure, not merely a hint."""

    name: str
    axis: Literal["knowledge", "behaviour", "capability"]
    calls: int
    of: int
    counts: bool


class AxisScores(_Part):
    """Shares of the calls looked at that show at least one failure of the kind; never blended into one."""

    knowledge: float
    behaviour: float
    capability: float


class CreditSplit(_Part):
    """USD a month on the best route by what would bring it, before what is paid whatever the volume."""

    caching: Usd
    model_swap: Usd
    prompt_removal: Usd


class TuningOption(_Part):
    """One route, at this task's volume."""

    route: str
    name: str
    breakeven_calls_month: int | None = None
    breakeven_calls_month_reason: str | None = None
    fixed_usd_month: Usd
    tuned_usd_call: Usd
    saving_usd_month: Usd
    payback_months: float | None = None
    life_months: float
    available_until: date | None = None
    refused: str | None = None
    """Why it is out for this task."""
    prices_of: date
    confidence: str

    def saving_at(self, calls_month: float) -> float | None:
        """USD a month at another volume: a straight line through what it costs at no call and its break-even; None without one."""
        if not self.breakeven_calls_month:
            return None
        return float(self.fixed_usd_month) * (calls_month / self.breakeven_calls_month - 1)


class CheaperModel(_Part):
    """What another model would cost for the same calls; `answers_as_well` null: an evaluation is needed."""

    model: str
    usd_month: Usd
    answered_calls: int
    answers_as_well: bool | None = None


class BatchShare(_Part):
    """Calls that nobody waits for."""

    share_of_calls: float
    saving_usd_month: Usd


class TuningTrial(_Part):
    """A tuned model that answers some of the calls already; `no_worse` null: below 100 of its calls nothing is said."""

    model: str
    calls: int
    """That are looked at."""
    usd_call: Usd
    """As billed."""
    no_worse: bool | None = None
    """Than the model of before, by errors, format and feedback: the upper bound of 95 % lies within two points of that one's share."""
    templates: dict[str, str] = {}
    """Ids of the templates that it answers beside the task's own, and why their calls are taken to be of this task."""


class TaskFigure(_Part):
    """A figure that decides no rung; `hone explain fine_tuning` defines each. `of`: calls (texts, prompts) that it is of."""

    name: str
    value: float
    of: int


class TaskKind(_Part):
    """One kind of request of a task, of a tenth of its calls or more, or several as one, judged as if it were a task by itself."""

    id: str
    label: str
    calls_month: int
    share_of_calls: float
    """Of the task's."""
    verdict: Literal["pays", "trial", "not_yet", "no", "cannot_tell"]
    deciding: str
    saving_usd_month: Usd | None = None
    """Where it pays by itself; never on top of what the task as a whole saves."""
    kind: str = ""
    """Id of the kind of request (of several, with spaces between); `id` is that of the kind within this task, which `hone export` takes."""
    breakeven_calls_month: int | None = None
    """On the route with the lowest; null: never, or not known."""
    examples_ready: int = 0
    trial: TuningTrial | None = None
    best: TuningOption | None = None
    """The route that is worth most, where one is open; null for what is like nothing else, which no one could tell from the rest."""
    figures: list[TaskFigure] = []

    @property
    def stands_alone(self) -> bool:
        """Whether it is worth a tuned model by itself."""
        return self.verdict in ("pays", "trial") and self.best is not None


class TuningTask(_Part):
    """A task: calls of one app that share a template."""

    id: str
    label: str
    app: str | None
    calls_month: int
    calls_looked_at: int
    days: float
    calls_by_day: dict[date, int] = {}
    """Of those of `calls_by_day` of all tasks, by day (UTC)."""
    weekly_variation: float | None = None
    verdict: Literal["pays", "trial", "not_yet", "no", "cannot_tell"]
    rung: int
    """Of the order of resort, at which the verdict fell."""
    deciding: str
    flips: str
    """What would change the verdict."""
    diagnosis: AxisScores
    signals: list[SignalCount] = []
    usd_month: Usd | None = None
    breakeven_calls_month: int | None = None
    breakeven_calls_month_reason: str | None = None
    saving_usd_month: Usd | None = None
    saving_usd_month_reason: str | None = None
    credit: CreditSplit | None = None
    examples_ready: int = 0
    trial: TuningTrial | None = None
    options: list[TuningOption] = []
    cheaper_models: list[CheaperModel] = []
    batch: BatchShare | None = None
    figures: list[TaskFigure] = []
    kinds: list[TaskKind] = []
    """Where it is of several."""
    kinds_together: TaskKind | None = None
    """Some of them that one tuned model serves better than one for each would: what is paid whatever the volume is in it once."""

    @property
    def kinds_told(self) -> list[TaskKind]:
        """All of them, before them some together."""
        return self.kinds if self.kinds_together is None else [self.kinds_together, *self.kinds]

    @property
    def kinds_title(self) -> str:
        """What stands above these."""
        first = "" if self.kinds_together is None else "; first those that one model would serve"
        return f"Its kinds of request, each by itself{first}"

    @property
    def apart(self) -> list[TaskKind]:
        """Tuned models for a part of the task that would be worth it: some kinds together, and those of the others that are by themselves."""
        both = self.kinds_together
        taken = both.kind.split() if both is not None else []
        alone = [one for one in self.kinds if one.stands_alone and one.kind not in taken]
        return alone if both is None else [both, *alone]


class FineTuning(_Part):
    """All tasks, those that cost most first."""

    tasks: list[TuningTask] = []
    prices_of: str
    """When the routes' prices were gathered."""
    assumptions: dict[str, float] = {}
    """What no log can know (`[fine_tuning.assumptions]`)."""
    calls_by_day: dict[date, int] = {}
    """Calls of all applications that were looked at, by day (UTC); the first and the last day may be there in part."""
