"""A digest in each of its forms."""

from __future__ import annotations

from typing import Literal

from agent.digest.html import html
from agent.digest.text import markdown, text
from agent.digest.value import Digest

Form = Literal["text", "markdown", "html", "json"]


def drawn(digest: Digest, form: Form) -> str:
    """The digest in one form."""
    match form:
        case "text":
            return text(digest)
        case "markdown":
            return markdown(digest)
        case "html":
            return html(digest)
        case "json":
            return digest.to_json()
