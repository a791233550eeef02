"""What the user asked, read once for each distinct text: its values, its form, whether its answer holds for this moment only."""

from __future__ import annotations

import re
from typing import NamedTuple

from analyzers.values.canonical import spaceless
from analyzers.values.form import form, number
from analyzers.values.marked import Kind, marked

_ENDS = 400
"""Characters at either end of a long text that the question itself stands in; what is between is a document."""

_PERSONAL: frozenset[Kind] = frozenset(("email", "phone", "account", "name"))

_WHEN = (
    r"today|tonight|tomorrow|nowadays|(?:right|just|as of|open|closed|available|online|down) now|at (?:the|this) moment"
    r"|currently|so far|up[ -]to[ -]date"
    r"|this (?:week|weekend|month|year|quarter)|next (?:night|week|weekend|month|year|quarter)"
    r"|latest|newest|most recent|breaking|real[ -]?time|live (?:score|price|rate)s?"
    r"|(?:current|present|actual) (?:\w+ )?(?:exchange )?(?:price|rate|status|time|date|weather|temperature|version|news|president"
    r"|balance|offer|score|value|events?|situation|promotion|wait|waiting)s?"
    r"|what(?:'s| is) the (?:time|date)|what (?:time|day|date) is it|weather|forecast|stock price|share price|news\b(?! ?letter)"
    r"|heute|morgen früh|jetzt|gerade eben|derzeit|zurzeit|momentan|aktuell\w*|neueste\w*|wetter|nachrichten|wie spät"
    r"|aujourd'hui|demain|maintenant|actuellement|en ce moment|météo|dernières? nouvelles|quelle heure"
    r"|hoy|mañana|ahora mismo|ahora|actualmente|últimas? noticias|qué hora|oggi|domani|adesso|attualmente|meteo"
)
_TIME_DEPENDENT = re.compile(rf"\b(?:{_WHEN})(?![\w-])")
_PAST = re.compile(
    r"\b(?:yesterday|this (?:morning|afternoon|evening)|last (?:night|week|weekend|month|year|quarter)|gestern|hier soir"
    r"|ayer|ieri)\b"
)
"""Asks for what was then; without a question it only tells what happened to someone."""
_APART = str.maketrans(dict.fromkeys('.,;:!?()[]{}"/-', " "))
_ENGLISH = (
    "today today's tonight tomorrow yesterday nowadays now moment currently far date morning afternoon evening week weekend"
    " month year quarter night latest newest recent breaking live real time current present actual weather forecast price"
    " prices rates rate news day"
)
_OTHERS = (
    "heute gestern morgen jetzt gerade derzeit zurzeit momentan wetter nachrichten spät aujourd'hui demain hier maintenant"
    " actuellement météo nouvelles nouvelle heure hoy mañana ayer ieri ahora actualmente noticias noticia hora oggi domani adesso"
    " attualmente meteo"
)
_HINTS = frozenset((*_ENGLISH.split(), *_OTHERS.split()))
"""One of these words is in nearly every text that `_TIME_DEPENDENT` finds something in: most texts need no more than a look."""
_STEMS = ("aktuell", "neueste")
_OF_THE_DAY = re.compile(
    r"\b(?:today|tonight|tomorrow|yesterday|this (?:morning|afternoon|evening)|right now|heute|gestern|aujourd'hui|demain|hoy"
    r"|ayer|oggi|domani)\b",
    re.IGNORECASE,
)


class Question(NamedTuple):
    """One distinct last message of a user, as it was sent."""

    text: str
    """With single spaces: what a semantic cache embeds."""
    content: int
    """Number of the content without its values: equal for questions that differ in values and form alone."""
    values: tuple[str, ...]
    kinds: tuple[Kind, ...]
    order: int
    """Number for the order of keys, where it is JSON."""
    space: int
    """Number for the white space."""
    personal: tuple[int, ...]
    """Numbers of the values that point at a person."""
    time_dependent: bool


def question(text: str) -> Question:
    """Read a last message."""
    written = form(text)
    found = marked(written.content)
    order = 0 if written.written == written.content else number(marked(written.written).text())
    personal = [number(v) for v, kind in zip(found.values, found.kinds, strict=True) if kind in _PERSONAL]
    return Question(
        spaceless(text),
        number(found.text()),
        found.values,
        found.kinds,
        order,
        written.space,
        tuple(personal),
        time_dependent(written.content),
    )


def time_dependent(text: str) -> bool:
    """Whether the question asks for the state of the world at the time of asking."""
    if len(text) > 2 * _ENDS:
        text = f"{text[:_ENDS]}\n{text[-_ENDS:]}"
    low = text.lower()
    if _HINTS.isdisjoint(low.translate(_APART).split()) and not any(stem in low for stem in _STEMS):
        return False
    return _TIME_DEPENDENT.search(low) is not None or ("?" in low and _PAST.search(low) is not None)


def names_a_day(answer: str) -> bool:
    """Whether an answer speaks of its own day."""
    return _OF_THE_DAY.search(answer) is not None
