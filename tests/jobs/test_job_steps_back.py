"""A heavy job's process leaves the processor to what runs in front of people on the same machine."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from django.core.management import call_command


@pytest.mark.parametrize("steps", [5, 0])
def test_the_child_of_a_heavy_job_steps_back(
    db: None, settings: Any, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    settings.JOBS_NICE = steps
    taken: list[int] = []
    monkeypatch.setattr(os, "nice", taken.append)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    call_command("run_job", "1", "1")  # a job that nobody holds: the process ends at once
    assert taken == [steps]
