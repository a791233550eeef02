"""Names from logs (models, apps, tags) made safe to print: whoever writes a log may write anything."""

from __future__ import annotations

import re
import unicodedata

_LEFT_BY_JSON = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}
_RUN = re.compile(r"`+")


def printable(name: str | None, limit: int = 60) -> str:
    """One line without control, direction or invisible characters, at most `limit` long.

    No name comes out as `(none)`, a name of which nothing is left as `(blank)`.
    """
    if name is None:
        return "(none)"
    kept = "".join(" " if c.isspace() else c for c in name[: limit * 4] if c.isspace() or _visible(c))
    text = " ".join(kept.split())
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return text or "(blank)"


def inert(line: str) -> str:
    """One line as it stands, spaces included, without control, direction or invisible characters; a tab is a space."""
    return "".join(" " if c.isspace() else c for c in line if c.isspace() or _visible(c))


def markdown_code(name: str | None, limit: int = 60) -> str:
    """The name as a code span for a Markdown table: no link, mention, HTML or column can come of it."""
    text = printable(name, limit)
    fence = "`" * (max((len(run) for run in _RUN.findall(text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", "\\|")


def json_inert(document: str) -> str:
    """A JSON document with its control characters escaped too that JSON lets stand (DEL and C1): some terminals obey these."""
    return document.translate(_LEFT_BY_JSON)


def _visible(char: str) -> bool:
    # C*: control, format (direction, zero width), surrogate, private use, unassigned; Z*: separators of lines.
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
