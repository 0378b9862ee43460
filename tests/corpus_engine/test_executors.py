"""Executors: every task answered once, lost workers replaced, the same release from all of them."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from datasets_app.corpus.engine import Executor, ExecutorError, TaskFailed, make_executor

from .making import compiled, rows, write

TASKS = "tests.corpus_engine.tasks"
PAST_ONE_PROCESS = ["pool", pytest.param("dask", marks=pytest.mark.slow), pytest.param("ray", marks=pytest.mark.slow)]


@pytest.fixture(params=["inline", *PAST_ONE_PROCESS])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    with closing(make_executor(request.param, workers=2)) as made:
        yield made


@pytest.fixture
def pool() -> Iterator[Executor]:
    with closing(make_executor("pool", workers=2)) as made:
        yield made


def test_every_engine_answers_and_makes_the_same_release(executor: Executor, tmp_path: Path) -> None:
    given = [f"task {number}".encode() for number in range(40)]
    answers = dict(executor.run(f"{TASKS}:upper", given))
    assert answers == {number: task.upper() for number, task in enumerate(given)}
    source = write(tmp_path / "in.jsonl", rows(60))
    expected, _ = compiled(tmp_path, source)
    release, report = compiled(tmp_path, source, executor=executor, unit_bytes=4_000)
    assert report.units > 3
    assert (release / "manifest.json").read_bytes() == (expected / "manifest.json").read_bytes()


def test_killed_worker_is_replaced_and_its_task_done_again(pool: Executor, tmp_path: Path) -> None:
    marks = [str(tmp_path / f"mark{number}").encode() for number in range(5)]
    assert dict(pool.run(f"{TASKS}:die_once", marks)) == dict.fromkeys(range(5), b"alive")
    assert all(Path(mark.decode()).exists() for mark in marks)
    assert dict(pool.run(f"{TASKS}:upper", [b"a"])) == {0: b"A"}


def test_task_that_kills_every_worker_ends_the_run(pool: Executor) -> None:
    with pytest.raises(TaskFailed, match="4 workers died"):
        dict(pool.run(f"{TASKS}:die", [b"x"]))


def test_error_of_a_task_names_the_place_and_never_the_words(pool: Executor) -> None:
    with pytest.raises(TaskFailed) as caught:
        dict(pool.run(f"{TASKS}:fail", [b"x"]))
    assert "ValueError at" in str(caught.value)
    assert "person" not in str(caught.value)


def test_what_a_library_prints_does_not_disturb_the_answers(pool: Executor) -> None:
    assert dict(pool.run(f"{TASKS}:noisy", [b"a", b"b"])) == {0: b"a", 1: b"b"}


@pytest.mark.slow
def test_scheduler_that_is_not_there_is_named() -> None:
    with pytest.raises(ExecutorError, match="no dask cluster at tcp"):
        make_executor("dask", address="tcp://127.0.0.1:9")
