"""The register of experts and their absences, in the browser, by three personas."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from pixelhub.audit.models import AuditEvent
from review import services
from review.models import Absence, Expert
from review.refusal import Refused
from tests.review.staged import Staged

pytestmark = pytest.mark.django_db


def test_a_pm_keeps_the_register(staged: Staged) -> None:
    client, person = staged.world.client("pm"), staged.world.user("qa")
    client.post(reverse("review:experts"), {"user": person.pk, "specialty": "psychiatry", "capacity": 12})
    expert = Expert.objects.get()
    assert (expert.user, expert.specialty, expert.capacity, expert.active) == (person, "psychiatry", 12, True)
    page = client.get(reverse("review:experts")).content.decode()
    assert "psychiatry" in page and str(person) in page
    change = reverse("review:expert_change", args=[expert.pk])
    client.post(change, {"specialty": "", "capacity": 3})
    expert.refresh_from_db()
    assert (expert.capacity, expert.active) == (3, False)
    assert client.post(change, {"specialty": "astrology", "capacity": 0}).status_code == 400
    again = client.post(reverse("review:experts"), {"user": person.pk, "capacity": 5})
    assert again.status_code == 400
    actions = AuditEvent.objects.filter(action__startswith="expert.").values_list("action", flat=True)
    assert list(actions) == ["expert.register", "expert.change"]


def test_an_expert_says_when_they_are_away_and_takes_it_back(staged: Staged) -> None:
    client, today = staged.world.client("qa"), timezone.localdate()
    days = {"starts_on": str(today), "ends_on": str(today + timedelta(days=2))}
    assert client.post(reverse("review:absence_own"), days).status_code == 302
    absence = Absence.objects.get()
    campaign = staged.open_campaign(size=4)
    page = client.get(reverse("review:case_next", args=[campaign.pk]), follow=True).content.decode()
    assert "You are away until" in page
    assert client.post(reverse("review:absence_own"), days).status_code == 400, "the same days twice"
    client.post(reverse("review:absence_end", args=[absence.pk]))
    mine = client.get(reverse("review:expert_me")).content.decode()
    assert "0 of your 4 judged" in mine
    for first, last, reason in ((2, 1, "not before"), (-9, -8, "over"), (0, 500, "more than a year")):
        with pytest.raises(Refused, match=reason):
            services.absence_add(
                expert=absence.expert,
                actor=absence.expert.user,
                starts_on=today + timedelta(days=first),
                ends_on=today + timedelta(days=last),
            )


def test_colleagues_and_outsiders_keep_out(staged: Staged) -> None:
    person = staged.world.user("qa")
    expert = services.expert_register(project=staged.project, user=person, actor=staged.lead)
    today = timezone.localdate()
    colleague = staged.world.user("qa", n=2)
    for url in (reverse("review:experts"), reverse("review:expert_change", args=[expert.pk])):
        assert staged.world.sign_in(colleague).get(url).status_code == 403
    with pytest.raises(PermissionDenied):
        services.absence_add(expert=expert, actor=colleague, starts_on=today, ends_on=today)
    outsider = staged.world.outsider_client("clinical_lead")
    assert outsider.get(reverse("review:expert_change", args=[expert.pk])).status_code == 404
    with pytest.raises(Refused, match="role includes judging"):
        services.expert_register(project=staged.project, user=staged.world.user("pm"), actor=staged.lead)
    with pytest.raises(Refused, match="already"):
        services.expert_register(project=staged.project, user=person, actor=staged.lead)
