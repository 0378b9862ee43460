"""The pages of the clinical questions and of fairness, as three personas see them."""

from __future__ import annotations

import json

from django.urls import reverse

from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.models import Job
from pixelhub.jobs.runner import run_inline
from review.clinical.errors import wrong_decisions
from review.models import EdgeCaseCheck, ErrorAnswer, FairnessReport
from review.services.readings import error_answer, unread_misses
from tests.personas import World
from tests.review.grouped import stage_grouped
from tests.review.staged import Staged, stage_version


def place(name: str, *arguments: object) -> str:
    return reverse(f"review:{name}", args=arguments)


def test_misses_are_listed_opened_and_answered_one_by_one(staged: Staged) -> None:
    version, world = staged.version, staged.world
    owner, colleague, outsider = (
        world.client("clinical_lead"),
        world.client("ml_engineer"),
        world.outsider_client("clinical_lead"),
    )
    address = place("clinical_questions", version.pk)
    misses = [error for error in wrong_decisions(version) if error.error == "miss"]
    first = place("error_read", version.pk, misses[0].key)

    page = owner.get(address).content.decode()
    assert f"0 of {len(misses)} opened by you" in page and "Read the next one" in page and first in page
    watched = colleague.get(address)
    assert watched.status_code == 200 and first not in watched.content.decode()
    assert colleague.get(first).status_code == 403
    assert [outsider.get(url).status_code for url in (address, first)] == [404, 404]

    assert "Read missed crises" not in owner.get("/").content.decode()  # it is not in review yet
    version.state = "in_review"
    version.save(update_fields=["state"])
    assert "Read missed crises" in owner.get("/").content.decode()
    assert "Read missed crises" not in colleague.get("/").content.decode()

    assert owner.get(place("error_next", version.pk)).url == first
    read = owner.get(first).content.decode()
    assert "conversation 1-" in read and "threshold 0.500" in read
    assert unread_misses(version, staged.lead) == len(misses) - 1
    assert AuditEvent.objects.filter(action="rawtext.read").exists()
    assert owner.post(first, {"reason": "nonsense"}).status_code == 400
    refused = owner.post(first, {"reason": "plain", "blocks": "on"})
    assert refused.status_code == 409 and "write a few words" in refused.content.decode()
    answered = owner.post(first, {"reason": "plain", "words": "It says so.", "blocks": "on"})
    assert answered.url == place("error_read", version.pk, misses[1].key)
    assert ErrorAnswer.objects.get().blocks
    assert "It says so." in owner.get(first).content.decode()

    shown = colleague.get(address).content.decode()
    assert "1 answered by somebody" in shown and "against production" in shown
    left = owner.get(address, {"state": "unread"}).content.decode()
    assert misses[1].key in left and f"questions/{misses[0].key}" not in left
    assert misses[0].key in owner.get(address, {"state": "blocks"}).content.decode()
    assert "None matches" in owner.get(address, {"crisis_type": "none"}).content.decode()

    for error in misses[1:]:
        assert owner.get(place("error_read", version.pk, error.key)).status_code == 200
    done = owner.get(place("error_next", version.pk))
    assert done.url.startswith(address) and unread_misses(version, staged.lead) == 0
    assert "Read missed crises" not in owner.get("/").content.decode()
    over = owner.get(address, {"kind": "over_escalation"})
    assert over.status_code == 200 and "Does it over-escalate?" in over.content.decode()
    for wrong in (f"{address}?kind=other", place("error_read", version.pk, "0" * 64)):
        assert owner.get(wrong).status_code == 404


def test_two_readers_answer_for_themselves(staged: Staged) -> None:
    miss = next(error for error in wrong_decisions(staged.version) if error.error == "miss")
    address = place("error_read", staged.version.pk, miss.key)
    lead, qa = staged.world.client("clinical_lead"), staged.world.client("qa")
    lead.get(address)
    error_answer(version=staged.version, reader=staged.lead, content_hash=miss.content_hash, reason="indirect")
    page = qa.get(address).content.decode()
    assert "Said indirectly or in code" in page and "You answered" not in page
    qa.post(address, {"reason": "borderline"})
    assert list(ErrorAnswer.objects.values_list("opening__reader__username", "reason")) == [
        (staged.lead.username, "indirect"),
        (staged.world.user("qa").username, "borderline"),
    ]


def test_the_fairness_page_asks_for_a_report_shows_it_and_gives_it_away(world: World) -> None:
    staged = stage_grouped(world)
    version = staged.version
    address, make = place("fairness", version.pk), place("fairness_create", version.pk)
    owner, colleague, outsider = world.client("ml_engineer"), world.client("qa"), world.outsider_client("ml_engineer")
    assert "No fairness report yet" in owner.get(address).content.decode()
    assert "Make the report" not in colleague.get(address).content.decode()
    assert (colleague.post(make).status_code, outsider.post(make).status_code) == (403, 404)
    for reference, reason in (
        ("gender woman 51", "Line 1"),
        ("shoes: 40 = 5", "Line 1"),
        ("age: old = 1.2.3", "number"),
    ):
        refused = owner.post(make, {"reference": reference})
        assert refused.status_code == 400 and reason in refused.content.decode()
    refused = owner.post(make, {"reference": "gender: woman = 70\ngender: man = 70"})
    assert refused.status_code == 400 and "100% at the most" in refused.content.decode()

    assert owner.post(make, {"reference": "gender: woman = 51%\ngender: non-binary = 2"}).url == address
    waiting = owner.get(address).content.decode()
    assert "waiting for a free worker" in waiting
    run_inline(Job.objects.get(kind="review.fairness"))
    report = FairnessReport.objects.get()
    page = owner.get(address).content.decode()
    for said in (
        "figures were looked at",
        "may err by chance alone",
        "Equal opportunity, difference",
        "not enough data".capitalize(),
        "Collect more conversations of this group",
        "Calibration error",
        "gender: non-binary = 2%",
        report.sha256[:16],
    ):
        assert said in page, said
    assert "waiting for a free worker" not in page
    assert f"?report={report.pk}" not in page  # one report needs no list
    download = colleague.get(place("fairness_download", report.pk))
    assert json.loads(download.content)["format"] == "pixelhub.fairness/1"
    assert outsider.get(place("fairness_download", report.pk)).status_code == 404
    assert [owner.get(f"{address}?report={asked}").status_code for asked in ("0", "x", "9" * 40)] == [404, 404, 404]
    version.state = "approved"
    version.save(update_fields=["state"])
    assert "decided on" in owner.get(address).content.decode()
    assert owner.post(make, {"reference": ""}).status_code == 400


def test_the_edge_case_page_checks_and_shows_why_a_check_failed(world: World) -> None:
    staged = stage_version(world)
    address, check = place("edge_cases", staged.version.pk), place("edge_cases_check", staged.version.pk)
    owner, colleague, outsider = world.client("clinical_lead"), world.client("pm"), world.outsider_client("pm")
    assert "Not checked yet" in colleague.get(address).content.decode()
    assert (colleague.post(check).status_code, outsider.get(address).status_code) == (403, 404)
    assert owner.post(check).url == address
    run_inline(Job.objects.get(kind="review.edge_cases"))  # the staged release has no files
    assert "are not in the store" in colleague.get(address).content.decode()
    EdgeCaseCheck.objects.create(
        project=staged.project,
        model_version=staged.version,
        bundle_sha256=staged.version.bundle_sha256,
        document=DOCUMENT,
        sha256="1" * 64,
        verdict="fail",
        created_by=staged.lead,
    )
    page = colleague.get(address).content.decode()
    for said in (
        "No, something is missing",
        "missing without a reason",
        "Sarcasm",
        "carries the tag: 2 not json",
        "9 of 10",
    ):
        assert said in page, said


COUNTS = {"tagged": 3, "train": 1, "val": 0, "test": 0, "explained": 1, "unexplained": 1}
DOCUMENT = {
    "release_manifest_sha256": "2" * 64,
    "tagged": 3,
    "outcomes": {"train": 1, "later": 1, "unexplained": 1},
    "kinds": [{"name": "sarcasm", **COUNTS}],
    "imports": [
        {
            **COUNTS,
            "import": 1,
            "name": "a.jsonl",
            "read": 5,
            "accepted": 3,
            "duplicates": 0,
            "refused": 2,
            "refused_tagged": 1,
            "refused_why": {"not_json": 2},
            "by_kind": {"sarcasm": 3},
        }
    ],
    "shares": [{"split": "train", "tagged": 1, "total": 10}],
    "facts": {"rows_read_by_training": 9, "rows_in_train": 10, "digest_matches": True},
    "problems": ["1 tagged: missing without a reason", "training read 9 of 10 conversations of train"],
    "examples": ["sha256:" + "3" * 64],
}
