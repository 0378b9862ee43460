"""Opening a review: who may, of what, and what is drawn."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import reverse

from pixelhub.audit.models import AuditEvent
from pixelhub.objects import get_store
from review import services
from review.models import Campaign
from review.refusal import Refused
from tests.review.staged import Staged
from training_app.models import ModelVersion, VersionState
from training_app.services.evaluations import PREDICTIONS

pytestmark = pytest.mark.django_db


def test_a_clinical_lead_opens_a_review_in_the_browser(staged: Staged) -> None:
    client = staged.world.client("clinical_lead")
    page = client.get(reverse("review:campaign_create"), {"version": staged.version.pk})
    assert page.status_code == 200
    answer = client.post(reverse("review:campaign_create"), {"version": staged.version.pk, "size": 20})
    campaign = Campaign.objects.get()
    assert answer.url == reverse("review:campaign_detail", args=[campaign.pk])
    assert campaign.cases.count() == campaign.minimum_judged == 20
    assert ModelVersion.objects.get().state == VersionState.IN_REVIEW
    assert AuditEvent.objects.filter(action="campaign.create", target_id=str(campaign.pk)).exists()


def test_weights_of_the_cases_add_up_to_the_test_split(staged: Staged) -> None:
    campaign = staged.open_campaign(size=15)
    assert sum(case.weight for case in campaign.cases.all()) == pytest.approx(40)
    assert sum(campaign.population.values()) == 40
    kinds = {case.prediction["error_kind"] for case in campaign.cases.all()}
    assert "miss" in kinds


def test_only_one_review_of_a_version_is_open(staged: Staged) -> None:
    staged.open_campaign()
    with pytest.raises(Refused, match="open campaign already"):
        staged.open_campaign()
    assert Campaign.objects.count() == 1


def test_a_version_without_predictions_cannot_be_reviewed(staged: Staged) -> None:
    get_store().delete(f"{staged.version.evidence_prefix}{PREDICTIONS}")
    with pytest.raises(Refused, match="no stored test predictions"):
        staged.open_campaign()


@pytest.mark.parametrize("line", [b"not json", b'{"content_hash": "x"}', b"[]", b'{"content_hash":"x","score":7}'])
def test_malformed_predictions_are_refused_by_line(staged: Staged, line: bytes) -> None:
    store, key = get_store(), f"{staged.version.evidence_prefix}{PREDICTIONS}"
    whole = store.read(key)
    store.delete(key)
    store.put(key, whole + b"\n" + line)
    with pytest.raises(Refused, match="Line 41"):
        staged.open_campaign()


def test_a_version_past_its_review_is_refused(staged: Staged) -> None:
    ModelVersion.objects.update(state=VersionState.PRODUCTION)
    with pytest.raises(Refused, match="its review is over"):
        staged.open_campaign()


@pytest.mark.parametrize("role", ["annotator", "pm", "data_engineer", "qa", "administrator"])
def test_other_roles_may_not_open_one(staged: Staged, role: str) -> None:
    client = staged.world.client(role)
    answer = client.post(reverse("review:campaign_create"), {"version": staged.version.pk, "size": 5})
    assert answer.status_code == 403
    with pytest.raises(PermissionDenied):
        services.campaign_create(version=staged.version, actor=staged.world.user(role))
    assert not Campaign.objects.exists()


def test_an_outsider_learns_nothing(staged: Staged) -> None:
    campaign = staged.open_campaign()
    client = staged.world.outsider_client("clinical_lead")
    assert client.get(reverse("review:campaign_detail", args=[campaign.pk])).status_code == 404
    answer = client.post(reverse("review:campaign_create"), {"version": staged.version.pk, "size": 5})
    assert answer.status_code == 400
    with pytest.raises(Http404):
        services.campaign_create(version=staged.version, actor=staged.world.outsider("clinical_lead"))


@pytest.mark.parametrize(("size", "minimum"), [(0, None), (3000, None), (5, 400)])
def test_impossible_sizes_are_refused(staged: Staged, size: int, minimum: int | None) -> None:
    with pytest.raises(Refused):
        services.campaign_create(version=staged.version, actor=staged.lead, size=size, minimum_judged=minimum)
