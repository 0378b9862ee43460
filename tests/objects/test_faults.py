"""A store that fails: retried or refused, never a silent gap, never half a release (reliability.md, row 16)."""

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pixelhub.canonical import sha256_hex
from pixelhub.objects import ObjectChanged, ObjectNotFound, ObjectStoreError
from pixelhub.objects.retries import Retries
from pixelhub.objects.s3 import S3Store
from tests.faultproxy import FaultProxy
from tests.objects.conftest import QUICK, Server
from tests.ports import free_port

Make = Callable[..., S3Store]
DATA = random.Random(3).randbytes(3_000_000)
LARGE = random.Random(4).randbytes(11_000_000)


def requests_of(proxy: FaultProxy, method: str) -> list[tuple[str, str]]:
    """Range and If-Match of the requests seen."""
    return [(asked, match) for seen, _, asked, match in proxy.seen if seen == method]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_server_that_fails_for_a_while_is_asked_again(through: Make, proxy: FaultProxy, status: int) -> None:
    store = through()
    for method in ("PUT", "GET", "HEAD"):
        proxy.plan("error", method=method, status=status, times=3)
    store.put("x", b"content")
    assert store.read("x") == b"content" and store.stat("x").size == 7
    assert len(requests_of(proxy, "PUT")) == len(requests_of(proxy, "GET")) == len(requests_of(proxy, "HEAD")) == 4
    proxy.plan("error", status=status, times=2)
    assert [item.key for item in store.list()] == ["x"]
    proxy.plan("error", method="DELETE", status=status, times=2)
    store.delete("x")
    assert not store.exists("x")


def test_a_server_that_keeps_failing_is_given_up_without_its_words(through: Make, proxy: FaultProxy) -> None:
    store = through()
    store.put("x", b"content")
    proxy.plan("error", times=99)
    proxy.plan("error", method="PUT", times=99)
    proxy.plan("error", method="DELETE", times=99)
    for act in (store.read, lambda key: store.put(key, b"new"), store.delete, lambda key: list(store.list(key))):
        with pytest.raises(ObjectStoreError) as raised:
            act("x")
        told = f"{raised.value!s} {raised.value!r} {raised.value.__cause__!r}"
        assert "InternalError" in told and "canary" not in told and "10.1.2.3" not in told
    assert len(requests_of(proxy, "PUT")) == 1 + QUICK.attempts


def test_a_refusal_is_not_asked_again(through: Make, proxy: FaultProxy) -> None:
    store = through()
    proxy.plan("error", status=403, times=99)
    with pytest.raises(ObjectStoreError, match="could not read x"):
        store.read("x")
    assert len(requests_of(proxy, "GET")) == 1


def test_retry_after_is_obeyed_up_to_a_bound_and_waits_grow_at_random(through: Make, proxy: FaultProxy) -> None:
    waits: list[float] = []
    retries = Retries(attempts=5, first_seconds=0.5, longest_seconds=30, sleep=waits.append)
    store = through(retries=retries)
    store.put("x", b"content")
    proxy.plan("error", status=503, headers={"Retry-After": "7"})
    proxy.plan("error", status=503, headers={"Retry-After": "100000"})
    proxy.plan("error", status=503, times=2)
    assert store.read("x") == b"content"
    assert waits[:2] == [7, 30] and waits[2] <= 2.0 and waits[3] <= 4.0
    many: list[float] = []
    spread = Retries(first_seconds=1, longest_seconds=8, sleep=many.append)
    for failures in [1] * 200 + [9] * 200:
        spread.wait(failures)
    assert max(many[:200]) <= 1 and max(many[200:]) <= 8 and max(many[200:]) > 6 and min(many) < 0.2


@pytest.mark.parametrize("kind", ["cut", "reset", "stall"])
def test_a_body_that_breaks_off_goes_on_at_its_byte(through: Make, proxy: FaultProxy, kind: str) -> None:
    # Given up after five seconds of silence, which a stalled one keeps for long and a busy machine does not.
    store = through(timeout=5.0 if kind == "stall" else 20.0)
    etag = store.put("x", DATA).etag
    for after, breaks in ((1_000_000, kind), (500_000, "cut" if kind == "stall" else kind), (0, kind)):
        proxy.plan(breaks, after=after, seconds=60)
    assert store.read("x") == DATA
    resumed = requests_of(proxy, "GET")[1:]
    assert resumed and all(match == etag for _, match in resumed), resumed
    starts = [int(asked.removeprefix("bytes=").rstrip("-").split("-")[0] or 0) for asked, _ in resumed if asked]
    assert starts == sorted(starts) and (kind == "reset" or 0 < starts[0] <= 1_000_000)


def test_a_range_that_breaks_off_goes_on_within_its_range(through: Make, proxy: FaultProxy) -> None:
    store = through()
    etag = store.put("x", DATA).etag
    proxy.plan("cut", after=400_000, times=2)
    with store.open_range("x", 1_000_000, 2_500_000, etag=etag) as stream:
        assert stream.read() == DATA[1_000_000:2_500_000]
    assert len(requests_of(proxy, "GET")) == 3


def test_a_body_that_never_comes_whole_is_an_error_not_a_short_file(through: Make, proxy: FaultProxy) -> None:
    store = through()
    store.put("x", DATA)
    proxy.plan("cut", after=0, times=99)
    with pytest.raises(ObjectStoreError, match="could not read x past byte 0"):
        store.read("x")


@pytest.mark.parametrize("ignores_if_match", [False, True])
def test_an_object_replaced_under_the_reader_is_an_error(
    through: Make, proxy: FaultProxy, ignores_if_match: bool
) -> None:
    store, direct = through(), through(direct=True)
    store.put("x", DATA)
    proxy.plan("cut", after=1_000_000)
    if ignores_if_match:
        # The answer to the second GET says another ETag, as from a server that has never heard of If-Match.
        proxy.plan("etag")
    else:
        changed = iter([None, lambda: direct.put("x", DATA[::-1])])
        proxy.before = lambda method, path: (next(changed, None) or (lambda: None))() if method == "GET" else None
    with store.open("x") as stream, pytest.raises(ObjectChanged, match="x is not the version"):
        stream.read()


def test_a_flipped_bit_on_the_way_down_is_noticed(through: Make, proxy: FaultProxy) -> None:
    store = through()
    store.put("x", DATA)
    proxy.plan("flip")
    with pytest.raises(ObjectStoreError, match="x arrived damaged"):
        store.read("x")
    assert store.read("x") == DATA


def test_a_wrong_etag_on_the_way_up_is_settled_by_reading_back(through: Make, proxy: FaultProxy) -> None:
    store = through()
    proxy.plan("etag", method="PUT")
    assert store.put("x", DATA).sha256 == sha256_hex(DATA)
    assert len(requests_of(proxy, "GET")) == 1
    proxy.plan("etag", method="PUT")
    proxy.plan("flip")
    with pytest.raises(ObjectStoreError, match="arrived damaged"):
        store.put("y", DATA)


def test_an_answer_that_got_lost_is_not_taken_for_another_writer(through: Make, proxy: FaultProxy) -> None:
    store = through()
    proxy.plan("lost", method="PUT")
    assert store.put("x", b"mine", if_absent=True).size == 4
    assert store.read("x") == b"mine"
    with pytest.raises(FileExistsError):
        store.put("x", b"other", if_absent=True)


@pytest.mark.parametrize("kind", ["error", "reset", "lost"])
def test_parts_are_sent_again_and_the_whole_is_right(through: Make, proxy: FaultProxy, kind: str) -> None:
    store = through()
    proxy.plan(kind, method="PUT", where="partNumber=2", times=2)
    proxy.plan(kind, method="POST", where="uploads", times=1)
    proxy.plan(kind, method="POST", where="uploadId", times=1)
    assert store.put("large", LARGE).sha256 == sha256_hex(LARGE) == store.sha256("large")


def test_an_upload_that_fails_leaves_no_object_and_no_parts(
    through: Make, proxy: FaultProxy, server: Server, bucket: str
) -> None:
    store = through()
    proxy.plan("error", method="PUT", where="partNumber=2", times=99)
    with pytest.raises(ObjectStoreError, match="could not store large"):
        store.put("large", LARGE)
    assert not store.exists("large")
    left = server.client().list_multipart_uploads(Bucket=bucket, Prefix=store.prefix)
    assert left.get("Uploads", []) == []


def test_parts_of_a_killed_writer_are_swept_by_age(through: Make, server: Server, bucket: str) -> None:
    store = through()
    client = server.client()
    place = {"Bucket": bucket, "Key": f"{store.prefix}abandoned"}
    upload = client.create_multipart_upload(**place)["UploadId"]
    client.upload_part(**place, UploadId=upload, PartNumber=1, Body=b"half")
    if "tester" in server.access:  # moto says of every upload that it began in 2010
        assert store.sweep(timedelta(days=1)) == 0, "one that began just now may still be written"
    assert store.sweep(timedelta(seconds=-5)) == 1
    assert client.list_multipart_uploads(Bucket=bucket, Prefix=store.prefix).get("Uploads", []) == []


def release(folder: Path) -> dict[str, Path]:
    names = ["shards/train/0.jsonl", "shards/test/0.jsonl", "README.md", "manifest.json"]
    files = {name: folder / name.replace("/", "-") for name in names}
    for name, path in files.items():
        path.write_bytes(name.encode() * 5000)
    return files


FAULTS: list[dict[str, Any]] = [
    {"kind": "error", "method": "PUT", "where": "shards/test", "times": 99},
    {"kind": "reset", "method": "PUT", "where": "README", "times": 99},
    {"kind": "error", "method": "PUT", "where": "manifest.json", "times": 99},
    {"kind": "flip", "where": "shards/train", "times": 99},
    {"kind": "cut", "where": "shards/train", "after": 100, "times": 999},
    {"kind": "error", "where": "shards/test", "status": 503, "times": 99},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault['kind']}-{fault['where'].replace('/', '-')}")
def test_no_half_release_is_listed(through: Make, proxy: FaultProxy, tmp_path: Path, fault: dict[str, Any]) -> None:
    store, direct = through(), through(direct=True)
    files = release(tmp_path)
    proxy.plan(**fault)
    with pytest.raises(ObjectStoreError):
        store.publish("releases/v1/", files, last="manifest.json")
    with pytest.raises(ObjectNotFound):
        direct.read("releases/v1/manifest.json")
    proxy.faults.clear()
    store.publish("releases/v1/", files, last="manifest.json")
    assert {item.key for item in direct.list("releases/v1/")} == {f"releases/v1/{name}" for name in files}


def test_a_release_gets_through_a_bad_network(through: Make, proxy: FaultProxy, tmp_path: Path) -> None:
    store, direct = through(timeout=5.0), through(direct=True)
    files = release(tmp_path)
    for kind in ("error", "reset", "lost"):
        proxy.plan(kind, method="PUT", times=1)
    for kind, after in (("cut", 1000), ("stall", 500), ("reset", 2000)):
        proxy.plan(kind, where="shards", after=after, seconds=60)
    store.publish("releases/v1/", files, last="manifest.json")
    assert all(direct.read(f"releases/v1/{name}") == path.read_bytes() for name, path in files.items())


def test_a_server_that_is_away_is_an_error_in_bounded_time(server: Server) -> None:
    client = server.client(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(ObjectStoreError, match="EndpointConnectionError"):
        S3Store(client, "bucket", "", retries=QUICK).read("x")


def test_wrong_keys_are_refused_by_the_server_that_checks_them(swift: Any) -> None:
    client = Server(swift.endpoint, "test:tester", "wrong").client()
    with pytest.raises(ObjectStoreError, match="SignatureDoesNotMatch"):
        S3Store(client, "bucket", "", retries=QUICK).read("x")
