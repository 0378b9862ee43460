"""The pages: asking for children, a run's report, and the review of a variation, by people of each kind."""

import pytest
from django.urls import reverse

from datasets_app.models import Augmentation, Variation
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.runner import run_inline
from tests.datasets.making import synthetic
from tests.personas import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_database]


def test_from_the_form_to_the_last_answer(world: World) -> None:
    synthetic(world.project, 120)
    engineer, lead = world.client("data_engineer"), world.client("clinical_lead")
    new = reverse("datasets:augmentation_create")
    asked = {"paraphrase": 8, "edge_case": 4, "seed": 1, "max_ratio": "0.05", "use_model": "on"}
    refused = engineer.post(new, asked)
    assert refused.status_code == 422 and "at most 6 more" in refused.content.decode()
    done = engineer.post(new, {**asked, "max_ratio": "0.5"})
    run = Augmentation.objects.get()
    page = reverse("datasets:augmentation", args=[run.pk])
    assert done.url == page and (run.created_by, run.use_endpoint) == (world.user("data_engineer"), False)
    assert "progress" in engineer.get(page).content.decode()
    run_inline(run.job)
    text = engineer.get(page).content.decode()
    for said in ("Asked, made and refused", "12", "Who vouches for the label", "the screening rules", "Import "):
        assert said in text
    assert world.outsider_client("data_engineer").get(page).status_code == 404
    assert lead.get(reverse("datasets:variations")).content.decode().count('<th scope="row">') >= 4

    first = lead.get(reverse("datasets:variation_next"))
    variation = Variation.objects.get(holder=world.user("clinical_lead"))
    assert first.url == reverse("datasets:variation_review", args=[variation.pk]) and variation.kind
    shown = lead.get(first.url).content.decode()
    assert "<mark>" in shown and shown.count('name="answer"') == 3 and "Parent" in shown
    assert lead.post(first.url, {"answer": "refused"}).status_code == 409
    assert lead.post(first.url, {"answer": "what"}).status_code == 422
    assert lead.post(first.url, {"answer": "holds"}).url == reverse("datasets:variation_next")
    late = world.client("qa").post(first.url, {"answer": "refused", "reason": "too late"})
    assert late.status_code == 409 and "already" in late.content.decode()
    assert engineer.get(first.url).status_code == 403, "who makes children does not judge them"

    second = Variation.objects.filter(state="waiting").exclude(kind="").first()
    answer = {
        "answer": "changed",
        "crisis_type": "none" if second.crisis_type != "none" else "panic",
        "reason": "a joke",
    }
    if answer["crisis_type"] == "panic":
        answer["severity"] = "2"
    lead.post(reverse("datasets:variation_review", args=[second.pk]), answer)
    second.refresh_from_db()
    assert (second.state, second.decided_type) == ("changed", answer["crisis_type"])
    skipped = Variation.objects.filter(state="waiting").exclude(kind="").first()
    lead.post(reverse("datasets:variation_pass", args=[skipped.pk]))
    assert lead.get(reverse("datasets:variation_next")).url != reverse("datasets:variation_review", args=[skipped.pk])
    assert "Take in 2 approved" in engineer.get(page).content.decode()
    taken = engineer.post(reverse("datasets:augmentation_bring", args=[run.pk]))
    assert taken.status_code == 302 and "/jobs/" in taken.url
    words = variation.content()[0]["content"]
    assert not [event for event in AuditEvent.objects.all() if words[:40] in event.payload_json]
