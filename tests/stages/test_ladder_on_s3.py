"""The ladder from and to an object store: real servers, kill -9 on the way, two at once, nothing overwritten."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from datasets_app.corpus.__main__ import main
from datasets_app.corpus.engine import CompileError, Input
from datasets_app.corpus.stages import MANIFEST, BuildSettings, build_stages
from datasets_app.publishing import CLAIM, StorePublisher
from pixelhub.objects import open_store
from pixelhub.objects.factory import client_config
from tests.paths import PROJECT_ROOT
from tests.servers import swift_server
from tests.swiftserver import ACCESS_KEY, SECRET_KEY

from .killed import UNIT_BYTES
from .making import record, records, write


@pytest.fixture(scope="module")
def servers(s3_endpoint: str) -> Iterator[dict[str, tuple[str, str, str]]]:
    """Address and keys of both kinds of server; Swift only where it can run."""
    with swift_server() as swift:
        found = {"moto": (s3_endpoint, "test", "test")}
        if not isinstance(swift, str):
            found["swift"] = (swift.endpoint, ACCESS_KEY, SECRET_KEY)
        yield found


@pytest.fixture(params=["moto", "swift"])
def bucket(
    request: pytest.FixtureRequest, servers: dict[str, tuple[str, str, str]], settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> str:  # fmt: skip
    """A fresh bucket of each server in turn, reachable by this process and by its children."""
    if request.param not in servers:
        pytest.skip("OpenStack Swift cannot run here")
    endpoint, access, secret = servers[request.param]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", access)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    monkeypatch.setenv("OBJECT_STORE_ENDPOINT", endpoint)
    settings.OBJECT_STORE_ENDPOINT = endpoint
    # boto3 keeps the first keys that it has read.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    name = f"b{uuid.uuid4().hex[:12]}"
    config = client_config(addressed_by_path=True, timeout=20.0)
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", config=config).create_bucket(Bucket=name)
    return name


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More than one unit of work of conversations."""
    return write(tmp_path_factory.mktemp("pool") / "pool.jsonl", records(1_500))


@pytest.fixture(scope="module")
def expected(pool: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The ladder that nothing disturbed, in a folder."""
    folder = tmp_path_factory.mktemp("expected")
    settings = BuildSettings(unit_bytes=UNIT_BYTES)
    build_stages([described(str(pool))], folder / "ladder", settings, workdir=folder / "work")
    return {path.name: path.read_bytes() for path in (folder / "ladder").iterdir()}


def described(address: str) -> Input:
    return Input(address=address, family="mental_health_datasets")


def published(address: str) -> dict[str, bytes]:
    store = open_store(address)
    return {stat.key: store.read(stat.key) for stat in store.list()}


def test_ladder_survives_kills_and_lies_in_the_store_as_in_a_folder(
    bucket: str, pool: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    address = f"s3://{bucket}/ladders/one"
    for point in ("judge", "publish"):
        command = [sys.executable, "-m", "tests.stages.killed", str(pool), str(tmp_path / "w"), address, point]
        ended = subprocess.run(command, cwd=PROJECT_ROOT, env=os.environ, timeout=300, check=False)
        assert ended.returncode == -signal.SIGKILL
        assert MANIFEST not in published(address), "no manifest before everything it names"
    assert CLAIM in published(address)
    report = build_stages(
        [described(str(pool))], StorePublisher(address), BuildSettings(unit_bytes=UNIT_BYTES), workdir=tmp_path / "w"
    )
    assert report.units == report.units_resumed >= 2
    assert published(address) == expected


def test_ladder_of_a_prefix_goes_to_a_prefix(
    bucket: str, pool: Path, expected: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_store(f"s3://{bucket}").put("raw/pool.jsonl", pool)
    source, address = f"s3://{bucket}/raw/", f"s3://{bucket}/ladders/two"
    arguments = ["stages", source, "--output", address, "--work", str(tmp_path / "w")]
    assert main(arguments) == 0
    first = published(address)
    stages = {name for name in expected if name.startswith("MASTER")}
    assert {name: first[name] for name in stages} == {name: expected[name] for name in stages}
    # Run again it changes nothing; another ladder is refused, and so is a place that holds something else.
    assert main(arguments) == 0
    assert main([*arguments, "--seed", "2"]) == 1
    assert "never overwritten" in capsys.readouterr().err
    assert published(address) == first
    assert main(["stages", source, "--output", f"s3://{bucket}/raw", "--work", str(tmp_path / "w")]) == 1
    assert "holds other things already" in capsys.readouterr().err
    assert main(["stages", source, "--output", f"s3://{bucket}", "--work", str(tmp_path / "w")]) == 2


def test_two_at_once_are_refused(s3_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the lock of the work folder, and by the claim in the store for another work folder or machine."""
    pool = write(tmp_path / "pool.jsonl", [record(number, 1 + number % 4) for number in range(40)])
    refusals: list[str] = []

    class Meanwhile(StorePublisher):
        def __call__(self, folder: Path) -> None:
            open_store(s3_url).put(CLAIM, b"of another ladder", if_absent=True)
            with pytest.raises(CompileError) as locked:
                build_stages([described(str(pool))], None, BuildSettings(), workdir=tmp_path / "w")
            refusals.append(str(locked.value))
            super().__call__(folder)

    with pytest.raises(CompileError, match="is being published"):
        build_stages([described(str(pool))], Meanwhile(s3_url), BuildSettings(), workdir=tmp_path / "w")
    assert len(refusals) == 1 and "another build is at work in w" in refusals[0]
    assert list(published(s3_url)) == [CLAIM]
    open_store(s3_url).delete(CLAIM)
    build_stages([described(str(pool))], StorePublisher(s3_url), BuildSettings(), workdir=tmp_path / "w")
    assert MANIFEST in published(s3_url)
