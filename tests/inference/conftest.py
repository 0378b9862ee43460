"""A running scoring service on the test's event loop, and clients of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import httpx
import pytest
from django.db import connections

from inference.asgi import ScoringApplication
from inference.serving import registry as registry_module
from inference.serving.database import DatabaseThreads
from inference.serving.registry import Registry
from pixelhub.accounts import rates
from pixelhub.accounts.services import api_key_create
from tests.inference.limit_acts import STILL
from tests.inference.patience import be_patient
from tests.personas import World


@pytest.fixture
def world(transactional_db: None) -> World:
    """The service reads from threads of its own, so its rows must be committed."""
    from tests.personas import make_world

    return make_world()


@pytest.fixture
def models() -> Registry:
    """What the service under test serves; nothing left over from other tests."""
    return Registry()


@pytest.fixture
def token(world: World) -> str:
    """A key of alpha that may score."""
    _, token = api_key_create(
        project=world.project,
        name="client",
        scopes=["score", "batch", "conversations", "model", "read"],
        actor=world.user("ml_engineer"),
        rate_per_minute=100_000,
    )
    return token


@pytest.fixture
async def application(
    world: World, models: Registry, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ScoringApplication]:
    """The ASGI application with a registry of its own and patience; stopped, and so flushed, after the test."""
    be_patient(monkeypatch.setattr)
    monkeypatch.setattr("inference.asgi.registry", models)
    monkeypatch.setattr(registry_module, "registry", models)
    application = ScoringApplication()
    yield application
    await application.shutdown()


@pytest.fixture
async def client(application: ScoringApplication, token: str) -> AsyncIterator[httpx.AsyncClient]:
    """A program with a valid key."""
    transport = httpx.ASGITransport(application)
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://scoring", headers=headers, timeout=30) as client:
        yield client


@pytest.fixture
def still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """No minute and no day of a key's limits ends while it is counted what is left of them."""
    monkeypatch.setattr(rates, "time", STILL)


@pytest.fixture
def one_database_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite in memory refuses two writers at once instead of letting one wait, as the file and PostgreSQL do."""
    monkeypatch.setattr("inference.serving.service.DatabaseThreads", partial(DatabaseThreads, threads=1))


@pytest.fixture(autouse=True)
def close_connections() -> Iterator[None]:
    """Connections that views opened in this thread must not outlive the test."""
    yield
    connections.close_all()


def user_says(text: str, **more: Any) -> dict[str, Any]:
    """A request with one message of the user."""
    return {"messages": [{"role": "user", "content": text}], **more}
