"""Files of this package, checked against the sums that they were made with."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files

from analyzers.errors import HoneError

SUMS = "SHA256SUMS"


def checked(name: str) -> tuple[bytes, str]:
    """The bytes of `data/NAME` and their SHA-256 (hex). Raises HoneError when the file is missing or damaged."""
    data = files("analyzers.embed") / "data"
    try:
        sums = {name: checksum for checksum, name in map(str.split, (data / SUMS).read_text().splitlines())}
        content = (data / name).read_bytes()
    except (OSError, ValueError):
        raise HoneError(f"the embedding model's file {name} is missing", "install hone-agent again") from None
    found = sha256(content).hexdigest()
    if found != sums.get(name):
        raise HoneError(
            f"the embedding model's file {name} is damaged: its SHA-256 is {found[:16]}…", "install hone-agent again"
        )
    return content, found
