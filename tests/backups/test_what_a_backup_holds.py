"""Parts of a backup by themselves: which objects belong to a moment, what is copied, what expires, what is refused."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from pixelhub.audit.models import AuditEvent
from pixelhub.backups import postgres, services, sqlitefile
from pixelhub.backups.copying import Keeper
from pixelhub.backups.errors import BackupDamaged, BackupRefused
from pixelhub.backups.gathering import gather
from pixelhub.backups.jobs import HubBackup
from pixelhub.backups.layout import (
    MANIFEST,
    backup_names,
    file_key,
    manifest_bytes,
    named,
    open_place,
    read_manifest,
)
from pixelhub.backups.restoring import backup_restore
from pixelhub.backups.retention import NAME_FORMAT, kept_by_retention
from pixelhub.backups.services import backup_make, backup_plan
from pixelhub.backups.snapshots import DatabaseCopy
from pixelhub.backups.verifying import backup_problems
from pixelhub.jobs.models import Job
from pixelhub.jobs.runner import run_inline
from pixelhub.jobs.services import job_enqueue
from pixelhub.objects import ObjectStoreError, get_store
from pixelhub.objects.base import ObjectStore
from pixelhub.objects.local import LocalStore
from pixelhub.signing import SigningKey, load_or_create_key

MIB = 1 << 20


class Noon(datetime):
    """A clock that stands: no midnight parts two backups of a test, of which the last of the day alone stays."""

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return datetime(2026, 11, 27, 12, tzinfo=tz)


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Backups are named by it."""
    monkeypatch.setattr(services, "datetime", Noon)


def test_a_row_of_the_copied_moment_finds_its_object_whatever_happens_around_it(tmp_path: Path) -> None:
    source, place = LocalStore(tmp_path / "hub"), LocalStore(tmp_path / "place")
    for name in ("stays", "changes", "goes-early", "goes-late"):
        source.put(name, name.encode())
    listed: list[str] = []
    keeper = Keeper(source, place, known={}, folder=tmp_path)

    def say(done: int, total: int, note: str) -> None:
        if (done, note) == (4, "copying objects"):  # the first pass is over, the second list not made yet
            source.delete("goes-early")
            source.put("came-and-goes", b"came-and-goes")
        listed.append(note)

    def copy() -> DatabaseCopy:
        source.put("new", b"named by a row")
        source.put("changes", b"is another now")
        source.delete("goes-late")
        source.delete("came-and-goes")
        source.put(f"audit/heads/{7:012d}-{'a' * 16}.json", b"of the copied trail")
        source.put(f"audit/heads/{8:012d}-{'b' * 16}.json", b"published after the copy")
        return DatabaseCopy(tmp_path / "database", {}, (7, "f" * 64))

    gathered = gather(source, keeper, copy, say)
    held = {entry["key"]: place.read(f"objects/{entry['sha256'][:2]}/{entry['sha256']}") for entry in gathered.entries}
    assert {key for key in held if "/" not in key} == {"stays", "changes", "new", "goes-late", "came-and-goes"}
    assert held["goes-late"] == b"goes-late", "deleted while the database was copied: its row may be in the copy"
    assert held["changes"] == b"is another now"
    assert [key for key in held if "/" in key] == [f"audit/heads/{7:012d}-{'a' * 16}.json"]
    assert gathered.later_heads == [f"audit/heads/{8:012d}-{'b' * 16}.json"]
    assert gathered.vanished == []


@pytest.fixture
def dumped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for the database's copy; the rehearsal has the real ones."""

    def dump(folder: Path) -> DatabaseCopy:
        path = folder / "database.dump"
        path.write_bytes(b"rows" * 1000)
        return DatabaseCopy(path, {"some_table": 3}, (0, ""), {"server": 1, "client": 1})

    monkeypatch.setattr(postgres, "dump", dump)
    monkeypatch.setattr(sqlitefile, "dump", dump)


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, settings: Any, tmp_path: Path, dumped: None, db: None) -> ObjectStore:
    """The hub's store and the place of backups, both of a kind; BACKUP_URL set."""
    settings.BACKUP_URL = f"file://{tmp_path / 'backups'}"
    if request.param == "s3":
        bucket = request.getfixturevalue("s3_url").removesuffix("/hub")
        settings.OBJECT_STORE_URL, settings.BACKUP_URL = f"{bucket}/hub", f"{bucket}/backups"
    return open_place()


def test_nothing_is_copied_twice_and_every_byte_is_compared(place: ObjectStore) -> None:
    store = get_store()
    store.put("releases/a.bin", b"a" * MIB)
    store.put("exports/a.bin", b"a" * MIB)
    store.put("big.bin", b"b" * (5 * MIB))
    first = backup_make(place=place, actor=None)
    assert (first["objects"], len(list(place.list("objects/")))) == (3, 2)
    assert backup_plan(place=place)["to_read"] == 0
    store.put("exports/b.bin", b"c")
    store.delete("releases/a.bin")
    second = backup_make(place=place, actor=None)
    assert (second["objects"], second["copied"], second["read_bytes"]) == (3, 1, 1)
    assert backup_names(place) == [second["name"]] and second["expiry"]["expired"] == [first["name"]]
    document = read_manifest(place, second["name"])
    assert document["database"]["tables"] == {"some_table": 3}
    assert backup_problems(place, document) == []

    victim = next(stat.key for stat in place.list("objects/") if stat.size == MIB)
    place.put(victim, b"x" * MIB)
    assert backup_problems(place, document) == [f"{victim} is damaged"]
    place.delete(victim)
    assert backup_problems(place, document) == [f"{victim} is missing"]
    with pytest.raises(SystemExit):
        call_command("verify_backup", "last")
    mended = backup_make(place=place, actor=None)
    assert mended["copied"] == 1, "what was removed because it was damaged is copied anew from the hub"
    assert backup_problems(place, read_manifest(place, mended["name"])) == []


def test_a_failure_leaves_no_backup_and_an_event_with_its_reason(
    place: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(folder: Path) -> DatabaseCopy:
        raise BackupRefused("pg_dump ended with 1: the disk is full")

    for engine in (postgres, sqlitefile):
        monkeypatch.setattr(engine, "dump", failing)
    get_store().put("a.bin", b"a")
    job = job_enqueue(kind=HubBackup.kind, params={}, project=None, owner=None)
    run_inline(job)
    job = Job.objects.get(pk=job.pk)
    assert (job.state, "the disk is full" in job.error) == ("failed", True)
    assert backup_names(place) == []
    assert "disk is full" in AuditEvent.objects.get(action="backup.fail").payload_json
    with pytest.raises(BackupRefused, match="no backup here"):
        named(place, "last")


def test_the_job_of_the_night_makes_one(place: ObjectStore) -> None:
    job = job_enqueue(kind=HubBackup.kind, params={}, project=None, owner=None)
    run_inline(job)
    job = Job.objects.get(pk=job.pk)
    assert (job.state, job.error) == ("succeeded", "")
    assert backup_names(place) == [job.result["name"]]
    assert any("NOT in this backup" in line for line in job.log_lines.values_list("line", flat=True))


def test_a_place_that_will_not_delete_does_not_fail_the_backup(
    place: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup_make(place=place, actor=None)

    def refuse(self: ObjectStore, key: str) -> None:
        raise ObjectStoreError(f"could not delete {key}: AccessDenied")

    monkeypatch.setattr(type(place), "delete", refuse)
    report = backup_make(place=place, actor=None)
    assert "AccessDenied" in report["expiry"]["error"]
    assert report["name"] in backup_names(place)


@pytest.mark.django_db
def test_another_hub_s_manifest_is_told_by_a_key_that_was_kept(dumped: None, settings: Any, tmp_path: Path) -> None:
    settings.BACKUP_URL = f"file://{tmp_path / 'backups'}"
    made = backup_make(place=open_place(), actor=None)["name"]
    stranger: SigningKey = load_or_create_key(tmp_path / "stranger.pem")
    with pytest.raises(BackupDamaged, match="a key that is not trusted here"):
        read_manifest(open_place(), made, trusted=stranger.public)


def rewritten(place: ObjectStore, name: str, **database: Any) -> None:
    """The manifest again, signed by this hub, with other facts about the database."""
    document = read_manifest(place, name)
    del document["public_key"]
    document["database"] |= database
    place.put(file_key(name, MANIFEST), manifest_bytes(document))


@pytest.mark.django_db
def test_a_backup_that_does_not_fit_this_machine_says_why(
    dumped: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlitefile, "is_empty", lambda: False)  # the tests' own lies in memory, where no file shows
    settings.BACKUP_URL = f"file://{tmp_path / 'backups'}"
    place = open_place()
    made = backup_make(place=place, actor=None)["name"]
    applied = read_manifest(place, made)["database"]["migrations"]
    assert ["audit", "0001_initial"] in applied
    rewritten(place, made, migrations=[*applied, ["review", "9999_of_tomorrow"]])
    with pytest.raises(BackupRefused, match=r"newer code: review\.9999_of_tomorrow is not in the code here"):
        backup_restore(place=place, name=made)
    rewritten(place, made, migrations=[*applied, ["review", "0001_squashed_0002_of_an_earlier_version"]])
    with pytest.raises(BackupRefused, match="database is not empty"):
        backup_restore(place=place, name=made)
    rewritten(place, made, file="../../keys/signing.pem")
    with pytest.raises(BackupDamaged, match=r"manifest\.json cannot be read"):
        read_manifest(place, made)
    rewritten_key = load_or_create_key(tmp_path / "first-start.pem").public
    settings.SIGNING_PUBLIC_KEY_FILE.write_bytes(rewritten_key.pem())
    made = backup_make(place=place, actor=None)["name"]
    with pytest.raises(BackupRefused, match="move the folder of keys away"):
        backup_restore(place=place, name=made)


class ThreeHoursBehind(datetime):
    """The clock of this module, set back."""

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return Noon.now(tz) - timedelta(hours=3)


def test_a_clock_that_was_set_back_does_not_make_a_backup_that_expires_at_once(
    place: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = backup_make(place=place, actor=None)["name"]
    monkeypatch.setattr(services, "datetime", ThreeHoursBehind)
    second = backup_make(place=place, actor=None)
    assert second["name"] > first and backup_names(place) == [second["name"]]


def test_a_place_of_another_hub_is_left_as_it_is(place: ObjectStore) -> None:
    made = backup_make(place=place, actor=None)["name"]
    last = AuditEvent.objects.latest("seq")
    rewritten(place, made, audit={"seq": last.seq, "hash": last.hash})
    again = backup_make(place=place, actor=None)["name"]
    rewritten(place, again, audit={"seq": last.seq, "hash": "e" * 64})
    with pytest.raises(BackupRefused, match=f"{again}, is not of this hub's past"):
        backup_make(place=place, actor=None)
    assert backup_names(place) == [again]
    assert AuditEvent.objects.latest("seq").action == "backup.fail"


def test_a_database_that_fails_is_a_failed_backup_and_not_quoted(
    place: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(folder: Path) -> DatabaseCopy:
        raise sqlite3.DatabaseError("malformed near 'their words'")

    for engine in (postgres, sqlitefile):
        monkeypatch.setattr(engine, "dump", failing)
    with pytest.raises(BackupRefused, match="DatabaseError"):
        backup_make(place=place, actor=None)
    told = AuditEvent.objects.get(action="backup.fail").payload_json
    assert "DatabaseError" in told and "their words" not in told


@pytest.mark.parametrize("inside", ["", "/", "/below", "/../objects/", "/..", "-by-a-link", "/below/../../objects"])
def test_a_place_inside_the_store_or_around_it_is_refused(inside: str, settings: Any, tmp_path: Path) -> None:
    own = settings.OBJECT_STORE_URL
    (tmp_path / "objects").mkdir()
    (tmp_path / "objects-by-a-link").symlink_to(tmp_path / "objects")
    with pytest.raises(BackupRefused, match="must not lie in the object store"):
        open_place(f"{own}{inside}")
    settings.OBJECT_STORE_URL = "s3://bucket/hub"
    for address in ("s3://bucket", "s3://bucket//hub/backups", "s3://bucket/x/../hub"):
        with pytest.raises(BackupRefused, match="must not lie in the object store"):
            open_place(address)
    assert open_place("s3://bucket/hub-backups")


def test_no_place_and_no_address_are_refused_by_the_command() -> None:
    with pytest.raises(CommandError, match="BACKUP_URL"):
        call_command("backup")
    with pytest.raises(CommandError, match="no place for backups"):
        call_command("backup", to="ftp://somewhere/else")


@pytest.mark.parametrize("act", [lambda: postgres._client_for(17, "pg_dump"), lambda: postgres._program("pg_dump")])
def test_missing_or_old_programs_are_named(act: Callable[[], Any], settings: Any, tmp_path: Path) -> None:
    settings.BACKUP_PG_PROGRAMS = str(tmp_path)
    with pytest.raises(BackupRefused, match="pg_dump is not installed here"):
        act()
    program = tmp_path / "pg_dump"
    program.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)'\n")
    program.chmod(0o755)
    with pytest.raises(BackupRefused, match="version 15, older than the server"):
        postgres._client_for(17, "pg_dump")
    assert postgres._client_for(15, "pg_dump") == 15


def test_what_a_program_says_of_rows_is_not_repeated() -> None:
    told = 'pg_restore: error: COPY failed for table "x": ERROR: bad row: CONTEXT: COPY x, line 1: "their words"'
    assert "their words" not in postgres._reason(told)


TODAY = datetime(2026, 11, 27, 3, tzinfo=UTC)
HOURS_AGO = st.lists(st.integers(0, 800 * 24), max_size=40)
KEEP = st.integers(0, 12)


@given(HOURS_AGO, KEEP, KEEP, KEEP)
def test_retention_keeps_the_newest_and_no_more_than_asked(ago: list[int], day: int, week: int, month: int) -> None:
    names = [(TODAY - timedelta(hours=hours)).strftime(NAME_FORMAT) for hours in ago]
    kept = kept_by_retention(names, TODAY, day, week, month)
    assert kept <= set(names) and len(kept) <= day + week + month
    assert not names or not (day or week or month) or max(names) in kept
    assert kept <= kept_by_retention(names, TODAY, day + 1, week + 1, month + 1)


def test_a_year_of_nights_keeps_days_weeks_and_months() -> None:
    names = [(TODAY - timedelta(days=days)).strftime(NAME_FORMAT) for days in range(365)]
    kept = kept_by_retention(names, TODAY, daily=7, weekly=4, monthly=6)
    assert {name[:7] for name in kept} == {"2026-11", "2026-10", "2026-09", "2026-08", "2026-07", "2026-06"}
    assert {name[:10] for name in kept} >= {f"2026-11-{day}" for day in range(21, 28)}
    assert len(kept) == 14, "7 days; 2 weeks more, since 2 end in those days; 5 months more"
