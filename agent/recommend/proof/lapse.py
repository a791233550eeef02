"""What was carried out and confirmed, and holds no longer: the waste is back.

The share that is read from the cache (or answered in the proposed way) must fall clearly, and not come back, in an hour or more of calls of
at least 20 conversations. Of a prompt, the same calls must save less than half of what those before the fall did, held against what such
calls were like before the change, and its fault must be found in them again. Answers must come as before the change again: those of another
model, or no batches, for half of the calls; of a cache, nine tenths of its hits must be gone, since fewer requests may repeat by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from agent.recommend.interval import LEAST_GROUPS
from agent.recommend.proof.answers import CACHES, JOINED, Answers
from agent.recommend.proof.baseline import Line
from agent.recommend.proof.measured import Measured
from agent.recommend.proof.prompt_saving import measured
from agent.recommend.proof.prompts import Prompts
from agent.recommend.proof.state import Lapsed, Proof
from agent.recommend.proof.verdict import HALF, LEAST_S
from agent.recommend.world import World
from analyzers.prompt_caching.fall import Read, fall, ratio

_CACHE_OFF = 0.1


def lapsed(proof: Proof, prompts: Prompts, answers: Answers, world: World) -> Proof | None:
    """The proof as one whose change is undone; None where it holds, or too little tells."""
    found = proof.found
    if proof.kind == JOINED:
        # What is missing in a log and comes back is no more than more traffic at the same time.
        return None
    if proof.adopted_at is None or proof.closed_at is not None or found is None or found.verdict != "confirmed":
        return None
    of_prompt = proof.lever == "prompt_caching"
    told = _of_prompt(proof, prompts, world) if of_prompt else _of_answers(proof, answers, world)
    if told is None:
        return None
    at, why = told
    one = Lapsed(proof.realised, proof.verdict_at or at, proof.adopted_at, at, why)
    return msgspec.structs.replace(
        proof,
        adopted_at=None,
        noticed_at=None,
        realised="",
        verdict_at=None,
        settled=False,
        share_before=0.0,
        before={},
        lapsed=(*proof.lapsed, one),
    )


def _of_prompt(proof: Proof, prompts: Prompts, world: World) -> tuple[float, str] | None:
    start = proof.adopted_at or 0.0
    every = [line for line in prompts.lines(proof) if line.prompt.at >= start]
    every = sorted((line for line in every if line.tokens and line.tokens.total), key=lambda line: line.prompt.at)
    reads = [
        Read(number, line.prompt.at, line.tokens.read, line.tokens.total)
        for number, line in enumerate(every)
        if line.tokens is not None
    ]
    found = fall(reads)
    if found is None or not _enough(reads[found.split :], [line.talk for line in every[found.split :]]):
        return None

    def saved(lines: Sequence[Line]) -> float:
        made: Measured = measured(lines, proof.before, world.money)
        return float(made.values.sum()) / made.without if made.without else 0.0

    until, since = every[found.start : found.split], every[found.split :]
    if not proof.before or saved(since) >= HALF * saved(until):
        return None
    return reads[found.split].at, _told(reads[found.start : found.split], reads[found.split :], "read from the cache")


def _of_answers(proof: Proof, answers: Answers, world: World) -> tuple[float, str] | None:
    rows = answers.as_proposed(proof)
    reads = [Read(i, world.bills[n].at, int(so), 1) for i, (n, so) in enumerate(zip(*rows, strict=True))]
    found = fall(reads)
    if found is None:
        return None
    until, since = reads[found.start : found.split], reads[found.split :]
    least = _CACHE_OFF if proof.kind in CACHES else HALF
    if not _enough(since, [int(world.talks[n]) for n in rows.numbers[found.split :]]):
        return None
    if ratio(since) - proof.share_before >= least * (ratio(until) - proof.share_before):
        return None
    return since[0].at, _told(until, since, "answered in the proposed way")


def _enough(reads: Sequence[Read], talks: Sequence[int]) -> bool:
    return reads[-1].at - reads[0].at >= LEAST_S and len(set(talks)) >= LEAST_GROUPS


def _told(until: Sequence[Read], since: Sequence[Read], what: str) -> str:
    at = datetime.fromtimestamp(since[0].at, UTC)
    unit = "of the input is" if what.startswith("read") else "of the calls are"
    return (
        f"it is back since {at:%Y-%m-%d %H:%M} UTC: {100 * ratio(since):.0f} % {unit} {what} since then, "
        f"{100 * ratio(until):.0f} % until then"
    )
