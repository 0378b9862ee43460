"""What all tests of imports share."""

from __future__ import annotations

import pytest

from datasets_app import api
from pixelhub.accounts.rates import Leases


@pytest.fixture(autouse=True)
def rates_of_this_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids of keys repeat from test to test: what one spent is not missing in the next."""
    monkeypatch.setattr(api, "KEY_RATES", Leases())
