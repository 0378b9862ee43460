"""Figures of the board counted a second time, for tests/review/independent_board.py: plain SQL and comparisons.

Nothing of the hub's reads is used: queries stand here again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from math import ceil, floor
from typing import Any

from django.db import connection

SIX = ("immediate_harm", "self_harm", "substance", "panic", "psychotic", "passive_ideation")
Figure = tuple[float | None, str]  # value, verdict


def rows(query: str, *values: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


def one(query: str, *values: object) -> Any:
    found = rows(query, *values)
    return found[0][0] if found else None


def document(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def more(value: float | None, target: float) -> Figure:
    """A count on its way up: there, or not yet."""
    return value, "pass" if value is not None and value >= target else "not_yet"


def none_left(value: float | None) -> Figure:
    return value, "not_yet" if value is None else "pass" if value == 0 else "fail"


def below(value: float | None, target: float, low: float | None = None, high: float | None = None) -> Figure:
    if value is None:
        return None, "not_yet"
    worst, best = (value if high is None else high), (value if low is None else low)
    return value, "pass" if worst < target else "insufficient_data" if best < target else "fail"


class Count:
    """Everything about one project."""

    def __init__(self, project: int) -> None:
        self.project = project
        self.version = one(
            "SELECT id FROM training_app_modelversion WHERE project_id = %s "
            "ORDER BY CASE WHEN state = 'production' THEN 0 ELSE 1 END, id DESC LIMIT 1",
            project,
        )
        self.release = next(
            iter(
                rows(
                    "SELECT counts, params, gates, quality FROM datasets_app_release "
                    "WHERE project_id = %s AND state = 'published' ORDER BY id DESC LIMIT 1",
                    project,
                )
            ),
            None,
        )
        self.active = one("SELECT id FROM inference_deployment WHERE project_id = %s AND retired_at IS NULL", project)

    def records(self, condition: str = "1 = 1", what: str = "COUNT(*)") -> int:
        query = f"SELECT {what} FROM datasets_app_record WHERE project_id = %s AND state = 'active' AND {condition}"
        return int(one(query, self.project))

    def labels(self, condition: str = "1 = 1", what: str = "COUNT(DISTINCT l.record_id)") -> int:
        query = (
            f"SELECT {what} FROM datasets_app_snapshotlabel l "
            "JOIN datasets_app_labelsnapshot s ON s.id = l.snapshot_id "
            "JOIN datasets_app_record r ON r.id = l.record_id "
            f"WHERE s.project_id = %s AND r.state = 'active' AND {condition}"
        )
        return int(one(query, self.project))

    def of_project(self, table: str, condition: str = "1 = 1") -> int:
        return int(one(f"SELECT COUNT(*) FROM {table} WHERE project_id = %s AND {condition}", self.project))

    def unsettled(self) -> Figure:
        """Real conversations whose identifiers are undecided."""
        real = self.records("source = 'real'")
        if not real:
            return None, "not_yet"
        return none_left(self.records("source = 'real' AND pii_state NOT IN ('clean', 'reviewed', 'checked')"))

    def imports(self) -> Figure:
        if not self.of_project("datasets_app_importbatch", "source = 'real'"):
            return None, "not_yet"
        wrong = self.of_project("datasets_app_importbatch", "state <> 'done'")
        wrong += self.of_project("datasets_app_importbatch", "read <> accepted + duplicates + quarantined")
        return none_left(wrong)

    def people(self) -> Figure:
        told = set()
        for (metadata,) in rows(
            "SELECT metadata FROM datasets_app_record WHERE project_id = %s AND source = 'real' AND state = 'active'",
            self.project,
        ):
            found = document(metadata) or {}
            places = (found, found.get("metadata") or {}, found.get("input") or {})
            places += ((found.get("input") or {}).get("metadata") or {},)
            told.add(next((place["demographics"] for place in places if place.get("demographics") is not None), ""))
        return more(len(told - {""}), 5)

    def qualified(self) -> Figure:
        query = (
            "SELECT COUNT(*) FROM annotation_qualification q JOIN accounts_user u ON u.id = q.annotator_id "
            "WHERE q.project_id = %s AND q.state = 'qualified' AND NOT u.is_simulated"
        )
        return more(one(query, self.project), 5)

    def closed_rounds(self) -> list[tuple[Any, ...]]:
        return rows(
            "SELECT id, state FROM annotation_round WHERE project_id = %s AND state IN ('closed', 'published') "
            "AND kind NOT IN ('practice', 'qualification')",
            self.project,
        )

    def disagreements(self) -> Figure:
        """Items of rounds that are closed and not published, with all labels, of which two differ, undecided.

        They differ in type, or in severity by two or more.
        """
        rounds = self.closed_rounds()
        if not rounds:
            return None, "not_yet"
        waiting = 0
        for pk, state in rounds:
            if state == "closed":
                waiting += len(
                    rows(
                        "SELECT i.id FROM annotation_rounditem i JOIN annotation_annotation a ON a.item_id = i.id "
                        "LEFT JOIN annotation_adjudication d ON d.item_id = i.id "
                        "WHERE i.round_id = %s AND d.id IS NULL "
                        "GROUP BY i.id, i.labels_wanted "
                        "HAVING COUNT(a.id) >= i.labels_wanted "
                        "AND (COUNT(DISTINCT a.crisis_type) > 1 OR MAX(a.severity) - MIN(a.severity) >= 2)",
                        pk,
                    )
                )
        return none_left(waiting)

    def kappa(self) -> Figure:
        found = rows(
            "SELECT g.figures FROM annotation_agreementresult g JOIN annotation_round r ON r.id = g.round_id "
            "WHERE r.project_id = %s AND r.state IN ('closed', 'published') "
            "AND r.kind NOT IN ('practice', 'qualification') ORDER BY r.closed_at DESC, g.computed_at DESC, g.id DESC",
            self.project,
        )
        figures = document(found[0][0]) if found else {}
        kappa = figures.get("kappa")
        if kappa is None:
            return None, "not_yet"
        low, high = figures["interval"]["low"], figures["interval"]["high"]
        return kappa, "pass" if low > 0.85 else "insufficient_data" if high > 0.85 else "fail"

    def pii(self) -> Figure:
        real = self.records("source = 'real'")
        if not real:
            return None, "not_yet"
        undecided, _ = self.unsettled()
        flagged = one(
            "SELECT COUNT(DISTINCT i.record_id) FROM annotation_flag f JOIN annotation_rounditem i ON i.id = f.item_id "
            "JOIN annotation_round d ON d.id = i.round_id JOIN datasets_app_record r ON r.id = i.record_id "
            "WHERE d.project_id = %s AND f.kind = 'pii' AND f.resolved_at IS NULL AND r.source = 'real'",
            self.project,
        )
        left = (undecided or 0) + flagged
        if left:
            return left, "fail"
        by_rule = "SELECT 1 FROM datasets_app_piifinding f WHERE f.record_id = r.id AND f.origin <> 'person'"
        by_anybody = "SELECT 1 FROM datasets_app_piifinding f WHERE f.record_id = r.id"
        sample = (
            "SELECT COUNT(*) FROM datasets_app_record r WHERE r.project_id = %s AND r.pii_state = 'reviewed' "
            f"AND NOT EXISTS ({by_rule})"
        )
        read, missed = one(sample, self.project), one(f"{sample} AND EXISTS ({by_anybody})", self.project)
        return 0, "pass" if read and not missed else "insufficient_data"

    def type_kept(self) -> Figure:
        """Wilson's interval of the share, against 95% or more; the newest label of a conversation counts."""
        latest: dict[int, bool] = {}
        for record, label, meant in rows(
            "SELECT l.record_id, l.crisis_type, r.proposed_type FROM datasets_app_snapshotlabel l "
            "JOIN datasets_app_labelsnapshot s ON s.id = l.snapshot_id "
            "JOIN datasets_app_record r ON r.id = l.record_id "
            "WHERE s.project_id = %s AND r.state = 'active' AND r.source = 'augmented' AND r.proposed_type <> '' "
            "ORDER BY s.id",
            self.project,
        ):
            latest[record] = label == meant
        if not latest:
            return None, "not_yet"
        n, hits, z = len(latest), sum(latest.values()), 1.959963984540054
        share = hits / n
        middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
        low, high = middle - half, min(1.0, middle + half)
        return share, "pass" if low >= 0.95 else "insufficient_data" if high >= 0.95 else "fail"

    def of_release(self, read: Callable[[dict[str, Any], dict[str, Any]], Figure]) -> Figure:
        if self.release is None:
            return None, "not_yet"
        gates = {row["gate"]: row["figures"] for row in document(self.release[2])}
        return read(document(self.release[0]), gates.get("leakage", {}))

    def shares(self) -> Figure:
        def gap(counts: dict[str, Any], _: object) -> Figure:
            wanted = document(self.release[1]).get("shares") or {"train": 0.7, "val": 0.15, "test": 0.15}
            total = counts["total"]
            return below(max(abs(counts["splits"][name]["total"] / total - wanted[name]) for name in wanted), 0.02)

        return self.of_release(gap)

    def report(self) -> Figure:
        return more(None if self.release is None else int(bool(document(self.release[3]))), 1)

    def evaluation(self) -> dict[str, Any]:
        found = rows(
            "SELECT metrics FROM training_app_evaluation WHERE model_version_id = %s AND split = 'test' "
            "ORDER BY use_number DESC LIMIT 1",
            self.version,
        )
        return document(found[0][0]) if found else {}

    def metric(self, name: str) -> Figure:
        found = self.evaluation().get("metrics", {}).get(name)
        return (found["value"], found["verdict"]) if found else (None, "not_yet")

    def weakest(self) -> Figure:
        types = [row["f1"] for row in self.evaluation().get("per_type", []) if row["crisis_type"] in SIX and row["f1"]]
        if not types:
            return None, "not_yet"
        said = {row["verdict"] for row in types} | ({"insufficient_data"} if len(types) < len(SIX) else set())
        grave = next(word for word in ("fail", "not_yet", "insufficient_data", "pass") if word in said)
        return min(row["value"] for row in types), grave

    def latency(self) -> Figure:
        """The 95th percentile by nearest rank of the newest 5,000 answers of the model, from 60 on; ranks' interval."""
        newest = rows(
            "SELECT latency_ms FROM inference_scorelog WHERE project_id = %s AND NOT degraded "
            "ORDER BY at DESC LIMIT 5000",
            self.project,
        )
        ordered = sorted(value for (value,) in newest)
        n = len(ordered)
        if n < 60:
            return None, "not_yet"
        half = 1.959963984540054 * (n * 0.95 * 0.05) ** 0.5
        rank = -(-n * 95 // 100)
        low, high = max(1, floor(n * 0.95 - half)), min(n, ceil(n * 0.95 + half) + 1)
        return below(ordered[rank - 1], 200, ordered[low - 1], ordered[high - 1])

    def healthy(self) -> Figure:
        if self.active is None:
            return None, "not_yet"
        newest = rows(
            "SELECT s.degraded FROM inference_scorelog s JOIN inference_deployment d ON d.id = %s "
            "WHERE s.project_id = %s AND s.at >= d.activated_at ORDER BY s.at DESC LIMIT 200",
            self.active,
            self.project,
        )
        if not newest:
            return None, "not_yet"
        share = sum(not degraded for (degraded,) in newest) / len(newest)
        return share, "pass" if share >= 0.99 else "fail"

    def suite(self, column: str, target: float) -> Figure:
        found = one(
            f"SELECT {column} FROM inference_integrationrun WHERE project_id = %s AND deployment_id = %s "
            "ORDER BY at DESC, id DESC LIMIT 1",
            self.project,
            self.active or -1,
        )
        return more(found or None, target) if column == "clients" else more(found, target)

    def judged(self) -> Figure:
        query = (
            "SELECT COUNT(DISTINCT c.record_id) FROM review_judgement j JOIN review_reviewcase c ON c.id = j.case_id "
            "JOIN review_campaign p ON p.id = c.campaign_id WHERE p.model_version_id = %s AND j.judged_at IS NOT NULL"
        )
        return more(one(query, self.version or -1), 100)

    def signed(self) -> Figure:
        query = "SELECT COUNT(*) FROM review_signoff WHERE model_version_id = %s AND decision = %s"
        approved, rejected = (one(query, self.version or -1, word) for word in ("approved", "rejected"))
        if not approved and not rejected:
            return None, "not_yet"
        return more(0 if rejected else approved, 1)

    def sections(self) -> Figure:
        if self.version is None:
            return None, "not_yet"
        newest = dict(
            rows(
                "SELECT name, text FROM training_app_cardsection WHERE model_version_id = %s ORDER BY revision",
                self.version,
            )
        )
        return more(sum(bool(text.strip()) for text in newest.values()), 4)

    def evaluations(self, what: str) -> Figure:
        query = (
            f"SELECT COUNT({what}) FROM training_app_evaluation e JOIN training_app_modelversion v "
            "ON v.id = e.model_version_id WHERE v.project_id = %s AND e.split = 'test'"
        )
        return more(one(query, self.project), 1)

    def measured(self) -> Figure:
        query = (
            "SELECT COUNT(DISTINCT s.run_id) FROM training_app_runsample s JOIN training_app_trainingrun r "
            "ON r.id = s.run_id WHERE r.project_id = %s"
        )
        return more(one(query, self.project), 1)

    def ticked(self, key: str) -> Figure:
        done = self.of_project("review_tasktick", f"task = '{key}' AND undone_at IS NULL")
        return None, "pass" if done else "not_yet"
