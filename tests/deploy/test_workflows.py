"""The workflows of GitHub and Azure DevOps: valid by their schemas, and calling what is in this repository."""

import re

import pytest
import yaml

from tests.deploy.programs import program, said_by
from tests.deploy.rendered import DEPLOY, helm, text_of
from tests.deploy.test_container import stages
from tests.paths import PROJECT_ROOT

GITHUB = PROJECT_ROOT / ".github" / "workflows"
AZURE = DEPLOY / "azure-pipelines.yml"
ALL = [GITHUB / "checks.yml", GITHUB / "deploy.yml", AZURE]


def _checked(*arguments: str) -> tuple[int, str]:
    done = said_by([program("check-jsonschema"), *arguments])
    return done.returncode, "" if done.returncode == 0 else done.stdout + done.stderr


def test_github_takes_them() -> None:
    assert _checked("--builtin-schema", "vendor.github-workflows", *map(str, ALL[:2])) == (0, "")
    assert sorted(path.name for path in GITHUB.glob("*")) == ["checks.yml", "deploy.yml"]


def test_azure_devops_takes_it() -> None:
    # its schema holds patterns that only the non-unicode dialect reads
    options = ["--data-transform", "azure-pipelines", "--regex-variant", "nonunicode"]
    assert _checked("--builtin-schema", "vendor.azure-pipelines", *options, str(AZURE)) == (0, "")


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_what_is_called_is_in_the_repository(path) -> None:
    text = text_of(path)
    targets = set(re.findall(r"^([a-z-]+):", text_of(PROJECT_ROOT / "Makefile"), flags=re.MULTILINE))
    assert sorted(set(re.findall(r"\bmake ([a-z]+)\b", text)) - targets) == []
    for script in re.findall(r"\bdeploy/[\w/]+\.sh\b", text):
        assert (PROJECT_ROOT / script).exists()
    script_options = set(
        re.findall(r"^ +(?:\| )?(--[a-z-]+)", text_of(DEPLOY / "production_deploy.sh"), flags=re.MULTILINE)
    )
    script_options |= set(re.findall(r"(--[a-z-]+) \|", text_of(DEPLOY / "production_deploy.sh")))
    for call in re.findall(r"production_deploy\.sh ((?:.*\\\n)*.*)", text):
        assert set(re.findall(r"(--[a-z-]+)", call)) <= script_options | {"--registry", "--values"}
    # what a stranger's title or branch holds must never be read as a command
    for run in re.findall(r"^\s*(?:- )?(?:run|script): (.*(?:\n\s{10,}.*)*)", text, flags=re.MULTILINE):
        assert "${{ github.event" not in run and "${{ inputs" not in run


@pytest.mark.parametrize("path", [ALL[0], AZURE], ids=lambda path: path.name)
def test_the_checks_are_those_of_the_makefile_and_the_images_build(path) -> None:
    text = text_of(path)
    called = re.findall(r"^\s+(?:- )?(?:run|script): make (\w+)$", text, flags=re.MULTILINE)
    assert called == ["setup", "check", "test", "setup", "audit", "sbom"]
    built = re.search(r"(?:target: \[|for target in )([a-z, -]+)", text)
    assert built is not None
    assert set(re.split(r"[, ]+", built[1].replace("; do", "").strip())) - {""} <= set(stages())


def test_github_runs_with_no_more_rights_than_reading() -> None:
    for path in ALL[:2]:
        workflow = yaml.safe_load(text_of(path))
        assert workflow["permissions"] == {"contents": "read"}
        for job in workflow["jobs"].values():
            assert "permissions" not in job and job["timeout-minutes"] <= 120
            for step in job["steps"]:
                if step.get("uses", "").startswith("actions/checkout@"):
                    assert step["with"] == {"persist-credentials": False}
    # Helm is the one whose engine rendered the chart here
    assert all(f": v{helm().helm_sdk_version().lstrip('v')}" in text_of(path) for path in ALL[1:])
    deploy = yaml.safe_load(text_of(ALL[1]))
    # a roll-out is one at a time and never cut off in the middle
    assert deploy["concurrency"]["cancel-in-progress"] is False
    assert deploy["jobs"]["deploy"]["environment"]
