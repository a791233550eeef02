"""invoice-extractor: 2,000 tokens of rules and examples that never change, short JSON answers, large batches at night.

LiteLLM records of an OpenAI mini model. The prompt is in good order: nothing to gain there. What is left is its
shape: a narrow task with steady examples, the kind that a tuned small model can take over. A small share goes to a
trial of such a model on the team's own machine, which has no price and does not say what it cached.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import orjson

from agent.demo import ids, texts
from agent.demo.clock import NIGHT, first_token, writing
from agent.demo.money import Rates, rates
from agent.demo.provider import BlockCache, Served
from agent.demo.record import Emission, Fact, Sent, Turns
from agent.demo.tokens import Piece, count, message
from agent.demo.wire.litellm import Asked, Cost, failure, success

NAME = "invoice-extractor"
TOPIC = "llm.litellm"
ASKED, SERVED = "gpt-5.4-mini", "gpt-5.4-mini-2026-03-17"
OWN_MODEL = "acme-extract-8b"
_SUPPLIERS = (
    ("Kestrel Packaging Ltd", "Unit 3, Dock Road, Hull", "GB", "GBP", 20, "logistics"),
    ("Albrecht Werkzeuge GmbH", "Hafenstr. 8, 20457 Hamburg", "DE", "EUR", 19, "hardware"),
    ("Papeterie Moreau SARL", "4 place Bellecour, Lyon", "FR", "EUR", 20, "office"),
    ("De Vries Energie B.V.", "Stationsweg 11, Utrecht", "NL", "EUR", 21, "utilities"),
    ("Bright Signal Media Ltd", "77 Corn Street, Bristol", "GB", "GBP", 20, "marketing"),
    ("Sorrento Viaggi S.r.l.", "Via Partenope 5, Napoli", "IT", "EUR", 22, "travel"),
    ("Hexagon Software Oy", "Mannerheimintie 9, Helsinki", "FI", "EUR", 25, "software"),
)
_GOODS = (
    "Pallet wrap",
    "Steel bracket",
    "Consulting, hour",
    "Toner cartridge",
    "Energy, kWh",
    "Licence, seat",
    "Crate",
)


class InvoiceExtractor:
    """See the module. `stamped_at`: from this time on (unix seconds) a release puts the time above the rules."""

    name = NAME
    calls_a_day = 4_500
    scales = True
    curve = NIGHT

    def __init__(self, seed: int, *, stamped_at: float | None = None) -> None:
        self._rng = Random(f"{seed}:{NAME}")  # noqa: S311  (reproducible, not secret)
        content = texts.structured("invoice_prompt.json")
        fixed = [("system", content["system"])]
        for shot in content["shots"]:
            fixed += [("user", shot["invoice"]), ("assistant", shot["json"])]
        pieces = [message(role, words) for role, words in fixed]
        self._fixed = Piece(token for piece in pieces for token in piece.tokens)
        self._few_shot_tokens = self._fixed.size - pieces[0].size
        self._fixed_json = orjson.dumps([{"role": role, "content": words} for role, words in fixed])[:-1]
        self._stamped_at = stamped_at
        self._system = fixed[0][1]
        self._shots = Piece(token for piece in pieces[1:] for token in piece.tokens)
        self._shots_json = orjson.dumps([{"role": role, "content": words} for role, words in fixed[1:]])[1:-1]
        self._cache = BlockCache()
        self._unstamped = BlockCache()
        self._rates: Rates | None = None

    def session_length(self) -> int:
        return 1

    def session(self, at: float, calls: int, end: float) -> Turns:
        """One document."""
        rng = self._rng
        invoice, answer = self._document(at)
        dice = rng.random()
        if dice < 0.98:
            provider, model = "openai", ASKED
        else:
            provider, model = "hosted_vllm", OWN_MODEL
        prompt, prompt_json = self._prompt(at)
        asked = Asked(
            response_id=ids.chat_completion(rng),
            call_id=ids.uuid(rng),
            trace_id=ids.uuid(rng),
            provider=provider,
            model=model,
            model_group=model,
            app=NAME,
            team="finance",
            tags=["app:" + NAME, "team:finance", "env:production"],
            started=round(at, 6),
            ended=at,
            messages=orjson.Fragment(prompt_json + b"," + orjson.dumps({"role": "user", "content": invoice}) + b"]"),
            parameters={"temperature": 0, "max_tokens": 500, "response_format": {"type": "json_object"}},
        )
        if dice < 0.005:
            ended = round(at + rng.uniform(0.02, 0.3), 6)
            value = failure(asked._replace(ended=ended), 429 if dice < 0.004 else 500)
            fact = Fact(NAME, "litellm", provider, model, at, "error")
            yield (Emission(Sent(TOPIC, ended, None, value, NAME), "call", fact),), None
            return
        yield (self._answered(at, asked, prompt, message("user", invoice), answer),), None

    def waste(self) -> Mapping[str, object]:
        return {
            "fault": None,
            "static_tokens": self._fixed.size,
            "few_shot_tokens": self._few_shot_tokens,
            "unpriced_model": OWN_MODEL,
        }

    def _prompt(self, at: float) -> tuple[list[Piece], bytes]:
        """What stands above the invoice, as tokens and as the beginning of the messages in JSON."""
        if self._stamped_at is None or at < self._stamped_at:
            return [self._fixed], self._fixed_json
        words = f"Time: {datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC\n{self._system}"
        system = orjson.dumps({"role": "system", "content": words})
        return [message("system", words), self._shots], b"[" + system + b"," + self._shots_json

    def _answered(self, at: float, asked: Asked, prompt: list[Piece], piece: Piece, answer: str) -> Emission:
        rng = self._rng
        output = count(answer)
        total = sum(each.size for each in prompt) + piece.size
        begins = first_token(rng, total, 0.25)
        ended = round(at + begins + writing(rng, output, 150.0), 6)
        asked = asked._replace(ended=ended)
        if asked.model == OWN_MODEL:
            usage = {"completion_tokens": output, "prompt_tokens": total, "total_tokens": total + output}
            value = success(asked, answer, usage, OWN_MODEL, None)
            fact = Fact(NAME, "litellm", asked.provider, OWN_MODEL, at, output=output, input_total=total)
            return Emission(Sent(TOPIC, ended, None, value, NAME), "call", fact)
        served = self._cache.serve([*prompt, piece], at, at + begins)
        mended = served if self._stamped_at is None else self._unstamped.serve([self._fixed, piece], at, at + begins)
        value = success(asked, answer, _usage(served, output), SERVED, self._cost(at, served, output))
        fact = Fact(
            NAME,
            "litellm",
            asked.provider,
            SERVED,
            at,
            uncached_input=served.uncached,
            cache_read=served.read,
            output=output,
            input_total=served.total,
            notes=(("possible_cache_read", mended.read),),
        )
        return Emission(Sent(TOPIC, ended, None, value, NAME), "call", fact)

    def _cost(self, at: float, served: Served, output: int) -> Cost:
        if self._rates is None:
            self._rates = rates("openai", SERVED, at)
        known = self._rates
        read = served.read * known.cache_read
        return Cost(served.uncached * known.input + read, read, output * known.output)

    def _document(self, at: float) -> tuple[str, str]:
        """The text of an invoice and what is in it."""
        rng = self._rng
        supplier, address, country, currency, rate, category = rng.choice(_SUPPLIERS)
        number = f"{rng.choice('ABKMR')}{rng.randrange(10_000, 999_999)}"
        issued = (datetime.fromtimestamp(at, UTC) - timedelta(days=rng.randrange(1, 20))).date()
        due = issued + timedelta(days=30)
        vat_id = f"{country}{rng.randrange(10**8, 10**9)}"
        order = f"PO-{rng.randrange(10_000, 99_999)}" if rng.random() < 0.7 else None
        rows: list[str] = []
        cents = 0
        for position in range(1, rng.choice((1, 2, 2, 3, 3, 4, 6)) + 1):
            pieces, price = rng.randrange(1, 60), rng.randrange(250, 40_000)
            cents += pieces * price
            rows.append(f"{position}  {rng.choice(_GOODS)}  {pieces} x {price / 100:.2f}  {pieces * price / 100:,.2f}")
        tax = (cents * rate + 50) // 100
        reference = f"Order {order}\n" if order else ""
        invoice = (
            f"{supplier}, {address}   VAT {vat_id}\nINVOICE no. {number}   date {issued:%d/%m/%Y}   30 days net\n"
            f"{reference}" + "\n".join(rows) + f"\nNet {cents / 100:,.2f}  VAT {rate}% {tax / 100:,.2f}  "
            f"Total {currency} {(cents + tax) / 100:,.2f}"
        )
        found: dict[str, Any] = {
            "supplier": supplier,
            "invoice_number": number,
            "date": issued.isoformat(),
            "due": due.isoformat(),
            "currency": currency,
            "net": cents / 100,
            "tax": tax / 100,
            "tax_rate": rate,
            "total": (cents + tax) / 100,
            "vat_id": vat_id,
            "po_number": order,
            "lines": len(rows),
            "category": category,
        }
        return invoice, orjson.dumps(found).decode()


def _usage(served: Served, output: int) -> dict[str, Any]:
    return {
        "completion_tokens": output,
        "prompt_tokens": served.total,
        "total_tokens": served.total + output,
        "completion_tokens_details": {
            "accepted_prediction_tokens": 0,
            "audio_tokens": 0,
            "reasoning_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
        "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": served.read},
    }
