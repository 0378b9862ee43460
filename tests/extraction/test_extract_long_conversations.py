"""`extract_long_conversations`: over files and a real S3 store, counted, resumed after a kill, manifest last."""

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.management import call_command

from datasets_app.corpus.__main__ import main
from pixelhub.objects import open_store
from pixelhub.objects.factory import client_config
from tests.faultproxy import fault_proxy
from tests.servers import swift_server
from tests.swiftserver import ACCESS_KEY, SECRET_KEY

from .making import conversation, lines_of, manifest_of, read, write, written

SHORT, LONG = 8, 24


def rows(first: int, count: int) -> list[Any]:
    """Every third one is long; the fifth is an edge case."""
    return [
        conversation(number, LONG if number % 3 == 0 else SHORT, is_edge_case=number % 5 == 0)
        for number in range(first, first + count)
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Plain lines, a packed file, an array of ShareGPT, a table of turns, and rows that are broken."""
    root = tmp_path / "in"
    write(root / "a.jsonl", [*rows(0, 30), b"{broken\n", b'{"nothing": 1}\n', *rows(30, 30)])
    (root / "b.jsonl.gz").write_bytes(gzip.compress(lines_of(rows(100, 12))))
    share = [
        {"conversations": [{"from": ("human", "gpt")[turn % 2], "value": f"s{number} {turn}"} for turn in range(LONG)]}
        for number in range(3)
    ]
    (root / "sub").mkdir()
    (root / "sub" / "c.json").write_text(json.dumps(share))
    table = "conversation_id,role,content\n" + "".join(
        f"t1,{('client', 'therapist')[turn % 2]},said {turn}\n" for turn in range(LONG)
    )
    (root / "sub" / "d.csv").write_text(table)
    return root


def extracted(output: Path, *arguments: str) -> dict[str, Any]:
    assert main(["long-conversations", "--output", str(output), *arguments]) == 0
    return manifest_of(output)


def test_counts_of_every_source_add_up_and_nothing_is_changed(folder: Path, tmp_path: Path, capsys: Any) -> None:
    output = tmp_path / "out" / "long.jsonl"
    manifest = extracted(output, "--input-dir", str(folder), "--verbose")
    told = capsys.readouterr()
    assert "a.jsonl: 62 read, 20 kept, 40 too_short, 1 invalid_json, 1 unknown_format" in told.err
    assert "78 read = 28 kept" in told.out
    sources = {source["name"]: source for source in manifest["sources"]}
    assert [*sources] == ["a.jsonl", "b.jsonl.gz", "sub/c.json", "sub/d.csv"]
    assert [source["kept"] for source in sources.values()] == [20, 4, 3, 1]
    assert sources["a.jsonl"]["broken"] == {"invalid_json": 1, "unknown_format": 1}
    assert manifest["adds_up"] and manifest["records"] == 28
    held = read(output.with_suffix(".quarantine.jsonl"))
    assert [(row["object"], row["line"], row["reason"]) for row in held] == [
        ("a.jsonl", 31, "invalid_json"),
        ("a.jsonl", 32, "unknown_format"),
    ]
    assert held[0]["raw"] == "{broken"
    records = read(output)
    assert all(record["metadata"]["turns"] >= 20 for record in records)
    first = records[0]
    assert first["messages"] == conversation(0, LONG)["messages"]
    assert first["metadata"]["source_family"] == "long_running_therapy"
    assert first["metadata"]["extracted_from"] == "mental_health_datasets"
    assert "record:mental_health_datasets:c0" in first["metadata"]["group_keys"]
    edge = [record["id"] for record in records if record["metadata"]["is_training_edge_case"]]
    assert edge == ["c0", "c15", "c30", "c45", "c105"]
    assert not (tmp_path / "out" / "long.jsonl.work").exists(), "nothing of people's words is left lying about"
    # What the extraction wrote is a source like any other, and is not read as one by itself.
    again = extracted(tmp_path / "out" / "again.jsonl", "--input-dir", str(tmp_path / "out"))
    assert (again["read"], again["kept"], [source["name"] for source in again["sources"]]) == (28, 28, ["long.jsonl"])


def test_same_bytes_whatever_the_units_and_workers(folder: Path, tmp_path: Path, monkeypatch: Any) -> None:
    expected = extracted(tmp_path / "one" / "x.jsonl", "--input-dir", str(folder))
    monkeypatch.setattr("datasets_app.corpus.cli.long_conversations.MIB", 3_000)
    arguments = ["--input-dir", str(folder), "--unit-mb", "1", "--engine", "pool", "--workers", "2"]
    assert extracted(tmp_path / "two" / "x.jsonl", *arguments) == expected
    assert written(tmp_path / "two" / "x.jsonl") == written(tmp_path / "one" / "x.jsonl")
    lines = (folder / "a.jsonl").read_bytes().splitlines()
    for record in read(tmp_path / "two" / "x.jsonl")[:20]:
        place = record["metadata"]["provenance"]
        assert json.loads(lines[place["line"] - 1])["id"] == record["id"]


def test_a_limit_ends_with_the_first_ones(folder: Path, tmp_path: Path, monkeypatch: Any) -> None:
    extracted(tmp_path / "all.jsonl", "--input-dir", str(folder))
    manifest = extracted(tmp_path / "some.jsonl", "--input-dir", str(folder), "--limit", "15")
    assert (manifest["kept"], manifest["limit_reached"], manifest["adds_up"]) == (15, True, True)
    assert read(tmp_path / "some.jsonl") == read(tmp_path / "all.jsonl")[:15]
    monkeypatch.setattr("datasets_app.corpus.cli.long_conversations.MIB", 3_000)
    small = extracted(tmp_path / "small" / "some.jsonl", "--input-dir", str(folder), "--limit", "15", "--unit-mb", "1")
    assert small == manifest and written(tmp_path / "small" / "some.jsonl") == written(tmp_path / "some.jsonl")


def test_options(folder: Path, tmp_path: Path, capsys: Any) -> None:
    output = tmp_path / "o.jsonl"
    named = ["--source-key", str(folder / "b.jsonl.gz"), "--source-key", str(folder / "sub" / "d.csv")]
    assert extracted(output, *named, "--min-turns", "25")["kept"] == 0
    assert extracted(output, *named, "--min-turns", "24")["kept"] == 5
    listed = write(folder.parent / "m.json", [])
    listed.write_text(json.dumps({"sources": ["in/b.jsonl.gz", {"path": "in/sub/c.json"}]}))
    assert extracted(output, "--manifest", str(listed))["kept"] == 7
    capsys.readouterr()
    before = output.read_bytes()
    assert main(["long-conversations", "--output", str(output), *named, "--dry-run", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["manifest"]["kept"], report["output"]) == (5, "")
    assert output.read_bytes() == before
    listed.write_text('{"sources": [{"size": 3}]}')
    assert main(["long-conversations", "--output", str(output), "--manifest", str(listed)]) == 2
    assert "entry 1 of" in capsys.readouterr().err
    assert main(["long-conversations", "--output", str(output), *named, "--min-turns", "0"]) == 2
    assert (
        main(["long-conversations", "--output", str(output), "--input-dir", "s3://b/none-such", "--limit", "-1"]) == 2
    )


def test_held_back_splits_of_a_release_are_never_read(tmp_path: Path) -> None:
    for split in ("train", "val", "test"):
        write(tmp_path / "release" / "shards" / split / "0.jsonl", [conversation(len(split), LONG)])
    write(tmp_path / "release" / "experts.jsonl", [{"schema": "pixelhub.expert-set/1", **conversation(1, LONG)}])
    manifest = extracted(tmp_path / "o.jsonl", "--input-dir", str(tmp_path / "release"))
    assert (manifest["read"], manifest["kept"], manifest["held_back_objects"]) == (2, 1, 2)
    assert manifest["passed"] == {"held_back": 1}, "what experts are asked to validate with is trained on by nobody"


def test_into_and_out_of_a_folder_as_store(settings: Any, tmp_path: Path) -> None:
    settings.OBJECT_STORE_URL = f"file://{tmp_path}/store"
    root = tmp_path / "store" / "gdrive" / "processed"
    write(root / "addiction" / "x.jsonl", rows(0, 6))
    output = tmp_path / "long.jsonl"
    assert extracted(output, "--upload-s3")["kept"] == 2
    published = root / "long_running_therapy"
    assert sorted(path.name for path in published.iterdir()) == ["long.jsonl", "long.manifest"]
    assert extracted(tmp_path / "again" / "long.jsonl")["read"] == 6, "what was published is no source"
    by_key = "gdrive/processed/long_running_therapy/long.jsonl"
    assert extracted(tmp_path / "named.jsonl", "--source-key", by_key)["kept"] == 2, "unless it is named"


@pytest.fixture(scope="module")
def swift() -> Iterator[Any]:
    with swift_server() as server:
        if isinstance(server, str):
            pytest.skip(server)
        yield server


@pytest.fixture
def bucket(swift: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket of Swift with one larger object and many small ones below a prefix."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    settings.OBJECT_STORE_ENDPOINT = swift.endpoint
    client = boto3.client(
        "s3",
        endpoint_url=swift.endpoint,
        region_name="us-east-1",
        config=client_config(addressed_by_path=True, timeout=20.0),
    )
    client.create_bucket(Bucket="pixel")
    store = open_store("s3://pixel")
    store.put("gdrive/processed/addiction/large.jsonl", lines_of([*rows(0, 60), b"{broken\n"]))
    for number in range(30):
        store.put(f"gdrive/processed/sarcasm/{number:03d}.jsonl", lines_of(rows(1_000 + 2 * number, 2)))
    return "s3://pixel/gdrive/processed/"


def test_from_swift_killed_resumed_and_published(bucket: str, settings: Any, tmp_path: Path, capsys: Any) -> None:
    settings.OBJECT_STORE_URL = "s3://pixel"
    whole = tmp_path / "whole" / "long.jsonl"
    call_command("extract_long_conversations", "--input-dir", bucket, "--output", str(whole))
    output = tmp_path / "killed" / "long.jsonl"
    environment = {**os.environ, "OBJECT_STORE_ENDPOINT": settings.OBJECT_STORE_ENDPOINT}
    ran = subprocess.run(
        [sys.executable, "-m", "tests.extraction.killed", bucket, str(output), "12000"], env=environment, timeout=300
    )
    assert ran.returncode == -signal.SIGKILL and not output.exists()
    done = len(list(Path(f"{output}.work").glob("units/*.done")))
    assert done > 2
    capsys.readouterr()
    with fault_proxy(settings.OBJECT_STORE_ENDPOINT) as proxy, pytest.MonkeyPatch.context() as patch:
        patch.setattr("datasets_app.corpus.cli.long_conversations.MIB", 12_000)
        settings.OBJECT_STORE_ENDPOINT = proxy.endpoint
        proxy.plan("cut", where="sarcasm/029", after=100)
        call_command(
            "extract_long_conversations", "--input-dir", bucket, "--output", str(output), "--unit-mb", "1",
            "--upload-s3", "--json",
        )  # fmt: skip
        reads = [path for method, path, *_ in proxy.seen if method == "GET" and "/gdrive/processed/" in path]
    report = json.loads(capsys.readouterr().out)
    assert report["units_resumed"] == done
    assert sum("large" in path for path in reads) == 1, "done before the kill: only asked whether it is packed"
    assert sum("sarcasm/029" in path for path in reads) > 1, "a broken read goes on"
    assert written(output) == written(whole)
    families = {record["metadata"]["extracted_from"] for record in read(output)}
    assert families == {"addiction", "sarcasm"}
    published = [address.removeprefix("s3://pixel/") for address in report["uploaded"]]
    assert published[1].endswith("long_running_therapy/long.manifest")
    store = open_store("s3://pixel")
    assert store.read(published[0]) == output.read_bytes()

    # What was published lies below the prefix that is read, and is no source of the next extraction.
    settings.OBJECT_STORE_ENDPOINT = environment["OBJECT_STORE_ENDPOINT"]
    call_command("extract_long_conversations", "--output", str(tmp_path / "again" / "long.jsonl"))
    assert written(tmp_path / "again" / "long.jsonl") == written(whole)
    with pytest.raises(SystemExit) as ended:
        call_command(
            "extract_long_conversations", "--output", str(tmp_path / "n" / "long.jsonl"), "--min-turns", "2",
            "--upload-s3",
        )  # fmt: skip
    assert ended.value.code == 1 and "never overwritten" in capsys.readouterr().err
    assert store.read(published[0]) == output.read_bytes()
