"""One look at what became of the recommendations. Pure: what is known and the calls that were looked at in, what is known now out.

While a recommendation is found, what its calls are like is remembered. As soon as the calls show that it was carried out, whoever did
it and whether or not anybody said so, the calls since are held against it; a verdict is looked at again for seven days and stays then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from agent.recommend.advise import Advice
from agent.recommend.opportunity import Opportunity
from agent.recommend.proof.answers import CACHES, Answers
from agent.recommend.proof.hold import LOST_S, Hold
from agent.recommend.proof.lapse import lapsed
from agent.recommend.proof.over import changes, over
from agent.recommend.proof.prompts import Prompts, stale
from agent.recommend.proof.state import Promise, Proof, Where
from agent.recommend.proof.verdict import LEAST_S
from agent.report_plan import Recommendation


class Proven(NamedTuple):
    """What is known of each recommendation; what is not among them can be forgotten.

    `unsure` are ids of what is found for the first time in prompts that are being changed: mixed with those before, these look like
    another fault.
    """

    proofs: list[Proof]
    unsure: frozenset[str] = frozenset()


def prove(known: Mapping[str, Proof], statuses: Mapping[str, str], advice: Advice, now: float) -> Proven:
    """What is known after this look at `now` (unix seconds).

    `statuses` are by id; what was dismissed is not looked at.
    """
    look = _Look(statuses, advice, now)
    if not look.last:
        return Proven(list(known.values()))
    waiting, proofs = [], {}
    for name in sorted({*known, *look.found}):
        proof = known.get(name) or look.first(name)
        if statuses.get(name) != "dismissed":
            proof = look.undone(proof) or proof
        if statuses.get(name) != "dismissed" and (proof.adopted_at is None or _failed(proof)):
            waiting.append(proof)
        else:
            proofs[name] = proof
    # What was known before is asked first: what shows only beside a change that it explains is none of its own.
    waiting.sort(key=lambda one: (one.id not in known, one.id))
    for proof in look.prompts_of(waiting, [*proofs.values()], known):
        proofs[proof.id] = proof
    for proof in look.answers_of(waiting, [*proofs.values()]):
        proofs[proof.id] = proof
    adopted = [one for one in proofs.values() if one.adopted_at is not None and statuses.get(one.id) != "dismissed"]
    hold = Hold(look.prompts, look.answers, advice.pace, look.last, now)
    about_prompts = [one for one in adopted if one.lever == "prompt_caching"]
    others = [one for one in adopted if one.lever != "prompt_caching"]
    for proof in (*hold.prompts(about_prompts), *hold.answers(others)):
        proofs[proof.id] = proof
    return Proven([proofs[name] for name in sorted(proofs)], frozenset(look.unsure))


class _Look:
    """Everything that one look needs."""

    def __init__(self, statuses: Mapping[str, str], advice: Advice, now: float) -> None:
        self.now = now
        self.statuses = statuses
        self.pace = advice.pace
        self.world = advice.world
        self.prompts, self.answers = Prompts(advice.world), Answers(advice.world, advice.flights)
        self.last = max((bill.at for bill in advice.world.bills), default=0.0)
        self.recommended = {one.id: one for one in advice.recommendations}
        self.listed = {one.id: one for one in advice.found}
        self.unsure: set[str] = set()
        self.found = {
            one.id: one for one in advice.found if one.id in self.recommended and statuses.get(one.id) != "dismissed"
        }

    def undone(self, proof: Proof) -> Proof | None:
        """A confirmed one whose waste is back."""
        one = self.listed.get(proof.id)
        about_prompts = proof.lever == "prompt_caching"
        if about_prompts and one is None:
            return None
        found = lapsed(proof, self.prompts, self.answers, self.world)
        if found is None:
            return None
        if about_prompts and one is not None and found.back is not None:
            names = (self.world.templates[number].id for number in one.templates)
            if proof.id in over(self.world, [one], dict.fromkeys(names, found.back.at)):
                # Less is read, and not for what was mended.
                return None
        return msgspec.structs.replace(found, until=self.last)

    def first(self, name: str) -> Proof:
        """A recommendation that is seen for the first time."""
        one = self.found[name]
        place = one.place
        return Proof(
            id=one.id,
            lever=one.lever,
            kind=one.kind,
            app=one.app,
            model=one.model,
            templates=tuple(self.world.templates[number].id for number in one.templates),
            until=self.last,
            promise=Promise(),
            proposed=one.proposed,
            asked=one.asked,
            place=None if place is None else Where(place.segment, place.position, place.part, place.start, place.end),
        )

    def prompts_of(
        self, waiting: Iterable[Proof], adopted: Sequence[Proof], known: Mapping[str, Proof]
    ) -> Iterator[Proof]:
        """Those about prompts: carried out, or remembered as they are now."""
        carried_out = [one for one in adopted if one.adopted_at is not None]
        moving: set[int] = set()
        gone: frozenset[str] | None = None
        for proof in waiting:
            if proof.lever != "prompt_caching":
                continue
            own = self.prompts.of(proof)
            if proof.id not in known:
                if gone is None:
                    gone = over(self.world, self.found.values(), changes(carried_out))
                if moving.intersection(own):
                    self.unsure.add(proof.id)
                if proof.id in gone | self.unsure:
                    continue
            first, doubt = self.prompts.changed(proof)
            if doubt:
                moving.update(own)
            if first is not None and _later(proof, first.at):
                done = _adopted(proof, first.at, self.now)
                carried_out.append(done)
                yield done
            elif proof.adopted_at is not None or (proof.id not in self.found and (doubt or proof.id in self.listed)):
                yield proof
            elif proof.id in self.found:
                yield self._anew(proof, doubt=doubt)

    def _anew(self, proof: Proof, *, doubt: bool) -> Proof:
        fresh = self._refreshed(proof)
        fresh = msgspec.structs.replace(fresh, before=self.prompts.before(fresh, fresh.known_from, self.last + 1))
        if doubt and not stale(proof, self.last):
            # Some calls are changed already: where it stood is told by those before them.
            return msgspec.structs.replace(fresh, until=proof.until, place=proof.place)
        return fresh

    def answers_of(self, waiting: Iterable[Proof], adopted: Iterable[Proof]) -> Iterator[Proof]:
        """Those about who answers. Of several caches of one application the log does not say which one answered: it is the one that
        was accepted, else the simplest.
        """
        taken = {one.app: one.adopted_at for one in adopted if one.kind in CACHES and one.adopted_at is not None}
        for proof in sorted(waiting, key=self._order):
            if proof.lever == "prompt_caching":
                continue
            is_cache = proof.kind in CACHES
            after = [taken.get(proof.app) if is_cache else None, proof.known_from]
            found = self.answers.changed(proof, max((at for at in after if at is not None), default=None))
            if found is not None and _later(proof, found[0]):
                if is_cache:
                    taken[proof.app] = found[0]
                share = found[1].share_before
                yield msgspec.structs.replace(_adopted(proof, found[0], self.now), share_before=share)
            elif proof.adopted_at is None and proof.id in self.found:
                yield self._refreshed(proof)
            elif proof.adopted_at is not None or self.last - proof.until < LOST_S:
                yield proof

    def _order(self, proof: Proof) -> tuple[bool, int, str]:
        rank = CACHES.index(proof.kind) if proof.kind in CACHES else 0
        return self.statuses.get(proof.id) != "accepted", rank, proof.id

    def _refreshed(self, proof: Proof) -> Proof:
        """With what is promised now, of the calls as they are now."""
        fresh = msgspec.structs.replace(self.first(proof.id), lapsed=proof.lapsed)
        promise = self._promise(self.found[proof.id], self.recommended[proof.id])
        return msgspec.structs.replace(fresh, promise=promise)

    def _promise(self, one: Opportunity, told: Recommendation) -> Promise:
        likely, alone = told.saving_usd_month.likely, told.alone_usd_month
        columns = self.world.columns
        usd = columns.input if one.lever == "prompt_caching" else columns.input + columns.output
        if one.kind == "batch":
            usd = usd * ~columns.waits
        month = self.pace.month(usd)
        if one.asked is not None:
            month = self.world.only(month, one.app, one.asked)
        if one.templates:
            basis = sum(float(month[self.world.numbers[number]].sum()) for number in one.templates)
        else:
            own = columns.apps.index(one.app) if one.app in columns.apps else -1
            basis = float(month[columns.app == own].sum())
        return Promise(
            None if likely is None else float(likely),
            None if alone is None else float(alone),
            basis,
            self.pace.running(one.app, float(one.running)),
            float(one.fixed_month),
        )


def _failed(proof: Proof) -> bool:
    found = proof.found
    return found is not None and found.verdict == "not_confirmed"


def _later(proof: Proof, at: float) -> bool:
    """Of one that did not help, another try."""
    return proof.adopted_at is None or at > proof.adopted_at + LEAST_S


def _adopted(proof: Proof, at: float, now: float) -> Proof:
    return msgspec.structs.replace(
        proof, adopted_at=at, noticed_at=now, realised="", verdict_at=None, settled=False, closed_at=None
    )
