"""What a restored hub is asked, and what its administrator is told of backups."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import reverse

from datasets_app.models import LabelSnapshot
from datasets_app.restored import releases, snapshots_and_imports
from pixelhub.audit.services import record
from pixelhub.backups import state
from pixelhub.backups.selectors import backup_age_seconds, last_backup
from pixelhub.backups.state import backup_state
from pixelhub.objects import get_store
from review.models import SignOff
from review.restored import signoffs
from tests.audit.test_record import drop_triggers
from tests.datasets.making import compiled, published, synthetic
from tests.personas import World
from tests.review.staged import stage_version

pytestmark = pytest.mark.django_db


def test_a_release_or_labels_with_a_changed_byte_are_named(world: World) -> None:
    synthetic(world.project, 60)
    published(world.project)
    release = compiled(world.project)
    assert releases() == ("releases by their manifests", 1, [])
    checked, problems = snapshots_and_imports()[1:]
    assert checked >= 1 and problems == []

    store = get_store()
    shard = next(stat.key for stat in store.list(f"{release.object_prefix}shards/"))
    store.put(shard, store.read(shard) + b" ")
    found = releases()[2]
    assert found and all(problem.startswith(f"release {world.project.slug} {release.version}: ") for problem in found)
    assert any(shard.removeprefix(release.object_prefix) in problem for problem in found)
    labels = LabelSnapshot.objects.get()
    store.delete(labels.object_key)
    assert snapshots_and_imports()[2] == [f"no object {labels.object_key!r}"]


def test_a_sign_off_whose_words_were_changed_is_named(world: World) -> None:
    signoff = stage_version(world).approved(waived=False)
    assert signoffs() == ("signatures of sign-offs", 1, [])
    drop_triggers(SignOff._meta.db_table)
    with connection.cursor() as cursor:
        table = SignOff._meta.db_table
        cursor.execute(
            f"UPDATE {table} SET document = replace(CAST(document AS text), 'approved', 'rejected')"
            + ("::jsonb" if connection.vendor == "postgresql" else "")
        )
    problems = signoffs()[2]
    assert problems == [
        f"sign-off {signoff.pk} of version {signoff.model_version_id}: the signature does not match the document"
    ]


def test_an_administrator_is_told_and_nobody_else(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    administrator, manager = world.client("administrator"), world.client("pm")

    def page() -> str:
        return administrator.get(reverse("audit:list")).content.decode()

    assert "There is no backup of this hub yet" in page() and "BACKUP_URL" in page()
    assert backup_age_seconds() is None
    settings.BACKUP_URL = "file:///backups"
    assert "A worker makes one each night" in page()

    made = {"name": "2026-11-27T013000Z", "objects": 12, "copied": 3, "bytes": 4096, "seconds": 1.5}
    with transaction.atomic():
        record(action="backup.make", payload={**made, "manifest_sha256": "ab" * 32})
    assert "Last whole backup" in page() and "12 objects (3 new), 4.0" in page().replace("\xa0", " ")
    assert "note-warn" not in page()
    age = backup_age_seconds()
    assert age is not None and 0 <= age < 600
    assert backup_age_seconds(datetime.now(UTC) + timedelta(hours=2)) == pytest.approx(7200, abs=600)
    assert backup_state(datetime.now(UTC) + timedelta(hours=37)).is_late
    with monkeypatch.context() as later:
        later.setattr(state, "LATE", timedelta(0))
        told = page()
        assert "The last whole backup is old" in told and "Is a worker running" in told and "note-warn" in told

    with transaction.atomic():
        record(action="backup.fail", payload={"reason": "the disk is full"})
    assert "The last backup failed" in page() and "the disk is full" in page() and "The one before it stands" in page()
    last = last_backup()
    assert last is not None and last.facts["name"] == made["name"]
    seen = manager.get(reverse("audit:list")).content.decode()
    assert "last backup" not in seen.lower() and "the disk is full" not in seen
