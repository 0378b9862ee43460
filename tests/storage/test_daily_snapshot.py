"""Daily snapshots: whole or not there, cheap when nothing changed, expired by rule and never the last good one."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.models import StoreWork
from datasets_app.services import store_snapshots
from datasets_app.services.errors import StorageRefused
from datasets_app.services.snapshot_pool import (
    manifest_key,
    object_key,
    snapshot_entries,
    snapshot_names,
    snapshot_problems,
    snapshot_store,
)
from datasets_app.services.store_snapshots import snapshot_restore, snapshot_start, snapshots_expire
from pixelhub.audit.models import AuditEvent
from pixelhub.backups.retention import kept_by_retention
from pixelhub.canonical import sha256_hex
from pixelhub.jobs.checks import check_daily
from pixelhub.jobs.models import Job
from pixelhub.jobs.schedule import start_due
from pixelhub.objects import ObjectStore, get_store
from tests.personas import World
from tests.storage.making import results, run

pytestmark = pytest.mark.django_db
NAME = "%Y-%m-%dT%H%M%SZ"
RELEASE = {
    "releases/alpha/1.0.0/manifest.json": b"{}",
    "releases/alpha/1.0.0/shards/train/0.jsonl": b"rows\n" * 1000,
    "exports/releases/v1/copy.jsonl": b"rows\n" * 1000,
}


def fill(store: ObjectStore) -> None:
    for key, data in RELEASE.items():
        store.put(key, data)
    store.put("imports/alpha/not-a-release", b"x")


def take(moment: datetime | None = None) -> str:
    """A snapshot, named as if made at that moment."""
    work = snapshot_start(actor=None, project=None)
    if moment is not None:
        StoreWork.objects.filter(pk=work.pk).update(name=moment.strftime(NAME))
    results(run(work.job))
    work.refresh_from_db()
    return work.name


@pytest.fixture(params=["same local store", "same s3", "another store"])
def stores(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> None:
    if request.param == "same s3":
        settings.OBJECT_STORE_URL = request.getfixturevalue("s3_url")
    if request.param == "another store":
        settings.SNAPSHOT_STORE_URL = f"file://{tmp_path / 'second-disk'}"
    fill(get_store())


def test_a_snapshot_holds_every_release_object_once_and_verifies(stores: None) -> None:
    name = take()
    kept = snapshot_store()
    entries = {entry["key"]: entry for entry in snapshot_entries(kept, name)}
    assert set(entries) == set(RELEASE)
    for key, data in RELEASE.items():
        assert (entries[key]["sha256"], entries[key]["bytes"]) == (sha256_hex(data), len(data))
        assert kept.read(object_key(entries[key]["sha256"])) == data
    assert len(list(kept.list("daily/objects/"))) == 2, "the same content is kept once"
    assert snapshot_problems(kept, name, thorough=True) == []
    work = StoreWork.objects.get()
    assert (work.state, work.report["objects"], work.report["copied"]) == ("done", 3, 2)
    assert work.manifest_sha256 == kept.sha256(manifest_key(name))


def test_what_has_not_changed_is_neither_read_nor_copied_again(stores: None, monkeypatch: pytest.MonkeyPatch) -> None:
    first = take(datetime(2026, 1, 1, tzinfo=UTC))
    monkeypatch.setattr(store_snapshots, "_keep", lambda *args: pytest.fail("read again"))
    second = take(datetime(2026, 1, 2, tzinfo=UTC))
    assert snapshot_entries(snapshot_store(), first) == snapshot_entries(snapshot_store(), second)
    assert StoreWork.objects.first().report["copied"] == 0  # type: ignore[union-attr]


def test_what_was_lost_is_restored_and_only_that(stores: None) -> None:
    name, store = take(), get_store()
    key = "releases/alpha/1.0.0/shards/train/0.jsonl"
    store.delete(key)
    store.put("exports/releases/v1/copy.jsonl", b"overwritten")
    assert snapshot_restore(name=name, prefix="releases/", actor=None, dry_run=True) == [key]
    assert not store.exists(key)
    assert snapshot_restore(name=name, prefix="releases/", actor=None, dry_run=False) == [key]
    assert store.read(key) == RELEASE[key] and store.read("exports/releases/v1/copy.jsonl") == b"overwritten"
    assert snapshot_restore(name=name, prefix="", actor=None, dry_run=False) == ["exports/releases/v1/copy.jsonl"]
    assert snapshot_restore(name=name, prefix="", actor=None, dry_run=False) == []
    assert AuditEvent.objects.filter(action="store_snapshot.restore").count() == 2


def test_a_damaged_copy_makes_no_snapshot_and_leaves_no_manifest(monkeypatch: pytest.MonkeyPatch) -> None:
    fill(get_store())
    good = take(datetime(2026, 1, 1, tzinfo=UTC))
    get_store().put("releases/alpha/1.1.0/manifest.json", b'{"new": 1}')
    copy = ObjectStore.copy

    def damaging(self: ObjectStore, source: str, target: str, *, etag: str | None = None) -> Any:
        copied = copy(self, source, target, etag=etag)
        self.put(target, b"damaged on the way")
        return copied

    monkeypatch.setattr(ObjectStore, "copy", damaging)
    job = run(snapshot_start(actor=None, project=None).job)
    assert job.state == "failed" and "was not copied as it is" in job.error
    assert snapshot_names(get_store()) == [good]
    assert StoreWork.objects.first().state == "failed"  # type: ignore[union-attr]
    monkeypatch.undo()
    again = take(datetime(2026, 1, 2, tzinfo=UTC))
    assert snapshot_problems(get_store(), again, thorough=True) == []


def test_an_object_that_changes_or_goes_while_it_is_kept_is_taken_as_it_is_then() -> None:
    store = get_store()
    fill(store)
    open_range = store.open_range
    acts = iter([lambda: store.put("exports/releases/v1/copy.jsonl", b"newer words"), None])

    class Changing(type(store)):  # type: ignore[misc]
        def open_range(self, key: str, *args: Any, **options: Any) -> Any:
            if key.startswith("exports") and (act := next(acts, None)):
                act()
            if key.endswith("1.0.0/manifest.json"):
                store.delete(key)
            return open_range(key, *args, **options)

    changing = Changing(store.root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store_snapshots, "get_store", lambda: changing)
        name = take()
    entries = {entry["key"]: entry["sha256"] for entry in snapshot_entries(store, name)}
    assert entries["exports/releases/v1/copy.jsonl"] == sha256_hex(b"newer words")
    assert "releases/alpha/1.0.0/manifest.json" not in entries
    assert snapshot_problems(store, name, thorough=True) == []


def test_an_object_that_cannot_be_kept_is_an_error_not_a_gap() -> None:
    fill(get_store())
    (get_store().root / "exports" / "new\nline").write_bytes(b"x")  # type: ignore[attr-defined]
    job = run(snapshot_start(actor=None, project=None).job)
    assert job.state == "failed" and "cannot be kept under its name" in job.error
    assert snapshot_names(get_store()) == []


def days(count: int, last: datetime) -> list[str]:
    return [(last - timedelta(days=n)).strftime(NAME) for n in range(count)]


def test_seven_days_and_four_weeks_stay() -> None:
    today = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday
    names = days(60, today - timedelta(hours=9))
    kept = kept_by_retention([*names, "2026-11-20T010000Z"], today, daily=7, weekly=4)
    dates = sorted(name[:10] for name in kept)
    sundays = ["2026-11-01", "2026-11-08"]
    assert dates == [*sundays, *[f"2026-11-{day}" for day in range(14, 21)]]
    assert "2026-11-20T030000Z" in kept and "2026-11-20T010000Z" not in kept, "the last of a day stays"


@given(
    st.lists(st.datetimes(datetime(2024, 1, 1), datetime(2026, 1, 1)), min_size=1, max_size=80),
    st.integers(0, 10),
    st.integers(0, 10),
)
def test_retention_keeps_what_it_promises_whatever_the_days(moments: list[datetime], daily: int, weekly: int) -> None:
    names = sorted({moment.strftime(NAME) for moment in moments})
    kept = kept_by_retention(names, datetime(2026, 1, 1, tzinfo=UTC), daily, weekly)
    of_day = {name[:10]: name for name in names}
    assert {of_day[day] for day in sorted(of_day)[len(of_day) - daily :] if daily} <= kept <= set(names)
    assert len(kept) <= daily + weekly
    if daily:
        assert names[-1] in kept
    assert kept <= kept_by_retention(names, datetime(2026, 1, 1, tzinfo=UTC), daily + 1, weekly + 1)


def test_expiry_removes_old_snapshots_and_what_only_they_hold(settings: Any) -> None:
    settings.SNAPSHOT_KEEP_DAILY, settings.SNAPSHOT_KEEP_WEEKLY = 2, 0
    store = get_store()
    fill(store)
    old = take(datetime(2026, 1, 1, tzinfo=UTC))
    gone = sha256_hex(RELEASE["releases/alpha/1.0.0/manifest.json"])
    store.delete("releases/alpha/1.0.0/manifest.json")
    kept = [take(datetime(2026, 1, day, tzinfo=UTC)) for day in (2, 3)]
    assert snapshot_names(store) == kept
    assert StoreWork.objects.get(name=old).state == "expired"
    assert store.exists(object_key(gone)), "it is young: somebody may be writing a snapshot that names it"
    later = snapshots_expire(store, today=datetime.now(UTC) + timedelta(days=2))
    assert (later.expired, later.objects) == ([], 1)
    assert not store.exists(object_key(gone))
    assert all(snapshot_problems(store, name, thorough=True) == [] for name in kept)


def test_the_last_good_snapshot_never_expires(settings: Any) -> None:
    settings.SNAPSHOT_KEEP_DAILY, settings.SNAPSHOT_KEEP_WEEKLY = 1, 0
    store = get_store()
    fill(store)
    good = take(datetime(2026, 1, 1, tzinfo=UTC))
    store.put(manifest_key("2026-01-05T000000Z"), b"{ this is no manifest")
    report = snapshots_expire(store, today=datetime(2026, 3, 1, tzinfo=UTC))
    assert report.kept == [good, "2026-01-05T000000Z"] and report.expired == []
    assert report.unreadable == ["2026-01-05T000000Z"] and report.objects == 0, "who knows what that one names"
    store.delete(object_key(sha256_hex(RELEASE["releases/alpha/1.0.0/manifest.json"])))
    report = snapshots_expire(store, today=datetime(2026, 3, 1, tzinfo=UTC))
    assert (report.expired, report.objects) == ([], 0), "none is whole: the least bad may be any of them"
    with pytest.raises(StorageRefused, match="is missing"):
        snapshot_restore(name=good, prefix="", actor=None, dry_run=False)


def test_two_snapshots_never_run_at_once(world: World) -> None:
    client = world.client("data_engineer")
    first = client.post(reverse("datasets:inventory_snapshot"))
    second = client.post(reverse("datasets:inventory_snapshot"))
    assert first["Location"] == second["Location"] and Job.objects.filter(kind="store.snapshot").count() == 1
    fill(get_store())
    run(StoreWork.objects.get().job)
    page = client.get(first["Location"]).content.decode()
    assert "New since the last one" in page and StoreWork.objects.get().manifest_sha256 in page
    assert world.client("pm").post(reverse("datasets:inventory_snapshot")).status_code == 403


def test_of_two_started_in_the_same_moment_the_second_changes_nothing() -> None:
    fill(get_store())
    first = snapshot_start(actor=None, project=None)
    StoreWork.objects.filter(pk=first.pk).update(state="done")
    second = snapshot_start(actor=None, project=None)
    StoreWork.objects.filter(pk=first.pk).update(state="queued")
    job = run(second.job)
    assert (job.state, job.error) == ("failed", "Another snapshot is being made.")
    assert snapshot_names(get_store()) == []
    results(run(first.job))


def test_the_workers_queue_one_a_day(settings: Any) -> None:
    settings.JOBS_DAILY = {"store.snapshot": "02:30", "inventory.refresh": "23:59"}
    day = timezone.now().replace(hour=2, minute=29, second=0)
    assert start_due(day) == []
    Job.objects.all().delete()
    assert start_due(day + timedelta(minutes=1)) == ["store.snapshot"]
    Job.objects.update(created_at=day + timedelta(minutes=1))
    assert start_due(day + timedelta(hours=9)) == []
    results(run(StoreWork.objects.get().job))
    assert start_due(day + timedelta(days=1, minutes=5)) == ["store.snapshot"]
    assert StoreWork.objects.count() == 2


@pytest.mark.parametrize(
    ("daily", "codes"),
    [
        ({}, []),
        ({"store.snapshot": "02:30"}, []),
        ({"store.snapshot": "25:00"}, ["jobs.E008"]),
        ({"store.snapshot": 230, "no.such": "01:00"}, ["jobs.E008", "jobs.E009"]),
    ],
)
def test_a_schedule_that_cannot_be_is_named_at_the_start(
    settings: Any, daily: dict[str, Any], codes: list[str]
) -> None:
    settings.JOBS_DAILY = daily
    assert [message.id for message in check_daily(None)] == codes


def test_the_command_makes_lists_verifies_and_restores(capsys: Any) -> None:
    fill(get_store())

    def ask(**options: Any) -> tuple[int, dict[str, Any]]:
        status = 0
        try:
            call_command("snapshot_objects", json=True, **options)
        except SystemExit as ended:
            status = int(ended.code or 0)
        return status, json.loads(capsys.readouterr().out)

    status, made = ask()
    assert (status, made["ok"], made["objects"], made["copied"]) == (0, True, 3, 2)
    assert ask(list=True) == (0, {"snapshots": [made["snapshot"]]})
    assert ask(verify="last") == (0, {"snapshot": made["snapshot"], "ok": True, "problems": []})
    get_store().delete("releases/alpha/1.0.0/manifest.json")
    status, restored = ask(restore="last", dry_run=True)
    assert restored["restored"] == ["releases/alpha/1.0.0/manifest.json"]
    digest = sha256_hex(RELEASE["releases/alpha/1.0.0/shards/train/0.jsonl"])
    get_store().put(object_key(digest), b"ROWS\n" * 1000)
    status, verified = ask(verify="last")
    assert (status, verified["ok"], len(verified["problems"])) == (1, False, 2)
    with pytest.raises(CommandError, match="There is no snapshot"):
        call_command("snapshot_objects", verify="2020-01-01T000000Z")
