"""What a cache costs to run, worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from genai_prices import Usage, calc_price

from analyzers.response_caching.worth import Cache, Costs, Sizes
from tests.analyzers.response_caching.made import stream

MONTH_S = 730 * 3_600.0


def test_the_default_price_of_a_vector_is_the_price_list_s() -> None:
    listed = calc_price(Usage(input_tokens=1_000_000), model_ref="text-embedding-3-small", provider_id="openai")
    assert Costs().embedding_million_tokens == listed.total_price
    assert Costs().store_gb_month == pytest.approx(Decimal("0.125") * 730, rel=Decimal("0.01"))


def test_vectors_are_paid_for_every_request_and_room_for_what_is_in_it() -> None:
    texts = ["a" * 400, "b" * 400]
    sizes = Sizes(stream([0, 1] * 500, texts=texts))
    rows = np.arange(1_000)
    costs = Costs(Decimal(1), Decimal(10))
    # All of a month's 600 misses are in it at the end: 400 bytes asked, 400 answered, 384 numbers of four bytes.
    found = sizes.running(rows, 600, MONTH_S, Cache(float("inf"), 10_000, 384), costs)
    embedded = Decimal(1_000 * 400) / 4 / 1_000_000
    room = Decimal(10) * 600 * (400 + 400 + 4 * 384) / 10**9
    assert float(found) == pytest.approx(float(embedded + room))
    # A tenth of the lifetime, a tenth of the room; never more entries than there is room for; no vector, no price for one.
    short = sizes.running(rows, 600, MONTH_S, Cache(MONTH_S / 10, 10_000, 384), costs)
    assert float(short) == pytest.approx(float(embedded + room / 10))
    full = sizes.running(rows, 600, MONTH_S, Cache(float("inf"), 60, 384), costs)
    assert float(full) == pytest.approx(float(embedded + room / 10))
    plain = sizes.running(rows, 600, MONTH_S, Cache(float("inf"), 10_000, 0), costs)
    assert float(plain) == pytest.approx(float(Decimal(10) * 600 * 800 / 10**9))
    assert sizes.running(rows[:0], 0, MONTH_S, Cache(float("inf"), 10_000, 384), costs) == 0
