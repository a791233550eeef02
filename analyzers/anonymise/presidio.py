"""Names of people and places by Microsoft Presidio (extra `presidio`) over a spaCy pipeline that is installed already: nothing is fetched."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from analyzers.anonymise.span import Span, apart
from analyzers.errors import HoneError

MODEL = "en_core_web_lg"
KINDS = {"PERSON": "NAME", "LOCATION": "PLACE"}
"""Presidio's kinds that are asked for, and what they are called in a placeholder; all others are found by rules."""
_LANGUAGES = frozenset(
    [
        "ca",
        "da",
        "de",
        "el",
        "en",
        "es",
        "fi",
        "fr",
        "hr",
        "it",
        "ja",
        "ko",
        "lt",
        "mk",
        "nb",
        "nl",
        "pl",
        "pt",
        "ro",
        "ru",
        "sl",
        "sv",
        "uk",
        "zh",
    ]  # that spaCy has pipelines for
)


class Presidio:
    """A Detector. How many names it finds is the pipeline's matter: look at examples of your own."""

    finds = frozenset(KINDS.values())

    def __init__(self, model: str = MODEL) -> None:
        """`model`: a spaCy pipeline by its name, which begins with its language, or its folder. Raises HoneError where it or Presidio is not there."""
        if find_spec("presidio_analyzer") is None or find_spec("spacy") is None:
            raise HoneError("Presidio is not installed", "pip install 'hone-agent[presidio]'")
        from presidio_analyzer import AnalyzerEngine
        from presidio_analyzer.nlp_engine import NlpEngineProvider
        from spacy.util import is_package, load_meta

        folder = Path(model)
        if not folder.is_dir() and not is_package(model):
            # Presidio would fetch it by itself.
            raise HoneError(f"the spaCy pipeline {model!r} is not installed", f"python -m spacy download {model}")
        self._language = str(load_meta(folder / "meta.json")["lang"]) if folder.is_dir() else model[:2]
        if self._language not in _LANGUAGES:
            raise HoneError(f"{model!r} names no language that spaCy has pipelines for", "name one like en_core_web_lg")
        models = [{"lang_code": self._language, "model_name": model}]
        provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models})
        self._engine = AnalyzerEngine(nlp_engine=provider.create_engine(), supported_languages=[self._language])
        self.name = f"presidio:{folder.name}"

    def __call__(self, texts: Sequence[str]) -> list[list[Span]]:
        """For each text where somebody or some place is named."""
        found = []
        for text in texts:
            results = self._engine.analyze(text=text, language=self._language, entities=list(KINDS))
            found.append(apart(Span(one.start, one.end, KINDS[one.entity_type]) for one in results))
        return found
