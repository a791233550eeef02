"""What the report says about prompt caching, apart from how it is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from agent.report_caching import Lifetime, PromptCaching, PromptFault, PromptTemplate, Restraint, Simulated
from agent.report_table import SHOWN, Cell, Table, count, more, usd

_WHERE = {"system": "system prompt", "tools": "tools", "message": "messages"}


def summary(caching: PromptCaching) -> Iterable[str]:
    """One line: what is read from the cache, what could be, and what that would save."""
    actual, then, now = caching.actual.hit_ratio, caching.simulated.restructured, caching.simulated.as_is
    if actual is None and now.hit_ratio is None:
        return
    if actual is not None:
        said = f"{_percent(actual)} of input tokens are read from the provider's cache"
    else:
        said = f"{_percent(now.hit_ratio)} of input tokens could be read from the provider's cache as prompts stand"
    if not caching.faults:
        yield f"Prompt caching: {said}."
        return
    gain = sum((fault.saving_usd_month for fault in caching.faults if fault.saving_usd_month is not None), Decimal(0))
    known = any(fault.saving_usd_month is not None for fault in caching.faults)
    worth = f", which saves {usd(gain)} USD a month" if known else ""
    many = len(caching.faults)
    yield (
        f"Prompt caching: {said}; with {many} {'fault' if many == 1 else 'faults'} mended it would be "
        f"{_percent(then.hit_ratio)}{worth}."
    )


def worked(caching: PromptCaching) -> Iterable[str]:
    """What never changes in the dearest prompt that has a fault: what it costs a day, and what it would."""
    faulty = {fault.template for fault in caching.faults}
    priced = [one for one in caching.templates if one.id in faulty and one.static_usd_day is not None]
    dearest = max(priced, key=_gain, default=None)
    if dearest is None or dearest.static_usd_day is None or _gain(dearest) < Decimal("0.01"):
        return
    cost = dearest.static_usd_day
    less = 100 - 100 * cost.mended_half_the_calls / cost.as_is if cost.as_is else Decimal(0)
    yield (
        f"{dearest.app or '(no app)'}: the {count(dearest.static_tokens)} tokens that never change in its prompt cost "
        f"{usd(cost.as_is)} USD a day; with the prompt cache in order {usd(cost.mended)}; with half of the calls answered by a "
        f"response cache as well {usd(cost.mended_half_the_calls)}, {less:.0f} % less."
    )


def _gain(one: PromptTemplate) -> Decimal:
    cost = one.static_usd_day
    return Decimal(0) if cost is None else cost.as_is - cost.mended


def alerts(caching: PromptCaching) -> Iterable[str]:
    """Hits that fell, one line each: when, where, why, and what it costs."""
    for fall in caching.regressions:
        who = f"{fall.app or '(no app)'} on {fall.model}"
        cost = "" if fall.usd_day is None else f", {usd(fall.usd_day)} USD a day at the pace since"
        if fall.cause == "prompt":
            where = "" if fall.segment is None else f" in {_WHERE[fall.segment]}"
            why = f"{fall.kind}{where}"
        else:
            why = "the prompts did not change: the provider serves less"
        yield (
            f"Since {fall.at:%Y-%m-%d %H:%M} UTC {who} reads {_percent(fall.hit_ratio_after)} from the cache instead of "
            f"{_percent(fall.hit_ratio_before)}{cost}: {why}."
        )


def tables(caching: PromptCaching, restraints: Iterable[Restraint]) -> Iterable[Table]:
    """Regimes side by side, what breaks the cache, and where nothing is proposed."""
    if caching.simulated.infinite.hit_ratio is not None:
        yield _regimes(caching)
    if caching.faults:
        yield _faults(caching.faults)
    if caching.provider_reasons:
        yield _reasons(caching)
    kept = [one for one in restraints if one.lever == "prompt_caching"]
    if kept:
        yield _left(kept)


def remarks(caching: PromptCaching) -> Iterable[str]:
    """What the figures rest on."""
    if caching.calls and caching.calls_without_text:
        yield (
            f"Prompt caching: {count(caching.calls_without_text)} of {count(caching.calls)} calls came without text or block "
            "hashes and are not simulated."
        )
    for model, calls in list(caching.calls_without_rule.items())[:SHOWN]:
        if model.strip("/"):
            yield f"Prompt caching: no rule fits {model} ({count(calls)} calls); one can be given in [prompt_caching]."
        else:
            yield f"Prompt caching: {count(calls)} calls name no model, so no provider's rules can be applied."
    if caching.compared_calls:
        modelled = caching.compared_calls - caching.sized_by_usage
        sized = (
            f", {count(modelled)} of them sized by their text alone (their savings are among these and not in the plan, which counts what was billed)"
            if modelled
            else ""
        )
        yield (
            f"Prompt caching is simulated by the providers' rules of {caching.rules_date} on {count(caching.compared_calls)} "
            f"calls{sized}; hit ratios are weighted by tokens, savings are against the same calls without a cache."
        )
    if caching.told_apart_calls is not None and caching.told_apart_calls < caching.compared_calls:
        yield (
            f"Prompt caching: templates and faults are those of the newest {count(caching.told_apart_calls)} of these calls; their money is "
            "brought up to all of them by their input tokens."
        )
    if caching.scaled_by != 1.0:
        yield f"Prompt caching: money is that of the calls looked at, times {caching.scaled_by:.2f} for all calls of the period."
    changed = dict.fromkeys(
        f"{drift.app or '(no app)'} on {drift.model}: its {_WHERE[drift.segment]} {'was' if drift.segment == 'system' else 'were'} "
        f"changed for good at {drift.at:%Y-%m-%d %H:%M} UTC."
        for drift in caching.drifts
    )
    yield from list(changed)[-SHOWN:]
    for learnt in caching.availability:
        if learnt.share is not None and (learnt.share < 0.98 or learnt.share > 1.02):
            more_or_less = (
                "forecasts are multiplied by it" if learnt.share < 1 else "forecasts promise no more than the rules"
            )
            yield (
                f"{learnt.provider}/{learnt.model} served {_percent(learnt.share)} of what its rules promise "
                f"({count(learnt.calls)} calls); {more_or_less}."
                + (" A prompt_cache_key keeps calls of one prompt on one machine." if _keyless(learnt) else "")
            )


def _keyless(learnt: Lifetime) -> bool:
    """Whether hits are lost on the way to the right machine, and nothing tells it."""
    return learnt.key_routes and not learnt.with_cache_key and learnt.share is not None and learnt.share < 0.9


def _regimes(caching: PromptCaching) -> Table:
    simulated = caching.simulated
    rows: list[tuple[str, float | None, float | None, int | None, Decimal | None]] = []
    actual = caching.actual
    if actual.hit_ratio is not None:
        rows.append(
            (
                "as reported",
                actual.hit_ratio,
                actual.hit_ratio_per_request,
                actual.cached_tokens,
                actual.saving_usd_month,
            )
        )
    for name, one in (
        ("simulated as is", simulated.as_is),
        ("with the faults mended", simulated.restructured),
        ("best marking", simulated.best_marking),
        ("no expiry, no minimum", simulated.infinite),
    ):
        if one.hit_ratio is not None:
            rows.append(_row(name, one))
    rows += [
        (f"everything cached for {_span(one.lifetime_s)}", one.hit_ratio, one.hit_ratio_per_request, None, None)
        for one in simulated.by_lifetime
    ]
    return Table(
        "Prompt caching",
        ("Regime", "Of tokens", "Mean of calls", "Tokens read", "USD a month saved"),
        tuple(
            (
                Cell(name),
                Cell(_percent(ratio)),
                Cell(_percent(mean)),
                Cell("" if tokens is None else count(tokens)),
                Cell("" if saving is None else usd(saving)),
            )
            for name, ratio, mean, tokens, saving in rows
        ),
    )


def _span(seconds: float) -> str:
    if seconds < 3_600:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3_600:.0f} hours" if seconds > 3_600 else "1 hour"


def _row(name: str, one: Simulated) -> tuple[str, float | None, float | None, int | None, Decimal | None]:
    return name, one.hit_ratio, one.hit_ratio_per_request, one.cached_tokens, one.saving_usd_month


def _faults(faults: list[PromptFault]) -> Table:
    rows = tuple(
        (
            Cell(f"{number}. {fault.app or '(no app)'}", is_name=True),
            Cell(fault.kind if fault.confidence == "confirmed" else f"{fault.kind}?"),
            Cell(_place(fault)),
            Cell(count(fault.calls)),
            Cell(count(fault.stranded_tokens)),
            Cell(usd(fault.saving_usd_month)),
        )
        for number, fault in enumerate(faults[:SHOWN], 1)
    )
    notes = [f"{number}. {fault.fix}" for number, fault in enumerate(faults[:SHOWN], 1)]
    notes.append(more(len(faults)) or "Each saves what is left after the ones above it.")
    notes.append(
        "Where: the part, counted from 0, and characters of its text. Tokens behind: what a call could have read from there on."
    )
    return Table(
        "What breaks the prompt cache",
        ("App", "Fault", "Where", "Calls", "Tokens behind", "USD a month"),
        rows,
        "\n".join(notes),
    )


def _place(fault: PromptFault) -> str:
    where = f"{_WHERE[fault.segment]} {fault.position}" if fault.segment != "system" else "system prompt"
    return f"{where}, {fault.start}-{fault.end}" if fault.end > fault.start else where


def _reasons(caching: PromptCaching) -> Table:
    rows = tuple(
        (
            Cell(one.reason, True),
            Cell(count(one.calls)),
            Cell(count(one.calls - one.without_call_before)),
            Cell(count(one.seen)),
            Cell(count(one.named)),
        )
        for one in caching.provider_reasons[:SHOWN]
    )
    return Table(
        "What the provider says of its cache",
        ("Reason", "Calls", "Comparable", "Seen here too", "Named as a fault"),
        rows,
        more(len(caching.provider_reasons)),
    )


def orders(caching: PromptCaching) -> Iterable[tuple[str, str]]:
    """Title and unified diff of the templates whose order should change, the dearest first."""
    for one in caching.templates:
        if one.proposed_order:
            yield f"Proposed order: {one.app or '(no app)'} on {one.model}", one.proposed_order


def _left(kept: list[Restraint]) -> Table:
    rows = tuple(
        (Cell(one.subject, True), Cell(one.verdict.replace("_", " ")), Cell(one.why, True)) for one in kept[:SHOWN]
    )
    return Table("Prompts left alone", ("App and model", "Verdict", "Why"), rows, more(len(kept)))


def _percent(ratio: float | None) -> str:
    return "not known" if ratio is None else f"{100 * ratio:.1f} %"
