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


PLANTED = {
    "datasets_app/planted.py": ("annotation.models", "Floors"),
    "pixelhub/planted.py": ("review.services", "Floors"),
    "annotation/planted.py": ("training_app.models", "Floors"),
    "datasets_app/corpus/planted.py": ("django", "What the apps know is free of Django"),
    "inference/engine/planted.py": ("rest_framework", "What the apps know is free of Django"),
    "review/planted.py": ("torch", "torch is imported"),
}


def test_planted_imports_are_refused_each_by_its_contract(house: Path) -> None:
    for place, (module, _) in PLANTED.items():
        (house / place).write_text(f"import {module}\n")
    answer = lint(house)
    assert answer.returncode == 1, answer.stdout
    broken = [line for line in answer.stdout.splitlines() if "BROKEN" in line]
    assert {contract for _, contract in PLANTED.values()} <= {c for c in CONTRACTS if any(c in line for line in broken)}
    for place, (module, _) in PLANTED.items():
        planted = place.removesuffix(".py").replace("/", ".")
        assert f"{planted} -> {module}" in answer.stdout, f"{planted} was not named"


CONTRACTS = {contract for _, contract in PLANTED.values()}
