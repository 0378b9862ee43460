"""The integration page: for this hub, and its code really runs."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.urls import reverse

from inference.integration import KEY, Snippet, snippets
from tests.inference.service import Service
from tests.paths import PROJECT_ROOT
from tests.personas import World

SHOWN = [snippet.name for snippet in snippets("http://x")]
CLIENT = PROJECT_ROOT / "clients" / "python" / "src"


def snippet(name: str, service: Service) -> Snippet:
    """What the page shows, with a real key in place of the placeholder."""
    found = snippets(f"http://127.0.0.1:{service.port}/", service.token)
    return next(snippet for snippet in found if snippet.name == name)


def run(program: list[str], code: str, folder: Path) -> str:
    done = subprocess.run(
        program,
        input=code,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(CLIENT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_page_shows_the_code_for_this_hub_and_no_key(world: World) -> None:
    page = world.client("ml_engineer").get(reverse("inference:integration"), headers={"host": "localhost"})
    said = page.content.decode()
    shown = {name: html.unescape(code) for name, code in re.findall(r'data-snippet="([^"]+)">(.*?)</pre>', said, re.S)}
    assert shown == {snippet.name: snippet.code for snippet in snippets("http://localhost")}
    assert all(KEY in code and "hub.example" not in code for code in shown.values())
    for word in ("unknown", "no_crisis", "429", "Retry-After", "make integration", reverse("api_docs:explorer")):
        assert word in said
    assert reverse("accounts:api_keys") in said
    for_others = world.client("qa").get(reverse("inference:integration")).content.decode()
    assert "An ML engineer or administrator" in for_others
    assert world.client("annotator").get(reverse("inference:integration")).status_code == 403


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SHOWN if name.endswith(".sh")])
def test_curl(service: Service, tmp_path: Path, name: str) -> None:
    said = run(["bash", "-euo", "pipefail"], snippet(name, service).code, tmp_path)
    assert '"verdict":' in said and '"problem"' not in said and '"status":4' not in said


@pytest.mark.slow
def test_python(service: Service, tmp_path: Path) -> None:
    said = run([sys.executable, "-"], snippet("python_client.txt", service).code, tmp_path).splitlines()
    assert said[0].split()[0] in ("crisis", "no_crisis")
    assert said[-1] in ("emergency", "urgent", "severe", "concern", "none")
