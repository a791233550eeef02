"""Token counts as logs report them, turned into five disjoint counters.

| producer                              | its "input" holds cache reads and writes | output holds reasoning |
|---------------------------------------|------------------------------------------|------------------------|
| OpenTelemetry GenAI, OpenInference    | yes                                      | yes                    |
| OpenAI (chat, responses), DeepSeek    | yes                                      | yes                    |
| LiteLLM, also for Anthropic           | yes                                      | yes                    |
| Anthropic Messages, Amazon Bedrock    | no                                       | yes                    |
| Gemini                                | yes                                      | no                     |
| Kong, Portkey, Envoy AI Gateway       | yes                                      | yes                    |
| APISIX                                | yes, but for Messages to Claude          | yes                    |
| Langfuse, after its own arithmetic    | no                                       | no                     |
| Helicone's columns                    | writes alone, for Anthropic neither      | no                     |

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
    5. An inclusive input below read + write, but not below read, with total = input + output: writes come on top of it.
    """
    whole, output, total, read, write, short, long, reasoning = reported
    if write is not None or short is not None or long is not None:
        write, short, long = _writes(write, short, long)
    cached = (read or 0) + (write or 0)
    if reasoning and output is not None:
        output = _whole_output(output, reasoning, None if total is None or whole is None else total - whole, cached)
    if not complete and output is not None and output <= 1:
        output = reasoning = None
    if whole is None:
        if total is None or output is None or total - output < cached:
            return Usage(None, read, short, long, output, reasoning, None)
        whole = total - output
    elif includes_cache and read and read <= whole < cached and output is not None and total == whole + output:
        return Usage(whole - read, read, short, long, output, reasoning, whole + cached - read)
    elif _excludes_cache(whole, cached, output, total, includes_cache):
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


def _writes(write: int | None, short: int | None, long: int | None) -> tuple[int, int, int]:
    """(all, short, long). Without a split, everything was written with the provider's default lifetime."""
    if write is None:
        short, long = short or 0, long or 0
        return short + long, short, long
    long = min(long or 0, write)
    return write, write - long, long


def _whole_output(output: int, reasoning: int, rest: int | None, cached: int) -> int:
    """The output with its reasoning. `rest` is what the logged total leaves beside the input."""
    if reasoning > output or (rest == output + reasoning and cached != reasoning):
        return output + reasoning
    return output
