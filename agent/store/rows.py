"""A call as a row: its fields, and for every part a pointer to where its text lies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

import msgspec
import zstandard
from msgspec.structs import astuple

from agent.store.protect import letters
from analyzers.core import CacheDiagnosis, Call, Message, Part, PromptBlocks, Role, TextState, Usage


class PartRef(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A part without its text: content hash (BLAKE2b, 16 bytes), and where the text lies; no segment, no text."""

    kind: str
    mark: str | None
    content: bytes
    segment: int | None
    start: int
    size: int


DELETED = b"\0"
"""What the bytes of a deleted text are in its segment."""

Ref = tuple[str, str | None, bytes, int | None, int, int]
"""The fields of a PartRef, as it is written."""


class CallRow(msgspec.Struct, array_like=True, frozen=True):
    """`Call` as it lies in the table `call`, field by field, with PartRefs for Parts."""

    id: str
    started_at: float
    time_source: str
    format: str
    observer: str
    observation: str
    duration: float | None
    time_to_first_token: float | None
    provider: str | None
    request_model: str | None
    response_model: str | None
    operation: str
    app: str | None
    environment: str | None
    team: str | None
    user: str | None
    conversation: str | None
    tags: tuple[str, ...]
    parameters: dict[str, Any]
    usage: tuple[int | None, ...]
    """The counters of `Usage`, in its order."""
    status: str
    error_type: str | None
    finish_reason: str | None
    service_tier: str | None
    stream: bool | None
    logged_cost: float | None
    feedback: float | None
    response_cache_hit: bool
    text_state: str
    prompt_blocks: PromptBlocks | None
    system: tuple[PartRef, ...]
    tools: tuple[PartRef, ...]
    messages: tuple[tuple[str, tuple[PartRef, ...]], ...]
    output: tuple[PartRef, ...]
    region: str | None = None
    account: str | None = None
    cache_diagnosis: CacheDiagnosis | None = None
    text_key: str = ""
    embedding: bytes | None = None
    embedding_model: str | None = None


_PLAIN = tuple(
    name for name in CallRow.__struct_fields__ if name not in ("system", "tools", "messages", "output", "usage")
)
encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(CallRow).decode


# Rows are written as plain lists: taking a call apart and putting a CallRow together field by field took as long as
# encoding it. Only reading needs the types.
SYSTEM, TOOLS, MESSAGES, OUTPUT, TEXT_STATE, BLOCKS, EMBEDDING = map(
    CallRow.__struct_fields__.index,
    ("system", "tools", "messages", "output", "text_state", "prompt_blocks", "embedding"),
)
_USAGE = CallRow.__struct_fields__.index("usage")
_in_order = itemgetter(*map(Call.__struct_fields__.index, CallRow.__struct_fields__))


def call_row(call: Call) -> list[Any]:
    """The fields of a CallRow in their order, with Parts and Messages where its PartRefs are to come."""
    row = list(_in_order(astuple(call)))
    row[_USAGE] = astuple(call.usage)
    return row


def sound(row: list[Any]) -> list[Any]:
    """The row with whatever is not Unicode text (lone surrogates) replaced by question marks."""
    return [_sound(value) for value in row]


def _sound(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_sound(key): _sound(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_sound(inner) for inner in value)
    return value


def decompress(body: bytes, size: int) -> bytes:
    """The texts of a segment; `size` is its column `size`."""
    return zstandard.ZstdDecompressor().decompress(body, max_output_size=max(size, 1))


def segments_of(row: CallRow) -> set[int]:
    """Ids of the segments that a row's text lies in."""
    refs = [*row.system, *row.tools, *row.output, *(ref for _, parts in row.messages for ref in parts)]
    return {ref.segment for ref in refs if ref.segment is not None}


def parts_of(refs: Iterable[PartRef], segments: Mapping[int, bytes]) -> tuple[tuple[Part, ...], bool]:
    """The parts of PartRefs, and whether all segments were there; a part whose segment is not, or whose text was deleted in
    it, comes back empty. A part that was kept without its text comes back with its digest, as letters, for text.
    """
    parts: list[Part] = []
    whole = True
    for ref in refs:
        text = ""
        if ref.segment is not None:
            data = segments.get(ref.segment)
            if data is None:
                whole = False
            else:
                held = data[ref.start : ref.start + ref.size]
                if held and not held.strip(DELETED):
                    whole = False
                else:
                    text = held.decode("utf-8", "surrogatepass")
        elif ref.size:
            text = letters(ref.content)
        parts.append(Part(ref.kind, text, ref.mark))  # type: ignore[arg-type]  # written from a Part
    return tuple(parts), whole


def call_of(row: CallRow, segments: Mapping[int, bytes]) -> Call:
    """The call of a row. A text whose segment is not in `segments` comes back empty, with text_state "absent"."""
    missing = False

    def parts(refs: Iterable[PartRef]) -> tuple[Part, ...]:
        nonlocal missing
        found, whole = parts_of(refs, segments)
        missing = missing or not whole
        return found

    system, tools, output = parts(row.system), parts(row.tools), parts(row.output)
    messages = tuple([Message(_role(role), parts(refs)) for role, refs in row.messages])
    fields = {name: getattr(row, name) for name in _PLAIN}
    fields["usage"] = Usage(*row.usage)
    if missing:
        fields["text_state"] = _ABSENT
    return Call(**fields, system=system, tools=tools, messages=messages, output=output)


_ABSENT: TextState = "absent"


def _role(role: str) -> Role:
    return role  # type: ignore[return-value]  # written from a Message
