"""Which calls keep their text: whole conversations, chosen by a hash, the same on every agent and at every replay."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

from analyzers.core import Call

_SPAN = 1 << 64


def keeper(share: float) -> Callable[[Call], bool]:
    """A rule that keeps about `share` (0 to 1) of conversations; a call without one is a conversation of its own.

    Calls of one conversation stay together, because what a provider's cache could serve shows only in sequence.
    """
    if share >= 1.0:
        return _everything
    limit = int(max(share, 0.0) * _SPAN)

    def kept(call: Call) -> bool:
        name = call.conversation or call.id
        hashed = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        return int.from_bytes(hashed, "little") < limit

    return kept


def _everything(_: Call) -> bool:
    return True
