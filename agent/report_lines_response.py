"""What the report says about response caching, apart from how it is drawn."""

from __future__ import annotations

from collections.abc import Iterable

from agent.report_caching import Restraint
from agent.report_response import Exact, ResponseCaching, Semantic, Threshold
from agent.report_table import SHOWN, Cell, Table, count, more, usd

LEVERS = {"exact_cache": "exact", "semantic_cache": "semantic"}
_SHOWN_THRESHOLDS = (0.75, 0.8, 0.85, 0.88, 0.9, 0.92, 0.94, 0.96, 0.98)
_LEAST_NOISE = 10
"""Pairs from which on the noise of the model is worth a line."""


def summary(found: ResponseCaching) -> Iterable[str]:
    """One line for each kind of cache: what it would hit, break and save."""
    if not found.calls:
        return
    if not found.eligible_calls:
        yield "Response caching: no call could be answered from a cache."
        return
    exact, semantic = found.exact, found.semantic
    saves = "" if exact.saving_usd_month is None else f", {usd(exact.saving_usd_month)} USD a month"
    yield (
        f"Response caching: {count(found.eligible_calls)} of {count(found.calls)} calls could be answered from a cache; "
        f"an exact one hits {_percent(exact.hit_rate)} of them{saves}."
    )
    if semantic.recommended_threshold is not None:
        saves = "" if semantic.saving_usd_month is None else f" and saves {usd(semantic.saving_usd_month)} USD a month"
        yield (
            f"By similarity, at {semantic.recommended_threshold:.2f}, a cache hits {_percent(semantic.hit_rate)} of them{saves}; "
            f"at most {_percent(semantic.wrong_rate_high)} of requests would be answered wrongly "
            f"({count(semantic.judged_pairs)} judged pairs)."
        )
        return
    alone = [one for one in semantic.by_app if one.recommended_threshold is not None]
    if alone:
        named = ", ".join(
            f"{one.app or '(no app)'} (at {one.recommended_threshold:.2f}: {_percent(one.hit_rate)} hits, at most "
            f"{_small(one.wrong_rate_high)} of requests wrong)"
            for one in alone[:SHOWN]
        )
        yield f"By similarity not for all together, but for {named}."
    elif semantic.recommended_threshold_reason:
        why = semantic.recommended_threshold_reason
        yield f"By similarity: do not. {why[:1].upper()}{why[1:]}."


def tables(found: ResponseCaching, restraints: Iterable[Restraint]) -> Iterable[Table]:
    """Curves with what they would break, by application, and where nothing is proposed."""
    if found.eligible_calls:
        yield _exact(found.exact)
    if found.exact.spoilers:
        yield _spoilers(found.exact)
    if found.semantic.curve:
        yield _curve(found.semantic)
    if len(found.semantic.by_app) > 1:
        yield _apps(found.semantic)
    if found.clusters:
        yield _clusters(found)
    if found.ineligible_by_reason:
        yield _ineligible(found)
    kept = [one for one in restraints if one.lever in LEVERS]
    if kept:
        yield _left(kept)


def remarks(found: ResponseCaching) -> Iterable[str]:
    """What the figures rest on."""
    semantic, noise = found.semantic, found.noise
    if not found.eligible_calls:
        return
    if semantic.curve:
        yield (
            f"Thresholds are cosines of {semantic.embedder} and mean nothing to another model; wrong answers are those that differ "
            f"from what the later call really got, judged on {count(semantic.judged_pairs_in_all)} different pairs; bounds hold with 95 %."
        )
    if semantic.own_vectors:
        left = semantic.calls_without_vector
        yield f"Similarity is that of the vectors which the log brings ({semantic.embedder})" + (
            f"; {count(left)} of {count(found.eligible_calls)} eligible calls bring none and are left out of it."
            if left
            else "."
        )
    elif not semantic.complete and not semantic.verified_lookups:
        yield (
            f"By similarity each app's newest calls were replayed, {count(semantic.replayed_calls)} of {count(found.eligible_calls)} "
            f"({count(semantic.questions)} different questions); rates and savings are theirs alone."
        )
    if semantic.verified_lookups:
        yield (
            f"{count(semantic.questions)} different questions are more than there was time to embed: all calls were replayed with a static "
            f"model, its thresholds set by {count(semantic.verified_lookups)} look-ups that {semantic.embedder} verified; what is recommended "
            f"was confirmed on each app's newest calls, {count(semantic.exactly_replayed_calls)} in all, replayed exactly."
        )
    if noise.pairs >= _LEAST_NOISE and noise.rate is not None:
        yield (
            f"The model answers the very same request differently in {_percent(noise.rate)} of {count(noise.pairs)} pairs; that is "
            "its own doing and not charged to a cache."
        )
    if semantic.above_limit:
        yield (
            f"At {semantic.recommended_threshold:.2f} {', '.join(semantic.above_limit[:SHOWN])} would be answered wrongly more often "
            f"than the limit of {_percent(semantic.max_wrong_rate)}: leave it out, or give it a threshold of its own."
        )
    if found.after_prompt_caching is not None and found.after_prompt_caching < 0.995:
        yield (
            "Savings of response caching are of what the calls cost once what the plan says of their prompts is done: "
            f"{_percent(found.after_prompt_caching)} of today's."
        )
    if found.unpriced_calls:
        yield f"{count(found.unpriced_calls)} eligible calls have no price: their hits save nothing in these figures."
    if found.exact.in_flight.calls:
        yield (
            f"{count(found.exact.in_flight.calls)} calls came while the answer to the same request was under way: no cache has "
            "them, letting them wait for it does."
        )
    if found.exact.running_usd_month is not None or semantic.running_usd_month is not None:
        yield "What a cache costs is modelled from the two prices in [response_caching.costs] and taken off its saving."


def _exact(exact: Exact) -> Table:
    rows = [(f"entries live {span(one.ttl_s)}", one.hit_rate) for one in exact.by_ttl]
    rows += [(f"at most {count(one.entries)} entries", one.hit_rate) for one in exact.by_entries]
    chosen = []
    if exact.ttl_s is not None:
        chosen.append(f"a lifetime of {span(exact.ttl_s)}")
    if exact.entries is not None:
        chosen.append(f"{count(exact.entries)} entries")
    keep = "keep" if len(chosen) > 1 or exact.entries is not None else "keeps"
    note = f"{' and '.join(chosen).capitalize()} {keep} nearly all of it." if chosen and exact.hit_rate else ""
    return Table(
        "An exact cache of answers",
        ("Cache", "Hits"),
        tuple((Cell(name), Cell(_percent(rate))) for name, rate in rows),
        note,
    )


def _spoilers(exact: Exact) -> Table:
    rows = tuple(
        (
            Cell(f"{number}. {one.app or '(no app)'}", is_name=True),
            Cell(one.kind if one.confidence == "confirmed" else f"{one.kind}?"),
            Cell(count(one.calls)),
            Cell(count(one.more_hits)),
            Cell(usd(one.saving_usd_month)),
        )
        for number, one in enumerate(exact.spoilers[:SHOWN], 1)
    )
    notes = [f"{number}. {one.fix}" for number, one in enumerate(exact.spoilers[:SHOWN], 1)]
    if any(one.confidence == "suspected" for one in exact.spoilers[:SHOWN]):
        notes.append("?: too few answers to requests that differ in it alone could be compared, or these differ too.")
    return Table(
        "What makes equal requests unequal",
        ("App", "Cause", "Calls", "More hits", "USD a month"),
        rows,
        "\n".join(notes),
    )


def _curve(semantic: Semantic) -> Table:
    rows = tuple(
        (
            Cell(f"{one.threshold:.2f}" + (" *" if one.threshold == semantic.recommended_threshold else "")),
            Cell(_percent(one.hit_rate)),
            Cell(f"{100 * one.hit_rate_low:.0f}-{100 * one.hit_rate_high:.0f} %"),
            Cell(_small(one.wrong_rate)),
            Cell(_small(one.wrong_rate_high)),
            Cell(_small(one.wrong_rate_of_hits)),
            Cell(count(one.judged_pairs)),
            Cell(usd(one.saving_usd_month)),
        )
        for one in semantic.curve
        if _shown(one, semantic)
    )
    note = (
        "* recommended: saves most among those that keep wrong answers rare."
        if semantic.recommended_threshold is not None
        else f"None is recommended: {semantic.recommended_threshold_reason}."
    )
    return Table(
        "A cache of answers by similarity",
        ("Threshold", "Hits", "Likely", "Wrong", "At most", "Of hits", "Pairs", "USD a month"),
        rows,
        note,
    )


def _shown(one: Threshold, semantic: Semantic) -> bool:
    return one.threshold == semantic.recommended_threshold or any(
        abs(one.threshold - each) < 0.001 for each in _SHOWN_THRESHOLDS
    )


def _apps(semantic: Semantic) -> Table:
    rows = tuple(
        (
            Cell(one.app or "(no app)", one.app is not None),
            Cell(count(one.eligible_calls)),
            Cell(_percent(one.exact_hit_rate)),
            Cell("none" if one.recommended_threshold is None else f"{one.recommended_threshold:.2f}"),
            Cell("" if one.hit_rate is None else _percent(one.hit_rate)),
            Cell("" if one.wrong_rate_high is None else _small(one.wrong_rate_high)),
            Cell("" if one.saving_usd_month is None else usd(one.saving_usd_month)),
        )
        for one in semantic.by_app[:SHOWN]
    )
    return Table(
        "Each app with a threshold of its own",
        ("App", "Calls", "Exact", "Threshold", "Hits", "Wrong at most", "USD a month"),
        rows,
        more(len(semantic.by_app)),
    )


def _clusters(found: ResponseCaching) -> Table:
    rows = tuple(
        (
            Cell(one.label, True),
            Cell(one.app or "(no app)", one.app is not None),
            Cell(count(one.calls)),
            Cell(_percent(one.share)),
            Cell("" if one.repeat_rate is None else _percent(one.repeat_rate)),
            Cell(usd(one.usd_month)),
        )
        for one in found.clusters[:SHOWN]
    )
    return Table(
        "Kinds of request", ("Kind", "App", "Calls", "Share", "Repeats", "USD a month"), rows, more(len(found.clusters))
    )


def _ineligible(found: ResponseCaching) -> Table:
    reasons = sorted(found.ineligible_by_reason.items(), key=lambda item: (-item[1], item[0]))
    rows = tuple((Cell(reason.replace("_", " ")), Cell(count(calls))) for reason, calls in reasons[:SHOWN] if calls)
    return Table("Not to be answered from a cache", ("Because of", "Calls"), rows, more(len(reasons)))


def _left(kept: list[Restraint]) -> Table:
    rows = tuple(
        (
            Cell(f"{LEVERS[one.lever]}{': ' if one.subject else ''}{one.subject}", True),
            Cell(one.verdict.replace("_", " ")),
            Cell(one.why, True),
        )
        for one in kept[:SHOWN]
    )
    return Table("Caches left alone", ("Cache", "Verdict", "Why"), rows, more(len(kept)))


def span(seconds: float) -> str:
    """A lifetime in words."""
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            number = seconds / size
            return f"{number:g} {name}{'' if number == 1 else 's'}"
    return f"{seconds:g} seconds"


def _percent(rate: float | None) -> str:
    return "not known" if rate is None else f"{100 * rate:.1f} %"


def _small(rate: float | None) -> str:
    """Rates that matter below a tenth of a percent."""
    return "not known" if rate is None else f"{100 * rate:.2f} %"
