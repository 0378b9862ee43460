"""Where tests find things."""

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
