"""The floors hold, and a planted import is seen."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import PROJECT_ROOT

PACKAGES = ["pixelhub", "datasets_app", "annotation", "training_app", "inference", "review"]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the code in which something may be planted."""
    for package in PACKAGES:
        shutil.copytree(PROJECT_ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT_ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(house: Path) -> "subprocess.CompletedProcess[str]":
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([program, "--no-cache"], cwd=house, capture_output=True, text=True)


def test_the_floors_hold(house: Path) -> None:
    answer = lint(house)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize(
    ("place", "line", "contract"),
    [
        ("datasets_app/planted.py", "import annotation.models", "Floors"),
        ("pixelhub/planted.py", "from review import services", "Floors"),
        ("annotation/planted.py", "import training_app.models", "Floors"),
        ("datasets_app/corpus/planted.py", "import django", "free of Django"),
        ("inference/engine/planted.py", "from rest_framework import views", "free of Django"),
        ("review/planted.py", "import torch", "torch"),
    ],
)
def test_a_planted_import_is_refused(house: Path, place: str, line: str, contract: str) -> None:
    (house / place).write_text(f"{line}\n")
    answer = lint(house)
    assert answer.returncode == 1, answer.stdout
    broken = [text for text in answer.stdout.splitlines() if "BROKEN" in text]
    assert any(contract in text for text in broken), answer.stdout
