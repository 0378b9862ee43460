"""Objects: the same promises by a local folder and by an S3 server."""

import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelhub.objects import ObjectNotFound, open_store
from pixelhub.objects.base import ObjectStore, check_key


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "local":
        return open_store(f"file://{tmp_path / 'store'}")
    return open_store(request.getfixturevalue("s3_url"))


def test_what_is_put_comes_back_with_its_hash(store: ObjectStore, tmp_path: Path) -> None:
    data = os.urandom(3_000_000)
    stat = store.put("a/b/data.bin", io.BytesIO(data))
    assert (stat.size, store.read("a/b/data.bin")) == (len(data), data)
    (tmp_path / "file").write_bytes(b"from a path")
    assert store.put("a/c", tmp_path / "file").sha256 == store.put("a/d", b"from a path").sha256
    assert [item.key for item in store.list("a/")] == ["a/b/data.bin", "a/c", "a/d"]
    assert [item.key for item in store.list("a/b")] == ["a/b/data.bin"]


def test_a_missing_object_is_named(store: ObjectStore) -> None:
    with pytest.raises(ObjectNotFound, match="no/such"):
        store.read("no/such")
    assert not store.exists("no/such")
    store.delete("no/such")
    assert list(store.list("no/")) == []


def test_put_if_absent_keeps_what_is_there(store: ObjectStore) -> None:
    store.put("once", b"first", if_absent=True)
    with pytest.raises(FileExistsError):
        store.put("once", b"second", if_absent=True)
    assert store.read("once") == b"first"


def test_publish_writes_the_manifest_last_and_never_another_over_it(store: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    (tmp_path / "shard").write_text("rows")
    files = {"manifest.json": tmp_path / "manifest.json", "shards/one": tmp_path / "shard"}
    order: list[str] = []
    put = store.put
    store.put = lambda key, *args, **options: (order.append(key), put(key, *args, **options))[1]  # type: ignore[method-assign]
    store.publish("releases/v1/", files, last="manifest.json")
    assert order == ["releases/v1/shards/one", "releases/v1/manifest.json"]
    store.publish("releases/v1/", files, last="manifest.json")
    (tmp_path / "manifest.json").write_text('{"other": 1}')
    with pytest.raises(FileExistsError, match="another"):
        store.publish("releases/v1/", files, last="manifest.json")
    copied = store.download_tree("releases/v1/", tmp_path / "copy")
    assert sorted(path.read_text() for path in copied) == ["rows", "{}"]


@pytest.mark.parametrize(
    "key", ["../x", "a/../../x", "/etc/passwd", "a//b", "", "a\\b", "a\x00b", "..", "ä", "a" * 901]
)
def test_a_key_that_could_leave_its_prefix_is_refused(store: ObjectStore, key: str) -> None:
    for act in (store.read, store.stat, lambda k: store.put(k, b"x")):
        with pytest.raises(ValueError, match="not a valid object key"):
            act(key)


@given(st.text(max_size=60))
def test_an_accepted_key_stays_below_its_root(key: str) -> None:
    try:
        check_key(key)
    except ValueError:
        return
    root = Path("/root-of-store")
    assert (root / key).resolve().is_relative_to(root)
