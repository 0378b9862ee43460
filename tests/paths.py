"""Where tests find things."""

import os
import tempfile
from pathlib import Path

import pytest

PROJECT_ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = PROJECT_ROOT.parent / "shared" / "data"


def shared(name: str) -> Path:
    """A file of the real data beside the project; skips the test, saying so, where it is not at hand."""
    path = SHARED_DATA / name
    if not path.exists():
        pytest.skip(f"real data not at hand: ../shared/data/{name}")
    return path


def private_folder(name: str) -> Path:
    """What test runs of this user share here. For this user alone: what others could write is not trusted."""
    folder = Path(tempfile.gettempdir()) / f"pixelhub-{name}-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise RuntimeError(f"{folder} belongs to somebody else")
    return folder
