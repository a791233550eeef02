"""What a person wants to see of the texts behind a report: prompts piece by piece, and pairs of answers to judge.

Kept beside the newest report alone, because reports live longer than texts may. Words are masked unless the configuration allows text.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class PromptPiece(_Part):
    """A stretch of a template's newest request. Of a tool `text` is the name, of the conversation there is none."""

    segment: Literal["system", "tools", "message"]
    position: int
    role: str = ""
    text: str
    left_out: int = 0
    """Characters in the middle that are not shown."""
    tokens: int
    cached_tokens: int
    """Of `tokens`, those that at least half of the calls read from the cache, as simulated."""
    varies: bool
    changes: float | None = None
    """Share of successive calls in which it differs."""
    faults: list[str] = []
    """Kinds of the faults that stand here."""


class TemplateLook(_Part):
    """A template as it is sent."""

    id: str
    """As in `prompt_caching.templates` of the report."""
    pieces: list[PromptPiece]
    """The newest request in its order."""
    read_tokens: int
    """Tokens that at least half of the calls read from the cache, as simulated."""
    two_calls: str = ""
    """A unified diff of the newest call and the one whose beginning it should share."""


class OpenPair(_Part):
    """An answer that a cache might have given, beside the one that was given: whether it would have been right is not certain.

    Texts are cut; where they are masked nobody can judge them.
    """

    key: str
    """Digest of the four whole texts (hex), under which a verdict is kept."""
    asked: str
    answered: str | None
    asked_before: str
    cached: str | None
    says: bool | None
    """What the comparison says: whether the answers agree; null where it cannot tell."""
    by: str
    score: float


class CloseLook(_Part):
    """Templates, those that cost most first, and pairs, the least certain first."""

    masked: bool
    templates: list[TemplateLook] = []
    pairs: list[OpenPair] = []
