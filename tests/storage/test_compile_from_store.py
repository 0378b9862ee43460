"""Compiling from an object store: the bytes that a compile of local files gives, or a refusal, never a mix."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from datasets_app.corpus.engine import PlacesSpec, make_executor
from datasets_app.places import StorePlaces
from pixelhub.objects import ObjectChanged, open_store
from tests.corpus_engine.making import compiled, described, lines_of, rows, write
from tests.faultproxy import fault_proxy

STORES = PlacesSpec("datasets_app.places:StorePlaces")
LINES = lines_of(rows(120))


@pytest.fixture
def stored(s3_url: str, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[str, bytes]:
    """One large object, a packed one and many small ones; and the manifest that local files of the same rows give."""
    monkeypatch.setenv("OBJECT_STORE_ENDPOINT", settings.OBJECT_STORE_ENDPOINT)
    store = open_store(s3_url)
    store.put("in/large.jsonl", b"".join(LINES[:60]))
    store.put("in/packed.jsonl.gz", gzip.compress(b"".join(LINES[60:90]), mtime=0))
    for number, line in enumerate(LINES[90:]):
        store.put(f"in/small/{number:03d}.jsonl", line)
    store.put("in/notes.pdf", b"no conversation")
    release, _ = compiled(tmp_path, write(tmp_path / "local.jsonl", LINES))
    return f"{s3_url}/in", (release / "manifest.json").read_bytes()


def manifest(folder: Path, address: str, **options: Any) -> bytes:
    entry = described(Path("unused"), address=address)
    release, _ = compiled(folder, [entry], places=STORES, unit_bytes=4_000, **options)
    return (release / "manifest.json").read_bytes()


def test_same_bytes_as_from_local_files(stored: tuple[str, bytes], tmp_path: Path) -> None:
    assert manifest(tmp_path, stored[0]) == stored[1]


def test_worker_processes_read_the_store_themselves(stored: tuple[str, bytes], tmp_path: Path) -> None:
    executor = make_executor("pool", workers=2)
    try:
        assert manifest(tmp_path, stored[0], executor=executor) == stored[1]
    finally:
        executor.close()


def test_a_failing_network_changes_nothing(stored: tuple[str, bytes], settings: Any, tmp_path: Path) -> None:
    with fault_proxy(settings.OBJECT_STORE_ENDPOINT) as proxy:
        settings.OBJECT_STORE_ENDPOINT = proxy.endpoint
        proxy.plan("error", where="large.jsonl", status=503)
        proxy.plan("cut", where="large.jsonl", after=1_000, times=2)
        proxy.plan("reset", where="packed", after=20)
        proxy.plan("error", where="small/007", status=500, times=2)
        assert manifest(tmp_path, stored[0]) == stored[1]
        assert all(fault.times == 0 for fault in proxy.faults), "every planned fault was met"
        assert any(seen[3] for seen in proxy.seen), "reads go on under If-Match"


def test_an_object_that_changes_meanwhile_is_refused(
    stored: tuple[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = StorePlaces.find

    def find_then_change(self: StorePlaces, address: str) -> Any:
        found = listed(self, address)
        open_store(address).put("large.jsonl", b"".join(LINES[30:90]))
        return found

    monkeypatch.setattr(StorePlaces, "find", find_then_change)
    with pytest.raises(ObjectChanged):
        manifest(tmp_path, stored[0])


def test_nothing_there_is_said(stored: tuple[str, bytes], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no file of conversations"):
        manifest(tmp_path, f"{stored[0]}/nowhere")
