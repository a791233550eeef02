"""What the tests of deploy/ share: where it lies, and the field's own tools where they are installed."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PLACES = (Path(sys.executable).parent, *map(Path, os.get_exec_path()), Path.home() / "go" / "bin")
"""Where programs lie: packages bring some into the virtual environment, and Go installs into its own folder."""


def tool(name: str, package: str) -> str:
    """The path of a program; skips the test where it is not installed."""
    path = shutil.which(name, path=os.pathsep.join(str(folder) for folder in PLACES))
    if path is None:
        pytest.skip(f"{name} is not installed ({package}): deploy/ is not checked by it here")
    return path
