"""The programme under people and schedulers at the same moment, on SQLite and on PostgreSQL.

One race of all kinds: each process costs an interpreter's start, and they hold the same locks anyway.
"""

from __future__ import annotations

from pathlib import Path

from tests.races import in_database, run_race

ACTS = "tests.review.race_programme"
EACH = 4


def test_waivers_and_digests_at_once(database_url: str, tmp_path: Path) -> None:
    hub = (database_url, tmp_path)
    made = in_database(*hub, f"{ACTS}:prepare")
    project, lonely, both = made["project"], made["lonely"], made["both"]
    halves = [["waive", project, made["pm"], "pm"], ["waive", project, made["lead"], "clinical_lead"]]
    alone = [["waive", lonely, both, "pm"], ["waive", lonely, both, "clinical_lead"]]
    sending = [["send", project, bool(number % 2)] for number in range(EACH)]
    answers = run_race(*hub, f"{ACTS}:act", halves * (EACH // 2) + alone * (EACH // 2) + sending)
    assert answers[:EACH].count("done") == 2, "each of the two gives one half, once"
    assert answers[EACH : 2 * EACH].count("done") == 1, "one person in both roles gives one half, however fast"
    assert sum(answers[2 * EACH :]) == 1, "one mail, however many schedulers run"
    after = in_database(*hub, f"{ACTS}:look", project, lonely)
    assert after["two"] == {
        "stands": True,
        "halves": [["clinical_lead", made["lead"]], ["pm", made["pm"]]],
        "events": ["clinical_lead", "pm"],
    }
    assert (after["one"]["stands"], len(after["one"]["halves"]), len(after["one"]["events"])) == (False, 1, 1)
    assert (after["sent_on"], after["held"], after["sent"]) == ("2026-03-02", False, 1)
    assert after["audit"] == []
