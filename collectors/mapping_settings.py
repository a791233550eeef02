"""What a user may say about a log of their own: for each field of a call, where in the record it lies.

The text below a field is its documentation. A path is as in `collectors.json_path`; of several, the first that
leads to something counts. Where a word makes sense too (`provider = "openai"`), what does not begin with $ is that word.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from collectors.json_path import steps

NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
"""What a format may be called."""


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _are_paths(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        steps(value)
    return values


def _are_paths_or_words(values: tuple[str, ...]) -> tuple[str, ...]:
    _are_paths(tuple(value for value in values if value.startswith("$")))
    return values


def _are_conditions(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        condition(value)
    return values


def condition(text: str) -> tuple[str, Any]:
    """(path, value) of `$.kind` or `$.kind == 'chat'`; the value is ... when any is right. Raises ValueError."""
    at = text.find("==")
    while at >= 0 and not _is_path(text[:at].strip()):
        at = text.find("==", at + 1)
    if at < 0:
        steps(text.strip())
        return text.strip(), ...
    path, literal = text[:at], text[at + 2 :]
    literal = literal.strip()
    if len(literal) > 1 and literal[0] == literal[-1] == "'":
        return path.strip(), literal[1:-1]
    try:
        return path.strip(), orjson.loads(literal)
    except orjson.JSONDecodeError:
        raise ValueError("what stands behind == is neither a 'word' nor a number, true or false") from None


def _is_path(text: str) -> bool:
    try:
        steps(text)
    except ValueError:
        return False
    return True


Paths = Annotated[tuple[str, ...], BeforeValidator(_several), Field(min_length=1), AfterValidator(_are_paths)]
PathsOrWord = Annotated[
    tuple[str, ...], BeforeValidator(_several), Field(min_length=1), AfterValidator(_are_paths_or_words)
]
Conditions = Annotated[tuple[str, ...], BeforeValidator(_several), Field(min_length=1), AfterValidator(_are_conditions)]


MARKS = ("model", "response_model", "messages", "usage", "input_tokens", "output_tokens")
"""One of these has to be mapped; where a table has no `when`, a record in which one is found is of its format."""


class MappingSettings(BaseModel):
    """One table `[formats.NAME]`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: Conditions | None = None
    """`$.kind` (something is there) or `$.kind == 'chat'`; of several all must hold. Such a record is of this format
    whatever else it looks like; without `when` it is, if no known format takes it and a model, text or count is there."""

    id: Paths | None = None
    """The provider's id of the answer (chatcmpl-..., msg_...); makes repeats of the record one call."""
    request_id: Paths | None = None
    """Your own id of the request."""
    timestamp: Paths | None = None
    """When the request began: ISO 8601, or unix time in s, ms, us or ns."""
    end: Paths | None = None
    """When it ended."""
    duration_s: Paths | None = None
    duration_ms: Paths | None = None
    ttft_s: Paths | None = None
    """Time to the first token."""
    ttft_ms: Paths | None = None

    provider: PathsOrWord | None = None
    model: PathsOrWord | None = None
    """The model asked for."""
    response_model: Paths | None = None
    """The model that answered."""
    operation: PathsOrWord | None = None
    app: PathsOrWord | None = None
    environment: PathsOrWord | None = None
    team: PathsOrWord | None = None
    user: Paths | None = None
    """Hashed on arrival."""
    conversation: Paths | None = None
    tags: Paths | None = None
    """A list, a text with commas, or an object."""
    region: PathsOrWord | None = None
    account: Paths | None = None
    """Workspace, project or key at the provider; hashed on arrival."""

    messages: Paths | None = None
    """A text, messages in any provider's shape, or the whole request body."""
    system: Paths | None = None
    tools: Paths | None = None
    output: Paths | None = None
    """A text, a message, choices, or the whole response body."""
    parameters: Paths | None = None
    """An object with temperature, max_tokens, ...; the whole request body will do."""
    prompt_hashes: Paths | None = None
    """Hashes of the prompt's blocks of `block_size` tokens, in place of text."""
    block_size: Paths | None = Field(None, validate_default=True)

    usage: Paths | None = None
    """A provider's whole usage object."""
    input_tokens: Paths | None = None
    output_tokens: Paths | None = None
    total_tokens: Paths | None = None
    cache_read_tokens: Paths | None = None
    cache_write_tokens: Paths | None = None
    cache_write_long_tokens: Paths | None = None
    """Of the cache writes, those with the longer lifetime."""
    reasoning_tokens: Paths | None = None
    input_includes_cache: bool | None = Field(None, validate_default=True)
    """Whether input_tokens counts cached tokens too: true with OpenAI's numbers, false with Anthropic's and Bedrock's."""

    status: Paths | None = None
    """An HTTP status, true or false, or a word: ok, success, error, failed, ..."""
    error: Paths | None = None
    """Class of the error, or the error object; a call that has one failed."""
    finish_reason: Paths | None = None
    service_tier: PathsOrWord | None = None
    batch: Paths | None = None
    stream: Paths | None = None
    cost_usd: Paths | None = None
    cache_hit: Paths | None = None
    """true, or a word that ends in hit: answered by a cache of your own, nothing is owed."""
    feedback: Paths | None = None
    cache_miss_reason: Paths | None = None
    """The provider's own word on its prompt cache."""
    cache_missed_tokens: Paths | None = None
    text_state: PathsOrWord | None = None
    """full, absent, redacted, truncated, encrypted, offloaded."""
    embedding: Paths | None = None
    """Your own vector of what was asked: a list of numbers, or float32 in base64."""
    embedding_model: PathsOrWord | None = None
    """What made it: vectors of two models are never compared."""

    @field_validator("block_size")
    @classmethod
    def _sized(cls, value: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
        if value is None and info.data.get("prompt_hashes"):
            raise ValueError("is required beside prompt_hashes")
        return value

    @field_validator("input_includes_cache")
    @classmethod
    def _said(cls, value: bool | None, info: ValidationInfo) -> bool | None:
        cached = info.data.get("cache_read_tokens") or info.data.get("cache_write_tokens")
        if value is None and cached and info.data.get("input_tokens"):
            raise ValueError("is required beside cache counters: true when input_tokens counts cached tokens too")
        return value

    @model_validator(mode="after")
    def _whole(self) -> MappingSettings:
        if all(getattr(self, name) is None for name in MARKS):
            raise ValueError("names neither a model nor messages nor tokens")
        return self


FIELDS = tuple(name for name in MappingSettings.model_fields if name not in ("when", "input_includes_cache"))
"""What can be mapped."""
