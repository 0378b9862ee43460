"""OpenStack Swift with its S3 interface in one process, on loopback, data in a folder: a second real S3 server.

Unlike moto it checks signatures and checksums, and keeps its data on disk. `swift_server()` starts it for tests;
`python -m tests.swiftserver FOLDER PROXY ACCOUNT CONTAINER OBJECT` (ports) is the server itself. One replica, one
device, tempauth and s3api, no memcached (a dictionary stands in for it).
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ACCESS_KEY, SECRET_KEY = "test:tester", "testing"
_PARTS = ("account", "container", "object")

_PROXY = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
swift_dir = {folder}
[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats bulk s3api tempauth copy slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
object_post_as_copy = false
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:cache]
paste.filter_factory = tests.swiftserver:cache_factory
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:copy]
use = egg:swift#copy
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
s3_acl = false
min_segment_size = 1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:slo]
use = egg:swift#slo
"""

_STORAGE = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
disable_fallocate = true
[pipeline:main]
pipeline = {part}-server
[app:{part}-server]
use = egg:swift#{part}
"""


@dataclass(frozen=True)
class SwiftServer:
    """Where the server answers, and the folder with its disk (to look at what it really keeps)."""

    endpoint: str
    folder: Path


def why_not(folder: Path) -> str:
    """Why Swift cannot run here; "" where it can."""
    if find_spec("swift") is None:
        return "OpenStack Swift is not installed (pip install swift)"
    probe = folder / "xattr-probe"
    probe.write_bytes(b"")
    try:
        os.setxattr(probe, b"user.swift.metadata", b"x" * 2000)
    except OSError:
        return f"OpenStack Swift needs extended attributes, which the file system of {folder} does not have"
    return ""


@contextmanager
def swift_server(free_port: Callable[[], int], wait_for_port: Callable[..., None]) -> Iterator[SwiftServer | str]:
    """A throw-away Swift; yields the reason as a string where it cannot run."""
    folder = Path(tempfile.mkdtemp(prefix="pixelhub-swift-"))
    try:
        reason = why_not(folder)
        if reason:
            yield reason
            return
        ports = [free_port() for _ in ("proxy", *_PARTS)]
        _configure(folder, ports)
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.swiftserver", str(folder), *map(str, ports)],
            stdout=subprocess.DEVNULL,
            stderr=(folder / "server.log").open("wb"),
        )
        try:
            for port in ports:
                wait_for_port(port, process, "Swift")
            yield SwiftServer(f"http://127.0.0.1:{ports[0]}", folder)
        finally:
            process.kill()
            process.wait(timeout=120)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _configure(folder: Path, ports: list[int]) -> None:
    from swift.common.ring import RingBuilder

    (folder / "devices" / "disk").mkdir(parents=True)
    (folder / "swift.conf").write_text(
        "[swift-hash]\nswift_hash_path_suffix = tests\n[storage-policy:0]\nname = only\ndefault = yes\n"
    )
    (folder / "proxy-server.conf").write_text(_PROXY.format(port=ports[0], folder=folder))
    for part, port in zip(_PARTS, ports[1:], strict=True):
        (folder / f"{part}-server.conf").write_text(_STORAGE.format(part=part, port=port, folder=folder))
        builder = RingBuilder(part_power=2, replicas=1, min_part_hours=1)
        place = {"region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "disk", "weight": 1.0, "meta": ""}
        builder.add_dev({**place, "replication_ip": "127.0.0.1", "replication_port": port})
        builder.rebalance()
        builder.get_ring().save(str(folder / f"{part}.ring.gz"))


class _Cache:
    """What Swift asks of memcached, in this process's memory."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def get(self, key: str, *args: Any, **options: Any) -> Any:
        return self._values.get(key)

    def set(self, key: str, value: Any, *args: Any, **options: Any) -> None:
        self._values[key] = value

    def incr(self, key: str, delta: int = 1, *args: Any, **options: Any) -> int:
        self._values[key] = int(self._values.get(key, 0)) + delta
        return int(self._values[key])

    def delete(self, key: str, *args: Any, **options: Any) -> None:
        self._values.pop(key, None)


def cache_factory(global_conf: dict[str, str], **conf: str) -> Callable[[Any], Any]:
    """A paste filter that offers the cache to the pipeline."""
    cache = _Cache()

    def wrap(app: Any) -> Any:
        def serve(environ: dict[str, Any], start_response: Any) -> Any:
            environ["swift.cache"] = cache
            return app(environ, start_response)

        return serve

    return wrap


def serve(folder: Path, ports: list[int]) -> None:
    """All four servers in this process, until it is killed."""
    import eventlet
    from eventlet import wsgi

    eventlet.monkey_patch()
    from swift.common import utils
    from swift.common.wsgi import SwiftHttpProtocol, loadapp

    utils.set_swift_dir(str(folder))
    utils.validate_configuration()
    threads = []
    for part, port in reversed(list(zip(("proxy", *_PARTS), ports, strict=True))):
        app = loadapp(str(folder / f"{part}-server.conf"), global_conf={"log_name": part})
        options = {"protocol": SwiftHttpProtocol, "capitalize_response_headers": False, "log_output": False}
        threads.append(eventlet.spawn(wsgi.server, eventlet.listen(("127.0.0.1", port)), app, **options))
    for thread in threads:
        thread.wait()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), [int(port) for port in sys.argv[2:]])
