"""The container file: clean by hadolint, only what exists is copied, and each image holds what it needs."""

import os
import re
import sys
import tomllib
from pathlib import Path

import pytest

from deploy.container.requirements import NOT_SERVED, name_of, requirements, torch_requirement
from tests.deploy.programs import program, said_by
from tests.deploy.rendered import DEPLOY, PRODUCTION, containers, rendered, text_of
from tests.paths import PROJECT_ROOT

DOCKERFILE = DEPLOY / "container" / "Dockerfile"
PYPROJECT = PROJECT_ROOT / "pyproject.toml"
IMAGES = ("hub", "worker", "gpu-worker", "inference")


def stages() -> dict[str, list[str]]:
    """Stage -> its instructions, continuation lines joined."""
    joined = re.sub(r"\\\n", " ", text_of(DOCKERFILE))
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in (line.strip() for line in joined.splitlines()):
        if match := re.fullmatch(r"FROM (\S+) AS (\S+)", line):
            current = found.setdefault(match[2], [f"FROM {match[1]}"])
        elif line and not line.startswith("#"):
            current.append(line)
    return found


def lineage(stage: str) -> list[str]:
    """Every instruction that an image is made of, its base stages first."""
    own = stages()[stage]
    parent = own[0].removeprefix("FROM ")
    return [*(lineage(parent) if parent in stages() else []), *own]


def test_hadolint_finds_nothing() -> None:
    done = said_by([program("hadolint"), str(DOCKERFILE)])
    assert (done.returncode, done.stdout) == (0, "")


def test_the_base_has_a_version_and_room_for_a_digest() -> None:
    (base,) = re.findall(r"^ARG PYTHON_IMAGE=(\S+)$", text_of(DOCKERFILE), flags=re.MULTILINE)
    assert re.fullmatch(r"python:3\.11\.\d+-slim-bookworm(@sha256:[0-9a-f]{64})?", base)
    assert stages()["base"][0] == "FROM ${PYTHON_IMAGE}"


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_runs_as_nobody_and_says_how_it_is(image: str) -> None:
    lines = lineage(image)
    assert [line for line in lines if line.startswith("USER")][-1] == "USER 10001:10001"
    assert [line for line in lines if line.startswith("ENTRYPOINT")] == ['ENTRYPOINT ["/usr/bin/tini", "-g", "--"]']
    assert sum(line.startswith("HEALTHCHECK") for line in lines) == 1
    (command,) = [line for line in lines if line.startswith("CMD")]
    # what the chart starts is what the image starts by itself, on the same port
    (in_chart,) = [
        c for name, _, c in containers(rendered("default")) if name == f"hub-{image}".replace("hub-hub", "hub-web")
    ]
    assert in_chart["args"][1] in command
    assert ("--no-access-log" in command) is ("uvicorn" in command)
    assert in_chart["image"].startswith(f"pixelhub-{image}:")
    for port in in_chart.get("ports", []):
        assert f"EXPOSE {port['containerPort']}" in lines
        assert str(port["containerPort"]) in command
    # secrets come when it runs, never when it is built
    assert not [line for line in lines if re.search(r"SECRET|PASSWORD|ACCESS_KEY", line)]


def test_what_is_copied_exists_and_is_let_through() -> None:
    allowed = {
        line[1:] for line in text_of(DOCKERFILE.with_name("Dockerfile.dockerignore")).splitlines() if line[:1] == "!"
    }
    copied = [
        source
        for lines in stages().values()
        for line in lines
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    ]
    assert len(copied) > 10
    assert [source for source in copied if not (PROJECT_ROOT / source).exists()] == []
    assert [source for source in copied if source not in allowed] == []
    # every package of the floors is in it
    floors = tomllib.loads(text_of(PYPROJECT))["tool"]["importlinter"]["root_packages"]
    assert set(floors) | {"templates", "static", "manage.py"} <= set(copied)


def test_each_image_installs_what_it_needs() -> None:
    everything = tomllib.loads(text_of(PYPROJECT))["project"]["dependencies"]
    hub, inference = requirements(PYPROJECT, "hub"), requirements(PYPROJECT, "inference")
    assert {*hub, torch_requirement(PYPROJECT)} == set(everything)
    assert set(inference) < set(hub)
    # no name in the list of what is left out is misspelt, and all of it is held by the lock
    assert {name_of(line) for line in everything} >= NOT_SERVED
    lock = text_of(DEPLOY / "requirements.lock").lower()
    locked = {name_of(line).replace("_", "-") for line in lock.splitlines() if line}
    assert [line for line in everything if name_of(line).replace("_", "-") not in locked] == []
    # pip takes no constraint with extras
    assert "[" not in lock


_STARTED_LEAN = """
import asyncio, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in MISSING:
            raise ModuleNotFoundError(f"not in this image: {name}")

sys.meta_path.insert(0, Refuse())
from inference.asgi import application
import inference.engine.onnx_runtime

async def ask(path):
    sent = []
    async def send(message): sent.append(message)
    async def receive(): return {"type": "http.request", "body": b"", "more_body": False}
    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b"", "client": None}
    await application(scope, receive, send)
    return sent[0]["status"]

async def main():
    answers = [await ask("/healthz"), await ask("/api/v1/openapi.json")]
    await application.shutdown()
    print(answers)

asyncio.run(main())
"""


def test_the_scoring_service_starts_without_what_its_image_leaves_out(tmp_path: Path) -> None:
    modules = {"scikit-learn": "sklearn", "crowd-kit": "crowdkit", "vl-convert-python": "vl_convert"}
    missing = {modules.get(name, name.replace("-", "_")) for name in NOT_SERVED}
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "pixelhub.settings",
        "PIXELHUB_VAR_DIR": str(tmp_path),
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(PROJECT_ROOT),
    }
    environment.pop("DATABASE_URL", None)
    script = _STARTED_LEAN.replace("MISSING", repr(missing))
    done = said_by([sys.executable, "-c", script], cwd=PROJECT_ROOT, env=environment)
    assert done.stdout.strip() == "[200, 200]", done.stderr[-2000:]


def test_production_takes_its_images_from_one_registry() -> None:
    registry = re.search(r"registry: (\S+)", text_of(PRODUCTION))
    assert registry is not None
    images = {container["image"] for _, _, container in containers(rendered("production"))}
    assert {image.rpartition("/")[0] for image in images} == {registry[1]}
    assert {image.rpartition("/")[2].split(":")[0] for image in images} == {f"pixelhub-{image}" for image in IMAGES}
