"""Kinds of request against the 77 intents that people gave Banking77."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from analyzers.clusters.analyse import kinds
from analyzers.clusters.kind import Kinds
from tests.analyzers.clusters.columns import requests
from tests.fixtures.banking import questions, vectors

pytestmark = [pytest.mark.quality, pytest.mark.slow]

LABELS = {
    "activate_my_card": {"activate"},
    "age_limit": {"age"},
    "cash_withdrawal_charge": {"cash", "withdrawal"},
    "change_pin": {"pin"},
    "direct_debit_payment_not_recognised": {"direct", "debit"},
    "edit_personal_details": {"details"},
    "getting_virtual_card": {"virtual"},
    "lost_or_stolen_phone": {"phone"},
    "passcode_forgotten": {"passcode"},
    "pending_cash_withdrawal": {"pending"},
    "Refund_not_showing_up": {"refund"},
    "terminate_account": {"account"},
    "transaction_charged_twice": {"twice"},
    "verify_source_of_funds": {"funds", "source"},
    "wrong_exchange_rate_for_cash_withdrawal": {"exchange", "rate"},
}


@pytest.fixture(scope="module")
def found() -> Kinds:
    return kinds(requests(range(len(questions()[0])), questions()[0]), vectors(), "minilm-int8")


def test_kinds_are_what_people_call_intents(found: Kinds) -> None:
    from sklearn.metrics import adjusted_mutual_info_score

    intents = np.unique(questions()[1], return_inverse=True)[1]
    table = np.zeros((len(found.kinds), intents.max() + 1))
    np.add.at(table, (found.of, intents), 1)
    assert adjusted_mutual_info_score(intents, found.of) > 0.78
    assert table.max(1).sum() / len(intents) > 0.72
    assert 77 <= len(found.kinds) <= 140


def test_labels_say_what_the_intent_is_about(found: Kinds) -> None:
    by_intent: dict[str, Counter[int]] = {}
    for intent, kind in zip(questions()[1], found.of.tolist(), strict=True):
        by_intent.setdefault(intent, Counter())[kind] += 1
    missing = {
        intent: label
        for intent, words in LABELS.items()
        if not words <= set((label := found.kinds[by_intent[intent].most_common(1)[0][0]].label).split())
    }
    assert len(missing) <= 1, missing
