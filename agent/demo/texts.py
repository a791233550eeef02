"""The texts of the demo: prompts, questions and answers that lie beside the code as data."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

_DATA = files("agent.demo") / "data"


@cache
def prose(name: str) -> str:
    """A text file without its final newline."""
    return (_DATA / name).read_text(encoding="utf-8").rstrip("\n")


@cache
def structured(name: str) -> Any:
    """A JSON file. Shared: do not change what you get."""
    return json.loads((_DATA / name).read_text(encoding="utf-8"))


@cache
def banking77() -> Mapping[str, tuple[str, ...]]:
    """Intent -> its questions in the order of the data set (Banking77, PolyAI, CC BY 4.0; see data/BANKING77.md)."""
    raw = gzip.decompress((_DATA / "banking77.csv.gz").read_bytes()).decode("utf-8")
    found: dict[str, list[str]] = {}
    for row in csv.DictReader(raw.splitlines(keepends=True)):
        found.setdefault(row["category"], []).append(row["text"])
    return {intent: tuple(questions) for intent, questions in sorted(found.items())}


@cache
def intent_of() -> Mapping[str, str]:
    """Question -> its intent: the ground truth of what the FAQ bot was asked."""
    return {question: intent for intent, questions in banking77().items() for question in questions}
