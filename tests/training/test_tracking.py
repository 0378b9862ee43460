"""MLflow and W&B hear a run's figures; nothing else leaves it, and neither can end or delay it."""

import os
import re
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.jobs.waiting import until
from training_app.learn import tracking as module
from training_app.learn.config import TrainingConfig, config_from
from training_app.learn.errors import ConfigInvalid, Stopped
from training_app.learn.tracking import figures_of, parameters_of, tracking, tracking_check
from training_app.learn.tracking_mlflow import STORE

CANARY = "I want to die, canary"
EVENTS: list[dict[str, Any]] = [
    {"event": "started", "release": "1.2.0", "config_sha256": "c" * 64, "train": 70},
    {"event": "point", "step": 5, "total_steps": 10, "epoch": 1, "loss": 0.7, "gpu_mb": None},
    {"event": "epoch", "epoch": 1, "epochs": 2, "train_loss": 0.5, "val_loss": 0.6, "note": CANARY},
    {"event": "epoch", "epoch": 2, "epochs": 2, "train_loss": 0.4, "val_loss": float("nan")},
    {"event": "calibrated", "temperature": 1.5, "threshold": 0.4},
    {"event": "exported", "parity": {"texts": 3, "max_probability_difference": 1e-6}},
    {"event": "done", "bundle_sha256": "b" * 64, "best_epoch": 2},
    {"event": "text", "text": CANARY},
]


def config_with(**more: Any) -> TrainingConfig:
    return config_from({"tracking": more, "output": {"out_dir": "/somewhere/private"}})


def told(config: TrainingConfig, folder: Path, events: list[dict[str, Any]] = EVENTS) -> list[dict[str, Any]]:
    """Return what was emitted while the events of a run passed by."""
    emitted: list[dict[str, Any]] = []
    with tracking(config, folder, emitted.append) as emit:
        for event in events:
            emit(event)
    return emitted


class Recorder:
    """A tracker that remembers its calls, and fails or hangs at one of them."""

    name = "recorder"

    def __init__(self, fails_at: str = "", hangs: bool = False) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self._fails_at = fails_at
        self._hangs = hangs

    def _note(self, *call: Any) -> None:
        if self._hangs:
            threading.Event().wait()
        self.calls.append(call)
        if call[0] == self._fails_at:
            raise RuntimeError("http://user:secret@tracker is not there")

    def start(self, parameters: dict[str, Any]) -> None:
        self._note("start", parameters)

    def curves(self, values: dict[str, float], axis: str, place: int) -> None:
        self._note("curves", values, axis, place)

    def final(self, values: dict[str, float]) -> None:
        self._note("final", values)

    def tags(self, values: dict[str, str]) -> None:
        self._note("tags", values)

    def finish(self, outcome: str) -> None:
        self._note("finish", outcome)


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    found = Recorder()
    monkeypatch.setattr(module, "_trackers", lambda config, folder: [found])
    return found


def test_trackers_hear_figures_and_hashes_and_no_text(recorder: Recorder, tmp_path: Path) -> None:
    assert told(config_with(), tmp_path) == EVENTS
    kinds = [call[0] for call in recorder.calls]
    assert kinds == ["start", "tags", "curves", "curves", "curves", "final", "final", "tags", "final", "finish"]
    assert ("curves", {"loss": 0.7}, "step", 5) in recorder.calls
    assert ("curves", {"train_loss": 0.5, "val_loss": 0.6}, "epoch", 1) in recorder.calls
    assert ("curves", {"train_loss": 0.4}, "epoch", 2) in recorder.calls
    assert ("tags", {"bundle_sha256": "b" * 64}) in recorder.calls
    assert recorder.calls[-1] == ("finish", "finished")
    assert CANARY not in str(recorder.calls)
    assert "private" not in str(recorder.calls)


@pytest.mark.parametrize(("error", "outcome"), [(Stopped("x"), "stopped"), (RuntimeError("x"), "failed")])
def test_trackers_hear_how_a_run_ended(recorder: Recorder, tmp_path: Path, error: Exception, outcome: str) -> None:
    with pytest.raises(type(error)), tracking(config_with(), tmp_path, lambda event: None):
        raise error
    assert recorder.calls[-1] == ("finish", outcome)


@pytest.mark.parametrize("fails_at", ["start", "curves", "finish"])
def test_tracker_that_fails_ends_as_a_line_in_the_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fails_at: str
) -> None:
    broken = Recorder(fails_at)
    monkeypatch.setattr(module, "_trackers", lambda config, folder: [broken])
    emitted = told(config_with(), tmp_path)
    warned = [event for event in emitted if event not in EVENTS]
    assert warned == [{"event": "tracking_failed", "tracker": "recorder", "reason": "RuntimeError"}]
    assert broken.calls[-1][0] == fails_at


def test_tracker_that_hangs_does_not_hold_a_run_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "_trackers", lambda config, folder: [Recorder(hangs=True)])
    monkeypatch.setattr(module, "FINISH_SECONDS", 0.05)
    assert told(config_with(), tmp_path)[-1]["event"] == "tracking_failed"


def test_only_the_first_of_several_processes_is_tracked(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RANK", "1")
    assert told(config_with(), tmp_path) == EVENTS
    assert not recorder.calls


def test_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for asked in ({"mlflow": True}, {"wandb": "offline"}):
        with pytest.raises(ConfigInvalid, match=r"\[tracking\]"):
            tracking_check(config_with(**asked))
    tracking_check(config_with())


@pytest.mark.parametrize("address", ["file:///etc", "sqlite:////tmp/x.db", "databricks", "/tmp/runs", "ftp://x"])
def test_address_that_is_no_server_is_refused(address: str) -> None:
    with pytest.raises(ConfigInvalid, match="mlflow_uri"):
        tracking_check(config_with(mlflow_uri=address))


def test_parameters_are_flat_and_name_folders_without_their_place() -> None:
    config = config_from({"model": {"backbone": "/data/models/qwen"}, "compute": {"cache_dir": "/private"}})
    found = parameters_of(config)
    assert found["model.backbone"] == "qwen"
    assert found["optimisation.learning_rate"] == config.optimisation.learning_rate
    assert found["model.heads"] == "crisis_type, severity"
    assert not any("private" in str(value) or name.startswith("output") for name, value in found.items())
    assert figures_of({"a": {"b": 1}, "c": True, "d": "x", "e": float("inf"), "f": None}) == {"a.b": 1.0}


def test_mlflow_keeps_a_run_in_a_local_store_and_goes_on_with_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("mlflow")
    pytest.importorskip("sqlalchemy")
    # MLflow is imported, and makes its store, while this is waited for: a busy machine takes more than half a minute.
    monkeypatch.setattr(module, "FINISH_SECONDS", 240)
    config = config_with(mlflow=True, project="crisis")
    assert told(config, tmp_path, EVENTS[:3]) == EVENTS[:3]
    assert told(config, tmp_path, EVENTS[3:]) == EVENTS[3:]
    with sqlite3.connect(tmp_path / STORE) as store:
        runs = store.execute("SELECT status FROM runs").fetchall()
        curves = store.execute("SELECT step, value FROM metrics WHERE key = 'train_loss' ORDER BY step").fetchall()
        final = dict(store.execute("SELECT key, value FROM latest_metrics WHERE key LIKE 'final/%'"))
        parameters = dict(store.execute("SELECT key, value FROM params"))
        tags = dict(store.execute("SELECT key, value FROM tags"))
        everything = "\n".join(store.iterdump())
    assert runs == [("FINISHED",)]
    assert curves == [(1, 0.5), (2, 0.4)]
    assert final["final/temperature"] == 1.5
    assert parameters["optimisation.batch_size"] == "16"
    assert tags["bundle_sha256"] == "b" * 64
    assert CANARY not in everything


@contextmanager
def unanswered_port() -> Iterator[tuple[int, list[str]]]:
    """Yield a port that counts who comes and closes the door, and what they said first."""
    visitors: list[str] = []
    server = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        while True:
            try:
                visitor, _ = server.accept()
            except OSError:
                return
            with visitor:
                visitors.append(visitor.recv(200).decode(errors="replace"))

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1], visitors
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def test_mlflow_server_that_does_not_answer_ends_as_a_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("mlflow")
    monkeypatch.setattr(module, "FINISH_SECONDS", 240)
    with unanswered_port() as (port, visitors):
        emitted = told(config_with(mlflow=True, mlflow_uri=f"http://127.0.0.1:{port}"), tmp_path)
    assert visitors
    assert [event["tracker"] for event in emitted if event["event"] == "tracking_failed"] == ["mlflow"]


def test_wandb_offline_writes_a_run_and_never_reaches_for_the_network(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("wandb")
    # A busy machine may start W&B's own process slowly; a run would go on without it, this test waits.
    monkeypatch.setattr(module, "FINISH_SECONDS", 240)
    with unanswered_port() as (port, visitors):
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        assert told(config_with(wandb="offline", project="crisis"), tmp_path) == EVENTS
    assert not visitors
    written = list((tmp_path / "wandb").glob("offline-run-*/run-*.wandb"))
    assert len(written) == 1

    def content_of() -> bytes:
        return b"".join(path.read_bytes() for path in (tmp_path / "wandb").rglob("*") if path.is_file())

    # W&B's own process may write the last of it after the run has ended.
    until(lambda: b"val_loss" in content_of(), what="the figures in W&B's files")
    content = content_of()
    assert not list((tmp_path / "wandb").rglob("requirements.txt"))
    assert b"b" * 64 in content
    assert CANARY.encode() not in content
    assert b"/somewhere/private" not in content
    # As a word: a short name of a machine may stand in the middle of a drawn run id.
    assert not re.search(rb"(?<!\w)" + re.escape(os.uname().nodename.encode()) + rb"(?!\w)", content)
