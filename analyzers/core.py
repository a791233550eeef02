"""The words everyone uses: Call, Message, Part, Usage, Finding, Analyzer.

| word    | meaning                                                                   |
|---------|---------------------------------------------------------------------------|
| Call    | one LLM request and its answer, whatever log it came from                  |
| Usage   | five disjoint token counters; None is "not reported", which is not 0       |
| Part    | one piece of a prompt or an answer; the unit that is content-addressed     |
| Finding | what an analyzer proposes, with its evidence                               |

Values are frozen. Times are unix seconds (UTC), durations are seconds, money is USD.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

import msgspec

if TYPE_CHECKING:
    from analyzers.prices import Prices

Role = Literal["system", "developer", "user", "assistant", "tool"]
PartKind = Literal[
    "text", "tool_definition", "tool_call", "tool_result", "reasoning", "image", "audio", "file", "other"
]
TextState = Literal["full", "absent", "redacted", "truncated", "encrypted", "offloaded", "hashes"]
Status = Literal["ok", "error"]
TimeSource = Literal["record", "broker", "unknown"]


class Part(msgspec.Struct, frozen=True, gc=False):
    """One piece of a message: its kind and its text (tool calls and definitions as compact JSON)."""

    kind: PartKind
    text: str
    cache_mark: str | None = None
    """Lifetime of a cache breakpoint set on this part ("5m", "1h", "30m", ...), None when unmarked."""


class Message(msgspec.Struct, frozen=True, gc=False):
    """One turn, as the provider receives it: a role and its parts in order."""

    role: Role
    parts: tuple[Part, ...]


class Usage(msgspec.Struct, frozen=True, gc=False):
    """Five disjoint counters of tokens, each None when the log does not say.

    `input_total` is the whole input as logged; it is known also where its split into the four input
    counters is not (an instrumentation that hides cached tokens). `reasoning` is a subset of `output`.
    """

    uncached_input: int | None = None
    cache_read: int | None = None
    cache_write_short: int | None = None
    cache_write_long: int | None = None
    output: int | None = None
    reasoning: int | None = None
    input_total: int | None = None


NO_USAGE = Usage()


class PromptBlocks(msgspec.Struct, frozen=True):
    """A prompt as hashes of consecutive blocks of `size` tokens, from producers that log no text."""

    size: int
    hashes: tuple[str, ...]


class CacheDiagnosis(msgspec.Struct, frozen=True, gc=False):
    """The provider's own word on its prompt cache, where the request asked for it.

    `reason` is the provider's slug ("tools_changed", "cache_hit", "unavailable", ...); `missed_tokens` the tokens that
    it says could have been read and were not.
    """

    reason: str
    missed_tokens: int | None = None


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One LLM request and its answer.

    `id` is the provider's response id, or the best identity below it (gateway request id, trace and
    span, digest of the record). `observer` names who logged it (format, or instrumentation scope) and
    `observation` is that observer's own id for this request (trace id; gateway request id): one response id
    seen twice by one observer in two observations is two requests, anything else is one (see
    `collectors.identity`).
    """

    id: str
    started_at: float
    time_source: TimeSource = "record"
    format: str
    observer: str = ""
    observation: str = ""
    duration: float | None = None
    time_to_first_token: float | None = None
    provider: str | None = None
    request_model: str | None = None
    response_model: str | None = None
    operation: str = "chat"
    app: str | None = None
    environment: str | None = None
    team: str | None = None
    user: str | None = None
    """Hash of the end user's id; the raw value never leaves the parser."""
    conversation: str | None = None
    tags: tuple[str, ...] = ()
    system: tuple[Part, ...] = ()
    tools: tuple[Part, ...] = ()
    messages: tuple[Message, ...] = ()
    output: tuple[Part, ...] = ()
    parameters: dict[str, Any] = {}
    """Request parameters that may change the answer or the price: temperature, max_tokens, ..."""
    usage: Usage = NO_USAGE
    status: Status = "ok"
    error_type: str | None = None
    finish_reason: str | None = None
    service_tier: str | None = None
    stream: bool | None = None
    logged_cost: float | None = None
    feedback: float | None = None
    response_cache_hit: bool = False
    """Answered by a gateway's own response cache: no provider was called, nothing is owed."""
    text_state: TextState = "full"
    prompt_blocks: PromptBlocks | None = None
    region: str | None = None
    """Where the provider says that it computed: a cloud region, a data zone."""
    account: str | None = None
    """Whose cache at the provider it is, as far as the log tells: workspace, project or key (hashed at the edge)."""
    cache_diagnosis: CacheDiagnosis | None = None
    text_key: str = ""
    """Under which key the messages of this call are logged where they come in records of their own ("trace:span").

    Empty for a call that has its text; several keys, with spaces between, when several observers saw it without.
    """
    embedding: bytes | None = None
    """The producer's own vector of what was asked (the last user message): little-endian float32, of any length but 0."""
    embedding_model: str | None = None
    """What made `embedding`."""

    @property
    def model(self) -> str | None:
        """The model that served the call, or the one asked for when the log names no other."""
        return self.response_model or self.request_model


def digest(*texts: str) -> bytes:
    """16 bytes that identify a sequence of texts (BLAKE2b; the lengths are part of the identity)."""
    h = blake2b(digest_size=16)
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        h.update(len(data).to_bytes(8, "little"))
        h.update(data)
    return h.digest()


class Evidence(msgspec.Struct, frozen=True):
    """One measured fact: what, its value, from how many calls, over which period (unix seconds)."""

    what: str
    value: float | int | str | None
    n: int
    start: float | None = None
    end: float | None = None


class Savings(msgspec.Struct, frozen=True):
    """Shares (0 to 1) of named spend that an action takes away: low, likely, high."""

    of: str
    low: float
    likely: float
    high: float


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal of one analyzer about one subject, with what was measured to support it."""

    analyzer: str
    subject: str
    action: str
    savings: Savings | None
    evidence: tuple[Evidence, ...]
    measured: bool
    risk: Literal["none", "low", "review"] = "none"
    not_yet: str | None = None
    """When there is no number: why, and when there will be."""


S = TypeVar("S")


class Analyzer(Protocol[S]):
    """A summary that adds up, and what it says.

    `State` is a bounded value that msgspec can write as JSON and read back. The laws
    (tests/test_laws.py): fold(x + y) = fold(fold(x), y) = merge(fold(x), fold(y)); merge is commutative and
    associative with `empty()` as identity; JSON is lossless; size is bounded. `fold` and `merge` return a new
    state and leave their arguments alone.
    """

    name: str
    version: int
    State: type[S]

    def empty(self) -> S: ...

    def fold(self, state: S, calls: Sequence[Call]) -> S: ...

    def merge(self, a: S, b: S) -> S: ...

    def findings(self, state: S, sample: Sequence[Call], prices: Prices) -> Iterable[Finding]: ...


Money = Decimal
"""USD. Decimal, so that sums are exact and independent of order."""
