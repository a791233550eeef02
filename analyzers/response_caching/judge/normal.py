"""One form for texts that differ in nothing that means anything: Unicode, case, white space, quotes, punctuation, Markdown."""

from __future__ import annotations

import re
import unicodedata

_QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "−": "-", "‑": "-", "…": " "}
)
_LINK = re.compile(r"\[([^\]\n]{1,200})\]\(([^)\s]{1,500})\)")
_HEADING = re.compile(r"^\s{0,3}(?:#{1,6}\s+|>\s?)", re.MULTILINE)
_BULLET = re.compile(r"^\s*[-*•·]\s+", re.MULTILINE)
_NUMBERED = re.compile(r"^\s*(\d{1,2})[.)]\s+", re.MULTILINE)
_FENCE = re.compile(r"^\s*```[^\n]*$", re.MULTILINE)
_EMPHASIS = re.compile(r"(\*\*|__|\*|`)(?=\S)([^\n]{1,500}?)(?<=\S)\1")
_JOINED = re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])")
_EDGES = ".,;:!?\"'()[]{}¿¡«»。、！？「」『』"
_UNIT = re.compile(r"[-+]?\d[\d.,]*([A-Za-zµΩ]{1,4})?")


def plain(text: str) -> str:
    """The text without Markdown, in Unicode's compatibility form; case and punctuation as they were."""
    text = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    if "](" in text:
        text = _LINK.sub(r"\1 \2", text)
    if "```" in text:
        text = _FENCE.sub("", text)
    if "#" in text or ">" in text:
        text = _HEADING.sub("", text)
    text = _BULLET.sub("", text)
    if "*" in text or "`" in text or "__" in text:
        text = _EMPHASIS.sub(r"\2", text)
    numbers = _NUMBERED.findall(text)
    # Only a list that counts from 1 is a list; a lone "2." may be the answer.
    if len(numbers) > 1 and numbers == [str(n) for n in range(1, len(numbers) + 1)]:
        text = _NUMBERED.sub("", text)
    return text


def normal(text: str) -> str:
    """Equal for texts that say the same in the same words. Units keep their case (5 mW, 5 MW), signs within words stay."""
    out: list[str] = []
    number = False
    for token in plain(text).split():
        bare = token.strip(_EDGES)
        if not bare:
            continue
        unit = _UNIT.fullmatch(bare)
        short = number and len(bare) <= 4
        out.append(bare if short or (unit is not None and unit.group(1)) else bare.casefold())
        number = unit is not None and not unit.group(1)
    return " ".join(out)


def unaccented(text: str) -> str:
    """Lower case without accents, apostrophes within words (don't) and hyphens between words."""
    text = _JOINED.sub(" ", text.casefold())
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
