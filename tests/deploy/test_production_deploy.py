"""deploy/production_deploy.sh with programs that only write down what they are asked: order, roll-back, dry run."""

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.deploy.programs import program, said_by
from tests.deploy.rendered import DEPLOY, PRODUCTION
from tests.paths import PROJECT_ROOT

SCRIPT = DEPLOY / "production_deploy.sh"
HISTORY = [
    {"revision": 3, "status": "superseded"},
    {"revision": 4, "status": "deployed"},
    {"revision": 5, "status": "failed"},
]

#: Writes its arguments down; answers what the script reads; fails where the test says so.
_STUB = """#!/usr/bin/env bash
echo "$(basename "$0") $*" >> "$STUB_LOG"
[[ -n "$STUB_FAILS" && "$(basename "$0") $*" == *$STUB_FAILS* ]] && exit 1
case "$(basename "$0") $*" in
  "helm history"*) printf '%s' "$STUB_HISTORY" ;;
  "kubectl"*"get deployments"*) printf 'deployment.apps/pixelhub-web\\ndeployment.apps/pixelhub-worker\\n' ;;
  "curl"*) exec "$STUB_PYTHON" "$STUB_CURL" "$@" ;;
esac
exit 0
"""

#: A hub that answers as a healthy one does.
_CURL = """
import sys
args = sys.argv[1:]
option = lambda name: args[args.index(name) + 1]
url, status = args[-1], "200"
body = {"/readyz": '{"status": "ready"}', "/accounts/login/": '<link href="/static/ui/tokens.css">'}
path = "/" + url.split("/", 3)[3]
if path == "/api/v1/crisis/score":
    status, text = ("200", '{"score": 0.1}') if "--config" in args else ("401", "{}")
else:
    text = body.get(path, "{}")
open(option("--output"), "w").write(text)
open(option("--dump-header"), "w").write("Content-Security-Policy: default-src 'self'\\r\\n")
sys.stdout.write(status)
"""


class Place:
    """A folder of stubs before PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, folder / "calls"
        stubs = folder / "bin"
        stubs.mkdir()
        for name in ("docker", "helm", "kubectl", "curl"):
            (stubs / name).write_text(_STUB, encoding="utf-8")
            (stubs / name).chmod(stat.S_IRWXU)
        (folder / "curl.py").write_text(_CURL, encoding="utf-8")
        self.environment = {
            **os.environ,
            "PATH": f"{stubs}:{os.environ['PATH']}",
            "STUB_LOG": str(self.log),
            "STUB_FAILS": "",
            "STUB_HISTORY": json.dumps(HISTORY),
            "STUB_PYTHON": program("python"),
            "STUB_CURL": str(folder / "curl.py"),
        }

    def deploy(self, *arguments: str, fails: str = "", **more: str) -> "subprocess.CompletedProcess[str]":
        command = ["bash", str(SCRIPT), "--registry", "registry.example.org/team", "--values", str(PRODUCTION)]
        # the tree of a developer who runs this test may well have changes
        command += ["--tag", "abc123", "--allow-dirty", *arguments]
        return said_by(command, env={**self.environment, "STUB_FAILS": fails, **more}, cwd=self.folder)

    @property
    def calls(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []

    def called(self, start: str) -> list[str]:
        return [call for call in self.calls if call.startswith(start)]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_deployment_goes_through_its_steps_in_order(place: Place) -> None:
    done = place.deploy()
    assert done.returncode == 0, done.stderr
    assert "deployed: abc123 at https://hub.example.org" in done.stdout
    steps = ["helm lint", "helm template", "docker build", "docker push", "helm history", "helm upgrade"]
    steps += ["kubectl --namespace pixelhub rollout status", "curl"]
    first = [next(place_ for place_, call in enumerate(place.calls) if call.startswith(step)) for step in steps]
    assert first == sorted(first)
    for target in ("hub", "worker", "gpu-worker", "inference"):
        image = f"registry.example.org/team/pixelhub-{target}:abc123"
        assert any(f"--target {target} --tag {image} " in call for call in place.called("docker build"))
        assert place.called(f"docker push {image}")
    (upgrade,) = place.called("helm upgrade")
    assert "--install --namespace pixelhub" in upgrade
    assert "image.registry=registry.example.org/team" in upgrade and "image.tag=abc123" in upgrade
    assert len(place.called("kubectl --namespace pixelhub rollout status")) == 2
    assert place.called("helm rollback") == []


def test_a_dry_run_changes_nothing(place: Place) -> None:
    done = place.deploy("--dry-run")
    assert done.returncode == 0, done.stderr
    assert {call.split()[1] for call in place.calls} == {"lint", "template"}
    for step in (
        "docker build",
        "docker push",
        "helm upgrade",
        "rollout status",
        "smoke_test.sh https://hub.example.org",
    ):
        assert step in done.stdout
    assert "nothing was changed" in done.stdout


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        ("helm upgrade", "helm upgrade (the migration is its first step)"),
        ("rollout status deployment.apps/pixelhub-worker", "pixelhub-worker did not become ready"),
        ("/readyz", "the smoke test"),
    ],
)
def test_what_fails_is_rolled_back_to_the_last_good_revision(place: Place, fails: str, said: str) -> None:
    # nobody waits a minute here for an answer that does not come
    done = place.deploy(fails=fails, **{"BASH_ENV": _quick(place)})
    assert done.returncode == 1
    assert said in done.stderr
    (back,) = place.called("helm rollback")
    # 4 was deployed whole; 5 failed
    assert back.startswith("helm rollback pixelhub 4 --namespace pixelhub --wait")
    assert "Revision 4 runs again" in done.stderr


def test_a_first_installation_that_fails_stays_for_a_look(place: Place) -> None:
    done = place.deploy(fails="helm upgrade", STUB_HISTORY="")
    assert done.returncode == 1
    assert "no earlier revision" in done.stderr
    assert place.called("helm rollback") == []


def test_a_roll_back_that_fails_is_shouted(place: Place) -> None:
    # fails for `helm upgrade` and for `helm rollback`: both name the release and the namespace this way
    done = place.deploy(fails="--timeout", STUB_HISTORY=json.dumps(HISTORY))
    assert done.returncode == 1
    assert "THE ROLL-BACK FAILED TOO" in done.stderr


@pytest.mark.parametrize(
    "step", ["helm lint", "helm template", "docker build", "docker push", "get secret pixelhub-keys"]
)
def test_nothing_is_rolled_out_after_a_failed_preparation(place: Place, step: str) -> None:
    done = place.deploy(fails=step)
    assert done.returncode == 1
    assert place.called("helm upgrade") == []


def test_an_image_that_is_there_is_not_built_again(place: Place) -> None:
    assert place.deploy("--skip-build", "--tag", "v7").returncode == 0
    assert place.called("docker") == []
    assert "image.tag=v7" in place.called("helm upgrade")[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tag", "latest"], "a tag that moves"),
        (["--values", "nowhere.yaml"], "no such file"),
        (["--timeout", "soon"], "--timeout is a number"),
        (["--colour", "blue"], "unknown argument"),
        (["--registry"], "--registry needs a value"),
    ],
)
def test_wrong_arguments_are_told_and_nothing_is_done(place: Place, arguments: list[str], said: str) -> None:
    done = place.deploy(*arguments)
    assert (done.returncode, place.calls) == (2, [])
    assert said in done.stderr


def test_the_smoke_key_is_on_no_command_line(place: Place) -> None:
    done = place.deploy(PIXELHUB_SMOKE_KEY="phk_of_this_test")
    assert done.returncode == 0, done.stderr
    scored = [call for call in place.called("curl") if "crisis/score" in call]
    assert len(scored) == 2
    assert "phk_of_this_test" not in done.stdout + done.stderr + "\n".join(place.calls)


@pytest.mark.parametrize(
    "script", [SCRIPT, DEPLOY / "smoke_test.sh", DEPLOY / "system-packages.sh", PROJECT_ROOT / ".ci" / "run"]
)
def test_shellcheck_finds_nothing(script: Path) -> None:
    done = said_by([program("shellcheck"), str(script)])
    assert (done.returncode, done.stdout) == (0, "")


def _quick(place: Place) -> str:
    """A bash start-up file: waiting takes no time, and the clock runs."""
    quick = place.folder / "quick.sh"
    quick.write_text("sleep() { SECONDS=$((SECONDS + 61)); }\n", encoding="utf-8")
    return str(quick)
