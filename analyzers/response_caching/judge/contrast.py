"""Where two texts contradict each other, and what one says that the other does not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from analyzers.response_caching.judge.lexicon import lexicon
from analyzers.response_caching.judge.meaning import Meaning
from analyzers.response_caching.judge.quantities import Quantity

NUMBERS, NAMES, NEGATION, OPPOSITES, DIRECTION, ORDER = (
    "numbers",
    "names",
    "negation",
    "opposites",
    "direction",
    "order",
)
_SHORT = 6
"""Words of a question or short answer: longer texts put their words in another order and say the same."""
_SYMMETRIC = frozenset(
    [
        "and",
        "und",
        "et",
        "y",
        "or",
        "oder",
        "ou",
        "between",
        "zwischen",
        "entre",
        "difference",
        "compare",
        "versus",
        "vs",
        "distance",
        "differenc",
    ]
)


class Lack(NamedTuple):
    """Amounts and names of one text that the other lacks, beyond those that its own question already names."""

    amounts: tuple[Quantity, ...]
    names: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.amounts or self.names)


NOTHING = Lack((), frozenset())


def lack(of: Meaning, in_: Meaning, asked: Meaning | None) -> Lack:
    """What `of` names and `in_` does not; what was `asked` needs no saying."""
    given = (*in_.amounts, *(asked.amounts if asked else ()))
    amounts = tuple(one for one in of.amounts if not any(one.like(other) for other in given))
    told = in_.names | in_.forms | (asked.names | asked.forms if asked else frozenset())
    names = frozenset(name for name in of.names if name not in told and not _spelt_out(name, in_))
    return Lack(amounts, names) if amounts or names else NOTHING


def _spelt_out(name: str, other: Meaning) -> bool:
    """Whether an abbreviation's letters begin names of the other text (NYC, New York City), or a name is part of an address."""
    return (
        2 <= len(name) <= 5
        and name.isalpha()
        and set(name) <= {n[0] for n in other.names}
        and len(other.names) >= len(name)
    )


def contradiction(later: Meaning, cached: Meaning) -> str | None:
    """In what the two cannot both be so: yes and no, a denial, opposites, or who does what to whom; None where nothing shows."""
    if later.answer is not None and cached.answer is not None and later.answer != cached.answer:
        return NEGATION
    if opposites(later, cached):
        return OPPOSITES
    if _denied(later, cached) or _denied(cached, later):
        return NEGATION
    if max(len(later.stems), len(cached.stems)) > _SHORT and direction(later, cached) == ORDER:
        return None
    return direction(later, cached)


def opposites(a: Meaning, b: Meaning) -> bool:
    """Whether of some group of words that exclude each other both have members, and each has one of its own."""
    if not a.places or not b.places:
        return False
    own, other = a.places - b.places, b.places - a.places
    if not own or not other:
        return False
    shared = {group for group, _ in a.places & b.places if group in lexicon().binary}
    return any(group not in shared and any(group == found for found, _ in other) for group, _ in own)


def _denied(a: Meaning, b: Meaning) -> bool:
    return bool((a.denied - a.stated) & (b.stated - b.denied))


def direction(a: Meaning, b: Meaning) -> str | None:
    """DIRECTION or ORDER where the same things have changed places: from A to B, A before B, A does it to B."""
    if (a.sources & b.targets) - b.sources or (a.targets & b.sources) - b.targets:
        return DIRECTION
    if any((right, left) in b.relations for left, right in a.relations) and not a.relations & b.relations:
        return DIRECTION
    if swapped(a.stems, b.stems):
        return ORDER
    return None


def swapped(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Whether the same words stand in another order, with the first and last of three or more exchanged."""
    if len(a) < 3 or len(a) != len(b) or a == b or len(set(a)) != len(a) or set(a) != set(b) or _SYMMETRIC & set(a):
        return False
    place = {word: n for n, word in enumerate(b)}
    order = [place[word] for word in a]
    moved = [n for n, where in enumerate(order) if n != where]
    # Two that changed places around one that stayed.
    return len(moved) == 2 and moved[1] - moved[0] > 1


def of_one_kind(a: Iterable[Quantity], b: Iterable[Quantity]) -> bool:
    """Whether two of them measure the same thing, or one is a bare number."""
    kinds = {one.dimension for one in b}
    return any(one.dimension in kinds or not one.dimension or "" in kinds for one in a)
