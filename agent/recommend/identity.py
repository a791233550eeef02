"""Names of recommendations: short, the same over runs, restarts and deploys that do not touch the place."""

from __future__ import annotations

from base64 import b32encode
from hashlib import blake2b

_PREFIXES = {
    "prompt_caching": "pc",
    "exact_cache": "ec",
    "semantic_cache": "sc",
    "model_choice": "mc",
    "fine_tuning": "ft",
}
_BYTES = 4
_LETTERS = 6


def identity(lever: str, kind: str, app: str | None, model: str = "", place: str = "") -> str:
    """`pc-` and the like with six letters or digits of what is to be done where: no amount, no day, no text is in it."""
    parts = (kind, "" if app is None else f"={app}", model, place)
    digest = blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=_BYTES).digest()
    return f"{_PREFIXES[lever]}-{b32encode(digest).decode().lower()[:_LETTERS]}"
