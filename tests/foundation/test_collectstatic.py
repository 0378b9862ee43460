"""Production's static files: hashed names, modules that import hashed neighbours."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.paths import PROJECT_ROOT


def test_modules_import_their_hashed_neighbours(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "pixelhub.settings",
        "STATIC_FROM_SOURCE": "0",
        "STATIC_ROOT": str(tmp_path / "static"),
        "PIXELHUB_VAR_DIR": str(tmp_path / "var"),
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "-v0"],
        cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    names = json.loads((tmp_path / "static" / "staticfiles.json").read_text())["paths"]
    instrument = (tmp_path / "static" / names["annotation/instrument.js"]).read_text()
    imported = re.findall(r'from\s+"\./([^"]+)"', instrument)
    assert imported
    assert all((tmp_path / "static" / "annotation" / name).exists() for name in imported)
    assert all(re.search(r"\.[0-9a-f]{12}\.js$", name) for name in imported)
