"""What of a text may be at rest: all of it, all but identifiers, or none.

| mode     | a text at rest                                                                                         |
|----------|--------------------------------------------------------------------------------------------------------|
| full     | as it was logged                                                                                       |
| redacted | with a placeholder in the place of what `analyzers.anonymise` finds: the same for the same value, made with the salt |
| hashes   | none: a digest made with the salt stands for it, and a prompt is digests of its beginnings              |

Equal texts stay equal and different ones different, so that what repeats can be counted in each mode.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Literal, get_args

import msgspec

from analyzers.core import Call, Message, Part, PromptBlocks

TextMode = Literal["full", "redacted", "hashes"]
MODES = get_args(TextMode)

BLOCK_CHARACTERS = 256
_BLOCK_TOKENS = 64
_MOST_TOKENS = 4_096
_OF_TEXT = ("response_format", "text", "stop", "stop_sequences", "prompt_cache_key", "metadata", "prediction", "schema")
"""Parameters whose values may hold words of a prompt."""
_LONGEST_KIND = 20
_LETTERS = bytes.maketrans(b"0123456789abcdef", b"abcdefghijklmnop")
_LEAST_REPEATED = 4
"""Characters: a shorter value is replaced only where it was found, never wherever its letters stand."""


def letters(digest: bytes) -> str:
    """A digest as small letters: no rule takes it for a number, a time or an id."""
    return digest.hex().encode().translate(_LETTERS).decode()


class Protection:
    """What one mode makes of texts; `salt` keeps short texts from being guessed from their digests."""

    def __init__(self, mode: TextMode = "full", salt: bytes = b"") -> None:
        self.mode = mode
        # A key of BLAKE2b has at most 64 bytes.
        self._key = salt if len(salt) <= 64 else blake2b(salt).digest()
        self._name = lru_cache(maxsize=8_192)(self._redacted)

    def digest(self, data: bytes) -> bytes:
        """16 bytes that stand for a text at rest."""
        return blake2b(data, digest_size=16, key=b"" if self.mode == "full" else self._key).digest()

    def text(self, text: str) -> str:
        """The text as it may be stored."""
        return self._redacted(text) if self.mode == "redacted" else text

    def call(self, call: Call) -> Call:
        """The call with names and parameters that may be at rest; its texts are untouched."""
        if self.mode == "hashes":
            told = {name: self._short(call.parameters[name]) for name in _OF_TEXT if name in call.parameters}
            return msgspec.structs.replace(call, parameters=call.parameters | told) if told else call
        if self.mode == "full":
            return call
        name = self._name
        changed: dict[str, Any] = {}
        for field in ("app", "environment", "team", "conversation"):
            value = getattr(call, field)
            if value and name(value) != value:
                changed[field] = name(value)
        tags = tuple([name(tag) for tag in call.tags])
        if tags != call.tags:
            changed["tags"] = tags
        parameters = _each(call.parameters, name)
        if parameters != call.parameters:
            changed["parameters"] = parameters
        # A text can be guessed from its vector.
        if call.embedding is not None:
            changed["embedding"] = None
        return msgspec.structs.replace(call, **changed) if changed else call

    def blocks(self, call: Call) -> PromptBlocks | None:
        """The prompt as digests of its beginnings, one every 256 characters; None where there is too little of it."""
        if self.mode != "hashes" or call.prompt_blocks is not None:
            return call.prompt_blocks
        prompt = "".join(_prompt(call)).encode("utf-8", "surrogatepass")
        whole = len(prompt) // BLOCK_CHARACTERS
        if not whole:
            return None
        hashes: list[str] = []
        before = b""
        for start in range(0, whole * BLOCK_CHARACTERS, BLOCK_CHARACTERS):
            block = before + prompt[start : start + BLOCK_CHARACTERS]
            before = blake2b(block, digest_size=12, key=self._key).digest()
            hashes.append(before.hex())
        total = call.usage.input_total
        size = _BLOCK_TOKENS if not total else round(total * BLOCK_CHARACTERS / len(prompt))
        return PromptBlocks(min(max(size, 1), _MOST_TOKENS), tuple(hashes))

    def _short(self, value: Any) -> Any:
        """What stands for a parameter that may hold text; its type stays."""
        found = letters(self.digest(msgspec.json.encode(value, order="deterministic")))
        if not isinstance(value, dict):
            return found
        kind = value.get("type")
        return {"digest": found} | ({"type": kind} if isinstance(kind, str) and len(kind) <= _LONGEST_KIND else {})

    def _redacted(self, text: str) -> str:
        from analyzers.anonymise import detect

        spans = detect(text)
        if not spans:
            return text
        placeholders = {
            text[span.start : span.end]: self._placeholder(span.kind, text[span.start : span.end]) for span in spans
        }
        again = [value for value in placeholders if len(value) >= _LEAST_REPEATED]
        known = _any_of(again) if again else None
        out, at = [], 0
        for start, end, _ in spans:
            out += [_known(text[at:start], known, placeholders), placeholders[text[start:end]]]
            at = end
        out.append(_known(text[at:], known, placeholders))
        return "".join(out)

    def _placeholder(self, kind: str, value: str) -> str:
        same = " ".join(value.casefold().split()).encode("utf-8", "surrogatepass")
        return f"[{kind}_{letters(blake2b(same, digest_size=4, key=self._key).digest())}]"


def _any_of(values: list[str]) -> re.Pattern[str]:
    longest_first = sorted(values, key=lambda value: (-len(value), value))
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)")


def _known(text: str, known: re.Pattern[str] | None, placeholders: dict[str, str]) -> str:
    return text if known is None or not text else known.sub(lambda match: placeholders[match.group()], text)


def _each(value: Any, name: Callable[[str], str]) -> Any:
    """A JSON value with `name` done to every text in it, keys too."""
    if isinstance(value, str):
        return name(value)
    if isinstance(value, dict):
        return {name(key): _each(inner, name) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([_each(inner, name) for inner in value])
    return value


def _prompt(call: Call) -> Iterator[str]:
    """The request in the order in which a provider reads it."""
    yield from _parts("tools", call.tools)
    yield from _parts("system", call.system)
    for message in call.messages:
        yield from _turn(message)


def _turn(message: Message) -> Iterator[str]:
    return _parts(message.role, message.parts)


def _parts(where: str, parts: tuple[Part, ...]) -> Iterator[str]:
    for part in parts:
        yield f"\x1e{where}\x1f{part.kind}\x1f"
        yield part.text
