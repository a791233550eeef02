"""Configurations: read by what they are for, with the figures on each target's own scale."""

from __future__ import annotations

import ast
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from analyzers.response_caching.artefacts.configurations import configurations
from analyzers.response_caching.artefacts.point import Point

POINT = Point(
    app="support",
    embedder="all-MiniLM-L6-v2-int8-0a1b2c3d",
    threshold=0.91,
    lifetime_s=86_400.0,
    entries=10_000,
    scope_keys=("app", "model", "tenant"),
    hit_rate=0.372,
    wrong_rate_high=0.0096,
    max_wrong_rate=0.01,
    saving_usd_month=Decimal("1234.5"),
    period="2026-11-01 to 2026-11-14",
)


def names(program: str) -> dict[str, Any]:
    """Constants that a module sets."""
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(program).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def test_litellm_reads_its_part() -> None:
    read = yaml.safe_load(configurations(POINT)["litellm/config.yaml"])
    params = read["litellm_settings"]["cache_params"]
    assert read["litellm_settings"]["cache"] is True
    assert params["type"] == "redis-semantic"
    assert params["similarity_threshold"] == 0.91
    assert params["ttl"] == 86_400
    assert params["supported_call_types"] == ["acompletion"]
    assert params["semantic_cache_scope"] == "end_user"
    assert params["max_messages"] == 1  # the system prompt would be embedded with the question
    assert params["redis_semantic_cache_embedding_model"] == read["model_list"][0]["model_name"]
    exact = yaml.safe_load(configurations(POINT._replace(threshold=None))["litellm/config.yaml"])
    assert exact["litellm_settings"]["cache_params"]["type"] == "redis"
    assert "similarity_threshold" not in exact["litellm_settings"]["cache_params"]


def test_redisvl_has_the_distance() -> None:
    found = names(configurations(POINT)["redisvl/answer_cache.py"])
    assert found["DISTANCE_THRESHOLD"] == pytest.approx(0.09)
    assert found["SCOPE"] == ["scope_app", "scope_model", "scope_tenant"]


def test_portkey_is_semantic_only_where_its_own_threshold_is_strict_enough() -> None:
    assert json.loads(configurations(POINT)["portkey/config.json"]) == {
        "cache": {"mode": "semantic", "max_age": 86_400}
    }
    strict = configurations(POINT._replace(threshold=0.97))
    assert json.loads(strict["portkey/config.json"])["cache"]["mode"] == "simple"
    assert "stricter" in strict["README.md"]


def test_every_file_says_what_is_expected() -> None:
    files = configurations(POINT)
    for name in files.keys() - {"portkey/config.json"}:
        assert "37.2 %" in files[name]
        assert "0.96 %" in files[name]
        assert "1,234.50 USD a month" in files[name]
        assert "2026-11-01 to 2026-11-14" in files[name]
        assert "8-bit" in files[name]


def test_what_is_not_known_is_not_made_up() -> None:
    files = configurations(
        POINT._replace(hit_rate=None, wrong_rate_high=None, saving_usd_month=None, lifetime_s=None, entries=None)
    )
    assert "saves not known" in files["README.md"]
    assert "ttl" not in yaml.safe_load(files["litellm/config.yaml"])["litellm_settings"]["cache_params"]
    assert "max_age" not in json.loads(files["portkey/config.json"])["cache"]


def test_another_model_is_warned_about() -> None:
    files = configurations(POINT._replace(embedder="own vectors"))
    assert "means nothing to another model" in files["README.md"]
    assert "REPLACE" in files["litellm/config.yaml"]


@pytest.mark.parametrize("threshold", [0.91, None])
def test_log_text_cannot_leave_its_comment_or_string(threshold: float | None) -> None:
    hostile = 'x"\n  evil: true\nimport os  # \u2028'
    files = configurations(
        POINT._replace(app=hostile, embedder=hostile, scope_keys=(hostile,), period=hostile, threshold=threshold)
    )
    assert yaml.safe_load(files["litellm/config.yaml"]).keys() <= {"model_list", "litellm_settings"}
    for name in ("gptcache/answer_cache.py", "redisvl/answer_cache.py"):
        imports = [line for line in files[name].splitlines() if "import os" in line and not line.startswith("#")]
        assert imports in ([], ["import os"])
        ast.parse(files[name])


def test_a_real_gptcache_hits_from_the_cosine_on(tmp_path: Path) -> None:
    pytest.importorskip("gptcache")
    from gptcache.adapter.api import get, put
    from gptcache.processor.pre import get_prompt

    class Angles:
        """Texts that are angles in degrees."""

        dimension = 2

        def to_embeddings(self, text: str, **_: object) -> np.ndarray:
            return np.array([np.cos(np.radians(float(text))), np.sin(np.radians(float(text)))], np.float32)

    module: dict[str, Any] = {}
    exec(configurations(POINT)["gptcache/answer_cache.py"], module)
    cache = module["open_cache"]("scope", str(tmp_path), Angles(), get_prompt)
    put("0", "answer", cache_obj=cache)
    least = float(np.degrees(np.arccos(0.91)))
    assert get(str(least - 0.5), cache_obj=cache) == "answer"
    assert get(str(least + 0.5), cache_obj=cache) is None
