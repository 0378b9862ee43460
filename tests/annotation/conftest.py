"""What tests of annotation share."""

import pytest
from django.utils import timezone

from tests.annotation.clock import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that only the test moves."""
    made = Clock()
    monkeypatch.setattr(timezone, "now", made)
    return made
