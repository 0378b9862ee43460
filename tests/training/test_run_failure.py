"""A training that fails says why, in words for people, and never in those of a conversation."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError

from pixelhub.jobs.base import JobAttemptFailed, JobContext, JobError
from pixelhub.jobs.models import JobState
from pixelhub.jobs.runner import run_inline
from tests.personas import World
from tests.trained import CONFIG, store_release
from tests.training.releases import simple_conversations, write_labelled_release
from training_app import services
from training_app.jobs.process import KILLED, EventReader, run_learn
from training_app.learn.failures import failure_of
from training_app.models import RunState, TrainingRun
from training_app.selectors import next_actions


def raised(act: Callable[[], object]) -> BaseException:
    try:
        act()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def write_to_full_disk() -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:
        full.write(b"x")


def safetensors_say_the_disk_is_full() -> None:
    """In its own words; save_file would put a file in the place of /dev/full itself."""
    raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (write_to_full_disk, "disk_full"),
        (safetensors_say_the_disk_is_full, "disk_full"),
        (lambda: torch.empty(1 << 55), "out_of_memory"),
        (lambda: bytearray(1 << 62), "out_of_memory"),
        (lambda: {}["I will jump tonight"], "unexpected"),
    ],
)
def test_an_error_becomes_a_reason_without_its_message(act: Callable[[], object], kind: str) -> None:
    failure = failure_of(raised(act))
    assert failure.kind == kind
    assert "jump" not in failure.reason
    assert failure.reason.endswith(".")


class Told(JobContext):
    """A context whose child says some lines and ends with a code."""

    def __init__(self, lines: list[dict[str, Any]], code: int) -> None:
        self._lines, self._code = lines, code

    def run_child(self, argv: list[str], *, on_line: Any = None, on_tick: Any = None) -> int:
        for line in self._lines:
            on_line(json.dumps(line))
        return self._code


@pytest.mark.parametrize(
    ("lines", "code", "error", "reason"),
    [
        ([{"event": "refused", "reason": "the release does not verify"}], 3, JobError, "Refused: the release does"),
        ([{"event": "failed", "kind": "disk_full", "reason": "The disk is full."}], 1, JobError, "disk is full"),
        ([{"event": "failed", "kind": "unexpected", "reason": "Unexpected."}], 1, JobAttemptFailed, "Unexpected"),
        ([], 137, JobAttemptFailed, KILLED[:40]),
        ([], 4, JobAttemptFailed, "code 4"),
    ],
)
def test_how_the_process_ends_decides_whether_it_is_tried_again(
    lines: list[dict[str, Any]], code: int, error: type[Exception], reason: str
) -> None:
    context = Told(lines, code)
    with pytest.raises(error) as problem:
        run_learn(context, ["train"], EventReader(context))
    assert reason in str(problem.value)


def test_a_failed_run_shows_reason_and_next_step(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_labelled_release(tmp_path / "release", simple_conversations(70))
    release = store_release(world.project, tmp_path / "release")
    actor = world.user("ml_engineer")
    run = services.run_start(project=world.project, release=release, config=CONFIG, actor=actor)
    failed = {"event": "failed", "kind": "out_of_memory", "reason": "The machine ran out of memory."}
    monkeypatch.setattr(JobContext, "run_child", Told([failed], 1).run_child)
    run_inline(run.job)
    run = TrainingRun.objects.get()
    assert (run.state, run.job.state, run.job.attempts) == (RunState.FAILED, JobState.FAILED, 1)
    page = world.client("ml_engineer").get(run.get_absolute_url()).content.decode()
    for words in ("The machine ran out of memory.", "clone it to start anew", ">Resume<", f"?clone={run.pk}"):
        assert words in page
    assert [action.title for action in next_actions(actor, world.project)] == ["Look at a run that failed"]
    services.run_start(project=world.project, release=release, config=CONFIG, actor=actor, cloned_from=run)
    assert "Look at a run that failed" not in [action.title for action in next_actions(actor, world.project)]
