"""Messages that were logged apart from their call: how they are kept, and how a call is put together with them.

A message finds its call by the digest of the key that both carry, whichever of them came first, whoever read it.
The id of a row is made of what it says, so a message that its producer sends twice is there once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from agent.store.rows import CallRow, PartRef, Ref, parts_of
from analyzers.core import Call, Message, Part, TextState
from collectors.fragment import Fragment

MOST_MESSAGES = 2_000
"""Of one call, in their order: hostile keys may gather any number."""


class FragmentRow(NamedTuple):
    """One row of the table `fragment`."""

    id: bytes
    key: bytes
    day: int
    time: int
    position: int
    body: bytes


class Piece(msgspec.Struct, array_like=True, frozen=True):
    """The message of a row: its role, whether the model said it, and where its text lies."""

    role: str
    answer: bool
    parts: tuple[PartRef, ...]


_encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Piece).decode


def key_of(text_key: str) -> bytes:
    """The digest under which the messages of a call are found."""
    return blake2b(text_key.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def keys_of(row: CallRow) -> tuple[bytes, ...]:
    """Where the text of a call may be found; nothing for a call that has it."""
    if not row.text_key or row.system or row.messages:
        return ()
    return tuple(key_of(key) for key in row.text_key.split(" "))


def fragment_row(one: Fragment, day: int, refs: Callable[[Sequence[Part]], list[Ref]]) -> FragmentRow:
    """The row of a fragment; `refs` stores the text of parts for `day` (unix time // 86400)."""
    parts = refs(one.message.parts)
    key = key_of(one.key)
    identity = blake2b(key, digest_size=16)
    said = f"{one.time} {one.answer} {one.message.role} {one.copy} {one.place}"
    identity.update(said.encode("utf-8", "surrogatepass"))
    for kind, _, content, _, _, _ in parts:
        identity.update(kind.encode())
        identity.update(content)
    # As a Piece is read.
    piece = (one.message.role, one.answer, parts)
    return FragmentRow(identity.digest(), key, day, one.time, one.position, _encode(piece))


def segments_of(pieces: Iterable[Piece]) -> set[int]:
    """Ids of the segments that the texts lie in."""
    return {ref.segment for piece in pieces for ref in piece.parts if ref.segment is not None}


def joined(
    call: Call, keys: Sequence[bytes], found: Mapping[bytes, Sequence[Piece]], segments: Mapping[int, bytes]
) -> Call:
    """The call with the messages that were logged for it, in the order of their times.

    Several observers may have logged them: the one with the most messages is taken. An answer alone is no prompt, so
    the state of the text stays what it was.
    """
    pieces = max((found.get(key, ()) for key in keys), key=len, default=())
    if not pieces:
        return call
    state: TextState = "full" if len(pieces) < MOST_MESSAGES else "truncated"
    system: list[Part] = []
    turns: list[Message] = []
    output: tuple[Part, ...] = ()
    for piece in pieces:
        if any(ref.segment is None and ref.size for ref in piece.parts):
            state = "hashes"
        parts, whole = parts_of(piece.parts, segments)
        if not whole:
            state = "absent"
        if piece.answer:
            output = output or parts
        elif not turns and piece.role in ("system", "developer"):
            system += parts
        else:
            turns.append(Message(piece.role, parts))  # type: ignore[arg-type]  # written from a Message
    return msgspec.structs.replace(
        call,
        system=tuple(system),
        messages=tuple(turns),
        output=call.output or output,
        text_state=state if (system or turns) and call.text_state == "absent" else call.text_state,
    )
