"""Who may import whom, and what a command really loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = ("sklearn", "scipy", "numpy", "torch", "sentence_transformers", "kafka", "sqlalchemy", "sqlmodel", "textual")


def test_packages_import_only_what_stands_below_them() -> None:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-cache",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        (
            "import agent.cli\nagent.cli.program()",
            (*HEAVY, "genai_prices", "alembic", "apscheduler", "prometheus_client"),
        ),
        (
            "import tui.app, tui.overview, tui.stream, tui.events",
            (*HEAVY[:-1], "pydantic", "alembic", "plotext", "numba", "faiss"),
        ),
        (
            "import tui.app\nfrom agent.store.store import open_as_it_is\nimport agent.spend_hours, agent.report, agent.store.jobs",
            ("sklearn", "scipy", "numpy", "torch", "sentence_transformers", "kafka", "alembic", "numba", "faiss"),
        ),
        ("import agent.config", ("sklearn", "torch", "kafka", "textual", "sqlalchemy")),
        ("import agent.report_text, agent.report_markdown, agent.report_html", (*HEAVY,)),
        (
            "import pkgutil, importlib, analyzers\n"
            "for m in pkgutil.walk_packages(analyzers.__path__, 'analyzers.'): importlib.import_module(m.name)",
            ("sklearn", "torch", "sentence_transformers", "kafka", "sqlalchemy", "sqlmodel", "textual", "apscheduler"),
        ),
    ],
)
def test_loads_nothing_heavy(statement: str, unwanted: tuple[str, ...]) -> None:
    program = f"{statement}\nimport sys\nprint(*sorted(set(sys.modules) & set({unwanted!r})))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_no_source_file_outgrows_a_reader() -> None:
    sources = [
        path for package in ("agent", "analyzers", "collectors", "tui") for path in (ROOT / package).rglob("*.py")
    ]
    assert len(sources) > 20
    long = {str(path.relative_to(ROOT)): n for path in sources if (n := len(path.read_text().splitlines())) > 300}
    assert long == {}
