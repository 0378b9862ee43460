"""Several people decide at the same moment, in processes of their own, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.races import in_database, run_race

ACTS = "tests.review.race_acts"
PROCESSES = 8


@pytest.fixture(scope="module")
def hub(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A migrated database and a var folder of this module's own; each test makes its own project in it."""
    return module_database_url, tmp_path_factory.mktemp("races")


def test_one_person_signing_many_times_at_once_signs_once(hub: tuple[str, Path]) -> None:
    version, (lead,) = in_database(*hub, f"{ACTS}:prepare_decision", 1)
    answers = run_race(*hub, f"{ACTS}:sign", [[version, lead, "approved"]] * PROCESSES)
    assert Counter(answer == "done" for answer in answers) == {True: 1, False: PROCESSES - 1}
    after = in_database(*hub, f"{ACTS}:look", version)
    assert (after["decisions"], after["states"], after["audit"]) == (["approved"], ["approved"], [])


def test_an_approval_and_refusals_at_once_never_leave_an_approved_version(hub: tuple[str, Path]) -> None:
    version, leads = in_database(*hub, f"{ACTS}:prepare_decision", 4)
    decisions = ["approved", "rejected", "approved", "rejected"]
    answers = run_race(*hub, f"{ACTS}:sign", [[version, *pair] for pair in zip(leads, decisions, strict=True)])
    after = in_database(*hub, f"{ACTS}:look", version)
    assert after["states"] == ["rejected"]
    assert after["decisions"].count("rejected") == 1
    assert len(after["decisions"]) == answers.count("done")
    assert after["audit"] == []


def test_two_versions_promoted_at_once_leave_one_in_production(hub: tuple[str, Path]) -> None:
    versions, actor = in_database(*hub, f"{ACTS}:prepare_promotions")
    answers = run_race(*hub, f"{ACTS}:promote", [[version, actor] for version in versions * (PROCESSES // 2)])
    after = in_database(*hub, f"{ACTS}:look", versions[0])
    assert after["states"] == ["production", "retired"]
    assert after["active"] == 1
    assert after["deployments"] == answers.count("done")
    assert after["audit"] == []


def test_many_people_opening_a_review_open_one(hub: tuple[str, Path]) -> None:
    version, lead = in_database(*hub, f"{ACTS}:prepare_review")
    answers = run_race(*hub, f"{ACTS}:open_review", [[version, lead]] * PROCESSES)
    assert answers.count("done") == 1
    assert in_database(*hub, f"{ACTS}:look", version)["campaigns"] == 1


def test_a_verdict_sent_many_times_counts_once(hub: tuple[str, Path]) -> None:
    case, expert = in_database(*hub, f"{ACTS}:prepare_case")
    answers = run_race(*hub, f"{ACTS}:judge", [[case, expert]] * PROCESSES)
    assert answers.count("done") == 1


def test_a_miss_opened_and_a_report_made_many_times_at_once_are_there_once(hub: tuple[str, Path]) -> None:
    version, lead, trainer, missed = in_database(*hub, f"{ACTS}:prepare_errors")
    openings = run_race(*hub, f"{ACTS}:open_error", [[version, lead, missed]] * PROCESSES)
    reports = run_race(*hub, f"{ACTS}:make_report", [[version, trainer]] * PROCESSES)
    assert (len(set(openings)), len(set(reports))) == (1, 1)
    after = in_database(*hub, f"{ACTS}:look_at_findings", version)
    assert after == {"openings": 1, "reports": 1, "events": [1, 1], "audit": []}
