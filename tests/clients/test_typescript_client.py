"""The TypeScript client: strictly typed, built outside of the tree, and run by Node against the running service."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock
from pixelhub_client.fallback import KEYWORDS

from inference.integration import snippets
from pixelhub.canonical import sha256_hex
from tests.faultproxy import fault_proxy
from tests.inference.service import Service
from tests.paths import PROJECT_ROOT
from tests.ports import free_port
from tests.relay import relay

SOURCE = PROJECT_ROOT / "clients" / "typescript"
SCORE = "/api/v1/crisis/score"
#: Node 20 has its WebSocket behind this; from 22 on it is there by itself, and the option is still known.
WITH_WEBSOCKET = "--experimental-websocket"
needs_node = pytest.mark.slow


def packages() -> Path:
    """A folder outside of the tree with what package-lock.json names; skips, saying why, where it is not to be had."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node and npm are not installed: the TypeScript client is not tested")
    lock = (SOURCE / "package-lock.json").read_bytes()
    folder = Path(tempfile.gettempdir()) / f"pixelhub-typescript-{os.getuid()}-{sha256_hex(lock)[:12]}"
    folder.mkdir(mode=0o700, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not (folder / "installed").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(SOURCE / name, folder)
            quiet = ["--no-audit", "--no-fund", "--ignore-scripts"]
            try:
                came = (
                    subprocess.run(["npm", "ci", *quiet], cwd=folder, capture_output=True, timeout=300).returncode == 0
                )
            except subprocess.TimeoutExpired:
                came = False
            if not came:
                pytest.skip("npm packages are not to be had here: the TypeScript client is not tested")
            (folder / "installed").touch()
    return folder / "node_modules"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package with its `dist`, compiled by a strict tsc."""
    folder = tmp_path_factory.mktemp("typescript") / "pixelhub-client"
    shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns("node_modules", "dist"))
    (folder / "node_modules").symlink_to(packages())
    done = subprocess.run(
        ["node", "node_modules/typescript/bin/tsc", "-p", "tsconfig.json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return folder


@needs_node
def test_against_the_running_service_and_its_faults(built: Path, service: Service) -> None:
    hub = f"http://127.0.0.1:{service.port}"
    with fault_proxy(hub) as flaky, fault_proxy(hub) as silent, relay(service.port) as wire:
        wire.loses_every = 6
        for kind, status in (("lost", 500), ("reset", 500), ("error", 503), ("error", 502)):
            flaky.plan(kind, method="POST", where=SCORE, status=status)
        silent.plan("stall", method="POST", where=SCORE, after=40, seconds=120.0, times=50)
        environment = {
            **os.environ,
            "HUB": hub,
            "KEY": service.token,
            "FLAKY": flaky.endpoint,
            "SILENT": silent.endpoint,
            "WIRE": f"http://127.0.0.1:{wire.port}",
            "NODE_OPTIONS": WITH_WEBSOCKET,
            "DOWN": f"http://127.0.0.1:{free_port()}",
        }
        tests = sorted(str(path.relative_to(built)) for path in (built / "test").glob("*.test.mjs"))
        done = subprocess.run(
            ["node", "--test", *tests], cwd=built, env=environment, capture_output=True, text=True, check=False
        )
        assert len(flaky.seen) == 8, done.stdout[-3000:]
        assert wire.connections > 4
    assert done.returncode == 0, done.stdout[-4000:]
    assert "zebra-canary-7" not in done.stderr


@needs_node
def test_a_kill_under_load_loses_and_doubles_nothing(built: Path, service: Service) -> None:
    before = service.logged_ids()
    environment = {**os.environ, "HUB": f"http://127.0.0.1:{service.port}", "KEY": service.token}
    load = subprocess.Popen(
        ["node", WITH_WEBSOCKET, "test/load.mjs"], cwd=built, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert load.stdout is not None
    assert load.stdout.readline() == "going\n"
    service.stop(signal.SIGKILL)
    service.start()
    told = json.loads(load.stdout.readline())
    assert load.wait(600) == 0

    assert {score["source"] for score in told["scores"]} == {"hub"}
    ids = {score["id"].replace("-", "") for score in told["scores"]}
    with closing(sqlite3.connect(service.folder / "hub.sqlite3")) as database:
        crises = {row[0] for row in database.execute("SELECT id FROM inference_scorelog WHERE crisis")}
        turns = dict(database.execute("SELECT turn_id, number FROM inference_conversationturn"))
    # Each score is a crisis, and on disk before its answer: one that was given twice would stand there twice.
    assert len(ids) == 120 and crises - before == ids
    for talk in told["talks"]:
        assert [(turn["number"], turn["source"]) for turn in talk["turns"]] == [(n, "hub") for n in range(1, 11)]
        assert all(turns[turn["turnId"].replace("-", "")] == turn["number"] for turn in talk["turns"])


@needs_node
def test_the_code_of_the_integration_page_runs(built: Path, service: Service, tmp_path: Path) -> None:
    code = {s.name: s.code for s in snippets(f"http://127.0.0.1:{service.port}", service.token)}[
        "typescript_client.txt"
    ]
    (tmp_path / "page.ts").write_text(code)
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "pixelhub-client").symlink_to(built)
    options = {"module": "NodeNext", "target": "ES2022", "strict": True, "types": [], "lib": ["ES2022", "DOM"]}
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": ["page.ts"]}))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    tsc = built / "node_modules" / "typescript" / "bin" / "tsc"
    compiled = subprocess.run(["node", tsc], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert compiled.returncode == 0, compiled.stdout
    done = subprocess.run(
        ["node", WITH_WEBSOCKET, "page.js"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[0] in ("crisis", "no_crisis")
    assert done.stdout.split()[-1] in ("none", "severe")  # of the live turn; words found here alone are a concern


def test_both_clients_know_the_same_words() -> None:
    source = (SOURCE / "src" / "fallback.ts").read_text(encoding="utf-8")
    table = source.split("KEYWORDS")[1].split("];")[0]
    theirs = [
        (kind, "|".join(re.findall(r"String\.raw`(.*?)`", words, re.S)))
        for kind, words in re.findall(r'\[\s*"(\w+)",\s*\[(.*?)\]\.join', table, re.S)
    ]
    assert theirs == [tuple(entry) for entry in KEYWORDS]


def test_nothing_is_needed_at_run_time_and_no_registry_is_named() -> None:
    package = json.loads((SOURCE / "package.json").read_text())
    assert "dependencies" not in package and set(package["peerDependencies"]) == {"react"}
    lock = json.loads((SOURCE / "package-lock.json").read_text())
    assert [name for name, entry in lock["packages"].items() if "resolved" in entry] == []
    assert not (SOURCE / "node_modules").exists() and not (SOURCE / "dist").exists()
