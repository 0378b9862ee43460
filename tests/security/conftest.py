"""The place is built once per module inside one transaction; what a test does to it is rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from tests.personas import World, make_world
from tests.security.place import Place, make_place


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Objects and keys of the module's place."""
    base: Path = tmp_path_factory.mktemp("place")
    return {
        "OBJECT_STORE_URL": f"file://{base / 'objects'}",
        "SIGNING_KEY_FILE": base / "keys" / "signing.pem",
        "SIGNING_PUBLIC_KEY_FILE": base / "keys" / "signing.pub",
        "VAR_DIR": base / "var",
    }


@pytest.fixture(scope="module")
def places(folders: dict[str, Any], django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Place, Place]]:
    """Alpha's rows and beta's, of the same kinds."""
    outer = transaction.atomic()
    outer._from_testcase = True  # type: ignore[attr-defined]  # as Django's TestCase: durable blocks may run inside
    with django_db_blocker.unblock(), override_settings(**folders), outer:
        world = make_world()
        mirrored = World(project=world.other_project, other_project=world.project, _users=world._users)
        yield make_place(world), make_place(mirrored)
        transaction.set_rollback(True)


@pytest.fixture
def both(places: tuple[Place, Place], db: None, settings: Any, folders: dict[str, Any]) -> tuple[Place, Place]:
    """Both places; the test's own writes are undone by `db`, whose transaction lies within the module's."""
    for name, value in folders.items():
        setattr(settings, name, value)
    return places


@pytest.fixture
def place(both: tuple[Place, Place]) -> Place:
    """Alpha's rows; beta has rows of the same kinds."""
    return both[0]
