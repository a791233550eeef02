"""Sentences with identifiers in them, each marked with its kind: what a detector's recall is measured on.

Every value is made up: documentation domains and addresses, numbers reserved for fiction where a plan has such, check digits computed.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from stdnum import iban, luhn
from stdnum.br import cpf
from stdnum.es import dni
from stdnum.it import codicefiscale


class Labelled(NamedTuple):
    """A text and the characters [start, end) of the identifier in it."""

    text: str
    start: int
    end: int
    kind: str


FIRST = ("anna", "bo", "chen", "dmitri", "eva-maria", "fatou", "giorgio", "hannah", "ines", "jürgen")
LAST = ("abara", "bianchi", "castro", "dubois", "eklund", "fischer", "garcia", "haddad", "ito", "jansen")
DOMAINS = ("example.com", "example.org", "mail.example.net", "shop.example.co.uk", "example.de")
FRAMES = (
    "Please send it to {} as soon as you can.",
    "{}",
    "I already gave you this: {}, why do you ask again?",
    "Meine Daten: {} - bitte prüfen.",
    "Contact: {}\nOrder 4711, two items, thanks!",
    "El dato es {} y no cambia.",
    '{{"note": "{}", "items": [1, 2, 3]}}',
    "(see {})",
    "the customer wrote {}. then hung up",
)


def _digits(rng: Random, n: int) -> str:
    return "".join(str(rng.randrange(10)) for _ in range(n))


def _email(rng: Random) -> str:
    name = rng.choice(
        [
            f"{rng.choice(FIRST[:4])}.{rng.choice(LAST)}",
            f"{rng.choice(LAST)}{rng.randrange(99)}",
            f"{rng.choice(FIRST[:4])}+news",
        ]
    )
    return f"{name}@{rng.choice(DOMAINS)}"


def _phone(rng: Random) -> str:
    return rng.choice(
        [
            f"+1 202 555 01{_digits(rng, 2)}", f"+1-212-555-01{_digits(rng, 2)}", f"(415) 555-01{_digits(rng, 2)}", f"312-555-01{_digits(rng, 2)}",
            f"+49 30 2312 5{_digits(rng, 3)}", f"+49 171 39200{_digits(rng, 2)}", f"030 2312 5{_digits(rng, 3)}", f"+44 20 7946 0{_digits(rng, 3)}",
            f"+44 7700 900{_digits(rng, 3)}", f"020 7946 0{_digits(rng, 3)}", f"+33 1 99 00 {_digits(rng, 2)} {_digits(rng, 2)}", f"+34 612 345 {_digits(rng, 3)}",
            f"+81 3 5550 {_digits(rng, 4)}", f"+91 98765 4{_digits(rng, 4)}", f"0049 30 2312 5{_digits(rng, 3)}", f"303.555.01{_digits(rng, 2)}",
        ]
    )  # fmt: skip


def _card(rng: Random) -> str:
    first, length = rng.choice([("4", 16), ("51", 16), ("37", 15), ("6011", 16), ("2221", 16)])
    body = first + _digits(rng, length - len(first) - 1)
    whole = body + luhn.calc_check_digit(body)
    grouped = (
        f"{whole[:4]} {whole[4:10]} {whole[10:]}"
        if length == 15
        else " ".join(whole[n : n + 4] for n in range(0, 16, 4))
    )
    return rng.choice([whole, grouped, grouped.replace(" ", "-")])


def _iban(rng: Random) -> str:
    country, length = rng.choice([("DE", 18), ("NL", 0), ("ES", 20), ("FR", 23), ("GB", 0)])
    bban = {"NL": f"ABNA{_digits(rng, 10)}", "GB": f"NWBK{_digits(rng, 14)}"}.get(country) or _digits(rng, length)
    whole = country + iban.calc_check_digits(f"{country}00{bban}") + bban
    return whole if rng.random() < 0.5 else " ".join(whole[n : n + 4] for n in range(0, len(whole), 4))


def _national(rng: Random) -> str:
    nine = _digits(rng, 9)
    number = f"{rng.randrange(10_000_000, 99_999_999)}"
    return rng.choice(
        [
            f"{rng.randrange(100, 665):03d}-{rng.randrange(10, 99)}-{rng.randrange(1000, 9999)}",
            cpf.format(nine + cpf._calc_check_digits(nine)) if hasattr(cpf, "_calc_check_digits") else "529.982.247-25",
            number + dni.calc_check_digit(number),
            f"AB {rng.randrange(10, 99)} {rng.randrange(10, 99)} {rng.randrange(10, 99)} C",
            "RSSMRA85T10A562" + codicefiscale.calc_check_digit("RSSMRA85T10A562"),
        ]
    )


def _ip(rng: Random) -> str:
    return rng.choice(
        [
            f"192.0.2.{rng.randrange(1, 254)}",
            f"198.51.100.{rng.randrange(1, 254)}",
            f"10.{rng.randrange(1, 250)}.3.{rng.randrange(1, 250)}",
            f"2001:db8:85a3::8a2e:370:{rng.randrange(4096, 65535):x}",
        ]
    )


def _mac(rng: Random) -> str:
    return rng.choice([":", "-"]).join(f"{rng.randrange(256):02x}" for _ in range(6))


def _key(rng: Random) -> str:
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

    def some(n: int) -> str:
        return "".join(rng.choice(letters) for _ in range(n))

    return rng.choice(
        [f"sk-proj-{some(40)}", f"sk-ant-api03-{some(40)}", f"AIza{some(35)}", f"AKIA{some(16).upper()}", f"ghp_{some(36)}", f"xoxb-{_digits(rng, 12)}-{some(24)}",
         f"sk_live_{some(24)}", f"hf_{some(34)}", f"glpat-{some(20)}", f"eyJ{some(20)}.eyJ{some(30)}.{some(43)}"]
    )  # fmt: skip


def _announced(rng: Random) -> str:
    return rng.choice([f"S3cure-{_digits(rng, 4)}!", f"hunter{_digits(rng, 3)}x", f"Tr0ub4dor&{_digits(rng, 2)}"])


def _birth(rng: Random) -> str:
    return rng.choice(
        [
            f"{rng.randrange(1, 28)}.{rng.randrange(1, 12)}.19{rng.randrange(40, 99)}",
            f"{rng.randrange(1, 28)} March 19{rng.randrange(40, 99)}",
            f"19{rng.randrange(40, 99)}-04-{rng.randrange(10, 28)}",
        ]
    )


KINDS: dict[str, tuple[Callable[[Random], str], str]] = {
    "EMAIL": (_email, "{}"),
    "PHONE": (_phone, "{}"),
    "CARD": (_card, "{}"),
    "IBAN": (_iban, "{}"),
    "ID": (_national, "{}"),
    "IP": (_ip, "{}"),
    "MAC": (_mac, "{}"),
    "SECRET": (_key, "{}"),
    "PASSWORD": (_announced, "password: {}"),
    "BIRTH": (_birth, "born on {}"),
}


def labelled(n: int, seed: int) -> list[Labelled]:
    """`n` texts of each kind."""
    rng = Random(seed)
    made = []
    for kind, (make, lead) in KINDS.items():
        for _ in range(n):
            value = make(rng)
            text = rng.choice(FRAMES).format(lead.format(value))
            start = text.index(value)
            made.append(Labelled(text, start, start + len(value), kind))
    return made
