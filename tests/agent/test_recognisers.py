"""Names leave a dataset where the owner plugs in what finds them: a module of one's own, or Presidio."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from agent import export
from agent.recognisers import recogniser
from analyzers.anonymise import Conversation, Span
from analyzers.errors import HoneError
from analyzers.fine_tuning import routes
from analyzers.fine_tuning.assumptions import PUBLISHED
from tests.agent.exported import NOW, call, looked


class Shouted:
    """Takes every word in capitals for a name."""

    name = "shouted"
    finds = frozenset({"NAME"})

    def __call__(self, texts: Sequence[str]) -> list[list[Span]]:
        return [[Span(*found.span(), "NAME") for found in re.finditer(r"\b[A-Z]{4,}\b", text)] for text in texts]


ONE = Shouted()


@pytest.mark.parametrize("named", ["Shouted", "ONE"])
def test_one_of_ones_own_is_loaded_and_its_manifest_says_what_stays(named: str) -> None:
    found = recogniser(f"{__name__}:{named}")
    task = looked([call(number, said=f"Tell MARIA that parcel {number} is late, please") for number in range(60)])
    with pytest.raises(HoneError, match="names of people"):
        export.make(task, "openai", names_may_stay=False)
    made = export.make(task, "openai", names_may_stay=False, detectors=[found])
    written = dict(export.files(made, task, "openai", routes.load(), PUBLISHED, [found], NOW, "1"))
    assert "MARIA" not in "".join(written.values()) and "[NAME_1]" in written["train.jsonl"]
    assert '"rules",\n      "shouted"' in written["manifest.json"]
    assert '"organisations"' in written["manifest.json"] and '"names"' not in written["manifest.json"]
    assert "not measured" in written["manifest.json"]


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("nothing", "names no recogniser"),
        ("no.such.module:at_all", "cannot be loaded"),
        ("json:nothing", "cannot be loaded"),
        ("json:dumps", "is no recogniser"),
        ("presidio:no_such_pipeline", "not installed"),
    ],
)
def test_what_is_none_is_said(named: str, said: str) -> None:
    with pytest.raises(HoneError, match=said) as caught:
        recogniser(named)
    assert caught.value.hint


def test_presidio_finds_what_its_pipeline_knows(tmp_path: Path) -> None:
    pytest.importorskip(
        "presidio_analyzer", reason="presidio-analyzer is not installed (PyPI): the extra is not tried here"
    )
    import spacy

    pipeline = spacy.blank("en")
    ruler = pipeline.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PERSON", "pattern": "Maria Kowalski"}, {"label": "GPE", "pattern": "Gdansk"}])
    pipeline.to_disk(tmp_path / "en_tiny")
    found = recogniser(f"presidio:{tmp_path / 'en_tiny'}")
    assert found.finds == {"NAME", "PLACE"} and found.name == "presidio:en_tiny"
    texts = ["Maria Kowalski of Gdansk wrote to m@example.com.", "Nobody is named here.", "Ask Maria Kowalski."]
    assert [[(one.start, one.end, one.kind) for one in spans] for spans in found(texts)] == [
        [(0, 14, "NAME"), (18, 24, "PLACE")],
        [],
        [(4, 18, "NAME")],
    ]
    assert Conversation([found]).replace(texts).texts == (
        "[NAME_1] of [PLACE_1] wrote to [EMAIL_1].",
        "Nobody is named here.",
        "Ask [NAME_1].",
    )
