"""Promotion against a roll-back, a freeze, a void and another file, at the same moment, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.races import in_database, run_race

ACTS = "tests.review.race_promotions"
EACH = 2


@pytest.fixture(scope="module")
def hub(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A migrated database and a var folder of this module's own; each test makes its own project in it."""
    return module_database_url, tmp_path_factory.mktemp("promotions")


def test_promotions_during_roll_backs_leave_one_version_in_production(hub: tuple[str, Path]) -> None:
    version, trainer, _ = in_database(*hub, f"{ACTS}:prepare", 2)
    meeting = [["promote", version, trainer], ["back", version, trainer]] * EACH
    answers = run_race(*hub, f"{ACTS}:act", meeting)
    after = in_database(*hub, f"{ACTS}:look", version)
    assert (after["active"], after["states"].count("production")) == (1, 1)
    assert after["deployments"] == 2 + answers.count("done")
    refused = sum(answer != "done" for answer in answers)
    assert after["acts"].count("version.promote_refused") == refused, "every refusal is on record"
    assert after["audit"] == []


def test_after_a_freeze_nothing_is_promoted(hub: tuple[str, Path]) -> None:
    version, trainer, lead = in_database(*hub, f"{ACTS}:prepare", 0)
    answers = run_race(*hub, f"{ACTS}:act", [["promote", version, trainer], ["freeze", version, lead]] * EACH)
    after = in_database(*hub, f"{ACTS}:look", version)
    assert (after["freezes"], answers[1::2].count("done")) == (1, 1)
    assert answers[::2].count("done") == after["active"] <= 1
    frozen = after["acts"].index("promotion.freeze")
    assert "version.promote" not in after["acts"][frozen:]
    assert after["audit"] == []


def test_a_void_against_promotions_leaves_nothing_in_production(hub: tuple[str, Path]) -> None:
    version, trainer, lead = in_database(*hub, f"{ACTS}:prepare", 0)
    answers = run_race(*hub, f"{ACTS}:act", [["promote", version, trainer], ["void", version, lead]] * EACH)
    after = in_database(*hub, f"{ACTS}:look", version)
    assert (after["voids"], answers[1::2].count("done")) == (1, 1)
    assert after["active"] == 0
    assert after["state"] == ("retired" if "done" in answers[::2] else "in_review")
    voided = after["acts"].index("signoff.void")
    assert "version.promote" not in after["acts"][voided:]
    assert after["audit"] == []


def test_many_watchers_beside_a_lead_void_what_was_altered_once(hub: tuple[str, Path]) -> None:
    version, trainer, lead = in_database(*hub, f"{ACTS}:prepare", 0)
    for kind in ("promote", "swap"):
        assert in_database(*hub, f"{ACTS}:act", kind, version, trainer) == "done"
    answers = run_race(*hub, f"{ACTS}:act", [["watch", version, trainer], ["void", version, lead]] * EACH)
    after = in_database(*hub, f"{ACTS}:look", version)
    assert (answers.count("done"), after["voids"], after["active"], after["state"]) == (1, 1, 0, "retired")
    assert after["acts"].count("signoff.void") == after["acts"].count("deployment.retire") == 1
    assert after["audit"] == []


def test_two_people_who_approve_at_once_are_two(hub: tuple[str, Path]) -> None:
    version, _, leads = in_database(*hub, f"{ACTS}:prepare_two")
    answers = run_race(*hub, f"{ACTS}:act", [["sign", version, lead] for lead in [*leads, *leads]])
    after = in_database(*hub, f"{ACTS}:look", version)
    assert answers.count("done") == 2
    assert (after["decisions"], after["state"]) == (["approved", "approved"], "approved")
    assert after["audit"] == []


def test_a_file_that_is_swapped_under_a_signature_is_signed_by_digest_or_not_at_all(hub: tuple[str, Path]) -> None:
    """Whatever comes first, the swapped bytes are under no signature, and are never promoted."""
    version, trainer, (lead, second) = in_database(*hub, f"{ACTS}:prepare_two")
    run_race(*hub, f"{ACTS}:act", [["sign", version, lead], ["swap", version, lead], ["sign", version, second]])
    again = in_database(*hub, f"{ACTS}:act", "promote", version, trainer)
    after = in_database(*hub, f"{ACTS}:look", version)
    assert after["active"] == 0 and again != "done"
    assert after["acts"].count("signoff.decide") == len(after["decisions"])
    assert after["audit"] == []
