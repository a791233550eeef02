"""Surface shapes of what varies in prompts: times, ids, people, memories, states. One shape is drawn per log."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from random import Random

_ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_GERMAN_DAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
_ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_GERMAN_MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni",
    "Juli", "August", "September", "Oktober", "November", "Dezember",
)  # fmt: skip
_CET = timezone(timedelta(hours=1))
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

Clock = Callable[[float], str]


def _utc(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _german(at: float, clock: str) -> str:
    local = datetime.fromtimestamp(at, _CET)
    day = f"{_GERMAN_DAYS[local.weekday()]}, {local.day}. {_GERMAN_MONTHS[local.month - 1]} {local.year}"
    return day + local.strftime(clock)


def _english(at: float, clock: str) -> str:
    when = _utc(at)
    day = f"{_ENGLISH_DAYS[when.weekday()]}, {when.day} {_ENGLISH_MONTHS[when.month - 1]} {when.year}"
    return day + when.strftime(clock)


def _american(at: float, clock: str) -> str:
    when = _utc(at)
    hour, half = (when.hour % 12 or 12), "AM" if when.hour < 12 else "PM"
    return f"{_ENGLISH_MONTHS[when.month - 1]} {when.day}, {when.year}{clock.format(h=hour, m=when.minute, half=half)}"


_CLOCKS: dict[str, tuple[Clock, ...]] = {
    "second": (
        lambda at: _utc(at).isoformat(timespec="seconds").replace("+00:00", "Z"),
        lambda at: datetime.fromtimestamp(at, _CET).isoformat(timespec="milliseconds"),
        lambda at: _utc(at).strftime("%a, %d %b %Y %H:%M:%S +0000"),
        lambda at: _utc(at).strftime("%a %b %d %H:%M:%S %Y"),
        lambda at: str(int(at)),
        lambda at: str(int(at * 1_000)),
        lambda at: _german(at, ", %H:%M:%S Uhr"),
        lambda at: _utc(at).strftime("%m/%d/%Y %I:%M:%S %p"),
        lambda at: _utc(at).strftime("%Y-%m-%d %H:%M:%S.%f"),
    ),
    "minute": (
        lambda at: _english(at, ", %H:%M"),
        lambda at: _utc(at).strftime("%Y-%m-%d %H:%M"),
        lambda at: _german(at, ", %H:%M Uhr"),
        lambda at: datetime.fromtimestamp(at, _CET).strftime("%d.%m.%Y %H:%M"),
        lambda at: _american(at, ", {h}:{m:02d} {half}"),
        lambda at: _utc(at).strftime("%Y-%m-%dT%H:%MZ"),
    ),
    "hour": (
        lambda at: _utc(at).strftime("%Y-%m-%d %H:00"),
        lambda at: _utc(at).strftime("%Y-%m-%dT%H"),
        lambda at: _german(at, ", %H Uhr"),
        lambda at: _american(at, ", {h} {half}"),
    ),
    "day": (
        lambda at: _utc(at).strftime("%Y-%m-%d"),
        lambda at: _english(at, ""),
        lambda at: _american(at, ""),
        lambda at: _utc(at).strftime("%d.%m.%Y"),
        lambda at: _german(at - 3_600.0, ""),
    ),
}


def clock(rng: Random, resolution: str) -> Clock:
    """How a time (unix seconds) is written, to the "second", "minute", "hour" or "day". Days change at midnight UTC."""
    return rng.choice(_CLOCKS[resolution])


def _letters(rng: Random, alphabet: str, length: int) -> str:
    return "".join(rng.choices(alphabet, k=length))


def uuid4(rng: Random) -> str:
    """A random UUID."""
    bits = rng.getrandbits(128) & ~(0xF000 << 64) & ~(0xC000 << 48) | (0x4000 << 64) | (0x8000 << 48)
    digits = f"{bits:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


_IDS: tuple[tuple[str, Callable[[Random], str]], ...] = (
    ("Request-ID: {}", uuid4),
    ("<!-- request {} -->", lambda rng: f"{rng.getrandbits(128):032x}"),
    ("Trace: {}", lambda rng: f"00-{rng.getrandbits(128):032x}-{rng.getrandbits(64):016x}-01"),
    ("[session nonce {}]", lambda rng: _letters(rng, _BASE62, 22)),
    ("request_id={}", lambda rng: "req_01" + _letters(rng, _BASE62, 22)),
    ("ID der Anfrage: {}", lambda rng: "01K" + _letters(rng, _CROCKFORD, 23)),
    ("nonce: {}", lambda rng: str(rng.getrandbits(62) + 10**18)),
    ("x-billing-header: version=2.1.37.0a1; entrypoint=cli; cch={};", lambda rng: f"{rng.getrandbits(20):05x}"),
)


def request_id(rng: Random, style: int | None = None) -> tuple[str, Callable[[Random], str]]:
    """A line with a place for an id, and what makes one. `style` counts through the shapes."""
    return rng.choice(_IDS) if style is None else _IDS[style % len(_IDS)]


_FIRST = ("Amara", "Björn", "Chen", "Dilnoza", "Elif", "Fergus", "Giulia", "Hana", "Ilya", "Jürgen", "Kofi", "Lucía")
_LAST = ("Okafor", "Lindqvist", "Wei", "Karimova", "Yıldız", "Byrne", "Rossi", "Novák", "Petrov", "Groß", "Mensah")
_TENANTS = ("Contoso Reisen GmbH", "Northwind Travel", "Acme Mobility", "Globex Corporate Trips", "Initech Tours")


def person(rng: Random) -> dict[str, str]:
    """Somebody: name, mail, tenant, plan, customer number."""
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    return {
        "name": f"{first} {last}",
        "email": f"{first}.{last}{rng.randrange(10, 9999)}@example.com".lower().encode("ascii", "ignore").decode(),
        "tenant": rng.choice(_TENANTS),
        "plan": rng.choice(("regular", "silver", "gold")),
        "customer_no": f"C-{rng.randrange(10**7, 10**8)}",
    }


def _xml(who: dict[str, str]) -> str:
    return "<user>\n" + "\n".join(f"  <{name}>{value}</{name}>" for name, value in who.items()) + "\n</user>"


_BLOCKS: tuple[Callable[[dict[str, str]], str], ...] = (
    lambda who: "## Customer\n\n" + "\n".join(f"- {name}: {value}" for name, value in who.items()),
    _xml,
    lambda who: f"You are assisting {who['name']} <{who['email']}> of {who['tenant']} (plan {who['plan']}).",
    lambda who: "Kunde: {name}\nE-Mail: {email}\nMandant: {tenant}\nKundennummer: {customer_no}".format(**who),
    lambda who: json.dumps(who, indent=2, ensure_ascii=False),
)


def person_block(rng: Random) -> Callable[[dict[str, str]], str]:
    """How somebody is written into a prompt."""
    return rng.choice(_BLOCKS)


MEMORIES = (
    "Prefers aisle seats near the front and never checks a bag.",
    "Travels with a service dog; the vaccination papers are on file since March.",
    "Was promised a call back about the lost suitcase from the Denver trip.",
    "Usually books two days before departure and pays with the company card.",
    "Has asked twice not to be addressed by first name.",
    "Flies to Boston every second week for the same client.",
    "Mentioned that mornings are impossible because of the school run.",
    "Complained about the delay of HAT170 in May and was offered a certificate.",
    "Is planning a surprise trip for a partner; do not mention it in e-mails.",
    "Needs an invoice with the cost centre for every booking.",
    "Asked whether the lounge at Newark opens before six.",
    "Will not fly through Chicago in winter after being stranded there.",
    "Keeps kosher and orders the meal when the booking is made.",
    "The daughter turns two in August and will need a seat of her own.",
    "Has a travel credit of 120 USD that expires at the end of the year.",
    "Speaks German with colleagues but wants confirmations in English.",
    "Prefers refunds to the gift card rather than to the credit card.",
    "Once upgraded to business for 99 USD and would do so again.",
    "Is interested in a direct connection to Seattle as soon as there is one.",
    "Changed the surname last year; old reservations still carry the former one.",
)
"""Sentences that a memory service might retrieve about a customer."""


def memory_block(rng: Random) -> Callable[[list[str]], str]:
    """How memories are written into a prompt."""
    shapes: tuple[Callable[[list[str]], str], ...] = (
        lambda lines: "## What you remember\n\n" + "\n".join(f"- {line}" for line in lines),
        lambda lines: "<memories>\n" + "\n".join(f"<m>{line}</m>" for line in lines) + "\n</memories>",
        lambda lines: "Relevant facts from earlier conversations: " + " ".join(lines),
        lambda lines: "# MEMORY.md\n" + "\n".join(f"* [{n}] {line}" for n, line in enumerate(lines, 1)),
    )
    return rng.choice(shapes)
