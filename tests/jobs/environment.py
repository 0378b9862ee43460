"""What worker processes of a test are told; needs no Django, so that a script can become such a process first."""

from __future__ import annotations

import os
from pathlib import Path

from tests.paths import PROJECT_ROOT


def environment_for(database_url: str, folder: Path, **more: str) -> dict[str, str]:
    """What worker processes get: short leases, quick sweeps, the test handlers."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.jobs.lean_settings",
        "DATABASE_URL": database_url,
        "PIXELHUB_VAR_DIR": str(folder / "var"),
        "SECRET_KEY": "test processes of one rig share a key",
        "PIXELHUB_TEST_HANDLERS": "tests.jobs.handlers",
        "PYTHONPATH": str(PROJECT_ROOT),
        "JOBS_LEASE_SECONDS": "2",
        "JOBS_SWEEP_SECONDS": "0.3",
        "JOBS_POLL_SECONDS": "0.1",
        "JOBS_RETRY_SECONDS": "0",
        "JOBS_CANCEL_GRACE_SECONDS": "1",
        "JOBS_DEFAULT_WORKERS": "1",
        "JOBS_DAILY": "{}",
        "AUDIT_PUBLISH_MINUTES": "0",
        **more,
    }
