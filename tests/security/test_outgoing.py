"""Requests to the outside leave through one place: read from the source, so that a new way out fails here.

`pixelhub.addresses` decides, `pixelhub.outgoing` sends, `pixelhub.objects.guard` does the same inside boto3's pools.
Whoever writes another client has to name it here, with the reason why no user can choose where it goes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import PROJECT_ROOT

PRODUCT = ("pixelhub", "datasets_app", "annotation", "training_app", "inference", "review")
#: What can open a connection; a prefix with its dot takes the submodules along.
CLIENTS = (
    *("aiohttp", "boto3", "botocore", "channels_redis", "ftplib", "http.client", "httpcore", "httpx", "imaplib"),
    *(
        "mlflow",
        "paramiko",
        "poplib",
        "pycurl",
        "redis",
        "requests",
        "smtplib",
        "socket",
        "telnetlib",
        "urllib.request",
    ),
    *("urllib3", "wandb", "websocket", "websockets", "xmlrpc"),
)
ERRORS_ONLY = {"http.client.HTTPException", "urllib3.exceptions.HTTPError"}
OPERATORS = "the operator's own server, from a setting"
ALLOWED = {
    "pixelhub/addresses.py": {"socket": "looks names up, connects to nothing"},
    "pixelhub/outgoing.py": {"socket": "the one sender", "http.client": "the one sender"},
    "pixelhub/objects/factory.py": {"boto3": "guard_client for what users name", "botocore": "its configuration"},
    "pixelhub/objects/guard.py": {"socket": "a type", "botocore": "the guarded connections"},
    "pixelhub/objects/retries.py": {"botocore": "kinds of failure"},
    "pixelhub/objects/s3.py": {"botocore": "kinds of failure"},
    "pixelhub/objects/upload.py": {"botocore": "kinds of failure"},
    "pixelhub/jobs/alive.py": {"socket": "this machine's name, and a pair of pipes to children"},
    "pixelhub/jobs/lifeline.py": {"socket": "a pair of pipes to children"},
    "pixelhub/jobs/supervisor.py": {"socket": "this machine's name"},
    "pixelhub/metrics/store.py": {"socket": "this machine's name"},
    "pixelhub/ops/management/commands/hub.py": {"socket": "asks whether the port is free"},
    "inference/serving/limits.py": {"redis": OPERATORS},
    "inference/serving/cache.py": {"redis": OPERATORS},
    "training_app/learn/tracking_mlflow.py": {"mlflow": "PIXELHUB_MLFLOW_SERVERS names them"},
    "training_app/learn/tracking_wandb.py": {"wandb": "PIXELHUB_WANDB_ONLINE, offline otherwise"},
}


def imported(source: str) -> Iterator[str]:
    """Full names of everything that a file imports, wherever in it, and by name (`import_module("x")`)."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__") and isinstance(node.args[0].value, str):
                yield node.args[0].value


def ways_out(source: str) -> set[str]:
    """The clients among them."""
    names = [name for name in imported(source) if name not in ERRORS_ONLY]
    return {client for client in CLIENTS for name in names if name == client or name.startswith(f"{client}.")}


def files() -> Iterator[tuple[str, Path]]:
    for package in PRODUCT:
        for path in sorted((PROJECT_ROOT / package).rglob("*.py")):
            yield path.relative_to(PROJECT_ROOT).as_posix(), path


def test_no_other_file_can_open_a_connection() -> None:
    found = {name: ways for name, path in files() if (ways := ways_out(path.read_text(encoding="utf-8")))}
    new = {name: sorted(ways - set(ALLOWED.get(name, {}))) for name, ways in found.items()}
    assert {name: ways for name, ways in new.items() if ways} == {}
    stale = {name: sorted(set(ways) - found.get(name, set())) for name, ways in ALLOWED.items()}
    assert {name: ways for name, ways in stale.items() if ways} == {}, "named above, but not there any more"


@pytest.mark.parametrize(
    ("source", "ways"),
    [
        ("import urllib.request", {"urllib.request"}),
        ("from urllib import request", {"urllib.request"}),
        ("def f():\n    import httpx as h", {"httpx"}),
        ("import importlib\nimportlib.import_module('requests.sessions')", {"requests"}),
        ("from http.client import HTTPSConnection", {"http.client"}),
        ("from http.client import HTTPException\nfrom urllib.parse import urlsplit", set()),
    ],
)
def test_a_planted_way_out_is_seen(source: str, ways: set[str]) -> None:
    assert ways_out(source) == ways


def test_every_sender_passes_addresses_that_were_checked() -> None:
    """Who calls `outgoing.send` asks `check_address` first, in the same file."""
    callers = [name for name, path in files() if "pixelhub.outgoing" in path.read_text(encoding="utf-8")]
    callers.remove("pixelhub/addresses.py")  # names it in its own description
    assert sorted(callers) == ["datasets_app/corpus/synthesis/endpoint.py", "pixelhub/webhooks.py"]
    for name in callers:
        assert "check_address(" in (PROJECT_ROOT / name).read_text(encoding="utf-8"), name
