"""A dataset that trainers take, in which nobody is named, and of which no conversation is on two sides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent import export
from analyzers.anonymise import Span
from analyzers.core import Call
from analyzers.errors import HoneError
from analyzers.fine_tuning import routes
from analyzers.fine_tuning.assumptions import PUBLISHED
from analyzers.fine_tuning.dataset.render import FORMATS, Format
from analyzers.fine_tuning.measure import Looked
from tests.agent.exported import NOW, TOOL, WORDS, call, looked
from tests.analyzers.anonymise.labelled import labelled
from tests.analyzers.embed.texts import needs_models


def _files(task: Looked, form: Format, **options: Any) -> dict[str, str]:
    made = export.make(task, form, names_may_stay=True, **options)
    return dict(export.files(made, task, form, routes.load(), PUBLISHED, (), NOW, "0"))


def _rows(files: dict[str, str], *names: str) -> Iterator[dict[str, Any]]:
    for name in names or ("train", "validation", "test"):
        yield from map(json.loads, files[f"{name}.jsonl"].splitlines())


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_has_its_files(form: Format, tmp_path: Path) -> None:
    files = _files(looked([call(n) for n in range(200)]), form)
    manifest = json.loads(files["manifest.json"])
    assert manifest["examples"] == {
        name: len(files[f"{name}.jsonl"].splitlines()) for name in ("train", "validation", "test")
    }
    assert manifest["examples"]["test"] == 40
    assert sum(manifest["examples"].values()) == 200
    written = export.write(tmp_path / "out", iter(files.items()))
    assert {"job.json", "trl.yaml", "axolotl.yaml"} & set(written)
    assert (tmp_path / "out" / "train.jsonl").stat().st_mode & 0o077 == 0
    with pytest.raises(HoneError, match="not empty"):
        export.write(tmp_path / "out", iter(files.items()))


def test_tools_and_turns_go_there_and_back() -> None:
    files = _files(looked([call(n, tools=True) for n in range(60)]), "openai")
    row = next(_rows(files))
    roles = [message["role"] for message in row["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "user", "assistant"]
    asked = row["messages"][2]["tool_calls"][0]
    assert row["messages"][3]["tool_call_id"] == asked["id"]
    assert json.loads(asked["function"]["arguments"])["id"].isdigit()
    assert row["tools"] == [{"type": "function", "function": TOOL}]


def test_nova_leaves_tools_and_reserved_words_out() -> None:
    calls = [call(n, tools=n % 2 == 0) for n in range(100)] + [call(500, said="User: what is this, please tell me")]
    files = _files(looked(calls), "nova")
    assert all(set(row) == {"schemaVersion", "system", "messages"} for row in _rows(files))
    refused = json.loads(files["manifest.json"])["left_out"]["refused_by_trainer"]
    assert refused == {"tools cannot be trained": 50, "holds a reserved word (User:, Assistant:, ...)": 1}


def test_vertex_calls_the_assistant_model() -> None:
    row = next(_rows(_files(looked([call(n, tools=True) for n in range(60)]), "vertex")))
    assert [content["role"] for content in row["contents"]] == ["user", "model", "user", "model", "user", "model"]
    assert row["contents"][1]["parts"][0]["functionCall"]["name"] == "find"
    assert row["contents"][2]["parts"][0]["functionResponse"]["name"] == "find"


@pytest.mark.parametrize("tools", [False, True])
def test_the_trainers_own_loader_takes_it(tools: bool, tmp_path: Path) -> None:
    needs_models("datasets", "trl")
    import datasets
    import trl.data_utils as trl

    export.write(tmp_path / "d", iter(_files(looked([call(n, tools=tools) for n in range(80)]), "trl").items()))
    loaded = datasets.load_dataset(
        "json",
        data_files={name: str(tmp_path / "d" / f"{name}.jsonl") for name in ("train", "test")},
        cache_dir=str(tmp_path / "c"),
    )
    assert loaded["test"].num_rows == 16
    assert trl.is_conversational(loaded["train"][0])
    assert ("tools" in loaded["train"].column_names) is tools


def test_no_conversation_is_on_two_sides() -> None:
    calls = [call(n, conversation=f"talk{n // 4}") for n in range(400)]
    made = export.make(looked(calls), "openai", names_may_stay=True)
    sides = [{one.conversation for one in part} for part in made.split[:3]]
    assert all(sides)
    assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])
    assert max(one.at for one in made.split.train) < max(one.at for one in made.split.test)


def test_repeats_near_repeats_and_overlap_go() -> None:
    long = "please tell me how I can change the address of an order that has been shipped already to Norway"
    calls = [call(n) for n in range(50)]
    calls += [call(100 + n, said="How do I reset my password for the shop?") for n in range(10)]
    calls += [call(200, said=long), call(201, said=long + " today"), call(202, said="Hello! " + long)]
    split = export.make(looked(calls), "openai", names_may_stay=True).split
    assert split.repeats == 9
    assert split.near_repeats + split.contaminated >= 1
    kept = [one.question for part in split[:3] for one in part]
    assert sum("reset my password" in text for text in kept) == 1


def test_failing_cut_and_textless_calls_are_no_examples() -> None:
    calls = [call(n) for n in range(50)]
    calls += [
        call(60, status="error"),
        call(61, answer="I don't have any information about that."),
        call(62, text_state="absent"),
    ]
    calls.append(
        call(63).__class__(**{**{f: getattr(call(63), f) for f in Call.__struct_fields__}, "finish_reason": "length"})
    )
    made = export.make(looked(calls), "openai", names_may_stay=True)
    assert (made.ineligible.failing, made.ineligible.cut, made.ineligible.no_text) == (2, 1, 1)


def test_it_refuses_while_names_cannot_have_been_removed() -> None:
    task = looked([call(n) for n in range(50)])
    with pytest.raises(HoneError, match="names of people"):
        export.make(task, "openai", names_may_stay=False)

    class Names:
        name = "names"
        finds = frozenset({"NAME"})

        def __call__(self, texts: Any) -> list[list[Span]]:
            return [[] for _ in texts]

    assert export.make(task, "openai", names_may_stay=False, detectors=[Names()]).split.train


def test_rare_capitalised_words_take_their_example_with_them() -> None:
    calls = [call(n, said=f"{' '.join(WORDS[:8])} in Berlin case {n}") for n in range(6)] + [
        call(50, said="please ask for Zbigniew about it")
    ]
    made = export.make(looked(calls), "openai", names_may_stay=True, drop_rare=True)
    assert made.cleaned.rare_names == 1


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.sampled_from(FORMATS))
def test_planted_identifiers_never_leave(seed: int, form: Format) -> None:
    planted = [one for one in labelled(2, seed) if _found(one.text)]
    calls = [call(n) for n in range(30)]
    calls += [
        call(
            100 + n,
            said=f"{' '.join(WORDS[n : n + 5])} {one.text}",
            answer=f"You said {one.text}",
            conversation=f"p{n}",
        )
        for n, one in enumerate(planted)
    ]
    files = _files(looked(calls), form)
    everything = "".join(files.values())
    for one in planted:
        value = one.text[one.start : one.end]
        assert value not in everything
        assert json.dumps(value)[1:-1] not in everything


def _found(text: str) -> bool:
    from analyzers.anonymise import detect

    return bool(detect(text))
