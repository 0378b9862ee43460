"""A fairness report is computed from what is stored, kept under a digest, and never changed."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.utils import DatabaseError
from django.http import Http404

from datasets_app.models import Record
from pixelhub.audit.models import AuditEvent
from pixelhub.canonical import canonical_json, sha256_hex
from pixelhub.jobs.runner import run_inline
from review.models import FairnessReport
from review.refusal import Refused
from review.services.fairness import (
    fairness_digest,
    fairness_report_make,
    fairness_report_request,
    newest_report,
)
from tests.personas import World
from tests.review.grouped import stage_grouped
from tests.review.staged import Staged
from training_app.models import VersionState

REFERENCE = {"gender": {"woman": 0.51, "man": 0.47, "non-binary": 0.02}}


@pytest.fixture
def grouped(world: World) -> Staged:
    return stage_grouped(world)


def test_a_report_holds_every_figure_of_what_exists_and_no_words(grouped: Staged) -> None:
    assert fairness_digest(grouped.version) == ""
    report = fairness_report_make(version=grouped.version, actor=grouped.trainer, reference=REFERENCE)
    document = report.document
    assert report.sha256 == sha256_hex(canonical_json(document)) == fairness_digest(grouped.version)
    blocks = {block["attribute"]: block for block in document["attributes"]}
    assert set(blocks) == {"age", "gender", "source", "edge_case"}
    gender = blocks["gender"]
    assert {row["value"]: row["n"] for row in gender["groups"]} == {"man": 140, "woman": 140}
    assert [figure["figure"] for figure in gender["figures"]] == [
        "demographic_parity_difference",
        "demographic_parity_ratio",
        "equal_opportunity_difference",
        "equalised_odds_difference",
        "calibration_difference",
    ]
    # 280 conversations of seven types: 40 calm ones, 20 of each gender, which is below the floor.
    odds = next(row for row in gender["figures"] if row["figure"] == "equalised_odds_difference")
    assert odds["verdict"] == "not_enough_data"
    rows = {row["value"]: row for row in gender["representation"]}
    assert (rows["non-binary"]["verdict"], rows["woman"]["verdict"]) == ("alert", "pass")
    assert rows["woman"]["train"] is None  # the staged release has no files
    bias = {row["kind"]: row for row in document["text_bias"]["kinds"]}
    assert (document["text_bias"]["n"], bias["gender"]["conversations"], bias["racial"]["conversations"]) == (
        280,
        14,
        0,
    )
    assert document["summary"]["alert"] == report.alert != "none"
    assert document["summary"]["looked_at"] == sum(document["summary"]["verdicts"].values()) > 20
    event = AuditEvent.objects.get(action="fairness.report")
    assert json.loads(event.payload_json)["sha256"] == report.sha256
    assert "emotional" not in json.dumps(document) and "conversation 3-" not in json.dumps(document)


def test_the_same_inputs_give_the_same_report_and_other_ones_another(grouped: Staged) -> None:
    first = fairness_report_make(version=grouped.version, actor=grouped.trainer)
    assert fairness_report_make(version=grouped.version, actor=grouped.lead) == first
    Record.objects.filter(project=grouped.project).first().delete()
    second = fairness_report_make(version=grouped.version, actor=grouped.lead)
    assert second != first and newest_report(grouped.version) == second
    assert fairness_digest(grouped.version) == second.sha256


def test_the_job_makes_it_and_a_second_request_waits_for_the_first(grouped: Staged) -> None:
    job = fairness_report_request(version=grouped.version, actor=grouped.trainer, reference=REFERENCE)
    assert fairness_report_request(version=grouped.version, actor=grouped.lead) == job
    run_inline(job)
    job.refresh_from_db()
    assert job.state == job.State.SUCCEEDED, job.error
    report = FairnessReport.objects.get()
    assert (report.document["reference"], report.created_by) == (REFERENCE, grouped.trainer)


def test_what_is_refused(grouped: Staged) -> None:
    version, world = grouped.version, grouped.world
    with pytest.raises(PermissionDenied):
        fairness_report_make(version=version, actor=world.user("qa"))
    with pytest.raises(Http404):
        fairness_report_make(version=version, actor=world.outsider("ml_engineer"))
    for reference in ({"shoe size": {"40": 0.5}}, {"gender": {}}, {"gender": {"woman": 0.7, "man": 0.7}}):
        with pytest.raises(Refused):
            fairness_report_make(version=version, actor=grouped.trainer, reference=reference)
    version.state = VersionState.APPROVED
    version.save(update_fields=["state"])
    with pytest.raises(Refused, match="part of what was decided on"):
        fairness_report_make(version=version, actor=grouped.trainer)
    assert not FairnessReport.objects.exists()


def test_a_report_cannot_be_changed_not_even_by_sql(grouped: Staged) -> None:
    fairness_report_make(version=grouped.version, actor=grouped.trainer)
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute("UPDATE review_fairnessreport SET alert = 'none'")


def test_the_command_makes_prints_and_refuses(grouped: Staged) -> None:
    where = {"project": grouped.project.slug}
    with pytest.raises(CommandError, match="No report was made yet"):
        call_command("fairness_report", grouped.version.version, **where)
    out = StringIO()
    call_command("fairness_report", grouped.version.version, by=grouped.trainer.username, stdout=out, **where)
    assert fairness_digest(grouped.version) in out.getvalue()
    assert "figures were looked at" in out.getvalue() and "Equal opportunity" in out.getvalue()
    shown = StringIO()
    call_command("fairness_report", grouped.version.version, json=True, stdout=shown, **where)
    assert json.loads(shown.getvalue())["sha256"] == fairness_digest(grouped.version)
    for wrong in ({"by": grouped.world.user("qa").username}, {"by": grouped.trainer.username, "reference": "[1]"}):
        with pytest.raises(CommandError):
            call_command("fairness_report", grouped.version.version, **where, **wrong)
