"""Addresses that users give: nothing of this machine or its network is reached (reliability.md, row 11)."""

import ipaddress
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from pixelhub.addresses import is_public
from pixelhub.objects import AddressRefused, ObjectStoreError, check_address, open_user_store, user_places
from pixelhub.objects.s3 import S3Store

REFUSED = [
    "http://127.0.0.1/", "http://127.0.0.1:9000", "http://127.8.8.8/", "http://localhost/", "http://localhost.:80/",
    "http://2130706433/", "http://0x7f000001/", "http://0X7F.1/", "http://0177.0.0.1/", "http://127.1/", "http://0/",
    "http://017700000001/", "http://127.0.0.1./", "http://0.0.0.0/", "http://[::1]/", "http://[::]/",
    "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[0:0:0:0:0:ffff:a9fe:a9fe]/",
    "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[::127.0.0.1]/", "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/", "http://[fc00::1]/", "http://[fec0::1]/", "http://[ff02::1]/",
    "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/",
    "http://100.64.0.1/", "http://198.18.0.1/", "http://224.0.0.1/", "http://255.255.255.255/", "http://192.0.2.1/",
    "https://user:secret@8.8.8.8/", "https://8.8.8.8@127.0.0.1/", "http://8.8.8.8:0/", "http://8.8.8.8:99999/",
    "ftp://8.8.8.8/", "file:///etc/passwd", "gopher://8.8.8.8/", "//8.8.8.8/", "8.8.8.8", "", "http://", "http:///x",
    "http://8.8.8.8\\@127.0.0.1/", "http://8.8.8.8 .example/", "http://8.8.8.8\n/", "http://exa mple/", "http://１２７.0.0.1/",
    "http://-x.example/", "http://no-such-host.invalid/", "http://[::1/", "http://[8.8.8.8]/",
]  # fmt: skip


@pytest.fixture(autouse=True)
def no_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of the world are unknown at once instead of after a minute; numbers and localhost are looked up really."""
    real = socket.getaddrinfo

    def look_up(host: str, *args: Any, **options: Any) -> Any:
        if "example" in host or "invalid" in host:
            raise socket.gaierror("no name server here")
        return real(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.parametrize("url", REFUSED)
def test_what_is_not_public_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        check_address(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["https://8.8.8.8/", "http://8.8.8.8:9000/x", "https://[2001:4860:4860::8888]/"])
def test_a_public_address_passes(url: str) -> None:
    [address] = check_address(url)
    assert address in url


@pytest.mark.parametrize(
    ("url", "passes"),
    [
        ("http://127.0.0.1:9000", True),
        ("http://127.0.0.1:9000/bucket", True),
        ("http://127.0.0.1:9001", False),
        ("https://127.0.0.1:9000", False),
        ("http://127.0.0.1:9000@evil.invalid/", False),
    ],
)
def test_the_operators_own_endpoint_passes_and_nothing_beside_it(url: str, passes: bool) -> None:
    if passes:
        assert check_address(url, allowed=["http://127.0.0.1:9000/"]) == []
    else:
        with pytest.raises(AddressRefused):
            check_address(url, allowed=["http://127.0.0.1:9000/"])


@given(st.ip_addresses(v=4))
def test_an_address_wrapped_into_ipv6_is_no_better_than_itself(address: ipaddress.IPv4Address) -> None:
    for wrapped in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert is_public(ipaddress.ip_address(wrapped)) == is_public(address)
    assert not is_public(ipaddress.ip_address(f"::{address}"))


class Names:
    """A name server of our own: answers in turn, the last one for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: int, *args: Any, **options: Any) -> list[Any]:
        if host.replace(".", "").isdigit():
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        self.asked += 1
        current = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in current]


@pytest.fixture
def listener() -> Iterator[tuple[int, list[Any]]]:
    """Something on loopback that must never be called."""
    calls: list[Any] = []
    server = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, peer = server.accept()
            except OSError:
                return
            calls.append(peer)
            connection.close()

    threading.Thread(target=accept, daemon=True).start()
    yield server.getsockname()[1], calls
    server.close()


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(["8.8.8.8", "10.0.0.7"]))
    with pytest.raises(AddressRefused):
        check_address("https://store.example/")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_name_that_turns_to_loopback_after_the_check_is_not_followed(
    scheme: str, monkeypatch: pytest.MonkeyPatch, settings: Any, listener: tuple[int, list[Any]]
) -> None:
    port, calls = listener
    settings.OBJECT_STORE_ATTEMPTS, settings.OBJECT_STORE_TIMEOUT = 1, 5.0
    names = Names(["8.8.8.8"], ["127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", names)
    store = open_user_store("s3://their-bucket/data", endpoint=f"{scheme}://store.example:{port}")
    with pytest.raises((AddressRefused, ObjectStoreError)) as raised:
        store.read("x")
    assert names.asked == 2 and calls == []
    assert "127.0.0.1" not in str(raised.value)


def test_the_connection_goes_to_the_address_that_was_checked(
    monkeypatch: pytest.MonkeyPatch, settings: Any, listener: tuple[int, list[Any]]
) -> None:
    """The name is asked once per connection: between check and connect there is nothing to change."""
    port, calls = listener
    settings.OBJECT_STORE_ATTEMPTS = 1
    names = Names(["8.8.8.8"], ["9.9.9.9"], ["127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", names)
    gone: list[str] = []

    def connect(address: tuple[str, int], *args: Any, **options: Any) -> socket.socket:
        gone.append(address[0])
        raise OSError("no network here")

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    store = open_user_store("s3://their-bucket", endpoint=f"http://store.example:{port}")
    with pytest.raises(ObjectStoreError):
        store.read("x")
    assert gone == ["9.9.9.9"] and names.asked == 2 and calls == []


def test_a_redirect_is_not_followed(
    monkeypatch: pytest.MonkeyPatch, settings: Any, listener: tuple[int, list[Any]]
) -> None:
    port, calls = listener
    # botocore asks the same server for the bucket's region after a redirect, which nobody answers here.
    settings.OBJECT_STORE_ATTEMPTS, settings.OBJECT_STORE_TIMEOUT = 1, 0.3
    ours, theirs = socket.socketpair()
    redirect = f"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:{port}/canary\r\nContent-Length: 0\r\n\r\n"
    theirs.sendall(redirect.encode())
    monkeypatch.setattr("urllib3.util.connection.create_connection", lambda *args, **options: ours)
    store = open_user_store("s3://their-bucket", endpoint="http://8.8.8.8")
    with pytest.raises(ObjectStoreError) as raised:
        store.read("x")
    assert calls == [] and "canary" not in str(raised.value)
    sent = theirs.recv(65536).decode()
    assert "Authorization" not in sent, "the operator's keys are not for a stranger's server"
    theirs.close()


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("s3://elsewhere/anything", False),
        ("s3://own-bucket/hub/gdrive/processed/cptsd", True),
        ("s3://own-bucket/hub/voice/", True),
        ("s3://own-bucket/another-prefix/x", False),
        ("s3://own-bucket/hub/gdrive", True),
        ("s3://own-bucket/hub/gdrive-evil/x", False),
        ("s3://own-bucket/hub/GDRIVE/x", False),
        ("s3://own-bucket/hub-evil/gdrive/x", False),
        ("s3://own-bucket/gdrive/x", False),
        ("s3://own-bucket.evil/hub/gdrive/x", False),
        ("s3://own-bucket/hub/imports/beta", False),
        ("s3://own-bucket/hub/releases/beta/v1", False),
        ("s3://own-bucket/hub/snapshots", False),
        ("s3://own-bucket/hub", False),
        ("s3://own-bucket/", False),
        ("s3://own-bucket/hub/gdrive/../imports", False),
        ("s3://own-bucket//hub/imports", False),
        ("file:///etc", False),
        ("s3://Own_Bucket/x", False),
        ("s3://own-bucket:80/x", False),
        ("s3://user@own-bucket/x", False),
        ("s3://own-bucket/x?versionId=1", False),
    ],
)
def test_of_the_hubs_own_store_users_name_what_is_shared(settings: Any, url: str, fine: bool) -> None:
    settings.OBJECT_STORE_URL = "s3://own-bucket/hub"
    settings.OBJECT_STORE_ENDPOINT = "http://127.0.0.1:9"
    if fine:
        assert open_user_store(url)
    else:
        with pytest.raises(AddressRefused):
            open_user_store(url)


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("s3://lake/raw", True), ("s3://lake/raw/", True), ("s3://lake//raw//", True), ("s3://lake/raw/2024/x", True),
        ("s3://pond/", True), ("s3://pond/deep/x", True), ("s3://own-bucket/hub/voice/x", True),
        ("s3://lake/", False), ("s3://lake", False), ("s3://lake/ra", False), ("s3://lake/raw-evil/x", False),
        ("s3://lake/rawevil", False), ("s3://lake/RAW/x", False), ("s3://Lake/raw/x", False),
        ("s3://lake/./raw", False),
        ("s3://lake/raw/../secret", False), ("s3://lake/raw/..", False), ("s3://lake/%72aw/x", False),
        ("s3://lake/x/raw/y", False), ("s3://lakes/raw/x", False), ("s3://pond-evil/x", False),
        ("s3://pond.evil/x", False),
        ("s3://lake/raw\\x", False), ("s3://lake/ raw/x", False), ("s3://lake/raw\t/x", False),
        ("s3://own-bucket/hub/imports/beta", False), ("s3://own-bucket/", False), ("s3://https-is-no-place/x", False),
    ],
)  # fmt: skip
def test_with_the_hubs_keys_users_read_where_the_operator_says(settings: Any, url: str, fine: bool) -> None:
    settings.OBJECT_STORE_URL, settings.OBJECT_STORE_ENDPOINT = "s3://own-bucket/hub", "http://127.0.0.1:9"
    settings.IMPORT_STORES = [
        "s3://lake/raw/",
        " s3://pond",
        "s3://own-bucket",
        "https://https-is-no-place",
        "",
        "s3://",
    ]
    # The operator's endpoint named again is still the operator's keys.
    for endpoint in ("", "http://127.0.0.1:9/"):
        if fine:
            assert open_user_store(url, endpoint=endpoint)
        else:
            with pytest.raises(AddressRefused):
                open_user_store(url, endpoint=endpoint)


@given(st.text(alphabet="ab/.-A%", max_size=12), st.text(alphabet="ab/-A", max_size=8))
def test_no_key_outside_the_place_can_be_read(path: str, place: str) -> None:
    """Whatever passes reads keys below the place: what the store itself puts before every key says so."""
    with override_settings(IMPORT_STORES=[f"s3://lake/{place}"], OBJECT_STORE_ENDPOINT="http://127.0.0.1:9"):
        try:
            store = open_user_store(f"s3://lake/{path}")
        except AddressRefused:
            return
    assert isinstance(store, S3Store) and store.bucket == "lake"
    root = place.strip("/")
    assert store.prefix.startswith(f"{root}/" if root else "") and ".." not in store.prefix


def test_a_hub_on_a_folder_has_no_such_place_and_the_operator_reads_anywhere(settings: Any) -> None:
    settings.OBJECT_STORE_ENDPOINT = "http://127.0.0.1:9"
    assert user_places() == []
    with pytest.raises(AddressRefused, match="switched off"):
        open_user_store("s3://lake/raw")
    assert open_user_store("s3://lake/raw", anywhere=True)
    settings.OBJECT_STORE_URL = "s3://own-bucket/hub"
    assert user_places()[0] == "s3://own-bucket/hub/gdrive/"
    assert open_user_store("s3://own-bucket/hub/imports/beta", anywhere=True)
    with pytest.raises(AddressRefused, match="looks like"):
        open_user_store("file:///etc", anywhere=True)


def test_a_place_that_is_no_address_is_a_failed_check(settings: Any) -> None:
    settings.IMPORT_STORES = ["s3://lake/raw", "lake/raw", "s3://lake/../x"]
    assert [error.msg for error in run_checks() if error.id == "datasets_app.E004"] == [
        "Entry 2 of IMPORT_STORES is not an s3:// address.",
        "Entry 3 of IMPORT_STORES is not an s3:// address.",
    ]
