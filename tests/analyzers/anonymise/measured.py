"""How much of what identifies somebody is found, and how often something is found where nothing is."""

from __future__ import annotations

import sysconfig
from collections import Counter
from pathlib import Path
from random import Random

from analyzers.anonymise import Span, detect
from tests.analyzers.anonymise.labelled import KINDS, labelled

COVERED = 0.9
"""Of an identifier's characters, from which on it counts as found."""


def recall(seed: int, each: int = 200) -> dict[str, float]:
    """By kind, over `labelled` texts."""
    hit: Counter[str] = Counter()
    of: Counter[str] = Counter()
    for one in labelled(each, seed):
        of[one.kind] += 1
        covered = sum(max(0, min(span.end, one.end) - max(span.start, one.start)) for span in detect(one.text))
        hit[one.kind] += covered >= COVERED * (one.end - one.start)
    return {kind: hit[kind] / of[kind] for kind in KINDS}


def snippets() -> list[str]:
    """Six lines each of Python's own library, which names nobody."""
    rng = Random(5)
    made = []
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).rglob("*.py")):
        if {"test", "tests", "idlelib", "site-packages"} & set(path.parts):
            continue
        lines = path.read_text("utf-8", errors="replace").splitlines()
        for _ in range(4):
            if len(lines) > 60:
                start = rng.randrange(20, len(lines) - 8)
                made.append("\n".join(lines[start : start + 6]))
    return made


def flagged(texts: list[str]) -> list[tuple[str, list[Span]]]:
    """Those in which something is found."""
    return [(text, spans) for text in texts if (spans := detect(text))]
