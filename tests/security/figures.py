"""Figures that a run of tests tells at its end, for docs/reliability.md."""

from __future__ import annotations

import pytest

KEY = pytest.StashKey[list[str]]()


def tell(request: pytest.FixtureRequest, line: str) -> None:
    """Print this line when all tests have run (with `-n 0`: workers of xdist print nothing)."""
    request.config.stash.setdefault(KEY, []).append(line)
