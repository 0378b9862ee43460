"""Reviewers at once, on both databases: one decision each, nothing shown to two, nothing left."""

from pathlib import Path

from tests.races import in_database, run_race

ACTS = "tests.augmentation.race_acts"
VARIATIONS, PEOPLE, CONTESTED = 24, 4, 6


def test_reviewers_at_once(module_database_url: str, tmp_path: Path) -> None:
    hub = (module_database_url, tmp_path)
    made = in_database(*hub, f"{ACTS}:prepare", VARIATIONS, PEOPLE)
    contested = made["variations"][-CONTESTED:]
    done = run_race(*hub, f"{ACTS}:work", [[made["project"], person, contested] for person in made["people"]])
    won = sorted(pk for each in done for pk in each["won"])
    assert won == sorted(contested), "each contested one is decided once"
    shown = [pk for each in done for pk in each["decided"]]
    assert sorted([*shown, *won]) == sorted(made["variations"]) and len(shown) == len(set(shown))
    after = in_database(*hub, f"{ACTS}:look", made["project"])
    assert after == {"states": ["refused"], "events": VARIATIONS, "mixed": [], "audit": []}
