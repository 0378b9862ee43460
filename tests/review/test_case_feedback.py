"""From a judged case back into the loop: labelled again, a note for the guideline, more cases of its kind."""

from __future__ import annotations

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from annotation import services as annotation
from annotation.models import Guideline, GuidelineNote, Round
from annotation.services.guidelines import text_sha256
from datasets_app.models import HeldOut, ImportBatch, Record
from datasets_app.services import ReleaseChoices, release_create
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.runner import run_inline
from pixelhub.objects import get_store
from pixelhub.ui.origins import origins_of
from review import services
from review.models import CaseRequest, Feedback, ReviewCase
from review.quoting import RUN, quoted
from review.refusal import Refused
from review.selectors import next_actions
from tests.annotation.making import PANIC, approved_guideline, label_all
from tests.datasets.making import imported, jsonl, published, synthetic
from tests.review.staged import Staged

pytestmark = pytest.mark.django_db

ABOUT = {"words": "Sarcasm that hides a plan.", "crisis_type": "self_harm", "severity": 4, "wanted": 3}


@pytest.fixture
def case(staged: Staged) -> ReviewCase:
    """A case that one expert has judged and another has not."""
    campaign = staged.open_campaign(size=1, minimum_reviewers=2, maximum_reviewers=2)
    found = campaign.cases.get()
    messages = [{"role": "user", "content": "the grey heron waited for us at the old mill"}]
    Record.objects.filter(pk=found.record_id).update(messages=messages)
    judged_by(staged, found, 1)
    return ReviewCase.objects.select_related("campaign__project", "campaign__model_version", "record").get(pk=found.pk)


def judged_by(staged: Staged, case: ReviewCase, number: int) -> None:
    expert = staged.world.user("qa", n=number)
    services.case_label(case=case, expert=expert, crisis_type="panic", severity=3)
    services.case_judge(case=case, expert=expert, verdict="agree")


def told() -> str:
    return " ".join(AuditEvent.objects.values_list("payload_json", flat=True))


def test_a_test_label_is_corrected_with_consent_and_the_record_never_trains(staged: Staged, case: ReviewCase) -> None:
    world, page = staged.world, reverse("review:case_judge", args=[case.pk])
    expert, other = world.client("qa"), world.client("qa", n=2)
    assert "What follows from it" in expert.get(page).content.decode()
    assert "What follows from it" not in other.get(page).content.decode(), "who still judges is told nothing"
    with pytest.raises(Refused, match="Judge the case first"):
        services.case_relabel(case=case, actor=world.user("qa", n=2))
    expert.post(reverse("review:case_relabel", args=[case.pk]), {"words": "Looks like panic to me."})
    asked = Feedback.objects.get()
    assert (asked.state, HeldOut.objects.exists()) == ("waiting", False)
    with pytest.raises(Refused, match="already"):
        services.case_relabel(case=case, actor=world.user("qa"))
    assert "Looks like panic" not in other.get(reverse("review:feedback")).content.decode()
    lead = world.client("clinical_lead")
    titles = {action.title for action in next_actions(staged.lead, staged.project)}
    assert "Decide what is labelled again" not in titles, "a lead who may still judge it is not told either"
    judged_by(staged, case, 2)
    assert "Decide what is labelled again" in {action.title for action in next_actions(staged.lead, staged.project)}
    with pytest.raises(Refused, match="No case waits"):
        services.relabel_round_make(project=staged.project, actor=world.user("pm"))
    lead.post(reverse("review:relabel_consent", args=[asked.pk]))
    with pytest.raises(Refused, match="decided already"):
        services.relabel_decline(feedback=asked, actor=staged.lead, reason="no")
    assert HeldOut.objects.get().record_id == case.record_id

    approved_guideline(world)
    people = [world.user("annotator", n) for n in (1, 2)]
    pm = world.client("pm")
    assert "Make the round" in pm.get(reverse("review:feedback")).content.decode()
    pm.post(reverse("review:relabel_round_make"))
    made = Round.objects.get()
    assert (made.kind, made.state, made.items.get().record_id) == ("relabel", "draft", case.record_id)
    shown = world.client("pm").get(reverse("annotation:round_detail", args=[made.pk])).content.decode()
    assert "1 sample sent back by expert review" in shown
    annotation.round_open(round=made, actor=world.user("pm"))
    blind = world.client("annotator", 1).get(reverse("annotation:round_detail", args=[made.pk])).content.decode()
    assert "expert review" not in blind, "labels stay blind"
    for person in people:
        label_all(made, person, {1: PANIC})
    annotation.round_close(round=made, actor=world.user("pm"))
    annotation.round_publish(round=Round.objects.get(), actor=world.user("qa"))
    after = expert.get(page).content.decode()
    assert "labelled again: Panic, severity 3" in after and reverse("annotation:round_detail", args=[made.pk]) in after
    record_page = lead.get(reverse("datasets:record_detail", args=[case.record_id])).content.decode()
    assert "Held out of training" in record_page and page in record_page
    assert "Looks like panic" not in told() and "heron" not in told()


def test_a_new_release_keeps_it_in_the_test_split_whatever_the_seed(staged: Staged, case: ReviewCase) -> None:
    synthetic(staged.project, 60)
    held = Record.objects.filter(project=staged.project, source="synthetic").order_by("-pk")[0]
    ReviewCase.objects.filter(pk=case.pk).update(record=held)
    case.refresh_from_db()
    published(staged.project, held.import_batch.records.all())
    judged_by(staged, case, 2)
    services.case_relabel(case=case, actor=staged.lead)
    for seed in (1, 2, 3):
        choices = ReleaseChoices(seed=seed)
        release = release_create(project=staged.project, version=f"2.0.{seed}", actor=None, choices=choices)
        run_inline(release.job)
        release.refresh_from_db()
        assert release.state == "published", release.error
        store = get_store()
        places = {
            json.loads(line)["metadata"]["content_hash"]: stat.key.split("/")[-2]
            for stat in store.list(f"{release.object_prefix}shards/")
            for line in store.read(stat.key).splitlines()
        }
        assert places[held.content_hash] == "test"


def test_a_decline_has_a_reason_and_it_may_be_asked_again(staged: Staged, case: ReviewCase) -> None:
    asked = services.case_relabel(case=case, actor=staged.world.user("qa"))
    with pytest.raises(PermissionDenied):
        services.relabel_consent(feedback=asked, actor=staged.world.user("qa"))
    lead = staged.world.client("clinical_lead")
    lead.post(reverse("review:relabel_decline", args=[asked.pk]), {"reason": " "})
    assert Feedback.objects.get().state == "waiting"
    lead.post(reverse("review:relabel_decline", args=[asked.pk]), {"reason": "The label follows section 3."})
    page = staged.world.client("qa").get(reverse("review:case_judge", args=[case.pk])).content.decode()
    assert "The label follows section 3." in page and "Label it again" in page
    assert services.case_relabel(case=case, actor=staged.world.user("qa")).state == "waiting"
    assert not HeldOut.objects.exists() and "section 3" not in told()


def test_a_note_goes_to_the_guideline_and_knows_where_it_is_from(staged: Staged, case: ReviewCase) -> None:
    world, url = staged.world, reverse("review:case_note", args=[case.pk])
    world.client("qa").post(url, {"words": "He said the grey heron waited for us, say what that is."})
    assert not GuidelineNote.objects.exists(), "a note that quotes the test conversation is refused"
    world.client("qa").post(url, {"words": "Say how to read birds as signs.", "section": "panic"})
    note = GuidelineNote.objects.get()
    assert (note.section, note.state) == ("panic", "open")
    notes = reverse("annotation:guideline_notes")
    shown = world.client("clinical_lead", n=2).get(notes).content.decode()
    assert "Say how to read birds" in shown and "Written from" not in shown, "a lead who may still judge"
    mine = world.client("qa")
    assert "Written from case" in mine.get(notes).content.decode()
    assert world.client("annotator").get(notes).status_code == 403
    newest = Guideline.objects.latest("version")
    annotation.guideline_approve(
        guideline=newest, actor=staged.lead, comment="ok", expected_sha256=text_sha256(newest), shared_types=[]
    )
    mine.post(reverse("annotation:guideline_note_take", args=[note.pk]))
    note.refresh_from_db()
    assert note.state == "open", "there is no draft that could answer it"
    draft = annotation.guideline_create(
        project=staged.project, title="Next", markdown=newest.markdown + "\nBirds are no signs.\n", actor=staged.lead
    )
    mine.post(reverse("annotation:guideline_note_take", args=[note.pk]))
    page = mine.get(reverse("review:case_judge", args=[case.pk])).content.decode()
    assert "taken up in the guideline" in page
    annotation.guideline_withdraw(guideline=draft, actor=staged.lead)
    note.refresh_from_db()
    assert (note.state, note.taken_in) == ("open", None), "it waits for the next version again"
    annotation.guideline_note_dismiss(note=note, actor=staged.lead, reason="Section 2 says it.")
    assert "Section 2 says it." in mine.get(notes).content.decode()
    assert "birds" not in told().lower()


def test_a_request_is_answered_by_the_imports_that_are_named(staged: Staged, case: ReviewCase) -> None:
    world = staged.world
    early = imported(staged.project, jsonl([row(0)]))
    asked = services.case_similar(case=case, actor=world.user("qa"), tags=["irony", " Irony "], **ABOUT)
    assert asked.tags == ["irony"]
    engineer = world.client("data_engineer")
    actions = {action.title: action.count for action in next_actions(world.user("data_engineer"), staged.project)}
    assert actions["Bring in cases of a kind"] == 1
    page = engineer.get(reverse("review:case_requests")).content.decode()
    assert "Sarcasm that hides a plan." in page and "0 of 3 came" in page and "heron" not in page
    url = reverse("review:request_import_name", args=[asked.pk])
    engineer.post(url, {"batch": early.pk})
    assert not asked.imports.exists(), "an import from before the request was not made for it"
    first, second = imported(staged.project, jsonl([row(1), row(2)])), imported(staged.project, jsonl([row(3)]))
    for batch in (first, first, second):
        engineer.post(url, {"batch": batch.pk})
    assert asked.imports.count() == 2
    assert "answered" in engineer.get(reverse("review:case_requests")).content.decode()
    page = world.client("qa").get(reverse("review:case_judge", args=[case.pk])).content.decode()
    assert "answered: 3 of 3 came" in page
    shown = engineer.get(reverse("datasets:import_detail", args=[first.pk])).content.decode()
    assert f"Brought in for request {asked.pk} of expert review" in shown
    assert origins_of(world.user("clinical_lead", 2), first) == [], "a lead who may still judge the case"
    with pytest.raises(PermissionDenied):
        services.request_close(request=asked, actor=world.user("qa", n=2), reason="enough")
    engineer.post(reverse("review:request_close", args=[asked.pk]), {"reason": "Enough came."})
    with pytest.raises(Refused, match="closed"):
        services.request_import_name(request=asked, batch=second, actor=world.user("data_engineer"))
    assert "plan" not in told()


def row(number: int) -> dict[str, object]:
    return {"id": f"n{number}", "messages": [{"role": "user", "content": f"A new conversation, number {number}."}]}


def test_what_cannot_be_asked_is_refused_with_the_reason(staged: Staged, case: ReviewCase) -> None:
    expert = staged.world.user("qa")
    for changed, says in (
        ({"crisis_type": "sadness"}, "crisis types"),
        ({"severity": 9}, "severity"),
        ({"wanted": 0}, "Ask for 1"),
        ({"edge_case_kind": "rhyme"}, "edge case"),
        ({"tags": ["the grey heron waited for"]}, "stand in the conversation"),
        ({"words": "THE GREY, heron waited: for"}, "stand in the conversation"),
        ({"tags": [f"t{n}" for n in range(6)]}, "At most 5 tags"),
    ):
        with pytest.raises(Refused, match=says):
            services.case_similar(case=case, actor=expert, **ABOUT | changed)
    assert not CaseRequest.objects.exists()
    foreign = ImportBatch.objects.create(project=staged.world.other_project, state="done", read=1, accepted=1)
    asked = services.case_similar(case=case, actor=expert, **ABOUT)
    with pytest.raises(Refused, match="another project"):
        services.request_import_name(request=asked, batch=foreign, actor=staged.world.user("data_engineer"))


def test_outsiders_and_other_roles_keep_out(staged: Staged, case: ReviewCase) -> None:
    asked = services.case_relabel(case=case, actor=staged.world.user("qa"))
    for name in ("case_relabel", "case_note", "case_similar"):
        url = reverse(f"review:{name}", args=[case.pk])
        assert staged.world.outsider_client("qa").post(url).status_code == 404
        assert staged.world.client("pm").post(url).status_code == 403
    url = reverse("review:relabel_consent", args=[asked.pk])
    assert staged.world.outsider_client("clinical_lead").post(url).status_code == 404
    assert staged.world.client("annotator").get(reverse("review:feedback")).status_code == 403
    assert Feedback.objects.count() == 1


WORDS = st.lists(st.sampled_from([f"word{n}" for n in range(8)]), min_size=1, max_size=14)


@given(WORDS, WORDS)
def test_five_words_in_a_row_are_a_quotation_and_fewer_are_not(said: list[str], typed: list[str]) -> None:
    spoken, found = " ".join(said), quoted(", ".join(typed).upper(), [{"content": " ".join(said)}])
    length = min(RUN, len(said))
    runs = {" ".join(typed[at : at + length]) for at in range(len(typed) - length + 1)}
    quotes = length >= 3 and any(f" {run} " in f" {spoken} " for run in runs)
    assert bool(found) == quotes
