"""The place is built once per module inside one transaction; what a test does to it is rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from pixelhub.accounts.roles import Role
from tests.personas import World, make_world
from tests.security.figures import KEY
from tests.security.making_place import make_place
from tests.security.place import JUDGING, LABELLING, Place


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for line in config.stash.get(KEY, []):
        terminalreporter.write_line(line)


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
def town(folders: dict[str, Any], django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """The two projects and their people, inside the module's transaction."""
    outer = transaction.atomic()
    outer._from_testcase = True  # type: ignore[attr-defined]  # as Django's TestCase: durable blocks may run inside
    with django_db_blocker.unblock(), override_settings(**folders), outer:
        world = make_world()
        for role in Role.values:
            # Now: somebody made within a test would be gone after it.
            world.user(role), world.outsider(role)
        world.outsider("annotator", LABELLING)
        world.user("qa", JUDGING), world.outsider("qa", JUDGING)
        yield world
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def alpha_rows(town: World) -> Place:
    return make_place(town)


@pytest.fixture(scope="module")
def beta_rows(town: World) -> Place:
    return make_place(World(project=town.other_project, other_project=town.project, _users=town._users))


@pytest.fixture
def place(alpha_rows: Place, db: None, settings: Any, folders: dict[str, Any]) -> Place:
    """Alpha's rows; the test's own writes are undone by `db`, whose transaction lies within the module's."""
    for name, value in folders.items():
        setattr(settings, name, value)
    return alpha_rows


@pytest.fixture
def both(beta_rows: Place, place: Place) -> tuple[Place, Place]:
    """Alpha's rows, and beta's of the same kinds."""
    return place, beta_rows
