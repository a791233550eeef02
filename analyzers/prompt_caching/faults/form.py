"""White space, line ends and Unicode forms of texts that say the same."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.fault import Fault, Repair, excerpt
from analyzers.prompt_caching.faults.loss import measure
from analyzers.prompt_caching.faults.moves import rewritten
from analyzers.prompt_caching.faults.values import lasting
from analyzers.prompt_caching.skeleton import Span
from analyzers.prompt_caching.slots import Slot, leading_slots, system_slots

_LEAST_AFFECTED = 2
_SAMPLES = 64
_LEAST_LETTERS = 8
_SPACE = re.compile(r"\s+")
_UNSEEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_PLAIN = str.maketrans("\u2018\u2019\u201c\u201d\u2013", "''\"\"-")


@lru_cache(maxsize=100_000)
def bare(text: str) -> str:
    """A text without its form: no white space, one Unicode form, plain quotes."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_UNSEEN).translate(_PLAIN)
    return _SPACE.sub("", text)


def whitespace_drift(case: Case) -> Iterator[Fault]:
    """`whitespace_drift` in the system and in leading instructions."""
    for slot in (*system_slots(case), *leading_slots(case)):
        if len(slot.distinct) > 1 and differs_in_form(case, slot):
            yield from _fault(case, slot)


@lru_cache(maxsize=8_192)
def lines_by_bare(text: str) -> dict[str, str]:
    """Each line that stands in a text once, by what it says."""
    lines = [(bare(line), line) for line in text.split("\n")]
    counts = Counter(key for key, _ in lines)
    return {key: line for key, line in lines if key and counts[key] == 1}


def differs_in_form(case: Case, slot: Slot) -> bool:
    """Whether lines of the slot come and go in several forms; one change for good is none."""
    return bool(_variants(case, slot))


def _variants(case: Case, slot: Slot) -> set[str]:
    """What the lines say that stand in one form here and in another there, and whole texts that differ in form alone."""
    some = [(i, text) for i, text in enumerate(slot.texts) if text is not None]
    some = some[:: len(some) // _SAMPLES + 1]
    forms: dict[str, list[tuple[int, str]]] = {}
    for i, text in some:
        for key, line in lines_by_bare(text).items():
            forms.setdefault(key, []).append((i, line))
        forms.setdefault("\n" + bare(text), []).append((i, text))
    return {
        key
        for key, seen in forms.items()
        if len(key) >= _LEAST_LETTERS
        and len({line for _, line in seen}) > 1
        and not lasting([line for _, line in seen], [case.conversation[i] for i, _ in seen])
    }


def _fault(case: Case, slot: Slot) -> Iterator[Fault]:
    keys = _variants(case, slot)
    forms = [None if text is None else _form(text, keys) for text in slot.texts]
    shape = [None if text is None else hash(text) for text in forms]
    latest = next(
        (i for i in range(len(forms) - 1, -1, -1) if case.earlier[i] >= 0 and _differ(slot, keys, case.earlier[i], i)),
        -1,
    )
    if latest < 0:
        return
    before = case.earlier[latest]
    was, now = slot.texts[before] or "", slot.texts[latest] or ""
    old, new = _stretch(was, now, keys)
    loss = measure(case, slot, shape, len(now) - new[0])
    if loss is None or len(loss.affected) < _LEAST_AFFECTED:
        return
    yield Fault(
        "whitespace_drift",
        slot.place(case, latest, *new),
        loss.affected,
        len(case.prompts),
        loss.stranded,
        excerpt(was, *old),
        excerpt(now, *new),
        "Bring white space, line ends and Unicode of this text into one form once, where it is read.",
        normalised(case, slot, keys),
        loss.confidence,
    )


def _stretch(was: str, now: str, keys: set[str]) -> tuple[Span, Span]:
    """From the first to the last line that is in another form, in both texts; the whole texts where that is none."""
    before = lines_by_bare(was)
    spans: list[tuple[Span, Span]] = []
    at = 0
    for line in now.split("\n"):
        other = before.get(bare(line)) if bare(line) in keys else None
        if other is not None and other != line:
            start = was.find(other)
            spans.append(((start, start + len(other)), (at, at + len(line))))
        at += len(line) + 1
    if not spans:
        return (0, len(was)), (0, len(now))
    return (spans[0][0][0], spans[-1][0][1]), (spans[0][1][0], spans[-1][1][1])


def _form(text: str, keys: set[str]) -> tuple[str, ...]:
    """The lines that vary in form, as they stand in a text."""
    lines = lines_by_bare(text)
    found = tuple(lines[key] for key in sorted(keys) if key in lines)
    return found if found else (text if "\n" + bare(text) in keys else "",)


def _differ(slot: Slot, keys: set[str], before: int, after: int) -> bool:
    was, now = slot.texts[before], slot.texts[after]
    return was is not None and now is not None and was != now and _form(was, keys) != _form(now, keys)


def normalised(case: Case, slot: Slot, keys: set[str]) -> Repair:
    """Each line that varies in form as most requests have it."""
    counts: dict[str, Counter[str]] = {}
    for text in slot.texts:
        if text is None:
            continue
        for key, line in lines_by_bare(text).items():
            if key in keys:
                counts.setdefault(key, Counter())[line] += 1
        counts.setdefault("\n" + bare(text), Counter())[text] += 1
    usual = {key: some.most_common(1)[0][0] for key, some in counts.items() if key in keys}

    def in_usual_form(talk: int, text: str) -> str:
        whole = usual.get("\n" + bare(text))
        if whole is not None:
            return whole
        lines = lines_by_bare(text)
        return "\n".join(usual.get(key, line) if (key := bare(line)) in lines else line for line in text.split("\n"))

    return lambda prompts: rewritten(prompts, slot, case.chains, in_usual_form)
