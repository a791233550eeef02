"""The method behind a figure, in the words of the code that computes it."""

from __future__ import annotations

import ast
import pkgutil
import textwrap
from pathlib import Path

import analyzers
from analyzers.errors import HoneError

_WIDTH = 100
_MARK = "\nMethod."
"""Begins the paragraph that makes a module's docstring an explanation."""


def methods() -> dict[str, str]:
    """Name and first sentence of everything that can be explained."""
    return {name: text.splitlines()[0] for name, text in _texts().items()}


def method(name: str) -> str:
    """The whole text, its paragraphs in lines of `_WIDTH`. Raises HoneError naming what there is."""
    texts = _texts()
    text = texts.get(name.replace("-", "_"))
    if text is None:
        raise HoneError(f"there is no method {name!r}", f"there are: {', '.join(texts)}")
    return "\n\n".join(
        textwrap.fill(" ".join(part.split()), _WIDTH, break_long_words=False, break_on_hyphens=False)
        for part in text.split("\n\n")
    )


def _texts() -> dict[str, str]:
    """Docstrings of the analyzers that tell their method, read without importing them."""
    folder = Path(analyzers.__path__[0])
    texts = {}
    for module in pkgutil.iter_modules([str(folder)]):
        file = folder / module.name / "__init__.py" if module.ispkg else folder / f"{module.name}.py"
        text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
        if text and _MARK in text:
            texts[module.name] = text
    return texts
