"""Every fault of the catalogue has its tests, or says why not."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.chaos.catalogue import CASES

ROOT = Path(__file__).parents[2]


def test_every_test_that_the_catalogue_names_exists() -> None:
    named = {test for case in CASES for test in case.tests}
    there = {
        f"{file}::{item.name}"
        for file in {test.split("::")[0] for test in named}
        for item in ast.parse((ROOT / file).read_text()).body
        if isinstance(item, ast.FunctionDef)
    }
    assert named - there == set()
    assert all(bool(case.tests) != bool(case.instead) for case in CASES)
