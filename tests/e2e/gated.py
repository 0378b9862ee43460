"""A real S3 server that can hold a request back: a slow store, so that a kill lands exactly where a test wants it."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

Matches = Callable[[str, str, str], bool]
_LONGEST_HOLD_SECONDS = 120.0


class _Quiet(MotoRequestHandler):
    def log_request(self, *details: Any) -> None:
        """A line per request is of no use to anybody here."""


class GatedStore:
    """Serves one bucket on loopback. A request that matches (method, path, query) waits until it is let go."""

    def __init__(self) -> None:
        self.bucket = f"b{uuid.uuid4().hex[:12]}"
        self._application = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_Quiet)
        self._thread = Thread(target=self._server.serve_forever, name="gated-s3", daemon=True)
        self._matches: Matches | None = None
        self._reached = Event()
        self._let_go = Event()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/hub"

    def start(self) -> None:
        self._thread.start()
        boto3.client("s3", endpoint_url=self.endpoint, region_name="us-east-1").create_bucket(Bucket=self.bucket)

    def stop(self) -> None:
        self._let_go.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @contextmanager
    def holding(self, matches: Matches) -> Iterator[None]:
        """The first matching request waits as long as the block; inside, `wait_until_reached` waits for it."""
        self._reached.clear()
        self._let_go.clear()
        self._matches = matches
        try:
            yield
        finally:
            self._matches = None
            self._let_go.set()

    def wait_until_reached(self, seconds: float) -> None:
        """Until a request waits at the gate."""
        assert self._reached.wait(seconds), f"no such request came within {seconds:.0f} s"

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Any:
        held = self._matches
        if held and held(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"]):
            self._reached.set()
            self._let_go.wait(_LONGEST_HOLD_SECONDS)
        return self._application(environ, start_response)
