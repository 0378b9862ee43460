"""Fixtures of review."""

from __future__ import annotations

import pytest

from tests.personas import World
from tests.review.staged import Staged, stage_version


@pytest.fixture
def staged(world: World) -> Staged:
    """One evaluated version that waits for its review."""
    return stage_version(world)
