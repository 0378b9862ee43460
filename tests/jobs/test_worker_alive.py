"""A worker's sign of life, and what watches processes is told."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pixelhub.jobs import alive
from tests.paths import PROJECT_ROOT


def asked(folder: Path) -> tuple[int, str]:
    """What a probe gets: exit status and message."""
    done = subprocess.run(
        [sys.executable, "-m", "pixelhub.jobs.alive"],
        cwd=PROJECT_ROOT, env={**os.environ, "PIXELHUB_VAR_DIR": str(folder)}, capture_output=True, text=True,
    )  # fmt: skip
    return done.returncode, done.stderr


def test_a_probe_tells_missing_fresh_and_old(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    assert asked(folder) == (1, f"worker: no sign of life yet in {folder}\n")
    alive.show_life(folder)
    assert asked(folder) == (0, "")
    old = time.time() - alive.OLD_AFTER_SECONDS - 1
    os.utime(alive.file_in(folder), (old, old))
    status, said = asked(folder)
    seconds = re.search(r"no sign of life for (\d+) s", said)
    assert status == 1 and seconds and int(seconds[1]) >= 121, "the probe itself takes a moment to start"
    alive.end_life(folder)
    alive.end_life(folder)
    assert alive.age_seconds(folder) is None


def test_a_disk_that_takes_nothing_does_not_end_the_worker(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    alive.show_life(in_the_way)
    assert alive.age_seconds(in_the_way) is None


def test_machines_that_share_a_folder_do_not_speak_for_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive.show_life(tmp_path)
    monkeypatch.setattr(alive.socket, "gethostname", lambda: "another-pod")
    assert alive.age_seconds(tmp_path) is None
