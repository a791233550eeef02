"""What the text itself announces: "my name is", "password:", "born on", "account number"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from analyzers.anonymise.numbers import ANNOUNCED, check_of
from analyzers.anonymise.span import Span

_NAME = r"[A-ZÀ-ÖØ-Þ][\w'’-]+(?: (?:de |van |von |der |la |el |bin |al-)*[A-ZÀ-ÖØ-Þ][\w'’-]+){0,3}"
_MONTH = r"(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez|ene|abr|ago|dic|fév|avr|aoû|déc)[a-zäûé]{0,8}\.?"
_DATE = rf"(?:\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}}|\d{{1,2}}\.? (?:de |of )?{_MONTH},? (?:de )?\d{{4}}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})"
_HIDDEN = r"(?:pass(?:word|wort|wd|phrase)?|pwd|contraseña|mot de passe|secret|api[_ -]?key|access[_ -]?key|auth[_ -]?token|token|PIN|kennwort)"
_NO_NAMES = frozenset(
    [
        "I",
        "The",
        "This",
        "That",
        "There",
        "We",
        "You",
        "He",
        "She",
        "It",
        "They",
        "What",
        "Where",
        "When",
        "How",
        "Why",
        "Who",
        "Sorry",
        "Sure",
        "Not",
        "Sir",
        "Madam",
        "Team",
        "All",
        "Everyone",
        "Customer",
        "Support",
        "Here",
        "Just",
        "Now",
        "Please",
        "Thanks",
        "Thank",
        "Error",
        "None",
        "True",
        "False",
        "Null",
        "String",
        "Looking",
        "Trying",
        "Having",
        "Unable",
    ]
)


class _Lead(NamedTuple):
    kind: str
    words: frozenset[str]
    """One of them, in small letters, stands in every text that has it."""
    pattern: re.Pattern[str]


def _lead(kind: str, words: str, pattern: str) -> _Lead:
    return _Lead(kind, frozenset(words.split()), re.compile(pattern))


_LEADS: tuple[_Lead, ...] = (
    _lead(
        "SECRET",
        "password passwort passwd passphrase pass pwd contraseña passe secret key apikey token pin kennwort",
        rf"(?i:(?<![^\W_]){_HIDDEN})[\"']?\s?(?:(?i:is|ist|es|est)\s|[:=])\s?[\"']?(?P<value>[^\s\"',;)]{{6,128}})",
    ),
    _lead(
        "BIRTH",
        "born birth birthday birthdate dob geboren geb geburtsdatum nacimiento nacido nacida naissance né née",
        rf"(?i:\b(?:born(?: on)?|birth ?(?:date|day)?|DOB|geboren(?: am)?|geburtsdatum|nacimiento|nacid[oa](?: el)?|naissance|née? le)\b\W{{1,4}}(?:is |was |am |on )?(?P<value>{_DATE}))",
    ),
    _lead(
        "PHONE",
        "tel telefon telephone teléfono téléphone phone mobile cell handy fax whatsapp call ring nummer number",
        r"(?i:\b(?:tel(?:efon|ephone|éfono|éphone)?|phone|mobile|cell|handy|fax|whatsapp|call(?: me)?(?: at| on)?|ring(?: me)?(?: at| on)?|nummer|number))\b\W{1,3}(?:(?i:number|no\.?|is|at|on|under|unter|ist|me)\W{1,2}){0,3}(?P<value>\+?\(?\d[\d ()./-]{5,18}\d)",
    ),
    _lead(
        "NAME",
        "name heiße llamo nombre appelle this i dear hi hello hallo sehr liebe lieber estimado estimada cher chère mr mrs ms dr herr frau señor señora mme",
        r"(?:\b(?i:my name is|mein name ist|ich heiße|me llamo|mi nombre es|je m.appelle|this is|i am|i.m|(?:full |customer |patient )?name)\b(?: is)?\W{1,3}"
        r"|\b(?:Dear|Hi|Hello|Hallo|Sehr geehrter?|Lieber?|Estimad[oa]|Cher|Chère|Mr\.?|Mrs\.?|Ms\.?|Dr\.?|Herr|Frau|Señora?|Mme)\s)"
        rf"(?:(?:Mr|Mrs|Ms|Dr|Herr|Frau|Señora?)\.? )?(?P<value>{_NAME})",
    ),
    _lead(
        "ADDRESS",
        "street st avenue ave road rd lane ln drive dr boulevard blvd court ct way place pl square terrace calle avenida rue via plaza",
        r"(?P<value>\b\d{1,5}[a-z]? (?:[A-Z][\w'-]+ ){1,4}(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Way|Place|Pl|Square|Terrace)\b\.?"
        r"|\b(?:Calle|Avenida|Rue|Via|Plaza) (?:[A-ZÁÉ][\wáéíóúñ'-]+ ?){1,4},? \d{1,4}\b)",
    ),
    *(
        _lead(
            name.upper(),
            words,
            rf"(?i:\b{lead}\b(?: ?(?:number|no\.?|nr\.?|nummer|num\.?|id|#))?(?: is| ist| es| est| lautet)?)\s?[:#]?\s?(?P<value>[A-Z0-9][A-Z0-9 -]{{5,20}}[A-Z0-9])(?![\w-])",
        )
        for name, (words, lead, _) in ANNOUNCED.items()
    ),
)
_STREET = re.compile(r"\b[A-ZÄÖÜ][\wäöüß-]{2,30}(?:straße|strasse|str\.|weg|platz|allee|gasse) \d{1,4} ?[a-z]?\b")
_WORD = re.compile(r"[^\W\d_]+")
_BY_WORD = {word: [lead for lead in _LEADS if word in lead.words] for lead in _LEADS for word in lead.words}
_MARKS_OF_CODE = frozenset("(){}[]<>$")


def announced(text: str) -> Iterator[Span]:
    """All of them; spans may overlap."""
    leads: dict[str, _Lead] = {}
    for word in _BY_WORD.keys() & set(_WORD.findall(text.casefold())):
        for lead in _BY_WORD[word]:
            leads[lead.kind] = lead
    for kind, lead in leads.items():
        for match in lead.pattern.finditer(text):
            value = match.group("value")
            if _believed(kind, value):
                yield Span(match.start("value"), match.end("value"), "ID" if kind.lower() in ANNOUNCED else kind)
    for match in (
        _STREET.finditer(text) if "straße" in text or "str" in text or "weg " in text or "platz " in text else ()
    ):
        yield Span(match.start(), match.end(), "ADDRESS")


def _believed(kind: str, value: str) -> bool:
    if kind == "NAME":
        return value.split(maxsplit=1)[0] not in _NO_NAMES
    if kind == "SECRET":
        # A word is no password: it has a digit, and is not a call, an address or a placeholder of code.
        return (
            any(map(str.isdigit, value)) and _MARKS_OF_CODE.isdisjoint(value) and not value.startswith(("http", "0x"))
        )
    if kind == "PHONE":
        return sum(map(str.isdigit, value)) >= 7
    numbered = ANNOUNCED.get(kind.lower())
    if numbered is not None:
        check = check_of(numbered[2])
        return sum(map(str.isdigit, value)) >= 5 and (check is None or check(value))
    return True
