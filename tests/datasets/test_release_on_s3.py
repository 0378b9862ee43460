"""The same release over a real S3 server: compiled, published with its manifest last, verified by its address."""

import json
from typing import Any

import pytest
from django.core.management import call_command

from datasets_app.models import Release
from pixelhub.objects import get_store, open_store
from tests.datasets.making import compiled, published, synthetic


@pytest.fixture
def on_s3(settings: Any, s3_url: str, world: Any) -> Release:
    settings.OBJECT_STORE_URL = s3_url
    synthetic(world.project)
    published(world.project)
    return compiled(world.project)


def verify(address: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    try:
        call_command("verify_release", address, json=True)
        status = 0
    except SystemExit as ended:
        status = int(ended.code or 0)
    return status, json.loads(capsys.readouterr().out)


def test_a_release_on_s3_is_published_and_verifies(on_s3: Release, s3_url: str, capsys) -> None:
    assert on_s3.state == Release.State.PUBLISHED
    status, answer = verify(f"{s3_url}/{on_s3.object_prefix}", capsys)
    assert (status, answer["ok"]) == (0, True), answer


def test_a_flipped_byte_on_s3_is_named(on_s3: Release, s3_url: str, capsys) -> None:
    store = open_store(s3_url)
    shard = next(stat.key for stat in store.list(f"{on_s3.object_prefix}shards/train/"))
    data = bytearray(store.read(shard))
    data[len(data) // 2] ^= 1
    store.put(shard, bytes(data))
    status, answer = verify(f"{s3_url}/{on_s3.object_prefix}", capsys)
    assert status == 1
    assert any(shard.removeprefix(on_s3.object_prefix) in reason for reason in answer["reasons"]), answer


def shards(release: Release) -> dict[str, str]:
    manifest = json.loads(get_store().read(f"{release.object_prefix}manifest.json"))
    return {entry["path"]: entry["sha256"] for entry in manifest["files"] if entry["path"].startswith("shards/")}


def test_the_shards_are_the_same_bytes_as_in_a_local_folder(on_s3: Release, settings: Any, tmp_path) -> None:
    there = shards(on_s3)
    settings.OBJECT_STORE_URL = f"file://{tmp_path / 'local'}"
    here = shards(compiled(on_s3.project, version="1.0.1"))
    assert there == here != {}
