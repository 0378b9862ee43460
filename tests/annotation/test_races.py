"""Twenty people at once, in twenty processes, on SQLite and on PostgreSQL."""

import uuid
from collections import Counter
from pathlib import Path

from tests.races import in_database, run_race

ACTS = "tests.annotation.race_acts"
PEOPLE = 20
SAMPLES = 50
OVERLAP = 2


def test_no_sample_is_over_labelled_or_lost_and_nobody_gets_one_twice(module_database_url: str, tmp_path: Path) -> None:
    """Of 50 samples 30 get two labels and 20 one; 3 slots are set aside for one person."""
    round, people = in_database(module_database_url, tmp_path, f"{ACTS}:prepare", SAMPLES, PEOPLE, 0.6, 3)
    acknowledged = run_race(
        module_database_url, tmp_path, f"{ACTS}:claim_and_submit", [[round, person] for person in people]
    )
    left = in_database(module_database_url, tmp_path, f"{ACTS}:look", round)

    labels = Counter(row["item_id"] for row in left["annotations"])
    assert labels == dict(left["wanted"])
    assert Counter(labels.values()) == {OVERLAP: 30, 1: 20}
    assert {row["annotator_id"] for row in left["slots"] if row["reserved_for_id"]} == {people[0]}
    once = Counter((row["item_id"], row["annotator_id"]) for row in left["annotations"])
    assert max(once.values()) == 1
    assert Counter(row["state"] for row in left["slots"]) == {"done": 80}
    said = [each for person in acknowledged for each in person]
    assert sorted(said) == sorted(left["uuids"])


def test_one_label_sent_ten_times_at_once_arrives_once(module_database_url: str, tmp_path: Path) -> None:
    round, (person, _) = in_database(module_database_url, tmp_path, f"{ACTS}:prepare", 1, 2)
    (slot,) = in_database(module_database_url, tmp_path, f"{ACTS}:claim_one", round, person)
    sent = [[slot, person, str(uuid.uuid4())]] * 10
    replays = run_race(module_database_url, tmp_path, f"{ACTS}:same_submit", sent)
    assert Counter(replays) == {False: 1, True: 9}
    assert len(in_database(module_database_url, tmp_path, f"{ACTS}:look", round)["annotations"]) == 1


def test_no_label_and_no_edit_slips_in_while_the_round_closes(module_database_url: str, tmp_path: Path) -> None:
    round, people = in_database(module_database_url, tmp_path, f"{ACTS}:prepare", 60, 4)
    racers = [[round, person] for person in [None, *people]]
    at_the_end, *acknowledged = run_race(module_database_url, tmp_path, f"{ACTS}:close_or_label", racers)
    left = in_database(module_database_url, tmp_path, f"{ACTS}:look", round)
    assert len(left["uuids"]) == at_the_end == sum(acknowledged)


def test_one_person_in_ten_windows_holds_three_samples(module_database_url: str, tmp_path: Path) -> None:
    round, (person, _) = in_database(module_database_url, tmp_path, f"{ACTS}:prepare", 20, 2)
    held = run_race(module_database_url, tmp_path, f"{ACTS}:claim_one", [[round, person]] * 10)
    assert len({slot for window in held for slot in window}) == 3
    left = in_database(module_database_url, tmp_path, f"{ACTS}:look", round)["slots"]
    assert sum(slot["annotator_id"] == person for slot in left) == 3
    assert len({slot["item_id"] for slot in left if slot["annotator_id"] == person}) == 3


def test_of_two_adjudicators_at_once_one_wins(module_database_url: str, tmp_path: Path) -> None:
    item, first, second = in_database(module_database_url, tmp_path, f"{ACTS}:prepare_dispute")
    outcomes = run_race(
        module_database_url, tmp_path, f"{ACTS}:decide", [[item, first, "panic"], [item, second, "immediate_harm"]]
    )
    assert sorted(outcomes) == ["decided_already", "won"]
    assert in_database(module_database_url, tmp_path, f"{ACTS}:decisions", item) == 1


def test_labels_from_several_windows_at_once_add_up(module_database_url: str, tmp_path: Path) -> None:
    windows, person = in_database(module_database_url, tmp_path, f"{ACTS}:prepare_windows", 4, 6)
    run_race(module_database_url, tmp_path, f"{ACTS}:submit_severe", [[slots, person] for slots in windows])
    (session,) = in_database(module_database_url, tmp_path, f"{ACTS}:exposure", person)
    assert (session["items"], session["severe_items"], session["points"]) == (24, 24, 24 * 8)


def test_one_break_falls_due_in_ten_windows(module_database_url: str, tmp_path: Path) -> None:
    round, person = in_database(module_database_url, tmp_path, f"{ACTS}:prepare_due", 8)
    answers = run_race(module_database_url, tmp_path, f"{ACTS}:fall_due", [[round, person]] * 10)
    assert answers == ["break_due"] * 10
    left = in_database(module_database_url, tmp_path, f"{ACTS}:breaks", round, person)
    assert left == {"breaks": 1, "held": 1}


def test_two_missed_hidden_samples_at_once_pause_once(module_database_url: str, tmp_path: Path) -> None:
    starts = "tests.annotation.start_acts"
    slots, person, project = in_database(module_database_url, tmp_path, f"{starts}:prepare_brink")
    answers = run_race(module_database_url, tmp_path, f"{starts}:miss", [[slot, person] for slot in slots])
    # Both are kept where they truly met; else the first one's pause has given the other's sample back.
    kept = [answer for answer in answers if answer != "lease_lost"]
    left = in_database(module_database_url, tmp_path, f"{starts}:look", project)
    assert left == {"pauses": 1, "states": ["paused"], "leased": 0, "labels": 7 + len(kept)}
    assert len(kept) >= 1
