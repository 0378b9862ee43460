"""A real scoring service in a process of its own, and a proxy before it that fails on order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faultproxy import FaultProxy, fault_proxy
from tests.inference.service import Service


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """uvicorn with a tiny model on a database of its own; `calm`, `worry` and `doom` decide what the model says."""
    service = Service(tmp_path_factory.mktemp("service"))
    service.start()
    yield service
    service.stop()


@pytest.fixture
def url(service: Service) -> str:
    """Its address."""
    return f"http://127.0.0.1:{service.port}"


@pytest.fixture
def proxy(url: str) -> Iterator[FaultProxy]:
    """The way to it that fails as planned."""
    with fault_proxy(url) as proxy:
        yield proxy
