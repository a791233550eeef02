"""From the tasks of fine-tuning to opportunities: a cheaper model that is proven to answer as well, batch, a tuned model that pays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from agent.recommend.answering import TODAY, Answering
from agent.recommend.bills import Bill
from agent.recommend.identity import identity
from agent.recommend.opportunity import Opportunity
from agent.recommend.world import State, World
from agent.report_plan import Evidence
from agent.report_tuning import CheaperModel, FineTuning, TaskKind, TuningOption, TuningTask, TuningTrial
from analyzers.prompt_caching.analyse import Analysis

PAYING = ("pays", "trial")
WAITS = "no log tells whether somebody waits for these calls: accept it, and the plan counts it"
TRIAL = "modelled: a trial decides, and its number comes with the tuned model's own calls in the stream"


def opportunities(
    found: Analysis, tuned: FineTuning, bills: Sequence[Bill], hours: float | None, accepted: frozenset[str]
) -> Iterator[Opportunity]:
    """For each task. `accepted`: ids whose open question a person has answered."""
    numbers = {template.id: number for number, template in enumerate(found.templates)}
    providers = {bill.key.model: bill.key.provider for bill in bills}
    for task in tuned.tasks:
        number = numbers.get(task.id)
        if number is None:
            continue
        model = found.templates[number].model
        proven = next((one for one in task.cheaper_models if one.answers_as_well), None)
        if proven is not None and proven.model in providers:
            yield _cheaper(task, number, model, proven, providers[proven.model], hours)
        if task.batch is not None:
            yield _batch(task, number, model, hours, accepted)
        best = next((one for one in task.options if one.refused is None), None)
        if task.verdict == "pays" and task.trial is not None:
            yield _adopted(task, number, model, task.trial, best, hours)
        elif task.verdict in PAYING and best is not None:
            yield _tuned(task, number, model, best, hours)
        elif task.verdict not in PAYING:
            # The calls of a task are tuned for once: all of them, or those of its kinds that pay by themselves.
            for kind in task.apart:
                if kind.best is not None:
                    yield _tuned_kind(task, kind, kind.best, number, model, hours)


def _cheaper(
    task: TuningTask, template: int, model: str, proven: CheaperModel, provider: str, hours: float | None
) -> Opportunity:
    def done(world: World, state: State) -> State:
        return answered(world, state, template, model=(provider, proven.model))

    return Opportunity(
        id=identity("model_choice", "model_choice", task.app, model, f"{task.id} {proven.model}"),
        kind="model_choice",
        lever="model_choice",
        app=task.app,
        model=model,
        template=task.id,
        action=f"Let {proven.model} answer this kind of request in place of {model}.",
        evidence=(
            Evidence(
                fact=f"{proven.model} answered {proven.answered_calls:,} calls of this prompt and failed no more often, within two points",
                n=proven.answered_calls,
                hours=hours,
            ),
            Evidence(fact="how these calls were chosen is not known: where it was given the easy ones, it proves less"),
            Evidence(fact="its tokens are taken to be those of today's model (modelled)"),
        ),
        how=(
            f"Send a tenth of the calls of template {task.id} to {proven.model}, and compare what comes of its answers.",
            "Then all of them; keep the way back.",
        ),
        done=done,
        calls=task.calls_looked_at,
        measured=False,
        templates=(template,),
        proposed=proven.model,
    )


def _batch(task: TuningTask, template: int, model: str, hours: float | None, accepted: frozenset[str]) -> Opportunity:
    def done(world: World, state: State) -> State:
        return answered(world, state, template, batch=True)

    name = identity("model_choice", "batch", task.app, model, task.id)
    share = task.batch.share_of_calls if task.batch is not None else 0.0
    return Opportunity(
        id=name,
        kind="batch",
        lever="model_choice",
        app=task.app,
        model=model,
        template=task.id,
        action="Send what nobody waits for through the provider's batch interface.",
        evidence=(
            Evidence(
                fact=f"{100 * share:.0f} % of the calls are not streamed, and name neither a user nor a conversation",
                n=task.calls_looked_at,
                hours=hours,
            ),
        ),
        how=(
            f"Find out which of the calls of template {task.id} may be answered within a day.",
            "Collect these, send them as a batch, and fetch the answers when they are there.",
        ),
        done=done,
        calls=round(task.calls_looked_at * share),
        rank=1,
        reason=None if name in accepted else WAITS,
        templates=(template,),
    )


def _tuned(task: TuningTask, template: int, model: str, best: TuningOption, hours: float | None) -> Opportunity:
    def done(world: World, state: State) -> State:
        return answered(world, state, template, usd_call=float(best.tuned_usd_call))

    return Opportunity(
        id=identity("fine_tuning", "fine_tuning", task.app, model, task.id),
        kind="fine_tuning",
        lever="fine_tuning",
        app=task.app,
        model=model,
        template=task.id,
        action=f"Tune a model for this task on {best.name}."
        if task.verdict == "pays"
        else f"Try a tuned model for this task on {best.name}.",
        evidence=(
            Evidence(fact=task.deciding, n=task.calls_looked_at, hours=hours),
            Evidence(fact=f"{task.examples_ready:,} examples are ready", n=task.examples_ready),
            Evidence(fact=f"prices of {best.prices_of} and [fine_tuning.assumptions]: modelled"),
        ),
        how=(
            f"`hone export {task.id} --format openai --out DIR` writes the anonymised dataset, the job file and the plan of evaluation.",
            "Tune, evaluate against today's model on the test set, and look at what got worse.",
            "Send a tenth of the calls to it; the report says whether it keeps its promise.",
        ),
        done=done,
        calls=task.calls_looked_at,
        fixed_month=best.fixed_usd_month,
        reason=None if task.verdict == "pays" else TRIAL,
        measured=False,
        templates=(template,),
    )


def _adopted(
    task: TuningTask, template: int, model: str, trial: TuningTrial, best: TuningOption | None, hours: float | None
) -> Opportunity:
    def done(world: World, state: State) -> State:
        return answered(world, state, template, usd_call=float(trial.usd_call))

    costs = (
        "no route is open that would say what it costs whatever the volume: that is not in the saving"
        if best is None
        else f"what it costs whatever the volume is taken from {best.name}, {best.fixed_usd_month:,.0f} USD a month (modelled)"
    )
    return Opportunity(
        id=identity("fine_tuning", "fine_tuning", task.app, model, task.id),
        kind="fine_tuning",
        lever="fine_tuning",
        app=task.app,
        model=model,
        template=task.id,
        action=f"Let {trial.model} answer the rest of this task too.",
        evidence=(
            Evidence(fact=task.deciding, n=trial.calls, hours=hours),
            Evidence(fact=f"its calls were billed {trial.usd_call:.6f} USD each", n=trial.calls, hours=hours),
            Evidence(fact=costs),
        ),
        how=(
            "Send more of the calls to it, step by step, and look at what got worse.",
            "Keep the way back, and look at when its provider ends it.",
        ),
        done=done,
        calls=task.calls_looked_at - trial.calls,
        fixed_month=Decimal(0) if best is None else best.fixed_usd_month,
        measured=False,
        templates=(template,),
    )


def _tuned_kind(
    task: TuningTask, kind: TaskKind, best: TuningOption, template: int, model: str, hours: float | None
) -> Opportunity:
    asked, several = kind.kind, len(kind.kind.split())
    told = kind.trial if kind.verdict == "pays" else None
    usd = float(best.tuned_usd_call if told is None else told.usd_call)

    def done(world: World, state: State) -> State:
        return answered(world, state, template, kinds=((asked, usd),))

    calls = round(task.calls_looked_at * kind.share_of_calls)
    evidence = (
        Evidence(
            fact=f"of {'these kinds' if several > 1 else 'this kind'} of request alone: {kind.deciding}",
            n=calls,
            hours=hours,
        ),
        Evidence(fact=f"the task as a whole does not pay: {task.deciding}"),
        Evidence(
            fact=f"{kind.examples_ready:,} examples of {'them' if several > 1 else 'it'} are ready",
            n=kind.examples_ready,
        ),
        Evidence(fact=f"prices of {best.prices_of} and [fine_tuning.assumptions]: modelled"),
    )
    return Opportunity(
        # Which kinds go together best changes with their volumes: it stays the same recommendation.
        id=identity("fine_tuning", "fine_tuning", task.app, model, f"{task.id} {'together' if several > 1 else asked}"),
        kind="fine_tuning",
        lever="fine_tuning",
        app=task.app,
        model=model,
        template=task.id,
        action=f"{'Tune a model' if kind.verdict == 'pays' else 'Try a tuned model'} for "
        f"{'one kind' if several == 1 else f'{several} kinds together'} of request of this task, "
        f"{kind.share_of_calls:.0%} of its calls, on {best.name}.",
        evidence=evidence,
        how=(
            f"Tell requests of {'kind' if several == 1 else 'kinds'} {', '.join(asked.split())} from the others where they are made, and give them a prompt of their own.",
            f"`hone export {kind.id} --format openai --out DIR` writes the anonymised dataset, the job file and the plan of evaluation.",
            "Tune, evaluate against today's model on the test set, and look at what got worse.",
            "Send a tenth of these requests to it; the report says whether it keeps its promise.",
        ),
        done=done,
        calls=calls,
        fixed_month=best.fixed_usd_month,
        reason=None if kind.verdict == "pays" else TRIAL,
        measured=False,
        templates=(template,),
        asked=asked,
    )


def answered(
    world: World,
    state: State,
    template: int,
    *,
    model: tuple[str, str] | None = None,
    batch: bool | None = None,
    usd_call: float | None = None,
    kinds: tuple[tuple[str, float], ...] = (),
) -> State:
    """With the calls of a template answered another way too; None leaves as it is, `kinds` are added."""
    way = state.answering.get(template, TODAY)
    by: Mapping[int, Answering] = {
        template: Answering(
            model if model is not None else way.model,
            batch if batch is not None else way.batch,
            usd_call if usd_call is not None else way.usd_call,
            way.kinds + kinds,
        )
    }
    return world.answered(state, by)
