"""The chart as Helm's own engine renders it, and what manifests may name."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from inference.serving import handlers, session_handlers
from tests.paths import PROJECT_ROOT

DEPLOY = PROJECT_ROOT / "deploy"
CHART = DEPLOY / "helm" / "pixelhub"
PRODUCTION = DEPLOY / "helm" / "values-production.yaml"
RELEASE, NAMESPACE = "hub", "clinic"
#: All that is off by default, so that it is looked at too.
EVERYTHING = {
    "backup": {"enabled": True},
    "config": {"BACKUP_URL": "s3://backups/hub"},
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "monitoring": {"rules": {"enabled": True, "labels": {"release": "prometheus"}}, "dashboards": {"enabled": True}},
    "networkPolicy": {"scoringNamespaces": ["chat"]},
    "gpuWorker": {"existingClaim": "work", "runtimeClassName": "nvidia"},
    "models": {"claim": "models"},
    "image": {"registry": "registry.example.org/team", "tag": "abc123", "pullSecrets": ["registry"]},
}

Manifest = dict[str, Any]


def helm() -> Any:
    """Helm's Go library behind Python; skips the test, saying so, where it is not installed (`make test` does)."""
    return pytest.importorskip("helm_python", reason="helm-python-sdk is not installed: deploy/manifests.lock")


def render(values: dict[str, Any]) -> list[Manifest]:
    """Every manifest of the chart with these values on top of its own. Raises Helm's error where it refuses."""
    with helm().Chart.load(str(CHART)) as chart:
        files = chart.render(values, name=RELEASE, namespace=NAMESPACE)
    documents = [list(yaml.safe_load_all(text)) for path, text in files.items() if path.endswith(".yaml")]
    return [document for several in documents for document in several if document]


@cache
def rendered(which: str) -> list[Manifest]:
    """The chart with values that matter: "default", "everything", "production". Not to be changed."""
    if which == "production":
        return render(yaml.safe_load(PRODUCTION.read_text(encoding="utf-8")))
    return render(EVERYTHING if which == "everything" else {})


def of_kind(manifests: list[Manifest], *kinds: str) -> list[Manifest]:
    return [manifest for manifest in manifests if manifest["kind"] in kinds]


def pod_of(manifest: Manifest) -> Manifest | None:
    """The pod template of what starts pods."""
    if manifest["kind"] in ("Deployment", "Job"):
        return manifest["spec"]["template"]  # type: ignore[no-any-return]
    if manifest["kind"] == "CronJob":
        return manifest["spec"]["jobTemplate"]["spec"]["template"]  # type: ignore[no-any-return]
    return None


def containers(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest, Manifest]]:
    """(name of the manifest, pod spec, container), init containers too."""
    for manifest in manifests:
        pod = pod_of(manifest)
        if pod is not None:
            for container in [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]:
                yield manifest["metadata"]["name"], pod["spec"], container


def documented_settings() -> set[str]:
    """Every setting of docs/settings.md (tests/docs holds that page to the code)."""
    text = (PROJECT_ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([A-Z0-9_]+)`", text, flags=re.MULTILINE))


def served_without_pages() -> set[str]:
    """Paths that the scoring application answers."""
    return {*handlers.ROUTES, session_handlers.PREFIX}


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")
