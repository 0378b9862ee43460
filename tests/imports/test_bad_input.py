"""The bad-input corpus through every way in: no 5xx, a reason for every row, nothing half imported, counts add up."""

from __future__ import annotations

import io
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse

from datasets_app.corpus.reading import packed
from datasets_app.models import ImportBatch, QuarantinedRow, Record
from datasets_app.services import import_start
from pixelhub.accounts.models import Project
from pixelhub.accounts.services import api_key_create
from pixelhub.jobs.runner import run_inline
from pixelhub.objects import get_store
from tests.imports.bad_input import CORPUS, OK, OTHER, Bad
from tests.personas import World

FIELDS = {"source": "synthetic", "family": "sarcasm", "stage": "1"}


@pytest.fixture(autouse=True)
def small_bombs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a file may unpack to without a look at the ratio: 4 MB, so that 30 MB are a bomb."""
    monkeypatch.setattr(packed, "FREE_BYTES", 4 << 20)


def test_the_corpus_is_large_and_its_names_are_distinct() -> None:
    assert len(CORPUS) >= 150
    assert len({bad.name for bad in CORPUS}) == len(CORPUS)


def found_of(batch: ImportBatch) -> dict[str, Any]:
    """What became of an import, checked against the rows in the database and the quarantine file."""
    batch.refresh_from_db()
    rows = list(QuarantinedRow.objects.filter(batch=batch))
    kept = get_store().read(batch.quarantine_key).splitlines() if batch.quarantine_key else []
    return {
        "state": batch.state,
        "good": batch.accepted + batch.duplicates,
        "reasons": Counter(row.reason for row in rows),
        "adds up": batch.read == batch.accepted + batch.duplicates + batch.quarantined
        and batch.accepted == Record.objects.filter(import_batch=batch).count()
        and batch.quarantined == len(rows) == len(kept)
        and all(row.reason for row in rows),
    }


def judged(bad: Bad, found: dict[str, Any]) -> str:
    """What is wrong with the outcome; "" when nothing is."""
    if found["state"] != "done" or not found["adds up"]:
        return f"{bad.name}: {found}"
    if bad.accepted is not None and found["good"] != bad.accepted:
        return f"{bad.name}: {found['good']} conversations instead of {bad.accepted}, {found['reasons']}"
    if bad.reasons is not None and found["reasons"] != Counter(bad.reasons):
        return f"{bad.name}: {found['reasons']} instead of {bad.reasons}"
    return ""


@pytest.mark.slow
def test_through_the_upload_form(world: World) -> None:
    client, wrong = world.client("data_engineer"), []
    for bad in CORPUS:
        before = ImportBatch.objects.count()
        file = SimpleUploadedFile(bad.file_name, bad.build())
        # Django keeps the last part of a file's name; the service sees what a program sends (next test).
        response = client.post(reverse("datasets:import_create"), FIELDS | {"file": file})
        if bad.refused:
            fine = response.status_code == 422 and bad.refused in response.content.decode()
            wrong += [] if fine and ImportBatch.objects.count() == before else [f"{bad.name}: {response.status_code}"]
            continue
        if response.status_code != 302:
            wrong.append(f"{bad.name}: {response.status_code}")
            continue
        batch = ImportBatch.objects.get(pk=int(response.url.rstrip("/").rsplit("/", 1)[-1]))
        run_inline(batch.job)
        wrong += [problem] if (problem := judged(bad, found_of(batch))) else []
        if client.get(response.url).status_code != 200:
            wrong.append(f"{bad.name}: its page is broken")
    assert wrong == []
    assert client.get(reverse("datasets:record_list")).status_code == 200
    assert not Path("/tmp/owned").exists() and not Path("/tmp/owned.jsonl").exists()


def test_a_table_that_is_too_wide_fails_as_a_whole_with_its_reason(world: World) -> None:
    wide = b",".join(b"c%d" % number for number in range(10_000)) + b"\ntext of a row\n"
    client = world.client("data_engineer")
    file = SimpleUploadedFile("wide.csv", wide)
    begun = client.post(reverse("datasets_api:imports"), FIELDS | {"file": file}).json()["imports"][0]["id"]
    run_inline(ImportBatch.objects.get(pk=begun).job)
    shown = client.get(reverse("datasets_api:import_detail", args=[begun])).json()
    assert (shown["state"], shown["read"], shown["adds_up"]) == ("failed", 0, True)
    assert "1000 columns" in shown["error"] and "text of a row" not in shown["error"]
    assert not Record.objects.exists()


@pytest.mark.slow
def test_through_the_api(world: World) -> None:
    _, token = api_key_create(
        project=world.project, name="loader", scopes=["import"], actor=world.user("data_engineer")
    )
    client, wrong = world.anonymous(), []
    headers = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    for bad in CORPUS:
        file = SimpleUploadedFile(bad.file_name, bad.build())
        response = client.post(reverse("datasets_api:imports"), FIELDS | {"file": file}, **headers)
        if bad.refused:
            fine = response.status_code == 422 and bad.refused in response.json()["detail"]
            wrong += [] if fine else [f"{bad.name}: {response.status_code}"]
            continue
        if response.status_code != 202:
            wrong.append(f"{bad.name}: {response.status_code}")
            continue
        (begun,) = response.json()["imports"]
        run_inline(ImportBatch.objects.get(pk=begun["id"]).job)
        shown = client.get(reverse("datasets_api:import_detail", args=[begun["id"]]), **headers).json()
        found = {
            "state": shown["state"], "good": shown["accepted"] + shown["duplicates"],
            "reasons": Counter(shown["reasons"]), "adds up": shown["adds_up"],
        }  # fmt: skip
        wrong += [problem] if (problem := judged(bad, found)) else []
    assert wrong == []


@pytest.mark.slow
def test_through_the_command_line(world: World, tmp_path: Path, capsys: Any) -> None:
    folder, of_name = tmp_path / "in", {}
    folder.mkdir()
    for number, bad in enumerate(CORPUS):
        data = bad.build()
        if bad.refused:
            # One at a time, and each with its words.
            path = tmp_path / f"x{number}{bad.file_name}"
            path.write_bytes(data)
            with pytest.raises(CommandError, match=r"(?i)only \.jsonl|empty"):
                call_command("import_records", path, project="alpha", source="synthetic", family="sarcasm")
            continue
        last = bad.file_name.replace("\\", "/").rsplit("/", 1)[-1].replace("<", "").replace(">", "")
        of_name[f"{number:03d}-{last}"] = bad
        (folder / f"{number:03d}-{last}").write_bytes(data)
    dry = report_of(capsys, folder, "--dry-run")
    assert not ImportBatch.objects.exists()
    report = report_of(capsys, folder)
    assert report["total"]["adds_up"] and len(report["files"]) == len(of_name)
    wrong = []
    for name, bad in of_name.items():
        one = next(found for found in report["files"] if found["file"] == name)
        wrong += [problem] if (problem := judged(bad, found_of(ImportBatch.objects.get(pk=one["batch"])))) else []
        tried = next(found for found in dry["files"] if found["file"] == name)
        if (tried["read"], tried["quarantined"], tried["reasons"]) != (one["read"], one["quarantined"], one["reasons"]):
            wrong.append(f"{bad.name}: the dry run says something else")
    assert wrong == []


def report_of(capsys: Any, folder: Path, *switches: str) -> dict[str, Any]:
    call_command("import_records", folder, *switches, "--json", project="alpha", source="synthetic", family="sarcasm")
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


class LongLine(io.RawIOBase):
    """A good row, one of 100 MB, a good row: made while it is read, never held."""

    MIDDLE = 100 * 1024 * 1024

    def __init__(self) -> None:
        self.seek(0)

    def seek(self, offset: int, whence: int = 0) -> int:
        assert (offset, whence) == (0, 0)
        self._parts = [OK + b'\n{"text": "', self.MIDDLE, b'"}\n' + OTHER + b"\n"]
        return 0

    def read(self, size: int = -1) -> bytes:
        assert size > 0
        while self._parts:
            first = self._parts[0]
            if isinstance(first, bytes):
                self._parts.pop(0)
                return first
            taken = min(size, first)
            self._parts[0] = first - taken
            if self._parts[0] == 0:
                self._parts.pop(0)
            if taken:
                return b"a" * taken
        return b""


def test_a_line_of_100_megabytes_is_one_refused_row(world: World) -> None:
    batch = import_start(
        project=world.project, source="synthetic", family="sarcasm", file=LongLine(), file_name="a.jsonl", actor=None
    )
    began = time.process_time()
    run_inline(batch.job)
    found = found_of(batch)
    assert (found["good"], found["reasons"], found["adds up"]) == (2, Counter(["row_too_long"]), True)
    assert len(get_store().read(batch.quarantine_key)) < 200_000
    assert time.process_time() - began < 60  # the length of the line once, not its square


def test_a_refusal_in_the_middle_of_several_files_begins_none(world: World) -> None:
    files = [SimpleUploadedFile("a.jsonl", OK), SimpleUploadedFile("b.exe", OK), SimpleUploadedFile("c.jsonl", OTHER)]
    response = world.client("data_engineer").post(reverse("datasets:import_create"), FIELDS | {"file": files})
    assert response.status_code == 422 and not ImportBatch.objects.exists()
    good = [SimpleUploadedFile("a.jsonl", OK), SimpleUploadedFile("c.jsonl", OTHER)]
    response = world.client("data_engineer").post(reverse("datasets:import_create"), FIELDS | {"file": good})
    assert (response.status_code, response.url) == (302, reverse("datasets:imports"))
    assert sorted(ImportBatch.objects.values_list("file_name", flat=True)) == ["a.jsonl", "c.jsonl"]


def test_no_reason_repeats_the_words_of_a_row(world: World) -> None:
    secret = "heron-in-the-reeds"
    rows = [
        f'{{"text": "{secret}", "{secret}": NaN}}', f'{{"messages": [{{"role": "{secret}", "content": "a"}}]}}', secret,
        f'{{"{secret}": 1, "{secret}": 2}}', f'{{"{secret}": {"9" * 40}}}', f'["{secret}"]',
    ]  # fmt: skip
    batch = import_start(
        project=world.project, source="real", family="sarcasm", consent_basis="made up", actor=None,
        file=io.BytesIO("\n".join(rows).encode()), file_name=f"{secret}.jsonl",
    )  # fmt: skip
    run_inline(batch.job)
    found = found_of(batch)
    assert (found["good"], sum(found["reasons"].values())) == (0, len(rows))
    assert not QuarantinedRow.objects.filter(detail__contains=secret).exists()
    assert secret not in json.dumps(batch.job.params) and not Project.objects.filter(name__contains=secret).exists()
