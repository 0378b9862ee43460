"""Rate, time left and words for both; the log's bounds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pixelhub.jobs import lease, log
from pixelhub.jobs.models import Job, JobState
from pixelhub.jobs.progress import RateMeter
from pixelhub.jobs.runner import run_inline
from pixelhub.jobs.services import job_enqueue
from pixelhub.jobs.templatetags.jobs import in_words, per_second


def test_rate_is_of_the_last_half_minute() -> None:
    meter = RateMeter()
    assert meter.add(0, at=0.0) is None
    assert meter.add(100, at=10.0) == 10.0
    assert meter.add(100, at=60.0) == 0.0


def test_rate_starts_again_after_a_step_back() -> None:
    meter = RateMeter()
    meter.add(1000, at=0.0)
    assert meter.add(10, at=1.0) is None
    assert meter.add(20, at=2.0) == 10.0


def test_time_left_needs_a_total_and_a_rate() -> None:
    job = Job(state=JobState.RUNNING, done=25, total=100, rate=5.0)
    assert (job.eta, job.percent) == (timedelta(seconds=15), 25)
    assert Job(state=JobState.RUNNING, done=25, rate=5.0).eta is None
    assert Job(state=JobState.SUCCEEDED, done=25, total=100, rate=5.0).eta is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 second"), (45, "45 seconds"), (300, "5 minutes"), (7200, "2 hours"), (200000, "2 days")],
)
def test_duration_in_words(seconds: float, words: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("rate", "words"), [(1234.56, "1,234.6 rows/s"), (0.5, "30 rows/min"), (0.001, "3.6 rows/h"), (None, ""), (0.0, "")]
)
def test_speed_in_words(rate: float | None, words: str) -> None:
    assert per_second(rate, "rows") == words


def test_run_inline_writes_progress_result_and_state(db: None) -> None:
    job = job_enqueue(kind="test.unstored", params={"count": 7}, project=None, owner=None)
    run_inline(job)
    assert (job.state, job.done, job.total, job.unit) == (JobState.SUCCEEDED, 7, 7, "things")
    assert job.result == {"count": 7}
    assert [line.line for line in job.log_lines.all()] == ["counted 7"]


def test_log_lines_are_clean_numbered_and_bounded(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "KEPT_LINES", 50)
    job = job_enqueue(kind="test.unstored", params={"count": 1}, project=None, owner=None)
    claimed = lease.claim(job.pk, worker="here")
    log.append(job.pk, claimed.fence, "a\x00b\ud800\x1b[31m" + "x" * 600)
    first = job.log_lines.get()
    assert first.line.startswith("a b  [31mxxx")
    assert len(first.line) == 500
    for n in range(2, 201):
        log.append(job.pk, claimed.fence, f"line {n}")
    assert list(job.log_lines.values_list("seq", flat=True)) == list(range(151, 201))
