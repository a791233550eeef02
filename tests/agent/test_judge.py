"""`hone judge` from a log to verdicts that count."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from agent.judging import Bench, borderline, key
from agent.store import open_store
from agent.store.judgements import judgements
from analyzers.response_caching.judge import Exchange

TOPICS = ["shoes", "boots", "jackets", "gloves", "hats", "belts"]
WAYS = ["How do I return {}?", "How can I return {}?", "How do I return {} please?", "How would I return {}?"]
HOW = [
    "Print the label, put the {} into a box and hand it in at any shop.",
    "Bring the {} back to one of our stores, a clerk takes care of it.",
    "Use the label we sent you and drop the parcel off.\x1b[31m\u202e",
    "Our courier picks the {} up at home after you book a slot.",
]


def part(text: str) -> dict[str, str]:
    return {"type": "text", "content": text}


def log(path: Path) -> Path:
    lines = []
    for n in range(96):
        topic, way = TOPICS[n % 6], n // 6 % 4
        lines.append(
            json.dumps(
                {
                    "hone": 1,
                    "id": f"c{n}",
                    "timestamp": 1_795_000_000 + 600 * n,
                    "app": "shop",
                    "gen_ai.provider.name": "openai",
                    "gen_ai.request.model": "gpt-4o",
                    "gen_ai.system_instructions": [part("You answer questions about returns.")],
                    "gen_ai.input.messages": [{"role": "user", "parts": [part(WAYS[way].format(topic))]}],
                    "gen_ai.output.messages": [
                        {"role": "assistant", "parts": [part(HOW[(way + n) % 4].format(topic))]}
                    ],
                    "parameters": {"temperature": 0},
                    "usage": {"uncached_input": 200, "output": 40},
                }
            )
        )
    path.write_text("\n".join(lines) + "\n")
    return path


def hone(home: Path, url: str, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "agent", *arguments],
        capture_output=True,
        text=True,
        input=typed,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "HONE_STORE__URL": url, "USER": "ada", "LOGNAME": "ada"},
        timeout=120,
    )


def test_verdicts_are_asked_for_kept_and_not_asked_again(tmp_path: Path, postgres: str) -> None:
    url = postgres
    assert hone(tmp_path, url, "replay", str(log(tmp_path / "log.jsonl"))).returncode == 0

    masked = hone(tmp_path, url, "judge")
    assert masked.returncode == 0, masked.stderr
    assert "--show-text" in masked.stderr
    assert "return" not in masked.stdout.lower()

    first = hone(tmp_path, url, "judge", "--show-text", typed="y\nn\nu\ns\nwhat\nn\nq\n")
    assert first.returncode == 0, first.stderr
    assert "2 verdicts kept" in first.stderr
    assert "return" in first.stdout
    assert "\x1b" not in first.stdout
    assert "\u202e" not in first.stdout

    store = open_store(url, create=False)
    kept = judgements(store.engine)
    store.close()
    assert [one.same for one in kept] == [True, False]
    assert {one.who for one in kept} == {"ada"}

    second = hone(tmp_path, url, "judge", "--show-text", typed="")
    opened = [int(done.stderr.split(" pairs are open")[0].replace(",", "")) for done in (first, second)]
    assert opened[0] - opened[1] == 2


def test_another_application_has_nothing_to_judge(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'hone.db'}"
    assert hone(tmp_path, url, "replay", str(log(tmp_path / "log.jsonl"))).returncode == 0
    done = hone(tmp_path, url, "judge", "--app", "other", "--show-text", typed="y\n")
    assert done.returncode == 0
    assert "nothing to judge" in done.stderr


def test_the_owner_overrules_the_comparison_and_is_asked_about_the_least_certain_first() -> None:
    clear = Exchange("May I?", "Yes.", "May I?", "No.")
    vague = Exchange("How?", "Press the red knob twice.", "How?", "There is a form for that on the site.")
    equal = Exchange("How?", "So.", "How?", "so")
    bench = Bench({})
    assert bench([clear, vague, equal]) == [False, None, True]
    assert [one.exchange for one in borderline(bench.seen.values())] == [vague, clear]
    overruled = Bench({key(clear): True, key(vague): False})
    assert overruled([clear, vague, equal]) == [True, False, True]
    assert borderline(overruled.seen.values()) == []
