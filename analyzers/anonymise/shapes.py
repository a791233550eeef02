"""What is told by its shape alone. Each family of shapes is looked for only where a cheap test says that it could be there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import ip_address

from analyzers.anonymise.numbers import LETTERED, PLAIN, check_of
from analyzers.anonymise.span import Span

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+%'-]{1,64}@(?:[\w-]{1,63}\.){1,4}[A-Za-z]{2,24}\b")
_CREDENTIALS = re.compile(r"(?<=://)[^\s/:@'\"<>]{1,80}:[^\s/@'\"<>]{1,80}(?=@)")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:[\s\S]{0,8000}?-----END [A-Z ]{0,40}PRIVATE KEY-----)?"
)
_LONG = re.compile(r"[\w.~+/-]{18,}")
_KEY = re.compile(
    r"(?<![\w-])(?:"
    r"sk-(?:proj-|ant-|or-|svcacct-)?[\w-]{20,}|AIza[\w-]{35}|(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{40,}"
    r"|glpat-[\w-]{20,}|xox[abeoprs]-[\w-]{10,}|(?:sk|rk|pk|whsec)_(?:live|test)_[A-Za-z0-9]{16,}|hf_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{36}"
    r"|pypi-[\w-]{50,}|SG\.[\w-]{16,}\.[\w-]{16,}|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}|ya29\.[\w-]{20,}|AC[a-f0-9]{32}"
    r")(?![\w-])|(?<=Bearer )[\w.~+/-]{16,}=*"
)
_WALLET = re.compile(r"\b(?:0x[a-fA-F0-9]{40}|bc1[a-z0-9]{25,60}|[13][a-km-zA-HJ-NP-Z1-9]{33})\b")
_DIGIT = re.compile(r"\d")
_COLONS = re.compile(r"[0-9A-Fa-f]:[0-9A-Fa-f:]|-[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2}-")
_MAC = re.compile(r"(?<![\w:-])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![\w:-])")
_IPV6 = re.compile(
    r"(?<![\w:.])(?=[0-9A-Fa-f:]*[0-9A-Fa-f]{3})(?:[0-9A-Fa-f]{1,4}:){2,7}(?::?[0-9A-Fa-f]{1,4}){1,6}(?![\w:])"
)
_CLUMP = re.compile(
    r"(?<![\w.,=/#$€£-])(?:\+|\()?\d[\d ()./+-]{5,26}\d(?![\w-])|(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)"
)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_MIXED = re.compile(r"[A-Z]\d|\d-?[A-Z]|[A-Z] \d\d")
_IPV4 = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")
_CARD = re.compile(r"\d(?:[ -]?\d){12,18}")
_INTERNATIONAL = re.compile(r"(?:\+|00)\d[\d ()./-]{6,20}\d")
_NATIONAL = re.compile(
    r"\(\d{2,5}\) ?\d{2,4}[ .-]?\d{3,6}|\d{3}[-.]\d{3}[-.]\d{4}|\d{3} \d{3} \d{4}|0\d{1,4}[ /-]\d{2,4}(?:[ -]?\d{2,4}){1,3}"
)
_CARD_FIRST = frozenset("23456")
_PLAIN = [(re.compile(shape), module) for shape, module in PLAIN.values()]
_LETTERED = [(re.compile(rf"\b{shape}\b"), module) for shape, module in LETTERED.values()]


def shapes(text: str) -> Iterator[Span]:
    """All of them; spans may overlap."""
    if "@" in text:
        yield from _all(_EMAIL, "EMAIL", text)
        if "://" in text:
            yield from _all(_CREDENTIALS, "SECRET", text)
    if _LONG.search(text) is not None:
        yield from _all(_KEY, "SECRET", text)
        yield from _all(_WALLET, "WALLET", text)
        if "-----BEGIN" in text:
            yield from _all(_PRIVATE_KEY, "SECRET", text)
    if (":" in text or "-" in text) and _COLONS.search(text) is not None:
        yield from _all(_MAC, "MAC", text)
        yield from (span for span in _all(_IPV6, "IP", text) if _address(text[span.start : span.end]))
    if _DIGIT.search(text) is None:
        return
    for match in _CLUMP.finditer(text):
        kind = _number(match.group(), text, match.start())
        if kind:
            yield Span(match.start(), match.end(), kind)
    if _MIXED.search(text) is not None:
        yield from _lettered(text)


def _all(pattern: re.Pattern[str], kind: str, text: str) -> Iterator[Span]:
    return (Span(match.start(), match.end(), kind) for match in pattern.finditer(text))


def _lettered(text: str) -> Iterator[Span]:
    for match in _IBAN.finditer(text):
        if _iban(match.group()):
            yield Span(match.start(), match.end(), "IBAN")
    for pattern, module in _LETTERED:
        for match in pattern.finditer(text):
            check = check_of(module)
            if check is None or check(match.group()):
                yield Span(match.start(), match.end(), "ID")


def _number(value: str, text: str, start: int) -> str:
    """What a clump of digits is, or nothing."""
    if _IPV4.fullmatch(value):
        return "IP" if _address(value) and not _is_version(text, start) else ""
    if _CARD.fullmatch(value) and _card(value):
        return "CARD"
    for pattern, module in _PLAIN:
        if pattern.fullmatch(value):
            check = check_of(module)
            if check is None or check(value):
                return "ID"
    if _INTERNATIONAL.fullmatch(value):
        return "PHONE" if _phone(value) else ""
    return "PHONE" if _NATIONAL.fullmatch(value) and 9 <= sum(map(str.isdigit, value)) <= 13 else ""


@lru_cache(maxsize=4_096)
def _card(value: str) -> bool:
    from stdnum import luhn

    digits = value.replace(" ", "").replace("-", "")
    return (
        digits[0] in _CARD_FIRST
        and len(digits) in {13, 14, 15, 16, 19}
        and len(set(digits)) > 1
        and bool(luhn.is_valid(digits))
    )


@lru_cache(maxsize=4_096)
def _iban(value: str) -> bool:
    from stdnum import iban

    return bool(iban.is_valid(value, check_country=False))


@lru_cache(maxsize=4_096)
def _phone(value: str) -> bool:
    import phonenumbers

    plus = "+" + value[2:] if value.startswith("00") else value
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(plus, None))
    except phonenumbers.NumberParseException:
        return False


@lru_cache(maxsize=4_096)
def _address(value: str) -> bool:
    try:
        found = ip_address(value)
    except ValueError:
        return False
    return not (found.is_loopback or found.is_unspecified or value.endswith(".0.0.0") or value.startswith("255."))


_VERSIONED = ("version ", "version: ", "v", "release ", "==", ">=", "<=", "~=", "section ", "chapter ")


def _is_version(text: str, start: int) -> bool:
    return text[max(0, start - 12) : start].casefold().endswith(_VERSIONED)
