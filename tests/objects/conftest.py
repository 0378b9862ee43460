"""Stores of all kinds, real servers behind the S3 ones."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from pixelhub.objects.base import ObjectStore
from pixelhub.objects.factory import client_config
from pixelhub.objects.local import LocalStore
from pixelhub.objects.retries import Retries
from pixelhub.objects.s3 import S3Store
from tests.faultproxy import FaultProxy, fault_proxy
from tests.servers import swift_server
from tests.swiftserver import ACCESS_KEY, SECRET_KEY, SwiftServer

QUICK = Retries(attempts=4, first_seconds=0.001, longest_seconds=0.01)
PART = 5 << 20


@dataclass
class Server:
    """An S3 server of the tests, with the keys it takes."""

    endpoint: str
    access: str
    secret: str

    def client(self, endpoint: str = "", *, timeout: float = 20.0) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=endpoint or self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.access,
            aws_secret_access_key=self.secret,
            config=client_config(addressed_by_path=True, timeout=timeout),
        )

    def bucket(self) -> str:
        name = f"b{uuid.uuid4().hex[:12]}"
        self.client().create_bucket(Bucket=name)
        return name


@pytest.fixture(scope="session")
def swift() -> Iterator[SwiftServer]:
    """OpenStack Swift; says why where it cannot run."""
    with swift_server() as server:
        if isinstance(server, str):
            pytest.skip(server)
        yield server


@pytest.fixture(scope="session", params=["moto", "swift"])
def server(request: pytest.FixtureRequest) -> Server:
    """Each real S3 server in turn."""
    if request.param == "moto":
        return Server(request.getfixturevalue("s3_endpoint"), "test", "test")
    return Server(request.getfixturevalue("swift").endpoint, ACCESS_KEY, SECRET_KEY)


@pytest.fixture(scope="session")
def bucket(server: Server) -> str:
    """A bucket on that server, shared: each store below has a prefix of its own."""
    return server.bucket()


@pytest.fixture(params=["local", "moto", "swift"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    """The three kinds of stores, each empty."""
    if request.param == "local":
        return LocalStore(tmp_path / "store")
    if request.param == "moto":
        server = Server(request.getfixturevalue("s3_endpoint"), "test", "test")
    else:
        server = Server(request.getfixturevalue("swift").endpoint, ACCESS_KEY, SECRET_KEY)
    return S3Store(server.client(), server.bucket(), "hub", retries=QUICK, part_bytes=PART)


@pytest.fixture
def proxy(server: Server) -> Iterator[FaultProxy]:
    """A fault proxy before the real server."""
    with fault_proxy(server.endpoint) as running:
        yield running


@pytest.fixture
def through(server: Server, bucket: str, proxy: FaultProxy) -> Callable[..., S3Store]:
    """Makes a store behind the proxy; the same prefix for all of one test."""
    prefix = uuid.uuid4().hex

    def make(*, timeout: float = 20.0, retries: Retries = QUICK, direct: bool = False) -> S3Store:
        client = server.client("" if direct else proxy.endpoint, timeout=timeout)
        return S3Store(client, bucket, prefix, retries=retries, part_bytes=PART)

    return make
