"""A backlog is brought in by the real rclone between real stores, and what did not land is named."""

import json
import random
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from datasets_app.models import StoreWork
from datasets_app.services import backlog
from datasets_app.services.backlog import sync_start
from datasets_app.services.errors import StorageRefused
from datasets_app.services.landing import SourceFile, compare
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs import lease
from pixelhub.jobs.errors import JobCancelled
from pixelhub.jobs.models import Job, JobLog
from pixelhub.jobs.processes import GuardedProcess
from pixelhub.jobs.runner import execute
from pixelhub.objects import get_store
from tests.personas import World
from tests.storage.making import results, run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rclone")]
TARGET = "gdrive/processed/"
FILES = {
    "cptsd/talk one.jsonl": b'{"n": 1}\n' * 2000,
    "cptsd/empty.txt": b"",
    "addiction/Überblick (final) & more.jsonl": b'{"n": 2}\n' * 50,
    "sarcasm/deep/er/x.bin": random.Random(1).randbytes(300_000),
}


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    """A folder as it comes from somewhere else."""
    for name, data in FILES.items():
        path = tmp_path / "drive" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "drive"


def start(source: Path | str, **options: Any) -> StoreWork:
    return sync_start(source=str(source), target=TARGET, actor=None, project=None, **options)


def done(source: Path | str, **options: Any) -> dict[str, Any]:
    return results(run(start(source, **options).job))


@pytest.mark.parametrize("kind", ["local", "s3"])
def test_a_folder_lands_in_the_store_with_its_hashes(
    kind: str, drive: Path, settings: Any, request: pytest.FixtureRequest
) -> None:
    if kind == "s3":
        settings.OBJECT_STORE_URL = request.getfixturevalue("s3_url")
    landing = done(drive)
    total = sum(map(len, FILES.values()))
    assert landing["source"] == landing["target"] == {"objects": 4, "bytes": total}
    assert (landing["landed"], landing["missing"], landing["differing"], landing["unproven"]) == (4, 0, 0, 0)
    assert {stat.key: get_store().read(stat.key) for stat in get_store().list(TARGET)} == {
        f"{TARGET}{name}": data for name, data in FILES.items()
    }
    work = StoreWork.objects.get()
    assert (work.state, work.report["copied"]["files"]) == ("done", 4)
    again = StoreWork.objects.get(pk=start(drive).pk)
    assert results(run(again.job))["landed"] == 4
    assert StoreWork.objects.get(pk=again.pk).report["copied"]["bytes"] == 0, "what landed is not sent again"


def test_from_one_s3_server_to_another(
    s3_url: str, s3_endpoint: str, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The source's keys are in the environment only, in rclone's own way."""
    bucket, secret = f"b{uuid.uuid4().hex[:12]}", "canary-secret-5521"
    client = boto3.client("s3", endpoint_url=s3_endpoint, region_name="us-east-1")
    client.create_bucket(Bucket=bucket)
    client.put_object(Bucket=bucket, Key="old/cptsd/a.jsonl", Body=b"plain")
    parts = {"Bucket": bucket, "Key": "old/cptsd/large.bin"}
    upload = client.create_multipart_upload(**parts)["UploadId"]
    body = random.Random(5).randbytes(5 << 20)
    sent = [client.upload_part(**parts, UploadId=upload, PartNumber=n, Body=body) for n in (1, 2)]
    listed = [{"PartNumber": n, "ETag": part["ETag"]} for n, part in enumerate(sent, start=1)]
    client.complete_multipart_upload(**parts, UploadId=upload, MultipartUpload={"Parts": listed})
    for name, value in {
        "TYPE": "s3", "PROVIDER": "Other", "ENDPOINT": s3_endpoint,
        "ACCESS_KEY_ID": "old-account", "SECRET_ACCESS_KEY": secret,
    }.items():  # fmt: skip
        monkeypatch.setenv(f"RCLONE_CONFIG_OLDSTORE_{name}", value)
    settings.OBJECT_STORE_URL = s3_url
    seen: list[list[str]] = []
    monkeypatch.setattr("pixelhub.jobs.output.GuardedProcess", _watching(seen))
    landing = done(f"oldstore:{bucket}/old")
    assert (landing["landed"], landing["source"]["objects"]) == (2, 2), landing
    assert get_store().read(f"{TARGET}cptsd/large.bin") == body * 2, "an object without an MD5 is read on both sides"
    assert len(seen) == 3 and not any(secret in word or word == "test" for argv in seen for word in argv)
    told = [*JobLog.objects.values_list("line", flat=True), *AuditEvent.objects.values_list("payload_json", flat=True)]
    told += [json.dumps(job.params) for job in Job.objects.all()]
    assert not any(secret in text for text in told)


def _watching(seen: list[list[str]]) -> Callable[..., Any]:
    def started(argv: list[str], **options: Any) -> GuardedProcess:
        seen.append(argv)
        return GuardedProcess(argv, **options)

    return started


def test_what_did_not_land_is_named(drive: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """rclone says that all is well, and the store has lost one file and damaged another since."""
    copy = backlog.Rclone.copy

    def copy_and_damage(self: Any, *args: Any, **options: Any) -> Any:
        stats = copy(self, *args, **options)
        damaged = bytearray(FILES["sarcasm/deep/er/x.bin"])
        damaged[1000] ^= 1
        (get_store().root / TARGET / "sarcasm/deep/er/x.bin").write_bytes(bytes(damaged))  # type: ignore[attr-defined]
        get_store().delete(f"{TARGET}cptsd/talk one.jsonl")
        get_store().put(f"{TARGET}cptsd/ours.jsonl", b"not the source's")
        return stats

    monkeypatch.setattr(backlog.Rclone, "copy", copy_and_damage)
    with pytest.raises(SystemExit) as ended:
        call_command("sync_backlog", str(drive), TARGET, json=True)
    report = json.loads(capsys.readouterr().out)
    assert ended.value.code == 1 and not report["landed"]
    assert report["error"] == "2 of 4 files have landed; 1 missing, 1 differing."
    landing = report["landing"]
    assert landing["names"]["missing"] == ["cptsd/talk one.jsonl"]
    assert landing["names"]["differing"] == ["sarcasm/deep/er/x.bin"]
    assert landing["extra"] == 1
    assert StoreWork.objects.get().state == "failed"


class Quiet:
    """A job's context that nobody looks at."""

    def progress(self, *args: Any, **options: Any) -> None: ...
    def beat(self) -> None: ...


def test_a_file_whose_hash_nobody_knows_is_not_called_landed() -> None:
    get_store().put(f"{TARGET}doc", b"text")
    landing = compare({"doc": SourceFile(4, "")}, get_store(), TARGET, Quiet())  # type: ignore[arg-type]
    assert (landing.landed, landing.counts["unproven"]) == (0, 1) and "1 unproven" in landing.problem()


def test_a_failure_is_told_by_its_kind(drive: Path) -> None:
    for source, told in {
        "nowhere:x": "the remote is not configured",
        str(drive / "not-there"): "there is no such folder at the source",
    }.items():
        job = run(start(source).job)
        assert job.state == "failed" and told in job.error, job.error
        work = StoreWork.objects.latest("pk")
        assert (work.state, work.error) == ("failed", job.error)
        [event] = AuditEvent.objects.filter(action="store_sync.fail", target_id=str(work.pk))
        assert told in event.payload_json


def test_a_stores_words_are_not_repeated(drive: Path, s3_url: str, settings: Any) -> None:
    settings.OBJECT_STORE_URL = f"s3://no-such-bucket-canary/{urlsplit(s3_url).path}"
    job = run(start(drive).job)
    assert job.state == "failed" and "there is no such bucket" in job.error and "canary" not in job.error


@pytest.mark.parametrize(
    "source",
    ["", "relative/path", ":s3,secret_access_key=abc:bucket", "gdrive,token=abc:x", "--config=/etc/passwd", "-x:y",
     "a\nb:c", "/with\x00nul", "/a:b", "http://127.0.0.1/x", "x" * 400 + ":y"],
)  # fmt: skip
def test_a_source_that_could_carry_a_secret_or_an_option_is_refused(source: str) -> None:
    with pytest.raises(StorageRefused, match="A source looks like"):
        start(source)


def test_a_target_outside_the_shared_parts_is_refused(drive: Path) -> None:
    for target in ("", "imports/alpha/", "releases/", "gdrive", "gdrive/../imports/", "/gdrive/", "gdrive/a b/"):
        with pytest.raises(StorageRefused, match="A target looks like"):
            sync_start(source=str(drive), target=target, actor=None, project=None)
    with pytest.raises(StorageRefused, match="A bandwidth looks like"):
        start(drive, bandwidth="10M --config x")
    start(drive)
    with pytest.raises(StorageRefused, match="being synced already"):
        start(drive)
    with pytest.raises(CommandError) as refused:
        call_command("sync_backlog", str(drive), "imports/")
    assert refused.value.returncode == 2


def test_a_sync_can_be_cancelled_while_it_runs_and_continued(drive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (drive / "large.bin").write_bytes(random.Random(9).randbytes(6_000_000))
    # Half a minute for all of it: a machine that looks away for some seconds still finds it under way.
    work = start(drive, bandwidth="200K")
    assert work.job is not None
    progress = backlog.JobContext.progress

    told: list[tuple[int, int | None]] = []

    def cancel_when_bytes_move(
        self: Any, done: int, total: int | None = None, *, unit: str = "", note: str = ""
    ) -> None:
        progress(self, done, total, unit=unit, note=note)
        told.append((done, total))
        if done > 100_000:
            raise JobCancelled

    monkeypatch.setattr(backlog.JobContext, "progress", cancel_when_bytes_move)
    claimed = lease.claim(work.job.pk, worker="test")
    assert claimed is not None
    execute(claimed)
    size = sum(path.stat().st_size for path in drive.rglob("*") if path.is_file())
    assert 100_000 < told[-1][0] < size == told[-1][1]
    monkeypatch.undo()
    Job.objects.filter(pk=work.job.pk).update(state="cancelled")
    assert StoreWork.objects.get(pk=work.pk).shown_state == "cancelled"
    assert done(drive)["landed"] == 5


def test_in_the_browser_only_configured_sources_can_be_synced(world: World, drive: Path, settings: Any) -> None:
    settings.SYNC_SOURCES = {"The old drive": {"source": str(drive), "target": TARGET}}
    engineer, url = world.client("data_engineer"), reverse("datasets:inventory_sync")
    assert "The old drive" in engineer.get(reverse("datasets:inventory")).content.decode()
    engineer.post(url, {"name": "/etc"})
    assert StoreWork.objects.count() == 0
    response = engineer.post(url, {"name": "The old drive", "bandwidth": "50M"})
    work = StoreWork.objects.get()
    assert response["Location"] == reverse("datasets:store_work", args=[work.pk])
    run(work.job)
    page = engineer.get(response["Location"]).content.decode()
    assert "Landed, hashes equal" in page and "Done" in page
    assert world.client("pm").post(url, {"name": "The old drive"}).status_code == 403
    assert world.client("pm").get(response["Location"]).status_code == 403
    assert world.outsider_client("data_engineer").get(response["Location"]).status_code == 404
    assert AuditEvent.objects.filter(action="store_sync.finish", project_id=world.project.pk).count() == 1
