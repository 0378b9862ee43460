"""Programs that tests of the manifests call: from the virtual environment, else from PATH, else the test is skipped."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def program(name: str) -> str:
    """Where a program lies; skips the test, saying so, where it is not installed."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed (deploy/manifests.lock, or a package of the system)")
    return found


def said_by(command: list[str], **options: object) -> "subprocess.CompletedProcess[str]":
    """Run it to its end, with what it said."""
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, **options)  # type: ignore[call-overload,no-any-return]
