"""Objects: the same promises by a local folder, by moto's server and by OpenStack Swift."""

import io
import os
import random
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelhub.canonical import sha256_hex
from pixelhub.objects import ObjectChanged, ObjectNotFound, ObjectStat
from pixelhub.objects.base import ObjectStore, check_foreign_key, check_key
from pixelhub.objects.local import LocalStore
from pixelhub.objects.parallel import SMALL_BYTES
from pixelhub.objects.s3 import S3Store

LARGE = random.Random(7).randbytes(11_000_000)


def test_what_is_put_comes_back_with_its_hash(store: ObjectStore, tmp_path: Path) -> None:
    data = os.urandom(3_000_000)
    stored = store.put("a/b/data.bin", io.BytesIO(data))
    assert (stored.size, store.read("a/b/data.bin")) == (len(data), data)
    assert stored.sha256 == sha256_hex(data) == store.sha256("a/b/data.bin")
    (tmp_path / "file").write_bytes(b"from a path")
    assert store.put("a/c", tmp_path / "file").sha256 == store.put("a/d", b"from a path").sha256
    assert [item.key for item in store.list("a/")] == ["a/b/data.bin", "a/c", "a/d"]
    assert [item.key for item in store.list("a/b")] == ["a/b/data.bin"]
    assert store.put("empty", b"").size == 0 and store.read("empty") == b""


def test_a_large_object_goes_in_parts_and_comes_back_whole(store: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(LARGE)
    stored = store.put("large", tmp_path / "large")
    assert (stored.size, stored.sha256) == (len(LARGE), sha256_hex(LARGE))
    assert store.read("large") == LARGE
    assert store.sweep(timedelta(0)) == 0

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(LARGE), 700_001):
            yield LARGE[start : start + 700_001]

    stored = store.put("unseekable", _Pipe(pieces()))  # type: ignore[arg-type]
    assert stored.sha256 == sha256_hex(LARGE) == store.sha256("unseekable")


class _Pipe:
    """A stream that cannot go back, as a socket or a decompressor; its pieces are as long as they come."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def seekable(self) -> bool:
        return False

    def read(self, size: int = -1) -> bytes:
        return next(self._pieces, b"")


def test_the_etag_and_time_change_with_the_content(store: ObjectStore) -> None:
    first = store.put("x", b"one")
    assert store.stat("x").etag == first.etag != ""
    assert store.put("x", b"two").etag != first.etag
    found = store.stat("x")
    assert found.modified is not None
    assert abs(found.modified - datetime.now(UTC)) < timedelta(minutes=1)
    [listed] = store.list("x")
    assert (listed.etag, listed.size) == (found.etag, 3)


def test_a_range_is_its_bytes_and_past_the_end_there_are_none(store: ObjectStore) -> None:
    data = bytes(range(256)) * 40
    etag = store.put("r", data).etag
    ranges = [(0, 10), (0, None), (100, 5000), (5000, None), (10_000, 20_000), (10_240, None), (99_999, 100_000)]
    for start, end in [*ranges, (7, 7), (0, 0)]:
        with store.open_range("r", start, end, etag=etag) as stream:
            assert stream.read() == data[start:end], (start, end)
    for start, end in ((-1, 5), (5, 4)):
        with pytest.raises(ValueError, match="not a byte range"):
            store.open_range("r", start, end)


def test_ranges_of_lines_can_be_read_as_lines(store: ObjectStore) -> None:
    store.put("lines", b"first\nsecond\nthird")
    with store.open_range("lines", 6) as stream:
        assert list(stream) == [b"second\n", b"third"]


def test_another_version_than_the_one_asked_for_is_refused(store: ObjectStore) -> None:
    old = store.put("v", b"old words").etag
    store.put("v", b"new words")
    for start, end in ((0, None), (2, 4), (3, 3)):
        with pytest.raises(ObjectChanged, match="v is not the version"):
            store.open_range("v", start, end, etag=old)


def test_a_missing_object_is_named(store: ObjectStore) -> None:
    for act in (store.read, store.stat, store.open_range, lambda key: store.copy(key, "copy")):
        with pytest.raises(ObjectNotFound, match="no/such"):
            act("no/such")
    assert not store.exists("no/such")
    store.delete("no/such")
    assert list(store.list("no/")) == []
    store.put("folder/file", b"x")
    assert not store.exists("folder")
    with pytest.raises(ObjectNotFound):
        store.open("folder")


def test_put_if_absent_keeps_what_is_there(store: ObjectStore) -> None:
    assert store.put("once", b"first", if_absent=True).size == 5
    with pytest.raises(FileExistsError):
        store.put("once", b"second", if_absent=True)
    assert store.read("once") == b"first"
    store.put("large-once", LARGE, if_absent=True)
    with pytest.raises(FileExistsError):
        store.put("large-once", LARGE, if_absent=True)


def test_of_many_writers_if_absent_at_least_one_wins_and_its_object_stays(store: ObjectStore) -> None:
    """Not every server makes it exactly one (Swift's condition is not atomic); none may lose them all."""

    def attempt(number: int) -> int | None:
        try:
            store.put("contended", b"writer %d" % number, if_absent=True)
        except FileExistsError:
            return None
        return number

    with ThreadPoolExecutor(8) as pool:
        winners = [number for number in pool.map(attempt, range(8)) if number is not None]
    assert store.read("contended") in {b"writer %d" % number for number in winners}


def test_keys_are_listed_in_the_order_of_their_bytes_over_many_pages(store: ObjectStore) -> None:
    names = ["a", "a-b", "a.b", "a/b", "a/b/c" if isinstance(store, S3Store) else "a/c/d", "a0", "B", "b", "é"]
    if not isinstance(store, S3Store):
        names.remove("a")
    for name in names:
        if name == "é":
            _foreign(store, name)
        else:
            store.put(f"order/{name}", b"x")
    assert [item.key.removeprefix("order/") for item in store.list("order/")] == sorted(names, key=str.encode)


def _foreign(store: ObjectStore, name: str) -> None:
    """An object that somebody else has put there, under a name that the hub itself would not use."""
    if isinstance(store, LocalStore):
        (store.root / "order" / name).write_bytes(b"theirs")
    elif isinstance(store, S3Store):
        store._client.put_object(Bucket=store.bucket, Key=f"{store.prefix}order/{name}", Body=b"theirs")


def test_what_others_have_stored_can_be_read_under_their_names(store: ObjectStore) -> None:
    store.put("order/x", b"x")
    _foreign(store, "My talks (2024) & more é.jsonl")
    [theirs] = [item for item in store.list("order/") if item.key != "order/x"]
    assert store.read(theirs.key) == b"theirs" and store.stat(theirs.key).size == 6


def test_a_copy_is_the_same_bytes_of_the_version_that_was_meant(store: ObjectStore) -> None:
    etag = store.put("from", LARGE).etag
    store.copy("from", "to/here", etag=etag)
    assert store.sha256("to/here") == sha256_hex(LARGE)
    store.put("from", b"something else")
    with pytest.raises(ObjectChanged):
        store.copy("from", "to/there", etag=etag)
    assert not store.exists("to/there")


def test_what_a_server_does_not_copy_in_one_request_is_streamed(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixelhub.objects.s3._LARGEST_COPY", 10)
    etag = store.put("from", LARGE).etag
    store.copy("from", "to", etag=etag)
    assert store.sha256("to") == sha256_hex(LARGE)


def test_an_object_of_any_size_goes_up_and_down_in_bounded_memory(store: ObjectStore) -> None:
    size, piece = 60_000_000, os.urandom(1_000_000)
    tracemalloc.start()
    stored = store.put("big", _Pipe(iter([piece] * (size // len(piece)))))  # type: ignore[arg-type]
    arrived = store.sha256("big")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (stored.size, stored.sha256) == (size, arrived)
    assert peak < 36_000_000, peak


def test_many_small_objects_come_in_order_whatever_arrives_first(store: ObjectStore) -> None:
    bodies = {f"many/{number:03}": os.urandom(50 + number) for number in range(60)}
    bodies["many/007"] = os.urandom(SMALL_BYTES + 5)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda item: store.put(*item), bodies.items()))
    wanted = sorted(bodies, reverse=True)
    assert [(key, data == bodies[key]) for key, data in store.read_many(wanted, workers=5)] == [
        (key, True) for key in wanted
    ]
    listed = store.list("many/")
    assert {key: data for key, data in store.read_many(listed)} == bodies


def test_reading_many_looks_only_a_window_ahead_and_names_what_is_missing(store: ObjectStore) -> None:
    store.put("w", b"x")
    asked: list[int] = []

    def keys() -> Iterator[str | ObjectStat]:
        for number in range(1000):
            asked.append(number)
            yield "w" if number != 9 else "gone"

    reading = store.read_many(keys(), workers=3)
    assert [next(reading)[0] for _ in range(9)] == ["w"] * 9
    assert len(asked) <= 9 + 2 * 3
    with pytest.raises(ObjectNotFound, match="gone"):
        next(reading)


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
    assert len(order) == 2, "what is there is not sent again"
    (tmp_path / "manifest.json").write_text('{"other": 1}')
    with pytest.raises(FileExistsError, match="another"):
        store.publish("releases/v1/", files, last="manifest.json")
    copied = store.download_tree("releases/v1/", tmp_path / "copy")
    assert sorted(path.read_text() for path in copied) == ["rows", "{}"]


@pytest.mark.parametrize("key", ["../x", "a/../../x", "/etc/passwd", "a//b", "", "a\\b", "a\x00b", "..", "a" * 901])
def test_a_key_that_could_leave_its_prefix_is_refused(store: ObjectStore, key: str) -> None:
    for act in (store.read, store.stat, store.delete, lambda k: store.put(k, b"x")):
        with pytest.raises(ValueError, match="not a valid object key"):
            act(key)


@pytest.mark.parametrize("key", ["ä", "with space", "a,b", "a:b", "semi;colon", "new\nline", "a" + "\u202e"])
def test_the_hub_writes_only_plain_keys(store: ObjectStore, key: str) -> None:
    with pytest.raises(ValueError, match="not a valid object key"):
        store.put(key, b"x")


@given(st.text(max_size=60))
def test_an_accepted_key_stays_below_its_root(key: str) -> None:
    for check in (check_key, check_foreign_key):
        try:
            check(key)
        except ValueError:
            continue
        root = Path("/root-of-store")
        assert (root / key).resolve().is_relative_to(root) and (root / key).resolve() != root


def test_a_local_file_written_to_under_the_reader_is_an_error(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.put("f", b"a" * 1_000_000)
    with store.open("f") as stream:
        stream.read(10)
        os.utime(tmp_path / "f", (1, 1))
        with pytest.raises(ObjectChanged, match="f was changed"):
            stream.read()
    with store.open("f") as stream:
        stream.read(10)
        store.put("f", b"b" * 1_000_000)
        assert stream.read() == b"a" * 999_990, "a replaced file is read to its end as it was"


def test_old_drafts_of_killed_writers_are_swept_and_new_ones_kept(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.put("kept", b"x")
    drafts = tmp_path / ".drafts"
    (drafts / "old").write_bytes(b"half")
    (drafts / "new").write_bytes(b"half")
    long_ago = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    os.utime(drafts / "old", (long_ago, long_ago))
    assert store.sweep() == 1
    assert [path.name for path in drafts.iterdir()] == ["new"]
    assert [item.key for item in store.list()] == ["kept"]
