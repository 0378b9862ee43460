"""Which live topics a job bumps: its own for progress, the project's list when its state changes."""

from __future__ import annotations

from pixelhub.live.services import touch


def touch_progress(*, project_id: int | None, job_id: int) -> None:
    if project_id is not None:
        touch(f"project:{project_id}:job:{job_id}")


def touch_state(*, project_id: int | None, job_id: int) -> None:
    if project_id is not None:
        touch(f"project:{project_id}:job:{job_id}")
        touch(f"project:{project_id}:jobs")
