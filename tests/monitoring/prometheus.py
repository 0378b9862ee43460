"""A real Prometheus with the rules of deploy/, made quick, and a stand-in for the processes that it asks."""

import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any

import yaml

from tests.deploy.programs import program
from tests.monitoring.files import RULES
from tests.ports import free_port

_PATIENCE_S = 300


class StandIn:
    """Serves /metrics with series that grow with each time that they are asked for."""

    def __init__(self) -> None:
        #: Series -> what it grows by, each time.
        self.growing: dict[str, float] = {}
        #: Series -> what it is.
        self.steady: dict[str, float] = {}
        self._counted: dict[str, float] = {}
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = stand_in.said().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *details: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def said(self) -> str:
        for series, step in self.growing.items():
            self._counted[series] = self._counted.get(series, 0) + step
        return "".join(f"{series} {value:g}\n" for series, value in {**self._counted, **self.steady}.items())

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Prometheus:
    """Its HTTP interface."""

    def __init__(self, url: str) -> None:
        self.url = url

    def value(self, query: str) -> float | None:
        """The first value of an instant query; None where there is none."""
        found = self._get(f"query?query={urllib.parse.quote(query)}")["result"]
        return float(found[0]["value"][1]) if found else None

    def firing(self) -> set[str]:
        return {alert["labels"]["alertname"] for alert in self._get("alerts")["alerts"] if alert["state"] == "firing"}

    def wait_for(self, true: Callable[[], bool], what: str) -> None:
        """Until a condition holds. Raises AssertionError with what fires, where it does not come to hold."""
        deadline = time.monotonic() + _PATIENCE_S
        while not true():
            assert time.monotonic() < deadline, f"{what}; firing: {sorted(self.firing())}"
            time.sleep(0.1)

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=30) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}", timeout=60) as answer:  # noqa: S310
            return json.load(answer)["data"]


def quick_rules() -> dict[str, Any]:
    """The rules with nothing changed but how long a condition has to hold: a second where it was minutes."""
    rules: dict[str, Any] = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    for group in rules["groups"]:
        for rule in group["rules"]:
            if "for" in rule:
                rule["for"] = "1s"
    return rules


@contextmanager
def prometheus(folder: Path, targets: dict[str, str], **asked: Any) -> Iterator[Prometheus]:
    """Prometheus that asks `targets` (job -> address) twice a second; `asked` goes into each scrape job.

    Not more often: no scrape may take longer than what lies between two, and each that does is a process that is down.
    """
    binary, port = program("prometheus"), free_port()
    (folder / "rules.yml").write_text(yaml.safe_dump(quick_rules()), encoding="utf-8")
    configuration = {
        "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "200ms", **asked},
        "rule_files": ["rules.yml"],
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": [address]}]} for job, address in targets.items()
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration), encoding="utf-8")
    arguments = [f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}"]
    process = Popen(
        [binary, *arguments, f"--web.listen-address=127.0.0.1:{port}"], cwd=folder, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        running = Prometheus(f"http://127.0.0.1:{port}")
        deadline = time.monotonic() + _PATIENCE_S
        while not running.ready():
            assert process.poll() is None, "Prometheus ended while starting"
            assert time.monotonic() < deadline, "Prometheus did not become ready"
            time.sleep(0.05)
        yield running
    finally:
        process.terminate()
        process.wait(timeout=90)
