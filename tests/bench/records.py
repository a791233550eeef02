"""Log records of a given size for the benches: a raw Chat Completions envelope, half of its text repeated."""

from __future__ import annotations

import random
from collections.abc import Iterator

import orjson

_WORDS = [
    "order",
    "refund",
    "invoice",
    "policy",
    "customer",
    "please",
    "within",
    "days",
    "window",
    "account",
    "delivery",
    "address",
    "package",
    "number",
    "contact",
    "support",
    "return",
    "shipping",
    "label",
    "payment",
    "method",
    "card",
    "statement",
    "charge",
    "balance",
    "transfer",
    "limit",
    "verify",
    "identity",
    "document",
    "upload",
    "status",
    "update",
    "tracking",
    "courier",
    "delay",
    "apologise",
    "resolve",
    "escalate",
    "ticket",
    "agent",
    "team",
    "because",
    "however",
    "therefore",
    "although",
    "during",
    "between",
    "before",
    "after",
    "could",
    "should",
    "would",
    "maybe",
    "certainly",
    "unless",
]


def _prose(rng: random.Random, size: int) -> str:
    words: list[str] = []
    length = 0
    while length < size:
        word = rng.choice(_WORDS)
        if rng.random() < 0.05:
            word = f"{word} {rng.randrange(10_000)}"
        words.append(word)
        length += len(word) + 1
    return " ".join(words)[: max(size, 1)]


def records(count: int, size: int, *, repeated: float = 0.5, seed: int = 1) -> Iterator[bytes]:
    """`count` distinct calls of about `size` bytes each; `repeated` is the share of text that many calls share.

    Each has a system prompt (one of 20), an earlier exchange, a question and an answer, as a support bot logs them.
    """
    rng = random.Random(seed)
    room = max(size - 620, 120)
    shared = [_prose(rng, int(room * repeated)) for _ in range(20)]
    # Fresh text is cut from a long stream instead of composed per call: the bench must not wait for its input.
    piece = max(int(room * (1 - repeated)) // 4, 10)
    stream = _prose(rng, min(4 << 20, (count * 37 + 6) * piece))
    base = 1_795_000_000
    for n in range(count):
        at = n * 37 * piece % (len(stream) - 5 * piece)
        fresh = [f"{n} {stream[at + k * piece : at + (k + 1) * piece]}" for k in range(4)]
        yield orjson.dumps(
            {
                "timestamp": base + n * 0.01,
                "latency_ms": 400 + n % 1700,
                "status_code": 200,
                "request": {
                    "model": "gpt-4o-mini",
                    "temperature": 0.2,
                    "messages": [
                        {"role": "system", "content": shared[n % 20]},
                        {"role": "user", "content": fresh[0]},
                        {"role": "assistant", "content": fresh[1]},
                        {"role": "user", "content": fresh[2]},
                    ],
                    "metadata": {"team": "support", "app": f"bot-{n % 7}"},
                },
                "response": {
                    "id": f"chatcmpl-{seed:04d}{n:012d}",
                    "object": "chat.completion",
                    "created": base + n // 100,
                    "model": "gpt-4o-mini-2024-07-18",
                    "choices": [
                        {
                            "index": 0,
                            "finish_reason": "stop",
                            "message": {"role": "assistant", "content": fresh[3]},
                        }
                    ],
                    "usage": {
                        "prompt_tokens": size // 4,
                        "completion_tokens": piece // 4,
                        "total_tokens": size // 4 + piece // 4,
                        "prompt_tokens_details": {"cached_tokens": 0},
                    },
                    "service_tier": "default",
                },
            }
        )
