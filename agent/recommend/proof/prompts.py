"""Recommendations about prompts: whether they were carried out, and what the calls before and since are like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from agent.recommend.proof.baseline import ANY, Line, cells_of, lines_of, summed
from agent.recommend.proof.measured import Measured
from agent.recommend.proof.prompt_change import LEAST, Rise, gone_since, rise_of
from agent.recommend.proof.prompt_saving import measured
from agent.recommend.proof.state import COUNTERS, Cells, Proof
from agent.recommend.world import World
from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.prompt import Prompt

_STALE_S = 7 * 86_400.0


class Prompts:
    """The prompts that were looked at, by template, each read once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lines: dict[int, list[Line]] = {}
        self._rises: dict[tuple[int, float | None], Rise | None] = {}

    def of(self, proof: Proof) -> list[int]:
        """Numbers of the templates it is about; of all of its application and model where none has its name any more."""
        every = list(enumerate(self._world.templates))
        named = [number for number, one in every if one.id in proof.templates]
        return named or [number for number, one in every if (one.app, one.model) == (proof.app, proof.model)]

    def changed(self, proof: Proof) -> tuple[Prompt | None, bool]:
        """The first request that shows the change; and whether some do, but too few to say so."""
        first: list[Prompt] = []
        doubt = False
        for number in self.of(proof):
            template = self._world.templates[number]
            case, found = template.outcome.case, None
            # Of one that was changed and did not help only more cache tells that it was changed again.
            if proof.adopted_at is None and proof.place is not None and proof.place.segment == "system":
                seen = gone_since(case, proof.place, proof.until)
                found, doubt = seen.since, doubt or seen.doubt
            if found is None:
                segment = proof.place.segment if proof.place is not None else "message"
                risen = self._rise(number, proof.known_from)
                found = risen.since if risen is not None and risen.shows(proof.kind, segment) else None
            if found is not None:
                first.append(found)
        return min(first, key=lambda one: one.at, default=None), doubt

    def _rise(self, template: int, after: float | None) -> Rise | None:
        """Of the calls from `after` on: a change before, that was undone, is no change now."""
        if (template, after) not in self._rises:
            case = self._world.templates[template].outcome.case
            if after is not None:
                first = sum(prompt.at < after for prompt in case.prompts)
                case = Case(case.prompts[first:], case.conversation[first:], case.chains, case.lifetimes)
            self._rises[template, after] = rise_of(case, self._world.pricing)
        return self._rises[template, after]

    def before(self, proof: Proof, start: float | None, end: float) -> dict[str, Cells]:
        """Sums of the calls from `start` (unix seconds) up to `end`; what is remembered where too few of them are kept."""
        found = cells_of(
            line for line in self.lines(proof) if (start is None or line.prompt.at >= start) and line.prompt.at < end
        )
        if ANY in found and summed(found[ANY])[COUNTERS - 1] >= max(LEAST, _calls(proof.before) // 2):
            return found
        return proof.before or found

    def since(self, proof: Proof, start: float, end: float | None) -> Measured:
        """Figures of the calls from `start` on, before `end`."""
        lines = [
            line for line in self.lines(proof) if line.prompt.at >= start and (end is None or line.prompt.at < end)
        ]
        return measured(lines, proof.before, self._world.money)

    def between(self, proof: Proof, start: float, end: float) -> int:
        """Number of calls from `start` on, before `end`."""
        return sum(start <= line.prompt.at < end for line in self.lines(proof))

    def lines(self, proof: Proof) -> Iterator[Line]:
        """The calls it is about."""
        for number in self.of(proof):
            known = self._lines.get(number)
            if known is None:
                prompts = self._world.templates[number].outcome.case.prompts
                talks: Sequence[int] = self._world.talks[self._world.numbers[number]].tolist()
                known = self._lines[number] = lines_of(prompts, talks)
            yield from known


def stale(proof: Proof, last: float) -> bool:
    """Whether so long has passed that what it remembers of the place is worth nothing."""
    return last - proof.until > _STALE_S


def _calls(before: dict[str, Cells]) -> int:
    return summed(before[ANY])[COUNTERS - 1] if ANY in before else 0


def joined(proofs: Iterable[Proof], prompts: Prompts) -> list[list[Proof]]:
    """Adopted ones by the change that they were carried out in, the earliest first: several of one prompt may be one release."""
    groups: list[list[Proof]] = []
    for proof in sorted(proofs, key=lambda one: (one.adopted_at or 0.0, one.id)):
        last = groups[-1] if groups else []
        start = last[0].adopted_at if last else None
        if start is not None and prompts.between(proof, start, proof.adopted_at or start) < LEAST:
            last.append(proof)
        else:
            groups.append([proof])
    return groups
