"""What processes of the tests of backups do, each on a database and folder of its own (tests/races.py)."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections, transaction

from pixelhub.audit.services import record
from pixelhub.audit.verification import audit_publish_head
from pixelhub.backups import postgres, sealedkeys, services, sqlitefile
from pixelhub.backups.errors import BackupRefused
from pixelhub.backups.layout import backup_names, open_place, unfinished_files
from pixelhub.backups.lock import sole
from pixelhub.backups.selectors import backup_age_seconds, backup_events
from pixelhub.backups.services import backup_make, backup_plan
from pixelhub.canonical import sha256_hex
from pixelhub.keys import signing_key
from pixelhub.objects import get_store
from pixelhub.sealing import sealer_from
from tests.jobs.waiting import until

OLD = 60
FOREIGN = "gdrive/Ein Ordner/Größe.txt"


def prepare() -> None:
    """Objects that stand, two of the same content, one under a name that others chose; keys; a published head."""
    signing_key()
    sealer_from(settings.SESSION_TEXT_KEY_FILE)
    store = get_store()
    for number in range(OLD):
        _write(f"old/{number}.bin", bytes([number]) * 2000)
    store.put("old/twin.bin", bytes([1]) * 2000)
    store.put(FOREIGN, b"by somebody else", foreign=True)
    audit_publish_head()


def write_until(folder: str, name: str) -> int:
    """Object first, row after; and what is deleted is said first, deleted after. Until the backup is made."""
    store, done = get_store(), 0
    while not Path(folder, "stop").exists():
        _write(f"live/{name}/{done}.bin", f"{name} {done}".encode() * 50)
        if done % 20 == 10:
            audit_publish_head()
        if name == "a" and done < OLD // 2:
            with transaction.atomic():
                record(action="test.delete", payload={"key": f"old/{done + 2}.bin"})
            store.delete(f"old/{done + 2}.bin")
        done += 1
    return done


def back_up(folder: str, place: str, writers: list[str], passphrase: str = "") -> dict[str, Any]:
    """A backup that begins when every writer has written and during which each goes on."""
    store = get_store()

    def written() -> list[int]:
        return [sum(1 for _ in store.list(f"live/{name}/")) for name in writers]

    def say(done: int, total: int, note: str) -> None:
        if note == "copying the database":
            before = written()
            until(
                lambda: all(now > then for now, then in zip(written(), before, strict=True)),
                what="each writer has written while the backup is made",
            )

    try:
        until(lambda: min(written(), default=3) >= 3, what="each writer has written")
        return backup_make(place=open_place(place), actor=None, passphrase=passphrase, say=say)
    finally:
        Path(folder, "stop").touch()


def take_part(folder: str, place: str, role: str) -> Any:
    """One racer: "backup", or the name of a writer."""
    return back_up(folder, place, ["a", "b"]) if role == "backup" else write_until(folder, role)


def again(place: str, passphrase_file: str) -> dict[str, Any]:
    """A second backup with the keys, a third beside a held lock, a killed one, and the next."""
    answers: dict[str, Any] = {}
    where = open_place(place)
    answers["plan"] = backup_plan(place=where)
    answers["stood_bytes"] = sum(stat.size for stat in get_store().list("old/"))
    passphrase = sealedkeys.passphrase_from(passphrase_file)
    answers["second"] = backup_make(place=where, actor=None, passphrase=passphrase)
    answers["contents"] = len(list(where.list("objects/")))
    with sole():
        try:
            backup_make(place=where, actor=None)
        except BackupRefused as refused:
            answers["beside"] = str(refused)
    names = backup_names(where)
    get_store().put("late.bin", b"late")
    answers["killed"] = _killed(lambda: backup_make(place=open_place(place), actor=None), before="manifest")
    answers["names_after_kill"] = [backup_names(where), names]
    answers["left_by_kill"] = unfinished_files(where)
    answers["next"] = backup_make(place=where, actor=None, passphrase=passphrase)
    answers["left_at_last"] = unfinished_files(where)
    answers["scratch"] = [path.name for path in (Path(settings.VAR_DIR) / "backup-work").iterdir()]
    answers["age"] = backup_age_seconds()
    answers["events"] = [event.action for event in backup_events()]
    return answers


def _killed(act: Callable[[], Any], *, before: str) -> int:
    """The signal that ended a process which was killed before it wrote the manifest or put the database back."""
    connections.close_all()
    child = os.fork()
    if child == 0:

        def killing(*args: Any, **kwargs: Any) -> Any:
            os.kill(os.getpid(), signal.SIGKILL)

        for engine in (postgres, sqlitefile):
            engine.load = killing  # type: ignore[attr-defined]
        if before == "manifest":
            services.manifest_bytes = killing
        act()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _tables() -> int:
    """How many tables stand in the database at hand."""
    return len(postgres.counts() if connection.vendor == "postgresql" else sqlitefile.counts())


def restored(place: str, name: str, passphrase_file: str) -> dict[str, Any]:
    """Refusals of a damaged backup first, each leaving nothing; then the restore; then that it is refused again."""
    answers: dict[str, Any] = {"damage": {}}
    victims = sorted(Path(place.removeprefix("file://")).glob("objects/*/*"))[:1]
    victims += sorted(Path(place.removeprefix("file://")).glob(f"backups/{name}/*"))
    for victim in victims:
        with _damaged(victim):
            answers["damage"][victim.name] = _command("restore", name, "--from", place)
    answers["written_by_refused"] = [stat.key for stat in get_store().list()]
    answers["dry"] = _command("restore", name, "--from", place, "--dry-run", "--json")
    answers["written_by_dry"] = [stat.key for stat in get_store().list()]
    get_store().put("somebody/elses.bin", b"x")
    answers["beside_others"] = _command("restore", name, "--from", place)
    get_store().delete("somebody/elses.bin")
    answers["killed"] = _killed(lambda: call_command("restore", name, "--from", place), before="database")
    answers["stands_after_kill"] = [sum(1 for _ in get_store().list()), _tables()]
    answers["other_phrase"] = _command("restore", name, "--from", place, "--keys-passphrase-file", __file__)
    report = _command("restore", name, "--from", place, "--keys-passphrase-file", passphrase_file, "--json")
    assert report.startswith("{"), report
    answers["report"] = json.loads(report)
    answers["problems"] = _unkept()
    answers["foreign"] = get_store().read(FOREIGN).decode()
    answers["key"] = signing_key().public.key_id
    answers["again"] = _command("restore", name, "--from", place)
    answers["check"] = _command("restore", name, "--from", place, "--check")
    return answers


def key_id() -> str:
    return signing_key().public.key_id


def _write(key: str, data: bytes) -> None:
    get_store().put(key, data)
    with transaction.atomic():
        record(action="test.write", payload={"key": key, "sha256": sha256_hex(data)})


def _unkept() -> list[str]:
    """Keys that rows name and that the store lacks, or holds with other bytes."""
    from pixelhub.audit.models import AuditEvent

    named: dict[str, str] = {}
    for action, facts in AuditEvent.objects.order_by("seq").values_list("action", "payload_json"):
        payload = json.loads(facts)
        if action == "test.write":
            named[payload["key"]] = payload["sha256"]
        elif action == "test.delete":
            named.pop(payload["key"])
    store = get_store()
    assert len(named) > OLD // 2
    return [key for key, digest in named.items() if not store.exists(key) or store.sha256(key) != digest]


@contextmanager
def _damaged(path: Path) -> Iterator[None]:
    """One byte in the middle of the file is another."""
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    try:
        yield
    finally:
        path.write_bytes(whole)


def _command(*arguments: str) -> str:
    """What a command prints, or the reason why it ended."""
    from io import StringIO

    from django.core.management.base import CommandError

    out = StringIO()
    try:
        call_command(*arguments, stdout=out)
    except CommandError as error:
        return f"refused: {error}"
    return out.getvalue()
