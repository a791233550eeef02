"""What the demo's stream costs once its prompts are really mended: its generator runs the providers' caches over them beside those it sends."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from agent.demo.money import price
from agent.demo.record import Fact

FAULTS = {
    ("support-bot", "timestamp_before_static"),
    ("support-bot", "random_id_before_static"),
    ("agent-coder", "tool_order"),
}
"""What is mended then."""
_MODELS = {"support-bot": "gpt-5.4-2026-03-05", "agent-coder": "gpt-5.6-terra-2026-07-09"}
_DAY = 1_795_392_000.0


def left_month(truth: Mapping[str, Any], hours: Decimal) -> Decimal:
    """USD a month, from what is known of a run (`agent.demo.Truth.as_dict`) of so many hours."""
    saved = Decimal(0)
    for app, model in _MODELS.items():
        known, sent = truth["apps"][app]["waste"], truth["apps"][app]["tokens"]
        plain = _usd_of_a_token(model)
        read, written = _usd_of_a_token(model, cache_read=1_000), _usd_of_a_token(model, cache_write_short=1_000)
        more_read = known["possible_cache_read"] - sent["cache_read"]
        more_written = known.get("possible_cache_write", 0) - sent["cache_write_short"]
        saved += more_read * (plain - read) + more_written * (plain - written)
    return (Decimal(truth["total"]["usd"]) - saved) * 730 / hours


def _usd_of_a_token(model: str, cache_read: int = 0, cache_write_short: int = 0) -> Decimal:
    usd = price(
        Fact(
            "",
            "openai",
            "openai",
            model,
            _DAY,
            cache_read=cache_read,
            cache_write_short=cache_write_short,
            input_total=1_000,
            output=0,
        )
    )
    assert usd is not None
    return usd / 1_000
