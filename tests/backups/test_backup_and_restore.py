"""The rehearsal: a backup while others write, into an empty place, on both databases, with what can go wrong."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.races import in_database, run_race

ACTS = "tests.backups.acts"


@pytest.fixture
def empty_url(database_url: str, tmp_path: Path) -> Any:
    """An empty database of the same kind."""
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'new' / 'hub.sqlite3'}"
        return
    server, _, name = database_url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}_new"')
        yield f"{server}/{name}_new"
        connection.execute(f'DROP DATABASE "{name}_new" WITH (FORCE)')


@pytest.fixture
def stores(request: pytest.FixtureRequest, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The hub's store and an empty one: folders beside SQLite, a real S3 beside PostgreSQL."""
    if database_url.startswith("sqlite"):
        return f"file://{tmp_path / 'objects'}", f"file://{tmp_path / 'new-objects'}"
    bucket = request.getfixturevalue("s3_url").removesuffix("/hub")
    monkeypatch.setenv("OBJECT_STORE_ENDPOINT", request.getfixturevalue("s3_endpoint"))
    return f"{bucket}/hub", f"{bucket}/new"


def test_what_was_written_before_a_backup_under_load_stands_after_its_restore(
    database_url: str, empty_url: str, stores: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here", tmp_path / "new"
    here.mkdir()
    there.mkdir()
    place = f"file://{tmp_path / 'backups'}"
    phrase = tmp_path / "phrase"
    phrase.write_text("sixteen characters or more\n")
    monkeypatch.setenv("OBJECT_STORE_URL", stores[0])
    # One of each day would be two where the first was made before midnight and the second after.
    for name, count in {"DAILY": "1", "WEEKLY": "0", "MONTHLY": "0"}.items():
        monkeypatch.setenv(f"BACKUP_KEEP_{name}", count)
    in_database(database_url, here, f"{ACTS}:prepare")

    roles = ["backup", "a", "b"]
    first, *written = run_race(database_url, here, f"{ACTS}:take_part", [[str(here), place, role] for role in roles])
    assert all(count > 3 for count in written), "they wrote before it and while it was made"
    assert first["vanished"] == []
    assert first["keys"] == "apart" and "NOT in this backup" in first["warning"]

    answers = in_database(database_url, here, f"{ACTS}:again", place, str(phrase))
    plan, second = answers["plan"], answers["second"]
    assert plan["to_read"] < plan["objects"]
    assert second["keys"] == "sealed" and second["warning"] == ""
    assert 0 < answers["stood_bytes"] <= plan["bytes"] - plan["to_read_bytes"], "what stood is not read again"
    assert second["read_bytes"] <= plan["to_read_bytes"]
    assert answers["contents"] == second["objects"] - 1, "the twin is kept once, and what expired went"
    assert second["expiry"]["expired"] == [first["name"]], "the newest alone is to stay"
    assert "Another backup or restore" in answers["beside"]
    assert answers["killed"] == -9
    assert answers["names_after_kill"][0] == answers["names_after_kill"][1], "a killed backup is none"
    assert answers["left_by_kill"] and answers["left_at_last"] == []
    assert answers["scratch"] == []
    assert answers["next"]["objects"] == second["objects"] + 1
    assert 0 <= answers["age"] < 600
    assert answers["events"] == ["backup.make"] * 3

    last = answers["next"]
    monkeypatch.setenv("OBJECT_STORE_URL", stores[1])
    after = in_database(empty_url, there, f"{ACTS}:restored", place, last["name"], str(phrase))
    assert len(after["damage"]) == 4, "an object, the database, the keys, the manifest"
    for file, told in after["damage"].items():
        assert told.startswith("refused:") and "is not whole" in told and file in told
    assert after["written_by_refused"] == after["written_by_dry"] == []
    assert '"dry_run": true' in after["dry"]
    assert "not empty (somebody/elses.bin)" in after["beside_others"]
    assert (after["killed"], after["stands_after_kill"]) == (-9, [last["objects"], 0]), "objects, and no database yet"
    assert "passphrase" in after["other_phrase"]
    report = after["report"]
    assert report["went_on_from"] == last["objects"], "the killed restore goes on from where it was"
    assert (report["ok"], report["problems"], report["to_do"]) == (True, [], "")
    checked = {check["what"]: check["checked"] for check in report["checks"]}
    assert checked["rows of every table"] == report["rows"] == last["rows"]
    assert checked["events of the audit trail"] == last["audit_events"]
    assert after["problems"] == [], "no row names an object that the backup lacks"
    assert after["foreign"] == "by somebody else"
    monkeypatch.setenv("OBJECT_STORE_URL", stores[0])
    assert after["key"] == in_database(database_url, here, f"{ACTS}:key_id")
    assert "not empty" in after["again"]
    assert "0 problems" in after["check"]
