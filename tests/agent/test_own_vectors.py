"""A log that brings the vectors of its own cache: similarity is that of these vectors, and no model is asked in their place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pytest
from msgspec.structs import replace

from agent.models import Models, packaged
from agent.report import Report
from agent.report_lines import lines
from agent.report_response import ResponseCaching
from agent.response_caching import answered
from agent.response_view import section
from analyzers.core import Call
from analyzers.embed.embedder import Embedder
from analyzers.embed.static import static_embedder
from analyzers.prices import Prices
from analyzers.response_caching.analyse import Options
from tests.agent.reports import empty
from tests.agent.test_cli import hone
from tests.agent.test_response_caching import asked, prompts

MODEL = "text-embedding-3-small"


def never() -> Embedder:
    raise AssertionError("a model was asked for vectors that the log brings")


def with_vectors(calls: list[Call], share: float = 1.0, model: str = MODEL) -> list[Call]:
    """The first `share` of the calls bring what the static model makes of their question, twice as long."""
    asking = [call.messages[-1].parts[0].text for call in calls]
    rows = (2.0 * static_embedder().embed(asking)).astype("<f4")
    until = int(share * len(calls))
    return [
        call if place >= until else replace(call, embedding=row.tobytes(), embedding_model=model)
        for place, (call, row) in enumerate(zip(calls, rows, strict=True))
    ]


def told(calls: list[Call], models: Models, options: Options | None = None) -> ResponseCaching:
    found = answered(calls, Prices(), prompts(calls), options or Options(), models=models)
    return section(found.analysis, 24.0, after_prompt_caching=found.after_prompt_caching)


def test_what_is_found_is_what_a_cache_with_these_vectors_would_do() -> None:
    calls = asked(calls=400)
    words = packaged().words
    brought = told(with_vectors(calls), Models(never, words)).semantic
    # A budget for embedding limits nothing that is not embedded.
    tight = told(with_vectors(calls), Models(never, words), Options(characters=10)).semantic
    computed = told(calls, Models(static_embedder, words)).semantic
    assert brought.embedder == MODEL and brought.own_vectors and brought.complete and brought.calls_without_vector == 0
    assert tight == brought
    assert [one.hit_rate for one in brought.curve] == pytest.approx([one.hit_rate for one in computed.curve], abs=0.005)
    assert brought.questions == computed.questions
    assert not computed.own_vectors


def test_calls_without_a_vector_are_left_out_and_counted() -> None:
    calls = asked(calls=400)
    found = told(with_vectors(calls, 0.75), Models(never, packaged().words))
    semantic = found.semantic
    assert semantic.own_vectors and not semantic.complete
    assert 0 < semantic.calls_without_vector == found.eligible_calls - semantic.replayed_calls < 200
    report: Report = empty().model_copy(update={"response_caching": found})
    said = [one for one in lines(report).remarks if "bring none" in one]
    assert len(said) == 1 and MODEL in said[0] and f"{semantic.calls_without_vector} of" in said[0]


def test_too_few_vectors_and_those_of_another_model_are_not_used() -> None:
    calls = asked(calls=400)
    few = told(with_vectors(calls, 0.02), Models(static_embedder, packaged().words)).semantic
    assert not few.own_vectors and few.embedder == static_embedder().name
    some, others = with_vectors(calls, 0.7), with_vectors(calls, 1.0, "another")
    mixed = [one if one.embedding else other for one, other in zip(some, others, strict=True)]
    semantic = told(mixed, Models(never, packaged().words)).semantic
    assert semantic.embedder == MODEL and semantic.calls_without_vector > 0
    unused = told(with_vectors(calls), Models(static_embedder, packaged().words), Options(own_vectors=False)).semantic
    assert not unused.own_vectors and unused.embedder == static_embedder().name


def _part(content: str) -> dict[str, str]:
    return {"type": "text", "content": content}


def test_vectors_come_from_a_file_to_the_report(tmp_path: Path) -> None:
    calls = with_vectors(asked(calls=150))
    log = tmp_path / "calls.jsonl"
    with log.open("wb") as file:
        for call in calls:
            record = {
                "hone": 1,
                "id": call.id,
                "timestamp": call.started_at,
                "app": call.app,
                "gen_ai.provider.name": call.provider,
                "gen_ai.request.model": call.request_model,
                "usage": {"uncached_input": 400, "cache_read": 0, "output": 40},
                "gen_ai.system_instructions": [{"type": "text", "content": call.system[0].text}],
                "gen_ai.input.messages": [{"role": "user", "parts": [_part(call.messages[-1].parts[0].text)]}],
                "gen_ai.output.messages": [{"role": "assistant", "parts": [_part(call.output[0].text)]}],
                "embedding": np.frombuffer(call.embedding or b"", "<f4").tolist(),
                "embedding_model": MODEL,
            }
            file.write(orjson.dumps(record) + b"\n")
    report = orjson.loads(hone(tmp_path, "report", str(log), "--json", "-").stdout)
    semantic = report["response_caching"]["semantic"]
    assert semantic["own_vectors"] and semantic["embedder"] == MODEL and semantic["questions"] > 20
