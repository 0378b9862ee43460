"""What tests of annotation share."""

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser

from tests.annotation.clock import Clock
from tests.annotation.instrument_bench import LabellingHub
from tests.browser import chromium
from tests.hubprocess import HubProcess
from tests.migrated import copy_sqlite


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that only the test moves."""
    made = Clock()
    monkeypatch.setattr(timezone, "now", made)
    return made


@pytest.fixture(scope="session")
def labelling_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabellingHub]:
    """One running hub for every browser test of the instrument: each test takes a round of its own."""
    with HubProcess(tmp_path_factory.mktemp("labelling")) as hub:
        copy_sqlite(hub.database)
        yield LabellingHub(hub)


@pytest.fixture(scope="module")
def shared_browser() -> Iterator[Browser]:
    """One Chromium for a module; every test opens pages with their own cookies in it."""
    with chromium() as running:
        yield running
