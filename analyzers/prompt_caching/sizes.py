"""How many tokens a segment has, calibrated on the totals that the log itself reports.

The log gives one number for a whole prompt. Bytes of tools, system, prose and JSON have each their own price in tokens, which
is fitted to those totals by least squares, drawn towards usual values where the log says little (ridge). The size of a
segment follows from its own bytes alone, so that equal prefixes have equal sizes; what remains against the logged total is spread
over the prompt (`Sized.scale`), so that the parts add up to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from analyzers.prompt_caching.prompt import Prompt, Segment

CLASSES = ("tools", "system", "prose", "json")
_USUAL = (0.30, 0.22, 0.24, 0.32)
"""Tokens a byte without a log to learn from."""
FRAME = 4
"""Tokens around a message."""
_LEAST_OWN = 20
"""Calls of a template from which on it has rates of its own."""
_MOST_CALLS = 4_000
_LEAST_HEADS = 5
_MOST_HEADS = 10_000
_PULL = 1e-4
"""How strongly the usual values draw: an error of their whole size counts as this share of the squared totals."""
_BOUNDS = (0.02, 2.0)

_BEGINNING = 256
_DATA = 0.3
"""Digits and punctuation of all that is no space: prose has less, JSON and lines of values more. In between a byte costs in between."""
_SPACE = b" \t\r\n"
_LETTERS = bytes([*range(65, 91), *range(97, 123), *range(128, 256)])

Group = tuple[str, str | None, int]
"""Bare model, app and template: one application may have prompts in several languages, and each of these has its own tokens."""


class Rates(NamedTuple):
    """Tokens a byte for each of CLASSES; from `calls` logged totals (0: the usual values, modelled)."""

    per_byte: tuple[float, float, float, float]
    calls: int


USUAL = Rates(_USUAL, 0)


def sized_with(prompt: Prompt) -> Group:
    """Which prompts are sized by the same rates."""
    return prompt.family[1], prompt.app, prompt.template


def kind_of(segment: Segment) -> int:
    """Position in CLASSES; text of a message that is written like data (a state as JSON or as lines of values) counts as JSON."""
    if segment.level == "tools":
        return 0
    if segment.level == "system":
        return 1
    return 3 if segment.kind not in ("text", "reasoning") or _like_data(segment.text[:_BEGINNING]) else 2


@lru_cache(maxsize=20_000)
def _like_data(beginning: str) -> bool:
    """By the beginning alone: texts that begin alike must be cut alike, however they go on."""
    signs = beginning.encode("utf-8", "surrogatepass").translate(None, _SPACE)
    return len(signs.translate(None, _LETTERS)) >= _DATA * len(signs) > 0


def size_in_bytes(text: str) -> int:
    """Bytes of the text as UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def head_key(prompt: Prompt) -> int:
    """What tools and system are, byte by byte."""
    return hash(tuple([segment.text for segment in prompt.segments if segment.level != "message"]))


class _Sums:
    __slots__ = ("calls", "products", "squares", "totals")

    def __init__(self) -> None:
        self.calls = 0
        self.products = [[0.0] * 4 for _ in range(4)]
        self.totals = [0.0] * 4
        self.squares = 0.0

    def add(self, row: list[float], total: float) -> None:
        self.calls += 1
        self.squares += total * total
        for i, x in enumerate(row):
            if x:
                self.totals[i] += x * total
                products = self.products[i]
                for j, y in enumerate(row):
                    products[j] += x * y


class Sizes:
    """Rates of every model and app; `learn` before `rates`."""

    def __init__(self) -> None:
        self._sums: dict[Group, _Sums] = {}
        self._rates: dict[Group, Rates] = {}
        self._heads: dict[tuple[Group, int], list[float]] = {}
        """By tools and system: requests, and their sums of tokens without frames, of bytes of prose and of JSON."""

    def learn(self, prompts: Iterable[Prompt]) -> None:
        """Take in logged totals; calls without text or usage teach nothing."""
        for prompt in prompts:
            if prompt.total is None or not prompt.segments:
                continue
            group = sized_with(prompt)
            sums = self._sums.get(group)
            if sums is None:
                sums = self._sums[group] = _Sums()
            if sums.calls >= _MOST_CALLS:
                continue
            row = [0.0] * 4
            marked: tuple[list[float], int] | None = None
            last = prompt.segments[-1].position if prompt.segments[-1].level == "message" else -1
            for segment in prompt.segments:
                row[kind_of(segment)] += size_in_bytes(segment.text)
                if segment.mark:
                    marked = (list(row), segment.position + 1 if segment.level == "message" else 0)
            sums.add(row, prompt.total - FRAME * (last + 1))
            self._add_head((group, head_key(prompt)), (1, prompt.total - FRAME * (last + 1), row[2], row[3]))
            cached = (prompt.read or 0) + sum(w or 0 for w in prompt.written)
            if marked is not None and cached and prompt.rule is not None and prompt.rule.marking == "explicit":
                # What was read and written ends at the last breakpoint: that size is exact too.
                sums.add(marked[0], cached - FRAME * marked[1])
        self._rates.clear()

    def _add_head(self, key: tuple[Group, int], values: tuple[float, ...]) -> None:
        known = self._heads.get(key)
        if known is None:
            if len(self._heads) < _MOST_HEADS:
                self._heads[key] = list(values)
            return
        for i, value in enumerate(values):
            known[i] += value

    def head(self, prompt: Prompt) -> float | None:
        """Tokens of tools and system of a prompt as the totals of requests with the very same ones tell; None for too few."""
        known = self._heads.get((sized_with(prompt), head_key(prompt)))
        if known is None or known[0] < _LEAST_HEADS:
            return None
        per_byte = self.rates(prompt).per_byte
        return (known[1] - per_byte[2] * known[2] - per_byte[3] * known[3]) / known[0]

    def learn_part(self, prompt: Prompt, row: list[float], tokens: float) -> None:
        """Take in the size of a part of a prompt: bytes of each of CLASSES, and their tokens without frames."""
        sums = self._sums.get(sized_with(prompt))
        if sums is not None and sums.calls < 2 * _MOST_CALLS:
            sums.add(row, tokens)
            self._rates.clear()

    def rates(self, prompt: Prompt) -> Rates:
        """Of the prompt's template, else of its model and app, else of its model, else the usual ones."""
        group = sized_with(prompt)
        found = self._rates.get(group)
        if found is None:
            found = self._rates[group] = self._fit(group)
        return found

    def _fit(self, group: Group) -> Rates:
        own = self._sums.get(group)
        app = [sums for key, sums in self._sums.items() if key[:2] == group[:2]]
        wider = app or [sums for key, sums in self._sums.items() if key[0] == group[0]]
        if not wider:
            return USUAL
        rates = _solve(wider, _USUAL)
        if own is None or len(wider) == 1 or own.calls < _LEAST_OWN:
            return rates
        return _solve((own,), rates.per_byte)

    def groups(self) -> Mapping[Group, int]:
        """Logged totals that each group learnt from."""
        return {group: sums.calls for group, sums in self._sums.items()}


def _solve(parts: Iterable[_Sums], towards: Sequence[float]) -> Rates:
    """The rates that fit best, drawn towards others where the log tells little."""
    import numpy

    parts = list(parts)
    products = numpy.sum([part.products for part in parts], axis=0)
    totals = numpy.sum([part.totals for part in parts], axis=0)
    squares = sum(part.squares for part in parts)
    usual = numpy.array(towards)
    # A class that is always there in the same size cannot be told from another such class: the usual values decide, which may
    # all be too low or too high for this tokenizer and are brought to its scale first.
    whole = float(usual @ products @ usual)
    scale = float(usual @ totals) / whole if whole else 0.0
    if squares <= 0 or scale <= 0:
        # Totals that are no larger than the frames alone: there is nothing to fit.
        return USUAL
    pull = numpy.diag(_PULL * squares / (usual * scale) ** 2 + 1e-9)
    rates = numpy.linalg.solve(products + pull, totals + pull @ (usual * scale))
    bounded = [float(min(max(rate, _BOUNDS[0]), _BOUNDS[1])) for rate in rates]
    return Rates((bounded[0], bounded[1], bounded[2], bounded[3]), sum(part.calls for part in parts))
