"""A compile that was killed, cancelled or whose work folder was damaged goes on and gives the same release."""

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from datasets_app.corpus.engine import CompileCancelled, Progress, compile_corpus
from datasets_app.corpus.engine.executors.pool import PoolExecutor
from tests.paths import PROJECT_ROOT

from .making import compiled, described, rows, settings, write

UNIT_BYTES = 3_000


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write(tmp_path / "in.jsonl", rows(80))


@pytest.fixture
def expected(tmp_path: Path, source: Path) -> bytes:
    release, _ = compiled(tmp_path, source)
    return (release / "manifest.json").read_bytes()


def go_on(tmp_path: Path, source: Path) -> tuple[bytes, int, int]:
    """Compile with the work folder that is there; manifest, units, units that were not done again."""
    release, report = compiled(tmp_path, source, work=tmp_path / "work", unit_bytes=UNIT_BYTES)
    return (release / "manifest.json").read_bytes(), report.units, report.units_resumed


@pytest.mark.parametrize(
    ("engine", "stage"),
    [
        ("inline", "map"), ("inline", "reduce"), ("inline", "candidates"), ("inline", "near-duplicates"),
        ("inline", "write"), ("pool", "map"),
    ],
)  # fmt: skip
def test_killed_coordinator_resumes(tmp_path: Path, source: Path, expected: bytes, engine: str, stage: str) -> None:
    arguments = [sys.executable, "-m", "tests.corpus_engine.killed", str(source), str(tmp_path), engine, stage]
    ended = subprocess.run(arguments, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=300)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert not (tmp_path / "release").exists()
    workers = [process for process in psutil.process_iter() if str(process.pid) in ended.stdout.split()]
    _, alive = psutil.wait_procs(workers, timeout=90)
    assert not alive, "a worker outlives its coordinator"
    manifest, units, resumed = go_on(tmp_path, source)
    assert manifest == expected
    assert units > 10
    assert resumed == units if stage != "map" else 0 < resumed < units


def test_killed_workers_of_the_pool_change_nothing(tmp_path: Path, source: Path, expected: bytes) -> None:
    killed: list[int] = []
    with closing(PoolExecutor(2)) as pool:

        def told(progress: Progress) -> None:
            # Answers of both that died may still lie there when nobody is new yet.
            alive = [pid for pid in pool.pids if pid not in killed]
            if progress.done and len(killed) < 3 and alive:
                killed.append(alive[0])
                os.kill(killed[-1], signal.SIGKILL)

        compile_corpus(
            [described(source)], tmp_path / "release", settings(unit_bytes=UNIT_BYTES),
            executor=pool, workdir=tmp_path / "work", progress=told,
        )  # fmt: skip
    assert len(set(killed)) == 3
    assert (tmp_path / "release" / "manifest.json").read_bytes() == expected


def test_cancel_stops_between_units_and_keeps_what_is_done(tmp_path: Path, source: Path, expected: bytes) -> None:
    seen: list[Progress] = []
    with pytest.raises(CompileCancelled):
        compile_corpus(
            [described(source)], tmp_path / "release", settings(unit_bytes=UNIT_BYTES),
            workdir=tmp_path / "work", progress=seen.append, cancelled=lambda: len(seen) > 4,
        )  # fmt: skip
    assert not (tmp_path / "release").exists()
    manifest, units, resumed = go_on(tmp_path, source)
    assert manifest == expected
    assert 3 <= resumed < units


def unit_files(work: Path, suffix: str) -> list[Path]:
    return sorted((work / "units").glob(f"*{suffix}"))


def damage_marker(work: Path) -> None:
    path = unit_files(work, ".done")[0]
    path.write_bytes(path.read_bytes().replace(b'"read":', b'"read":1', 1))


def cut_marker(work: Path) -> None:
    path = unit_files(work, ".done")[1]
    path.write_bytes(path.read_bytes()[:-9])


def cut_lines(work: Path) -> None:
    path = unit_files(work, ".lines")[2]
    path.write_bytes(path.read_bytes()[:-1])


def lose_index(work: Path) -> None:
    unit_files(work, ".index")[3].unlink()


@pytest.mark.parametrize("damage", [damage_marker, cut_marker, cut_lines, lose_index])
def test_damaged_unit_is_done_again(tmp_path: Path, source: Path, expected: bytes, damage: object) -> None:
    _, units, resumed = go_on(tmp_path, source)
    assert resumed == 0
    damage(tmp_path / "work")  # type: ignore[operator]
    assert go_on(tmp_path, source) == (expected, units, units - 1)


def test_changed_source_is_read_again(tmp_path: Path, source: Path) -> None:
    before, _, _ = go_on(tmp_path, source)
    write(source, rows(81))
    after, _, resumed = go_on(tmp_path, source)
    assert (resumed, before == after) == (0, False)


def test_progress_tells_rate_and_time_left(tmp_path: Path, source: Path) -> None:
    seen: list[Progress] = []
    compile_corpus(
        [described(source)], tmp_path / "release", settings(unit_bytes=UNIT_BYTES), workdir=tmp_path / "work",
        progress=seen.append,
    )  # fmt: skip
    assert list(dict.fromkeys(item.stage for item in seen)) == [
        "map",
        "reduce",
        "candidates",
        "near-duplicates",
        "write",
    ]
    mapped = [item for item in seen if item.stage == "map"]
    assert [item.done for item in mapped] == sorted(item.done for item in mapped)
    assert (mapped[0].done, mapped[-1].done, mapped[-1].eta) == (0, source.stat().st_size, 0.0)
    assert mapped[0].eta is None and all(item.rate > 0 for item in mapped[1:])
