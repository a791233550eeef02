"""The comparisons in order, from those that are certain to those that are likely."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import NamedTuple

from analyzers.response_caching.judge.contrast import NAMES, NEGATION, NUMBERS, contradiction, lack, of_one_kind
from analyzers.response_caching.judge.courtesy import Said, says_enough, without_courtesies
from analyzers.response_caching.judge.fields import parsed, same_fields
from analyzers.response_caching.judge.meaning import LONGEST, Meaning, meaning
from analyzers.response_caching.judge.normal import normal
from analyzers.response_caching.judge.verdict import Verdict

_CHOICE = frozenset(["or", "oder", "ou", "whether", "either"])
_SEVERAL = re.compile(
    r"\b(?:and|list|steps?|which|what are|all|every|each|how (?:do|can|to|should|would)|explain|describe|compare|und|welche|alle|wie|et|quels|quelles"
    r"|comment|tous|cuales|todos|como|y)\b|一覧|方法|手順|すべて|どの"
)
_RESERVED = frozenset(
    [
        "only",
        "except",
        "unless",
        "but",
        "however",
        "if",
        "provided",
        "depends",
        "limited",
        "until",
        "nur",
        "ausser",
        "wenn",
        "aber",
        "seulement",
        "sauf",
        "si",
        "mais",
        "solo",
        "excepto",
        "pero",
    ]
)
_ALIKE_QUESTIONS = 0.5
DENIED = "denied"
"""One question denies something and the other nothing, which is as likely another way to ask."""
_LABEL = 3
"""Words of an answer that is a label or a name: another one is another answer."""


class Open(NamedTuple):
    """Nothing contradicts, nothing is missing, and the words do not settle it: how alike the words of both are (0 to 1).

    `fact`: both give the same amounts and names, and give some. `substituted`: near-identical answers differ in single words. `uneven`: one denies more than the other.
    """

    questions: float
    answers: float
    substituted: bool
    uneven: bool
    fact: bool
    eastern: bool


def compared(question: str, answer: str | None, cached_question: str, cached_answer: str | None) -> Verdict | Open:
    """A verdict, or what is left to be weighed."""
    if not answer or not cached_answer or not answer.strip() or not cached_answer.strip():
        return Verdict(None, "no_answer", 0.5)
    if answer == cached_answer:
        return _equal(question, answer, cached_question, "exact")
    mine, other = without_courtesies(question, answer, cached_question, cached_answer)
    if normal(mine.text) == normal(other.text):
        return _equal_but_for_courtesy(question, mine, cached_question, other)
    later, cached = parsed(mine.text), parsed(other.text)
    if later is not None or cached is not None:
        return _structured(question, later, cached, cached_question)
    if max(len(answer), len(cached_answer), len(question), len(cached_question)) > LONGEST:
        return Verdict(None, "too_long", 0.5)
    a, ca = meaning(mine.text), meaning(other.text)
    if (mine.willing and ca.answer is False) or (other.willing and a.answer is False):
        return Verdict(False, NEGATION, 0.05)
    return _meant(meaning(question), a, meaning(cached_question), ca, question)


def _equal_but_for_courtesy(question: str, mine: Said, cached_question: str, other: Said) -> Verdict:
    if mine.willing != other.willing and not says_enough(mine.text):
        return Verdict(None, "courtesy", 0.6)
    return _equal(question, mine.text, cached_question, "normalised")


def _equal(question: str, answer: str, cached_question: str, by: str) -> Verdict:
    """Equal answers are right whatever was asked, unless the answer says nothing about it."""
    if normal(question) != normal(cached_question) and meaning(answer[:LONGEST]).generic:
        return Verdict(None, "generic", 0.6)
    return Verdict(True, by, 1.0)


def _structured(question: str, later: object, cached: object, cached_question: str) -> Verdict:
    if later is None or cached is None:
        return Verdict(None, "structure", 0.3)

    def prose(a: str, b: str) -> bool | None:
        found = _meant(meaning(""), meaning(a), meaning(""), meaning(b), "")
        return found.same if isinstance(found, Verdict) else None

    same = same_fields(later, cached, f"{question}\n{cached_question}", prose)
    return Verdict(same, "fields", {True: 0.98, None: 0.5, False: 0.05}[same])


def _meant(q: Meaning, a: Meaning, cq: Meaning, ca: Meaning, question: str) -> Verdict | Open:
    if a.generic != ca.generic:
        return Verdict(False, "refusal", 0.1)
    found = contradiction(a, ca)
    if found is not None:
        return Verdict(False, found, 0.05)
    missing, extra = lack(a, ca, q), lack(ca, a, cq)
    shared = len(missing.amounts) < len(a.amounts)
    if missing.amounts and extra.amounts and (not shared or of_one_kind(missing.amounts, extra.amounts)):
        return Verdict(False, NUMBERS, 0.05)
    if missing.names and extra.names:
        some = bool(a.names & ca.names)
        return Verdict(None if some else False, NAMES, 0.3 if some else 0.15)
    if a.code != ca.code:
        return Verdict(None, "code", 0.4)
    later, cached = set(a.stems), set(ca.stems)
    words = _overlap(later, cached)
    asked = asked_otherwise(q, cq)
    if asked is not None:
        alike = later == cached and not lack(a, ca, None) and not lack(ca, a, None)
        if alike and asked == DENIED and a.negations == ca.negations and a.sequence == ca.sequence:
            return Verdict(True, "words", 0.9)
        if alike:
            return Verdict(None, f"question_{asked}", 0.6)
        return Verdict(False, f"question_{asked}", 0.2)
    only_later, only_cached = later - cached, cached - later
    if (only_later & set(q.stems)) - set(cq.stems) and (only_cached & set(cq.stems)) - set(q.stems):
        # The questions differ in a word, and the answers repeat each its own.
        asked_about = set(q.stems) ^ set(cq.stems)
        return Verdict(False if only_later | only_cached <= asked_about else None, "subject", 0.25)
    if missing:
        return Verdict(None, "partial", 0.45)
    if sorted(a.sequence) == sorted(ca.sequence) and a.sequence != ca.sequence and q != cq:
        return Verdict(None, "order", 0.5)
    if later == cached and not extra and a.negations == ca.negations and (later or a.amounts):
        return Verdict(True, "words", 0.95)
    if words == 0 and max(len(later), len(cached)) <= _LABEL and later and cached:
        return Verdict(False, "unlike", 0.1)
    questions = _overlap(set(q.stems), set(cq.stems))
    if a.code and questions >= _ALIKE_QUESTIONS and not extra:
        return Verdict(True, "code", 0.9)
    settled = _contained(q, a, cq, ca, question, questions)
    if settled is not None:
        return settled
    return Open(
        questions,
        words,
        substituted=_substituted(a.stems, ca.stems),
        uneven=a.negations != ca.negations or bool(_RESERVED & (a.forms ^ ca.forms)),
        fact=bool(a.amounts or a.names) and not extra,
        eastern=a.eastern or ca.eastern,
    )


def asked_otherwise(q: Meaning, cq: Meaning) -> str | None:
    """In what two questions certainly ask different things; None where nothing shows."""
    found = contradiction(q, cq)
    if found is not None:
        return found
    mine, other = lack(q, cq, None), lack(cq, q, None)
    if mine.amounts or other.amounts:
        return NUMBERS
    if mine.names and other.names:
        return NAMES
    if (q.negations > 0) != (cq.negations > 0):
        return DENIED
    return None


def _contained(q: Meaning, a: Meaning, cq: Meaning, ca: Meaning, question: str, questions: float) -> Verdict | None:
    """The one answer says what the other does, or its first sentence does and the rest explains."""
    later, cached = set(a.stems), set(ca.stems)
    choice = bool(_CHOICE & q.forms or _CHOICE & cq.forms)
    # Only what both were asked needs no saying: what one question names alone may be the very difference.
    echo = set() if choice else set(q.stems) & set(cq.stems)
    more, cached_more = later - cached - echo, cached - later - echo
    if not cached - later and not choice:
        # A shorter answer takes up the words of its own question: "Up to 12 hours" to "How long does the battery last?".
        more -= set(cq.stems)
    alike = questions >= _ALIKE_QUESTIONS or q.stems == cq.stems
    decided = a.answer is not None and a.answer == ca.answer
    said = bool((later & cached) - echo) or bool(a.amounts) or bool(a.names & ca.names) or decided
    if not said or not alike or (a.negations > 0) != (ca.negations > 0):
        return None
    if not more and not cached_more and not (later - cached and cached - later):
        return Verdict(True, "words", 0.95)
    if not more and later & cached | set(map(str, a.amounts)) and not _RESERVED & (ca.forms - a.forms):
        return Verdict(True, "contained", 0.85)
    if decided and not more - set(ca.stems) and not _RESERVED & (ca.forms ^ a.forms):
        return Verdict(True, "yes_no", 0.85)
    if not cached_more and not _RESERVED & (a.forms - ca.forms):
        if decided and len(cached) <= 1:
            return Verdict(True, "yes_no", 0.8)
        if not _SEVERAL.search(question.casefold()) and not (set(a.lead) - cached - echo):
            return Verdict(True, "lead", 0.8)
        return Verdict(None, "partial", 0.55)
    return None


def _overlap(a: set[str], b: set[str]) -> float:
    """Dice's share of common words; 1 for two texts without any."""
    if not a and not b:
        return 1.0
    return 2 * len(a & b) / (len(a) + len(b))


def _substituted(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Whether single words stand in the place of others, or of others nearby, within what is otherwise the same."""
    if len(a) > 300 or len(b) > 300:
        return False
    steps = SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    kept = sum(step[2] - step[1] for step in steps if step[0] == "equal")
    if kept * 2 < min(len(a), len(b)):
        return False
    own, other = set(a) - set(b), set(b) - set(a)
    if own and other and len(own) <= 2 and len(other) <= 2:
        return True
    return any(tag == "replace" and end - start <= 2 and until - since <= 2 for tag, start, end, since, until in steps)
