"""Importing from an S3 store: one object, a prefix, what may not be read, and what is not there any more."""

from __future__ import annotations

import gzip
from typing import Any

import boto3
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse

from datasets_app.models import ImportBatch, Record
from datasets_app.services import ImportOptions, ImportRefused, imports_from_store
from pixelhub.jobs.runner import run_inline
from pixelhub.objects import get_store
from tests.personas import World

OPTIONS = ImportOptions("synthetic", "sarcasm")
FIELDS = {"source": "synthetic", "family": "sarcasm", "stage": "1"}
BUCKET = "lake"


@pytest.fixture
def lake(s3_url: str, s3_endpoint: str, settings: Any) -> Any:
    """A bucket that may be read, on the operator's server; the hub's own store stays a folder."""
    settings.IMPORT_STORES = [f"s3://{BUCKET}", "s3://no-such-bucket-here"]
    client = boto3.client("s3", endpoint_url=s3_endpoint, region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET)
    for stale in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=stale["Key"])
    return client


def put(client: Any, key: str, data: bytes) -> None:
    client.put_object(Bucket=BUCKET, Key=key, Body=data)


def started(world: World, address: str, **more: Any) -> list[ImportBatch]:
    return imports_from_store(project=world.project, options=OPTIONS, address=address, actor=None, **more)


def test_an_object_becomes_an_import_like_any_other(world: World, lake: Any) -> None:
    put(lake, "raw/talk one.jsonl.gz", gzip.compress(b'{"text": "from the lake"}\n{"bad": 1}\n'))
    (batch,) = started(world, f"s3://{BUCKET}/raw/talk one.jsonl.gz")
    assert (batch.origin, batch.object_key, batch.file_name) == ("store", "", "talk one.jsonl.gz")
    run_inline(batch.job)
    batch.refresh_from_db()
    assert (batch.state, batch.read, batch.accepted, batch.quarantined) == ("done", 2, 1, 1)
    assert batch.object_key.endswith(".jsonl.gz") and get_store().sha256(batch.object_key) == batch.file_sha256
    assert Record.objects.get().pii_state == "checked"


def test_a_prefix_is_an_import_for_each_readable_object(world: World, lake: Any) -> None:
    for key in ("set/b.jsonl", "set/deep/a.csv", "set/readme.md", "other/c.jsonl"):
        put(lake, key, b"text\nwords of " + key.encode() if key.endswith("csv") else b'{"text": "%b"}' % key.encode())
    response = world.client("data_engineer").post(
        reverse("datasets:import_create"), FIELDS | {"address": f"s3://{BUCKET}/set/"}
    )
    assert (response.status_code, response.url) == (302, reverse("datasets:imports"))
    batches = list(ImportBatch.objects.order_by("file_name"))
    assert [batch.origin_address for batch in batches] == [
        f"s3://{BUCKET}/set/deep/a.csv",
        f"s3://{BUCKET}/set/b.jsonl",
    ]
    for batch in batches:
        run_inline(batch.job)
    assert sorted(ImportBatch.objects.values_list("state", "accepted")) == [("done", 1), ("done", 1)]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        (f"s3://{BUCKET}/nothing/", "no .jsonl"),
        (f"s3://{BUCKET}/gone.jsonl", "no such object"),
        ("s3://no-such-bucket-here/x/", "could not be read"),
        ("file:///etc/", "looks like s3://"),
        ("http://169.254.169.254/latest/", "looks like s3://"),
        ("s3://lake/../hub/", "looks like s3://"),
        ("/etc/passwd.jsonl", "looks like s3://"),
        ("s3://user:secret@lake/x/", "looks like s3://"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(world: World, lake: Any, address: str, message: str) -> None:
    with pytest.raises(ImportRefused, match=message):
        started(world, address)
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1:9", "http://localhost:1", "http://[::1]/", "http://169.254.169.254/", "http://10.0.0.1",
        "http://2130706433/", "http://0x7f.1/", "http://[::ffff:127.0.0.1]/", "ftp://example.com", "http://a b",
    ],
)  # fmt: skip
def test_an_endpoint_inside_the_network_is_never_asked(world: World, endpoint: str) -> None:
    response = world.client("data_engineer").post(
        reverse("datasets:import_create"), FIELDS | {"address": "s3://bucket/x/", "endpoint": endpoint}
    )
    assert response.status_code == 422
    assert not ImportBatch.objects.exists()


def test_the_hubs_own_imports_cannot_be_read_again_from_its_store(world: World, s3_url: str, settings: Any) -> None:
    settings.OBJECT_STORE_URL = s3_url
    with pytest.raises(ImportRefused, match="nothing else"):
        started(world, f"{s3_url}/imports/beta/")
    settings.IMPORT_STORES = [s3_url]
    with pytest.raises(ImportRefused, match="hub's own store"):
        started(world, f"{s3_url}/imports/beta/")


OUTSIDE = [
    "raw-evil/a.jsonl",
    "raw-evil/",
    "RAW/a.jsonl",
    "raw/../secret/a.jsonl",
    "secret/a.jsonl",
    "secret/none.jsonl",
    "",
]


@pytest.mark.parametrize("path", OUTSIDE)
def test_beside_the_place_nothing_is_read_by_form_or_api(world: World, lake: Any, settings: Any, path: str) -> None:
    settings.IMPORT_STORES = [f"s3://{BUCKET}/raw"]
    for key in ("raw-evil/a.jsonl", "RAW/a.jsonl", "secret/a.jsonl"):
        put(lake, key, b'{"text": "not for you"}')
    fields = FIELDS | {"address": f"s3://{BUCKET}/{path}"}
    form = world.client("data_engineer").post(reverse("datasets:import_create"), fields)
    api = world.client("data_engineer").post(reverse("datasets_api:imports"), fields)
    assert (form.status_code, api.status_code) == (422, 422)
    (said,) = api.json()["errors"]["address"]
    # The same words for what is there and what is not.
    named = f"An import can read what lies below s3://{BUCKET}/raw/ and nothing else."
    assert said == ("An address looks like s3://bucket/prefix." if ".." in path else named)
    assert said in form.context["form"].errors["address"]
    assert not ImportBatch.objects.exists()


def test_within_the_place_form_and_api_read(world: World, lake: Any, settings: Any) -> None:
    settings.IMPORT_STORES = [f"s3://{BUCKET}/raw"]
    put(lake, "raw/a.jsonl", b'{"text": "for you"}')
    fields = FIELDS | {"address": f"s3://{BUCKET}/raw/a.jsonl"}
    assert world.client("data_engineer").post(reverse("datasets:import_create"), fields).status_code == 302
    assert world.client("data_engineer").post(reverse("datasets_api:imports"), fields).status_code == 202
    for batch in ImportBatch.objects.all():
        run_inline(batch.job)
    assert list(ImportBatch.objects.values_list("state", "read")) == [("done", 1), ("done", 1)]


def test_a_place_taken_back_stops_what_waits_but_not_the_operators_own(world: World, lake: Any, settings: Any) -> None:
    put(lake, "raw/a.jsonl", b'{"text": "for you"}')
    (waiting,) = started(world, f"s3://{BUCKET}/raw/")
    settings.IMPORT_STORES = ["s3://elsewhere"]
    (operators,) = started(world, f"s3://{BUCKET}/raw/", anywhere=True)
    for batch in (waiting, operators):
        run_inline(batch.job)
        batch.refresh_from_db()
    assert (waiting.state, operators.state) == ("failed", "done")
    assert "nothing else" in waiting.error


def test_an_object_that_is_gone_or_too_large_fails_the_job_with_a_reason(
    world: World, lake: Any, settings: Any
) -> None:
    put(lake, "a.jsonl", b'{"text": "gone soon"}')
    put(lake, "b.jsonl", b'{"text": "%b"}' % (b"x" * 500))
    batches = started(world, f"s3://{BUCKET}/")
    lake.delete_object(Bucket=BUCKET, Key="a.jsonl")
    settings.UPLOAD_MAX_BYTES = 100
    for batch in batches:
        run_inline(batch.job)
        batch.refresh_from_db()
    assert [batch.state for batch in batches] == ["failed", "failed"]
    assert "not there any more" in batches[0].error and "larger than" in batches[1].error
    assert not Record.objects.exists()


def test_more_objects_than_the_limit_begin_none(world: World, lake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets_app.services.imports.MAX_OBJECTS", 2)
    for number in range(3):
        put(lake, f"many/{number}.jsonl", b'{"text": "a"}')
    with pytest.raises(ImportRefused, match="longer prefix"):
        started(world, f"s3://{BUCKET}/many/")
    assert not ImportBatch.objects.exists()


def test_the_command_reads_a_prefix_too_wherever_its_keys_open(
    world: World, lake: Any, capsys: Any, settings: Any
) -> None:
    settings.IMPORT_STORES = []
    put(lake, "cli/a.jsonl", b'{"text": "one"}\n{"text": "two"}\n')
    call_command("import_records", f"s3://{BUCKET}/cli", project="alpha", source="synthetic", family="sarcasm")
    assert "a.jsonl: 2 read = 2 accepted" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no such object"):
        call_command("import_records", f"s3://{BUCKET}/x.jsonl", project="alpha", source="synthetic", family="sarcasm")
