"""Values in a text that are likely to differ between requests which are equal otherwise, each with its kind.

| kind    | the value                                                                             |
|---------|---------------------------------------------------------------------------------------|
| time    | a date, a time of day, seconds since 1970                                               |
| run     | an id behind the name of a run: session, request, trace, conversation                   |
| id      | a token of much chance: a UUID, a long hexadecimal number, letters and digits mixed     |
| number  | a number of six digits and more                                                         |
| email, phone, account, name | of a person                                                             |

What a value means to its text is not known here: an order's number looks like any other. Long texts are read at both ends.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Literal, NamedTuple

from analyzers.values.spans import TIME
from analyzers.values.times import DAY_NAMES, MONTH_NAMES

Kind = Literal["time", "run", "id", "number", "email", "phone", "account", "name"]

LONGEST = 24_000
"""Characters beyond which only the two ends of a text are read for values."""
_END = 6_000

_NAMES_OF_TIME = frozenset(MONTH_NAMES) | frozenset(DAY_NAMES)
_LEAST_ACCOUNT = 3
_LEAST_PHONE = 7
_NUMBER = re.compile(r"\d+")
_DIGIT = re.compile(r"\d")
_MAYBE_TIME = re.compile(r"\d[:h]\d|\d[-/.]\d{1,2}[-/.]\d|\d\d?\s?[ap]\.?m\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[^\W\d_]{5,}\.\s")
_LETTERS = re.compile(r"[^\W\d_]{3,}")
_TIME = re.compile(rf"(?<![^\W_])(?:{TIME})(?![^\W_])", re.IGNORECASE)
_TODAY = re.compile(
    r"(?i:\b(?:today|it|now|date|day|heute|hoy|oggi)\b(?:\s+(?:is|ist|es|è))?\s*:?\s+)([^\W\d_]{5,12})\b"
)
_REDACTED = re.compile(r"\[[A-Z]+_[a-p]{8}\]")
"""What `agent.store.protect` puts in the place of an identifier."""
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63})+")
_RUN = re.compile(
    r"(?i:\b(?:session|request|trace|correlation|conversation|thread|run|span|nonce|chat|message|sitzung|anfrage|salt)"
    r"(?:[ _-]?(?:id|uuid|key|no|nr|number|nonce))?)[\"']?\s*[:=#]\s*[\"']?([\w\-.:+/=]{4,80}\w)"
)
_ACCOUNT = re.compile(
    r"(?i:\b(?:account|customer|client|member|policy|contract|card|passport|kunden|konto|vertrags|mitglieds|compte|cuenta)"
    r"[ _-]?(?:number|no\.?|id|nummer|nr\.?|numéro|número)?[\"']?\s*(?:is|ist|[:=#])?\s*[\"']?#?)"
    r"((?=[\w-]*\d[\w-]*\d[\w-]*\d)[\w-]{4,34})\b"
)
_OF_ACCOUNT = (
    *("account", "customer", "client", "member", "policy", "contract", "card", "passport", "kunde", "konto", "vertrag"),
    *("mitglied", "compte", "cuenta"),
)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
_PHONE = re.compile(
    r"(?<![\w.])(?:\+\d{1,3}[ ./-]?(?:\(?\d{1,4}\)?[ ./-]?){2,5}\d{2,4}|\(\d{3}\) ?\d{3}[ -]\d{4}|\d{3}-\d{3}-\d{4})(?![\w])"
)
_CARD = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")
_TOKEN = re.compile(r"(?<![\w-])(?:[A-Za-z_]{1,12}[_-])?[A-Za-z0-9]*\d[A-Za-z0-9]*(?:-[A-Za-z0-9]+)*(?![\w-])")
_HEX = re.compile(r"[0-9a-fA-F-]{8,}")
_PERSON = re.compile(
    r"(?:(?i:\b(?:talking|speaking|chatting|sprichst|redest|hablando|parlez|parles)\s+(?:to|with|mit|con|avec|à)"
    r"|\b(?:user|customer|client|caller|member|patient|guest|employee|kunden?|nutzer|usuario|cliente)(?:'s)?"
    r"[ _-]?(?:full|first|last)?[ _-]?names?\b[\"']?\s*(?:is|ist|[:=])"
    r"|\b(?:my name is|my name's|ich heiße|mein name ist|me llamo|je m'appelle|mi chiamo))"
    r"|(?<![\w ])[ >*-]*(?i:full name|name)[ \t]*[:=])\s*[\"']?"
    r"((?:(?:Mr|Mrs|Ms|Dr|Herrn?|Frau|Señora?|Mme)\.?[ ])?[A-ZÀ-Þ][\w'’-]+(?:[ ](?:[A-ZÀ-Þ]\.|[A-ZÀ-Þ][\w'’-]+)){0,3})"
)
_CUSTOMER = re.compile(
    r"\b(?i:customer|user|client|caller|patient|guest|kunde|kundin|nutzer)[\"']?[ \t]*[:=]\s*[\"']?"
    r"((?:(?:Mr|Mrs|Ms|Dr|Herrn?|Frau|Señora?|Mme)\.? )?[A-ZÀ-Þ][\w'’-]+(?: (?:[A-ZÀ-Þ]\.|[A-ZÀ-Þ][\w'’-]+)){1,3})"
)
"""Two words at least: behind such a label a transcript goes on with anything."""
_OF_PERSON = (
    *("talking", "speaking", "chatting", "sprichst", "redest", "hablando", "parle", "name", "heiße", "llamo"),
    *("m'appelle", "chiamo", "customer", "user", "client", "caller", "patient", "guest", "kund", "nutzer"),
)
"""One of them is in every text in which a name is found."""
_OF_TODAY = ("today", "it is", "it's", "now", "date", "day:", "heute", "hoy", "oggi")


class Value(NamedTuple):
    """A value and where it stands."""

    kind: Kind
    start: int
    end: int


class Marked(NamedTuple):
    """`pieces[0] value pieces[1] value ... pieces[-1]`; a text without values is one piece."""

    pieces: tuple[str, ...]
    values: tuple[str, ...]
    kinds: tuple[Kind, ...]

    def text(self) -> str:
        """The text with the kinds in the place of the values."""
        found = [self.pieces[0]]
        for kind, piece in zip(self.kinds, self.pieces[1:], strict=True):
            found += (f"⟨{kind}⟩", piece)
        return "".join(found)


def marked(text: str) -> Marked:
    """The text taken apart at its values."""
    values = values_in(text)
    if not values:
        return Marked((text,), (), ())
    pieces, done = [], 0
    for value in values:
        pieces.append(text[done : value.start])
        done = value.end
    pieces.append(text[done:])
    return Marked(
        tuple(pieces), tuple([text[v.start : v.end] for v in values]), tuple([value.kind for value in values])
    )


def values_in(text: str) -> list[Value]:
    """All values, in the order in which they stand; none overlaps another."""
    if len(text) > LONGEST:
        behind = len(text) - _END
        tail = [Value(v.kind, v.start + behind, v.end + behind) for v in _values(text[behind:])]
        return _values(text[:_END]) + tail
    return _values(text)


def _values(text: str) -> list[Value]:
    digits = len(_DIGIT.findall(text))
    low = text.lower()
    found: list[Value] = []
    if "@" in text:
        found += [Value("email", *one.span()) for one in _EMAIL.finditer(text)]
    if "[" in text:
        found += [Value("account", *one.span()) for one in _REDACTED.finditer(text)]
    if any(word in low for word in _OF_PERSON):
        found += [Value("name", *one.span(1)) for one in _PERSON.finditer(text)]
        found += [Value("name", *one.span(1)) for one in _CUSTOMER.finditer(text)]
    if digits and (":" in text or "=" in text or "#" in text):
        found += [Value("run", *one.span(1)) for one in _RUN.finditer(text) if _DIGIT.search(one[1])]
    if digits:
        found += _times(text, low)
        if digits >= _LEAST_PHONE:
            found += _long_numbers(text)
        if digits >= _LEAST_ACCOUNT and any(word in low for word in _OF_ACCOUNT):
            found += [Value("account", *one.span(1)) for one in _ACCOUNT.finditer(text)]
        if digits >= _LEAST_ACCOUNT:
            found += _tokens(text)
    if any(word in low for word in _OF_TODAY):
        found += [Value("time", *one.span(1)) for one in _TODAY.finditer(text) if one[1].lower() in _DAYS]
    if len(found) < 2:
        return found
    return _apart(found)


def _apart(found: list[Value]) -> list[Value]:
    """Of values that overlap the one that was found first, in the order in which they stand."""
    starts: list[int] = []
    kept: list[Value] = []
    for value in found:
        place = bisect_left(starts, value.start)
        if (place and kept[place - 1].end > value.start) or (place < len(kept) and kept[place].start < value.end):
            continue
        starts.insert(place, value.start)
        kept.insert(place, value)
    return kept


def _times(text: str, low: str) -> Iterator[Value]:
    """Around what looks like a part of one: the pattern of all times is too slow for every place."""
    seeds = [one.span() for one in _MAYBE_TIME.finditer(text)]
    if not _NAMES_OF_TIME.isdisjoint(_LETTERS.findall(low)):
        seeds += [one.span() for one in _LETTERS.finditer(low) if one[0] in _NAMES_OF_TIME]
    done = 0
    for start, end in sorted(seeds):
        if start < done:
            continue
        for one in _TIME.finditer(text, max(done, start - 24), min(len(text), end + 32)):
            if one.end() > done and _is_time(one[0]):
                yield Value("time", *one.span())
                done = one.end()


def _is_time(value: str) -> bool:
    """Short names of months are words too ("out", "set"), and a sentence may end in a long one ("January. 3")."""
    if "\n" in value or _SENTENCE.search(value):
        return False
    return len(_NUMBER.findall(value)) > 1 or any(len(word) > 3 for word in _LETTERS.findall(value))


def _long_numbers(text: str) -> Iterator[Value]:
    for one in _IBAN.finditer(text):
        yield Value("account", *one.span())
    for one in _PHONE.finditer(text):
        yield Value("phone", *one.span())
    for one in _CARD.finditer(text):
        if _luhn(one[0]):
            yield Value("account", *one.span())


def _tokens(text: str) -> Iterator[Value]:
    for one in _TOKEN.finditer(text):
        kind = _token(one[0])
        if kind is not None:
            yield Value(kind, *one.span())


def _token(token: str) -> Kind | None:
    if token.isdigit():
        if len(token) in (10, 13, 16, 19) and token[0] == "1" and token[1] in "5678":
            return "time"
        return "number" if len(token) >= 6 else None
    plain = token.replace("-", "")
    digits = sum(c.isdigit() for c in plain)
    if _HEX.fullmatch(token) and len(plain) >= 8:
        return "id"
    return "id" if len(plain) >= 10 and digits >= 3 and len(plain) - digits >= 3 else None


def _luhn(number: str) -> bool:
    digits = [int(c) for c in number if c.isdigit()][::-1]
    doubled = sum(sum(divmod(2 * d, 10)) for d in digits[1::2])
    return (sum(digits[::2]) + doubled) % 10 == 0


_DAYS = frozenset(name for name in DAY_NAMES if len(name) >= 5)
