# ruff: noqa: E501  (one example, one line)
"""Pages of the datasets app, for the owner of the role, a colleague without the right, and an outsider."""

import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from datasets_app.models import ImportBatch, Record, Release
from datasets_app.selectors import next_actions
from pixelhub.jobs.runner import run_inline
from pixelhub.objects import get_store
from tests.datasets.making import compiled, imported, jsonl, published, synthetic
from tests.personas import World

CANARY = "canary-words-of-a-person"
CHOICES = {"kind": "labels", "near_duplicates": "group"}


def upload(client: Any, data: bytes, name: str = "a.jsonl", **changes: Any) -> Any:
    fields = {
        "file": SimpleUploadedFile(name, data), "source": "synthetic", "family": "sarcasm", "stage": 1,
        "licence": "MIT", "consent_basis": "",
    }  # fmt: skip
    return client.post(reverse("datasets:import_create"), fields | changes)


def body(response: Any) -> str:
    return b"".join(response).decode() if response.streaming else response.content.decode()


def test_data_engineer_uploads_and_reads_the_report(world: World) -> None:
    client = world.client("data_engineer")
    response = upload(client, jsonl([{"text": "one"}, {"text": "one"}, {"bad": 1}]))
    batch = ImportBatch.objects.get()
    assert response.status_code == 302 and response.url == reverse("datasets:import_detail", args=[batch.pk])
    page = body(client.get(response.url))
    assert 'hx-trigger="live"' in page
    run_inline(batch.job)
    page = body(client.get(response.url))
    assert "3 read = 1 accepted + 1 duplicate + 1 quarantined: it adds up" in " ".join(page.split())
    assert "unknown_format" in page and 'hx-trigger="live"' not in page
    assert "a.jsonl" in body(client.get(reverse("datasets:imports")))
    download = client.get(reverse("datasets:import_quarantine", args=[batch.pk]))
    assert json.loads(body(download))["raw"] == '{"bad": 1}'
    assert "attachment" in download["Content-Disposition"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"file": SimpleUploadedFile("a.exe", b"x")}, "Only .jsonl"),
        ({"file": SimpleUploadedFile("a.jsonl", b"")}, "The file is empty."),
        ({"family": "unknown"}, "Select a valid choice"),
        ({"source": "real"}, "on what basis"),
        ({"stage": "9"}, "Select a valid choice"),
        ({"file": ""}, "Choose a file."),
    ],
)
def test_bad_upload_says_what_is_wrong(world: World, changes: dict[str, Any], message: str) -> None:
    response = upload(world.client("data_engineer"), b'{"text": "a"}', **changes)
    assert response.status_code == 422
    assert message in body(response)
    assert not ImportBatch.objects.exists()


def test_upload_above_the_limit_is_refused(world: World, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 100
    response = upload(world.client("data_engineer"), b"x" * 200)
    assert response.status_code == 422 and "larger than 100 bytes" in body(response)


def test_hostile_file_name_is_text(world: World) -> None:
    name = "../<script>alert(1)</script>\u202e.jsonl"
    upload(world.client("data_engineer"), b'{"text": "a"}', name=name)
    batch = ImportBatch.objects.get()
    assert "/" not in batch.file_name and "\u202e" not in batch.file_name
    page = body(world.client("data_engineer").get(reverse("datasets:import_detail", args=[batch.pk])))
    assert "<script>alert" not in page


def test_colleague_without_the_right_gets_403_and_outsider_404(world: World) -> None:
    synthetic(world.project, 20)
    snapshot = published(world.project)
    release = compiled(world.project)
    batch = imported(world.project, b'{"bad": 1}\n')
    record = Record.objects.all()[0]
    pages = [
        ("import_detail", [batch.pk]), ("import_quarantine", [batch.pk]),
        ("record_detail", [record.pk]), ("snapshot_detail", [snapshot.pk]), ("snapshot_download", [snapshot.pk]),
        ("release_detail", [release.pk]),
        ("release_file", [release.pk, "manifest.json"]), ("release_file", [release.pk, "shards/train/part-00000.jsonl"]),
    ]  # fmt: skip
    for name, arguments in pages:
        url = reverse(f"datasets:{name}", args=arguments)
        assert world.client("data_engineer").get(url).status_code == 200, url
        assert world.client("annotator").get(url).status_code == 403, url
        assert world.outsider_client("data_engineer").get(url).status_code == 404, url
        assert world.anonymous().get(url).status_code in (302, 401), url
    for name in ("imports", "record_list", "snapshots", "releases"):
        url = reverse(f"datasets:{name}")
        assert world.client("pm").get(url).status_code == 200
        assert world.client("annotator").get(url).status_code == 403
        assert record.external_id not in body(world.outsider_client("data_engineer").get(url))
    for name in ("import_create", "release_create"):
        assert world.client("pm").get(reverse(f"datasets:{name}")).status_code == 403
        assert world.client("pm").post(reverse(f"datasets:{name}"), {}).status_code == 403


def test_raw_text_is_for_those_who_may_read_it(world: World) -> None:
    imported(world.project, jsonl([{"text": CANARY}]) + b'{"bad": "' + CANARY.encode() + b'"}\n')
    published(world.project)
    release = compiled(world.project)
    record = Record.objects.get()
    shard = next(stat.key for stat in get_store().list(f"{release.object_prefix}shards/"))[len(release.object_prefix) :]
    batch = record.import_batch
    readable = [
        reverse("datasets:record_detail", args=[record.pk]), reverse("datasets:import_quarantine", args=[batch.pk]),
        reverse("datasets:release_file", args=[release.pk, shard]),
    ]  # fmt: skip
    for url in readable:
        assert CANARY in body(world.client("data_engineer").get(url))
        assert CANARY not in body(world.client("pm").get(url))
    everywhere = [
        reverse("datasets:record_list"), reverse("datasets:import_detail", args=[batch.pk]),
        reverse("datasets:release_detail", args=[release.pk]),
        reverse("datasets:release_file", args=[release.pk, "manifest.json"]),
    ]  # fmt: skip
    for url in everywhere:
        assert CANARY not in body(world.client("data_engineer").get(url))


def test_records_are_filtered_and_paged(world: World) -> None:
    synthetic(world.project, 70)
    client = world.client("data_engineer")
    first = client.get(reverse("datasets:record_list"))
    assert len(first.context["page"].object_list) == 50
    assert len(client.get(reverse("datasets:record_list"), {"page": 2}).context["page"].object_list) == 20
    for query, count in (
        ({"type": "panic"}, Record.objects.filter(proposed_type="panic").count()),
        ({"edge": "1"}, Record.objects.filter(is_edge_case=True).count()),
        ({"source": "real"}, 0),
        ({"source": "nonsense", "type": "x'; --", "page": "-4"}, 70),
    ):
        found = client.get(reverse("datasets:record_list"), query)
        assert found.status_code == 200 and found.context["page"].paginator.count == count


def test_release_page_shows_counts_gates_and_files(world: World) -> None:
    synthetic(world.project, 60)
    published(world.project, simulated=True)
    client = world.client("data_engineer")
    response = client.post(reverse("datasets:release_create"), {"version": "1.0.0", "seed": 5, **CHOICES})
    release = Release.objects.get()
    assert response.url == reverse("datasets:release_detail", args=[release.pk])
    assert "is being compiled" in body(client.get(response.url)) or release.state == "compiling"
    run_inline(release.job)
    release.refresh_from_db()
    page = body(client.get(response.url))
    assert release.manifest_sha256 in page
    for piece in ("Leakage", "shards/train/part-00000.jsonl", "README.md", "simulated annotators", "Validation"):
        assert piece in page
    manifest = client.get(reverse("datasets:release_file", args=[release.pk, "manifest.json"]))
    assert json.loads(body(manifest))["version"] == "1.0.0"
    assert client.get(reverse("datasets:release_file", args=[release.pk, "../../x"])).status_code == 404
    again = client.post(reverse("datasets:release_create"), {"version": "1.0.0", "seed": 5, **CHOICES})
    assert again.status_code == 422 and "exists already" in body(again)


@pytest.mark.parametrize("version", ["", "one", "1.0", "x" * 60, "1.0.0/..", "1\x00.0.0"])
def test_bad_version_is_refused_with_a_reason(world: World, version: str) -> None:
    response = world.client("data_engineer").post(
        reverse("datasets:release_create"), {"version": version, "seed": 0, **CHOICES}
    )
    assert 400 <= response.status_code < 500
    assert not Release.objects.exists()


def test_next_actions_lead_from_import_to_release(world: World) -> None:
    engineer = world.user("data_engineer")
    assert [action.title for action in next_actions(engineer, world.project)] == ["Import conversations"]
    synthetic(world.project, 20)
    assert next_actions(engineer, world.project) == []
    published(world.project)
    assert [action.title for action in next_actions(engineer, world.project)] == ["Compile a release"]
    compiled(world.project)
    assert next_actions(engineer, world.project) == []
    imported(world.project, io.BytesIO(b'{"bad": 1}').read())
    assert [action.count for action in next_actions(engineer, world.project)] == [1]
    assert next_actions(world.user("annotator"), world.project) == []
