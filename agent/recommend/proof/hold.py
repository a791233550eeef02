"""What was carried out, held against what was promised, as far as the calls tell by now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from agent.recommend.pace import Pace
from agent.recommend.proof.answers import CACHES, Answers
from agent.recommend.proof.prompts import Prompts, joined
from agent.recommend.proof.state import Promise, Proof
from agent.recommend.proof.verdict import Span, verdict
from agent.report_plan import Realised

SETTLED_S = 7 * 86_400.0
LOST_S = 28 * 86_400.0


class Hold:
    """Measures what was carried out; `last` is the start of the newest call, `now` the time of the look (unix seconds)."""

    def __init__(self, prompts: Prompts, answers: Answers, pace: Pace, last: float, now: float) -> None:
        self._prompts = prompts
        self._answers = answers
        self._pace = pace
        self._last = last
        self._now = now

    def prompts(self, adopted: Iterable[Proof]) -> Iterator[Proof]:
        """Those about prompts. Several of one prompt that were carried out together share what it brought, as they were promised it."""
        by_prompt: defaultdict[tuple[int, ...], list[Proof]] = defaultdict(list)
        for proof in adopted:
            by_prompt[tuple(self._prompts.of(proof))].append(proof)
        for own in by_prompt.values():
            groups = joined(own, self._prompts)
            starts = [min(one.adopted_at or 0.0 for one in group) for group in groups]
            for number, group in enumerate(groups):
                earlier = starts[number - 1] if number else None
                closed = starts[number + 1] if number + 1 < len(groups) else None
                yield from self._group(group, starts[number], earlier, closed)

    def _group(
        self, group: Sequence[Proof], start: float, earlier: float | None, closed: float | None
    ) -> Iterator[Proof]:
        promised = sum(one.promise.likely or 0.0 for one in group)
        for proof in group:
            if proof.settled:
                continue
            known_from = max((at for at in (earlier, proof.known_from) if at is not None), default=None)
            before = self._prompts.before(proof, known_from, start)
            one = msgspec.structs.replace(proof, before=before, closed_at=closed)
            found = self._prompts.since(one, start, closed)
            if not found.calls and proof.realised:
                # They are not kept any more: what was known of them stays.
                yield proof
                continue
            part, alone = 1.0, len(group) == 1
            if not alone:
                part = (proof.promise.likely or 0.0) / promised if promised else 1.0 / len(group)
            span = Span(start, closed or self._last, self._pace.scale(proof.app), closed is not None)
            yield self._concluded(one, verdict(found, _held(one, alone=alone), span, part=part))

    def answers(self, adopted: Sequence[Proof]) -> Iterator[Proof]:
        """Those about who answers. A further cache of the same application ends what can be told of the one before."""
        for proof in adopted:
            start = proof.adopted_at
            if proof.settled or start is None:
                continue
            others = [
                one.adopted_at
                for one in adopted
                if proof.kind in CACHES and one.kind in CACHES and one.app == proof.app and one.adopted_at is not None
            ]
            closed = min((at for at in others if at > start), default=None)
            found = self._answers.since(proof, start, closed)
            if not found.calls and proof.realised:
                yield proof
                continue
            span = Span(start, closed or self._last, self._pace.scale(proof.app), closed is not None)
            one = msgspec.structs.replace(proof, closed_at=closed)
            yield self._concluded(one, verdict(found, _held(proof, alone=True), span))

    def _concluded(self, proof: Proof, found: Realised) -> Proof:
        decided = found.verdict != "cannot_tell"
        since = self._last - (proof.adopted_at or self._last)
        settled = (decided and (since >= SETTLED_S or proof.closed_at is not None)) or since >= LOST_S
        return msgspec.structs.replace(
            proof,
            # What was confirmed may be undone one day: then it tells what the calls are like again.
            before={} if settled and found.verdict != "confirmed" else proof.before,
            realised=found.model_dump_json(),
            verdict_at=(proof.verdict_at or self._now) if decided else None,
            settled=settled,
        )


def _held(proof: Proof, *, alone: bool) -> Promise | None:
    """What is held against it: done alone, what it promised alone."""
    promise = proof.promise
    amount = promise.alone if alone and promise.alone is not None else promise.likely
    return None if amount is None else msgspec.structs.replace(promise, likely=amount)
