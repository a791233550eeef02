"""Identifiers in the shapes that providers and gateways give them."""

from __future__ import annotations

from random import Random

_ALPHANUMERIC = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TO_ALPHANUMERIC = bytes(_ALPHANUMERIC[byte % len(_ALPHANUMERIC)] for byte in range(256))


def alphanumeric(rng: Random, length: int) -> str:
    """Random letters and digits."""
    return rng.randbytes(length).translate(_TO_ALPHANUMERIC).decode("ascii")


def chat_completion(rng: Random) -> str:
    """OpenAI Chat Completions."""
    return "chatcmpl-" + alphanumeric(rng, 29)


def response(rng: Random) -> str:
    """OpenAI Responses."""
    return f"resp_{rng.getrandbits(200):050x}"


def claude_message(rng: Random) -> str:
    """Anthropic Messages."""
    return "msg_01" + alphanumeric(rng, 22)


def uuid(rng: Random) -> str:
    """A version 4 UUID."""
    text = f"{rng.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"
