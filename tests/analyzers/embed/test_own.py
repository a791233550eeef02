"""The log's own vectors stand in for a model; models are not mixed."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from analyzers.embed.own import Logged, OwnVectors
from analyzers.errors import HoneError


def packed(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}f", *values)


LOG = [
    Logged("a", packed(3, 4), "v1"),
    Logged("b", packed(0, 2), "v1"),
    Logged("c", packed(1, 0), "v2"),
    Logged("d", packed(1, 0, 0), "v1"),
    Logged("a", packed(0, 1), "v1"),
    Logged("e", packed(-3e38, 0), "v1"),
]


@pytest.mark.parametrize("log", [LOG, [*LOG[:1], *LOG[:0:-1]]])
def test_the_commonest_model_and_length_is_taken_and_scaled(log: list[Logged]) -> None:
    own = OwnVectors(sorted(log, key=lambda one: one.text))
    assert (own.name, own.dimensions) == ("own-v1-2", 2)
    assert [text for text in "abcdef" if own.has(text)] == ["a", "b", "e"]
    assert np.allclose(np.linalg.norm(own.embed(["e", "b"]), axis=1), 1)
    assert own.embed(["e", "b"]).tolist() == [[-1, 0], [0, 1]]


def test_the_first_vector_of_a_text_counts() -> None:
    assert np.allclose(OwnVectors(LOG).embed(["a"]), [[0.6, 0.8]])


def test_what_the_log_does_not_have_is_an_error_without_the_text() -> None:
    with pytest.raises(HoneError) as caught:
        OwnVectors(LOG).embed(["a", "secret"])
    assert "secret" not in caught.value.message + caught.value.hint
    with pytest.raises(HoneError):
        OwnVectors([])


def test_a_model_without_a_name_is_one_of_its_own() -> None:
    assert OwnVectors([Logged("a", packed(1, 0), None)]).name == "own-unnamed-2"
