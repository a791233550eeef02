"""What `hone check` shows of a few records: each call with its cost, each refusal, and what the calls do not say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from agent.lacks_view import lacks_of
from agent.printable import printable
from agent.report_lines_input import lacks_table
from agent.report_table import Cell, Table, usd
from analyzers.price_key import price_key
from analyzers.prices import Unpriced, cost
from collectors.lacking import lacking

if TYPE_CHECKING:
    from analyzers.core import Call, Part
    from analyzers.prices import Prices
    from collectors.parse import Parser
    from collectors.source import Partition, Record

_COLUMNS = ("Record", "Format", "Model", "Input", "Cached", "Output", "USD", "Text", "Notes")
_LONGEST_NOTE = 200
_ACCOUNT = 6
"""Characters of the hash that stands for an account: enough to tell two apart."""


class Looked(NamedTuple):
    """Tables to show, how many calls there were, and the records that no format makes much of."""

    tables: list[Table]
    calls: int
    unknown: list[tuple[Partition, Record]]


def looked_at(where: str, sample: Sequence[tuple[Partition, Record]], parser: Parser, prices: Prices) -> Looked:
    """One line for every call and refusal in `sample`, which is from `where`."""
    rows: list[tuple[Cell, ...]] = []
    calls: list[Call] = []
    unknown: list[tuple[Partition, Record]] = []
    came_apart = False
    for partition, record in sample:
        at = Cell(f"{partition.number}@{record.offset}")
        parsed = parser.parse(record, partition.topic, partition.number)
        calls += parsed.calls
        rows += [(at, *_call(call, prices)) for call in parsed.calls]
        rows += [_padded(at, "refused", reject.reason, reject.detail) for reject in parsed.rejects]
        refused = any(reject.reason == "unknown_format" for reject in parsed.rejects)
        if refused or any(call.model is None for call in parsed.calls):
            unknown.append((partition, record))
        if parsed.fragments:
            came_apart = True
            of = f"{len({one.key for one in parsed.fragments})} calls"
            rows.append(_padded(at, "messages", f"{len(parsed.fragments)} of {of}", "logged apart from their calls"))
        elif not parsed.calls and not parsed.rejects:
            rows.append(_padded(at, "no call"))
    tables = [Table(where, _COLUMNS, tuple(rows), "" if sample else "There are no records.")]
    lacks = lacks_of(lacking(calls), came_apart=came_apart)
    if lacks:
        tables.append(lacks_table(f"What these {len(calls)} calls do not say", lacks))
    return Looked(tables, len(calls), unknown)


def _padded(at: Cell, what: str, which: str = "", why: str = "") -> tuple[Cell, ...]:
    return at, Cell(what), Cell(which), *[Cell("")] * 5, Cell(why, is_name=bool(why))


def _call(call: Call, prices: Prices) -> tuple[Cell, ...]:
    usage = call.usage
    parts = (usage.uncached_input, usage.cache_read, usage.cache_write_short, usage.cache_write_long)
    known = [part for part in parts if part is not None]
    whole = usage.input_total if usage.input_total is not None else (sum(known) if known else None)
    usd_of_call, why = _cost(call, prices)
    notes = "; ".join(filter(None, (", ".join(_also(call)), why)))
    return (
        Cell(call.format),
        Cell(call.model or "(none)", is_name=call.model is not None),
        *(Cell("" if number is None else f"{number:,}") for number in (whole, usage.cache_read, usage.output)),
        Cell(usd(usd_of_call)),
        Cell(call.text_state),
        Cell(printable(notes, limit=_LONGEST_NOTE) if notes else ""),
    )


def _also(call: Call) -> Iterable[str]:
    """What decides price and cache beside the tokens, where the record says it."""
    if call.status == "error":
        yield call.error_type or "failed"
    key = price_key(call)
    if key.tier:
        yield f"tier {key.tier}"
    if key.batch:
        yield "batch"
    if key.fast:
        yield "fast"
    marks = Counter(part.cache_mark for part in _parts(call) if part.cache_mark is not None)
    if marks:
        yield "cache marks " + " ".join(f"{many} of {lifetime}" for lifetime, many in sorted(marks.items()))
    if call.prompt_blocks is not None:
        yield f"{len(call.prompt_blocks.hashes)} blocks of {call.prompt_blocks.size} tokens"
    if call.cache_diagnosis is not None:
        missed = call.cache_diagnosis.missed_tokens
        yield f"cache: {call.cache_diagnosis.reason}" + ("" if missed is None else f" ({missed:,} tokens)")
    if call.response_cache_hit:
        yield "answered by a gateway's cache"
    if call.region:
        yield call.region
    if call.account:
        yield f"account {call.account[:_ACCOUNT]}"


def _parts(call: Call) -> Iterable[Part]:
    yield from call.tools
    yield from call.system
    for message in call.messages:
        yield from message.parts


def _cost(call: Call, prices: Prices) -> tuple[Decimal | None, str]:
    """USD of one call, or None and why; a reason beside a price says what is uncertain about it."""
    rates = prices.rates(price_key(call), call.started_at)
    if isinstance(rates, Unpriced):
        return None, rates.reason
    if call.usage.output is None:
        return Decimal(0), "failed without usage: not billed"
    amount = cost(rates, call.usage)
    if amount is None:
        return None, "no price for one kind of its tokens"
    if call.usage.uncached_input is None:
        return amount, "at most: the log does not say what was cached"
    return amount, "at the standard price: none is listed for its tier" if rates.at_standard else ""
