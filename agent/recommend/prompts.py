"""From the faults of prompts to opportunities: one for each kind and place of an application's prompts on a model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from agent.recommend.identity import identity
from agent.recommend.kinds import kind_of
from agent.recommend.opportunity import Opportunity
from agent.recommend.world import State, World
from agent.report_plan import Evidence
from analyzers.prompt_caching.analyse import Analysis, Template
from analyzers.prompt_caching.engine import Priced

UNLEARNT = 0.7
"""Of what the rules promise, where the log cannot yet tell what the provider serves: it may be less."""
_WHERE = {"system": "the system prompt", "tools": "the tools", "message": "the messages"}


class _Found(NamedTuple):
    template: int
    fault: int
    of: Template
    priced: Priced


def opportunities(found: Analysis, hours: float | None) -> Iterator[Opportunity]:
    """One for each kind at one place; the same fault in several templates of an application is one piece of work."""
    groups: defaultdict[tuple[str, str | None, str, str], list[_Found]] = defaultdict(list)
    for number, template in enumerate(found.templates):
        for position, priced in enumerate(template.outcome.faults):
            place = priced.fault.place
            # Where in tools or history a fault shows first changes from run to run.
            where = f"{place.segment} {place.position}" if place.segment == "system" else place.segment
            key = (priced.fault.kind, template.app, template.model, where)
            groups[key].append(_Found(number, position, template, priced))
    served = _served(found)
    for (kind, app, model, where), group in groups.items():
        yield _opportunity(kind, app, model, where, group, hours, served.get(model))


def _served(found: Analysis) -> Mapping[str, float]:
    """By model, the share of the rules' promise that was seen to be served, where it could be learnt."""
    return {model: min(one.share, 1.0) for (_, model, _), one in found.learnt.items() if one.share is not None}


def _opportunity(
    kind: str,
    app: str | None,
    model: str,
    where: str,
    group: Sequence[_Found],
    hours: float | None,
    served: float | None,
) -> Opportunity:
    ranked = sorted(group, key=lambda one: (-one.priced.saving, one.of.id, one.fault))
    dearest = ranked[0]
    by_template: defaultdict[int, list[int]] = defaultdict(list)
    alone: defaultdict[int, float] = defaultdict(float)
    for one in group:
        by_template[one.template].append(one.fault)
        alone[one.template] += float(one.priced.alone)
    faults = {template: tuple(sorted(own)) for template, own in by_template.items()}

    def done(world: World, state: State) -> State:
        return world.mended(state, faults)

    return Opportunity(
        id=identity("prompt_caching", kind, app, model, where),
        kind=kind,
        lever="prompt_caching",
        app=app,
        model=model,
        template=dearest.of.id,
        action=dearest.priced.fault.fix,
        evidence=tuple(_evidence(ranked, hours, served)),
        how=tuple(_how(ranked)),
        done=done,
        calls=sum(_calls(one) for one in group),
        rank=min(one.fault for one in group),
        alone=alone,
        least=UNLEARNT if served is None else 1.0,
        measured=served is not None,
        place=dearest.priced.fault.place,
        templates=tuple(sorted(faults)),
    )


def _evidence(ranked: Sequence[_Found], hours: float | None, served: float | None) -> Iterator[Evidence]:
    for one in ranked:
        fault, outcome = one.priced.fault, one.of.outcome
        place = fault.place
        where = "" if _beside(fault.kind, place.start, place.end) else f" in {_WHERE[place.segment]}"
        inside = f", characters {place.start} to {place.end}" if place.end > place.start else ""
        sure = "" if fault.confidence == "confirmed" else " (suspected)"
        yield Evidence(
            fact=f"{fault.kind}{sure}{where}{inside}: "
            f"{_calls(one):,} of {one.of.requests:,} calls, {fault.stranded:,} tokens behind it in each",
            n=one.of.requests,
            hours=hours,
        )
        before, after = outcome.before.hit_ratio, outcome.after.hit_ratio
        if before is not None and after is not None:
            yield Evidence(
                fact=f"{100 * before:.1f} % of the input of template {one.of.id} is read from the provider's cache by its rules; "
                f"with all of its faults mended {100 * after:.1f} %",
                n=one.of.requests,
                hours=hours,
            )
    if served is None:
        yield Evidence(
            fact="what the provider really serves of that cannot be learnt while so little is cached: modelled by its rules; the "
            f"lower bound takes it to be {100 * UNLEARNT:.0f} %"
        )
    else:
        yield Evidence(fact=f"the provider was seen to serve {100 * served:.0f} % of what its rules promise")


def _beside(kind: str, start: int, end: int) -> bool:
    """Whether a fault lies in no text of the prompt but in what is sent with it: a key, a lifetime, a setting."""
    return end <= start and kind_of(kind).work == "setting"


def _calls(one: _Found) -> int:
    """Calls that the fault concerns; it was looked for in the newest of the template."""
    fault = one.priced.fault
    return round(one.of.requests * len(fault.affected) / fault.of) if fault.of else 0


def _how(ranked: Sequence[_Found]) -> Iterator[str]:
    for one in ranked:
        yield f"{_look(one)} (template {one.of.id})."
    yield from dict.fromkeys(one.priced.fault.fix for one in ranked)
    dearest = ranked[0]
    others = [p.fault.kind for p in dearest.of.outcome.faults[: dearest.fault]]
    if others:
        yield f"Do it with or after {', '.join(dict.fromkeys(others))} of the same prompt: as long as that is there, this brings less."
    yield "Send a share of the traffic that way, compare a few answers, then all of it."
    yield "Watch the cached input tokens in the usage: the report shows the hit ratio of this template."


def _look(one: _Found) -> str:
    place, app = one.priced.fault.place, one.of.app or "(no app)"
    if place.end > place.start and place.segment == "system":
        return f"look at characters {place.start} to {place.end} of the system prompt of {app}"
    if _beside(one.priced.fault.kind, place.start, place.end):
        return f"find where {app} puts together its requests to {one.of.model}"
    return f"find where {app} puts together {_WHERE[place.segment]} it sends to {one.of.model}"
