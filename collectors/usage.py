"""Token counts as logs report them, turned into five disjoint counters.

| producer                              | its "input" holds cache reads and writes | output holds reasoning |
|---------------------------------------|------------------------------------------|------------------------|
| OpenTelemetry GenAI, OpenInference    | yes                                      | yes                    |
| OpenAI (chat, responses), DeepSeek    | yes                                      | yes                    |
| LiteLLM, also for Anthropic           | yes                                      | yes                    |
| Anthropic Messages, Amazon Bedrock    | no                                       | yes                    |

Producers break these rules, so the numbers themselves have the last word (`normalise`). None is "not reported".
"""

from __future__ import annotations

from typing import NamedTuple

from analyzers.core import NO_USAGE, Usage
from collectors.context import Malformed

MAX_COUNT = 2**53
"""Above this a JSON number is no longer an exact integer everywhere."""


class Reported(NamedTuple):
    """Counts under the names a producer uses. `write_short` and `write_long` split `cache_write` by lifetime."""

    input: int | None = None
    output: int | None = None
    total: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    write_short: int | None = None
    write_long: int | None = None
    reasoning: int | None = None


def count(value: object, field: str) -> int | None:
    """A token count: an integer from 0 to 2**53, or one written as "12" or 12.0.

    None, "" and "-" are "not reported". A bool, a negative, a fraction, something larger or of another type raises
    Malformed(field).
    """
    if type(value) is int:
        if 0 <= value <= MAX_COUNT:
            return value
        raise Malformed(field)
    if value is None:
        return None
    if type(value) is float:
        if 0 <= value <= MAX_COUNT and value == int(value):
            return int(value)
        raise Malformed(field)
    if type(value) is str:
        if value in ("", "-"):
            return None
        if len(value) <= 16 and value.isascii() and value.isdigit():
            return count(int(value), field)
    raise Malformed(field)


def normalise(reported: Reported, *, includes_cache: bool = True, complete: bool = True, ok: bool = True) -> Usage:
    """The five counters, and the whole input.

    `includes_cache`: the producer's rule for `input`. `complete` is False for an Anthropic stream without
    its final message_delta: an output of at most 1 is then the placeholder of message_start, and unknown.
    `ok`: the call succeeded; a successful call without any input token was not measured.

    1. read + write > input: the input excludes the cache, whatever the producer's rule says.
    2. total = input + output: it includes it. total = input + read + write + output: it excludes it.
    3. reasoning > output, or total = input + output + reasoning: the output excludes reasoning.
    4. Cache reads not reported: the split of an inclusive input is unknown, its total is not.
    """
    read = reported.cache_read
    write, short, long = _writes(reported)
    cached = (read or 0) + (write or 0)
    output, reasoning = _output(reported, cached)
    if not complete and output is not None and output <= 1:
        output = reasoning = None
    whole = reported.input
    if whole is None:
        if reported.total is None or output is None or reported.total - output < cached:
            return Usage(None, read, short, long, output, reasoning, None)
        whole = reported.total - output
    elif _excludes_cache(whole, cached, output, reported.total, includes_cache):
        if ok and whole + cached == 0:
            return _unmeasured(output, reasoning)
        return Usage(whole, read, short, long, output, reasoning, whole + cached)
    if ok and whole == 0:
        return _unmeasured(output, reasoning)
    uncached = None if read is None else whole - cached
    return Usage(uncached, read, short, long, output, reasoning, whole)


def embedded(tokens: int | None) -> Usage:
    """Usage of a request for vectors: there is no output to bill and no prompt cache to read."""
    return Usage(tokens, 0, None, None, 0, None, tokens) if tokens else NO_USAGE


def _unmeasured(output: int | None, reasoning: int | None) -> Usage:
    return Usage(output=output, reasoning=reasoning) if output else NO_USAGE


def _excludes_cache(whole: int, cached: int, output: int | None, total: int | None, includes_cache: bool) -> bool:
    if cached > whole:
        return True
    if cached and total is not None and output is not None:
        if total == whole + output:
            return False
        if total == whole + cached + output:
            return True
    return not includes_cache


def _writes(reported: Reported) -> tuple[int | None, int | None, int | None]:
    """(all, short, long). Without a split, everything was written with the provider's default lifetime."""
    write, short, long = reported.cache_write, reported.write_short, reported.write_long
    if write is None:
        if short is None and long is None:
            return None, None, None
        short, long = short or 0, long or 0
        return short + long, short, long
    long = min(long or 0, write)
    return write, write - long, long


def _output(reported: Reported, cached: int) -> tuple[int | None, int | None]:
    output, reasoning = reported.output, reported.reasoning
    if output is None or not reasoning:
        return output, reasoning
    if reasoning > output:
        return output + reasoning, reasoning
    if reported.total is not None and reported.input is not None:
        rest = reported.total - reported.input
        if rest == output + reasoning and cached != reasoning:
            return rest, reasoning
    return output, reasoning
