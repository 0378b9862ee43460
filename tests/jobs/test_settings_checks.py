"""Contradictory settings are system checks with a hint."""

from __future__ import annotations

from typing import Any

import pytest

from pixelhub.jobs import checks


def found(settings: Any) -> set[str]:
    run = (checks.check_leases, checks.check_delivery, checks.check_queues)
    return {message.id for check in run for message in check(None) if message.hint}


def test_the_products_own_settings_are_fine(settings: Any) -> None:
    assert found(settings) == set()


@pytest.mark.parametrize(
    ("name", "value", "identifier"),
    [
        ("JOBS_LEASE_SECONDS", 0.2, "jobs.E001"),
        ("JOBS_SWEEP_SECONDS", 0, "jobs.E002"),
        ("JOBS_CANCEL_GRACE_SECONDS", 60.0, "jobs.W001"),
        ("JOBS_QUEUES", {"default": 0}, "jobs.E007"),
        ("JOBS_QUEUES", {"other": 1}, "jobs.E006"),
    ],
)
def test_a_contradiction_is_named(settings: Any, name: str, value: object, identifier: str) -> None:
    setattr(settings, name, value)
    assert identifier in found(settings)


@pytest.mark.parametrize(
    ("key", "value", "identifier"),
    [("retry", 60, "jobs.E003"), ("max_attempts", 3, "jobs.E004"), ("daemonize_workers", True, "jobs.E005")],
)
def test_q2_may_not_run_anything_twice(settings: Any, key: str, value: object, identifier: str) -> None:
    settings.Q_CLUSTER = {**settings.Q_CLUSTER, key: value}
    assert identifier in found(settings)
