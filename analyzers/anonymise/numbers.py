"""Numbers that are given to a person: their shape, and the check that tells them from other numbers.

| country | number                 | needs a word before it |
|---------|------------------------|------------------------|
| US      | social security        | no (dashes)            |
| CA      | social insurance       | yes                    |
| GB      | national insurance     | no                     |
| DE      | tax identification     | yes                    |
| ES      | DNI, NIE               | no                     |
| FR      | NIR                    | no                     |
| IT      | codice fiscale         | no                     |
| NL      | BSN                    | yes                    |
| PL      | PESEL                  | yes                    |
| SE      | personnummer           | no (dash)              |
| BR      | CPF                    | no (dots)              |
| IN      | PAN; Aadhaar           | no; yes                |
| any     | passport, licence      | yes                    |
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module

PLAIN: dict[str, tuple[str, str]] = {
    "ssn": (r"\d{3}-\d{2}-\d{4}", "us.ssn"),
    "cpf": (r"\d{3}\.\d{3}\.\d{3}-\d{2}", "br.cpf"),
    "personnummer": (r"(?:19|20)?\d{6}[-+]\d{4}", "se.personnummer"),
    "nir": (r"[12] ?\d{2} ?\d{2} ?\d{2} ?\d{3} ?\d{3} ?\d{2}", "fr.nir"),
}
"""Shapes of digits alone that stand by themselves, with the module of python-stdnum that checks them."""

LETTERED: dict[str, tuple[str, str]] = {
    "nino": (r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]", ""),
    "dni": (r"\d{8}-?[A-HJ-NP-TV-Z]", "es.dni"),
    "nie": (r"[XYZ]-?\d{7}-?[A-HJ-NP-TV-Z]", "es.nie"),
    "codicefiscale": (r"[A-Z]{6}\d{2}[A-EHLMPR-T]\d{2}[A-Z]\d{3}[A-Z]", "it.codicefiscale"),
    "pan": (r"[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z]", "in_.pan"),
}
"""The same with letters."""

ANNOUNCED: dict[str, tuple[str, str, str]] = {
    "sin": ("sin social", r"(?:SIN|social insurance)", "ca.sin"),
    "idnr": (
        "steuer idnr tin steueridentifikationsnummer",
        r"(?:Steuer-?(?:ID|IdNr\.?|identifikationsnummer)|IdNr\.?|TIN)",
        "de.idnr",
    ),
    "bsn": ("bsn burgerservicenummer sofinummer", r"(?:BSN|burgerservicenummer|sofi-?nummer)", "nl.bsn"),
    "pesel": ("pesel", r"PESEL", "pl.pesel"),
    "aadhaar": ("aadhaar", r"aadhaar", "in_.aadhaar"),
    "passport": (
        "passport reisepass pasaporte passeport passaporto",
        r"(?:passport|reisepass|pasaporte|passeport|passaporto)",
        "",
    ),
    "licence": (
        "license licence führerschein conducir conduire",
        r"(?:driv(?:er.?s?|ing) licen[cs]e|führerschein|permiso de conducir|permis de conduire)",
        "",
    ),
    "account": (
        "account acct kontonummer policy member membership patient insurance versicherungsnummer customer kundennummer record mrn",
        r"(?:account|acct\.?|kontonummer|policy|member(?:ship)?|patient|insurance|versicherungsnummer|customer|kundennummer|medical record|MRN)",
        "",
    ),
}
"""Numbers that their shape does not give away: words that a text with one has, and the phrase before it."""


@cache
def check_of(module: str) -> Callable[[str], bool] | None:
    """The check of a module of python-stdnum, or None for a number without one."""
    if not module:
        return None
    found = import_module(f"stdnum.{module}")
    return lambda number: bool(found.is_valid(number))
