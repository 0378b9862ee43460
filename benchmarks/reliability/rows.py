"""The twenty rows of docs/reliability.md: what each shows, the tests of its short form, the commands of its long one.

docs/reliability.md says the same with figures; tests/docs/test_reliability.py holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One row. `short`: paths of tests, part of `make test`. `long`: commands, run from the project's folder."""

    number: int
    shows: str
    short: tuple[str, ...]
    long: tuple[str, ...]


def _tests(*paths: str) -> tuple[str, ...]:
    return (f"python -m pytest -q -n 0 {' '.join(paths)}",)


def _row(number: int, shows: str, *short: str, long: tuple[str, ...] = ()) -> Row:
    return Row(number, shows, short, long or _tests(*short))


_LOAD = "python -m benchmarks.together --bundle var/speed/student-2-int8 --minutes 30 --everything-only"

ROWS = (
    _row(1, "every address, method and role", "tests/security/test_permission_matrix.py"),
    _row(2, "ids, filters and orderings of another project", "tests/security/test_other_projects_ids.py"),
    _row(
        3,
        "many at once: one wins",
        *("tests/annotation/test_races.py", "tests/review/test_races.py", "tests/imports/test_request_key.py"),
        "tests/reliability/test_races_over_http.py",
        long=("python -m benchmarks.reliability.races",),
    ),
    _row(
        4,
        "kill -9 of the web process",
        *("tests/annotation/test_label_killed_hub.py", "tests/ops/test_hub.py"),
        long=("python -m benchmarks.reliability.web_kills",),
    ),
    _row(
        5,
        "kill -9 and SIGSTOP of workers",
        *("tests/jobs/test_job_survives_kills.py", "tests/e2e/test_kills.py"),
        long=("python -m benchmarks.reliability.worker_kills",),
    ),
    _row(
        6,
        "hostile model files",
        *("tests/training/test_bundle.py", "tests/training/test_backbone_files.py", "tests/inference/test_bundle.py"),
    ),
    _row(
        7,
        "backup under load, restore to an empty place",
        "tests/backups/test_backup_and_restore.py",
        long=("python -m benchmarks.backup_drill",),
    ),
    _row(
        8,
        "bad input",
        *(
            "tests/corpus_intake/test_hostile.py",
            "tests/imports/test_bad_input.py",
            "tests/imports/test_bad_input_elsewhere.py",
            "tests/inference/test_bad_input.py",
            "tests/inference/test_bad_rows.py",
        ),
        *("tests/security/test_hostile_input.py", "tests/security/test_hostile_scoring.py"),
    ),
    _row(
        9,
        "made-up requests",
        *("tests/security/test_hub_fuzz.py", "tests/inference/test_service_process.py"),
        long=("python -m tests.inference.fuzz --cases 20000", "python -m tests.security.hub_fuzz --cases 20000"),
    ),
    _row(10, "script in text, names, labels, cards", "tests/security/test_xss.py"),
    _row(
        11,
        "addresses that users give",
        *("tests/objects/test_guard.py", "tests/inference/test_webhook.py", "tests/security/test_outgoing.py"),
    ),
    _row(
        12,
        "other sites, and people disabled while connected",
        *("tests/security/test_browser_limits.py", "tests/live/test_live_subscribe.py"),
        long=("python -m tests.security.cut_off",),
    ),
    _row(
        13,
        "second factor, lock-out, sessions, keys",
        *("tests/accounts/test_second_factor.py", "tests/accounts/test_sign_in.py", "tests/accounts/test_sessions.py"),
        *("tests/accounts/test_api_key.py", "tests/inference/test_api_keys.py"),
    ),
    _row(
        14,
        "signing twice, signing changed bytes",
        *("tests/review/test_signoff.py", "tests/review/test_signoff_policy.py", "tests/review/test_races.py"),
    ),
    _row(15, "the audit trail changed", "tests/audit", "tests/foundation/test_log_lines.py"),
    _row(
        16,
        "an object store that fails",
        *("tests/objects/test_faults.py", "tests/storage/test_release_on_bad_store.py"),
        long=("python -m benchmarks.reliability.store_faults",),
    ),
    _row(
        17,
        "database, Redis or disk away",
        *("tests/reliability/test_outage.py", "tests/live/test_live_touch.py", "tests/live/test_live_subscribe.py"),
        long=("python -m benchmarks.reliability.outages",),
    ),
    _row(
        18,
        "scoring under load",
        *("tests/inference/test_service_process.py", "tests/inference/test_batcher.py"),
        "tests/inference/test_limits_served.py",
        long=("python -m benchmarks.scoring --bundle var/speed/student-2-int8 --sustained 300",),
    ),
    _row(
        19,
        "annotators beside a compile",
        "tests/benchmarks/test_together.py",
        long=(_LOAD, f"{_LOAD} --postgresql"),
    ),
    _row(20, "a planted canary text", "tests/security/test_canary_text.py"),
)
