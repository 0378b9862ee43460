"""Other scopes and limits for a key, and the page that shows what it asked."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from pixelhub.accounts.keys import api_key_change, api_key_create, api_key_revoke
from pixelhub.accounts.models import ApiKey, ApiKeyUsage
from pixelhub.accounts.usage import Counted, UsageCounter, usage_by_day, usage_record, usage_totals
from pixelhub.audit.models import AuditEvent
from tests.personas import World

pytestmark = pytest.mark.django_db
WANTED = {
    "limits-scopes": ["score", "read"],
    "limits-rate_per_minute": "5",
    "limits-quota_per_day": "50",
    "limits-quota_per_month": "",
    "limits-expires_on": "",
}


@pytest.fixture
def key(world: World) -> ApiKey:
    made, _ = api_key_create(
        project=world.project, name="gate", scopes=["score"], actor=world.user("ml_engineer"), quota_per_month=9
    )
    return made


def test_limits_are_changed_and_audited(world: World, key: ApiKey) -> None:
    answer = world.client("administrator").post(reverse("accounts:api_key_change", args=[key.pk]), WANTED)
    assert answer.status_code == 302
    key.refresh_from_db()
    assert (key.scopes, key.rate_per_minute, key.quota_per_day, key.quota_per_month) == (["read", "score"], 5, 50, None)
    assert key.limits.periods == (("minute", 5), ("day", 50))
    event = AuditEvent.objects.get(action="api_key.change")
    assert '"per_day":50' in event.payload_json.replace(" ", "")


@pytest.mark.parametrize(
    ("field", "value"),
    [("scopes", ["all"]), ("quota_per_day", "0"), ("quota_per_month", "9" * 20), ("expires_on", "2001-01-01")],
)
def test_a_bad_limit_changes_nothing(world: World, key: ApiKey, field: str, value: object) -> None:
    body = WANTED | {f"limits-{field}": value}
    answer = world.client("ml_engineer").post(reverse("accounts:api_key_change", args=[key.pk]), body)
    assert answer.status_code == 422
    assert ApiKey.objects.get().rate_per_minute == 600


def test_a_revoked_key_stays_as_it_is(world: World, key: ApiKey) -> None:
    actor = world.user("ml_engineer")
    api_key_revoke(key=key, actor=actor)
    with pytest.raises(ValidationError, match="revoked"):
        api_key_change(
            key=key,
            scopes=["score"],
            rate_per_minute=1,
            quota_per_day=None,
            quota_per_month=None,
            expires_at=timezone.now() + timedelta(days=1),
            actor=actor,
        )


def test_usage_is_added_up_by_day(world: World, key: ApiKey) -> None:
    counter = UsageCounter()
    counter.add(key.pk, 200, 3)
    counter.add(key.pk, 429)
    counter.add(key.pk, 422)
    usage_record(counts=counter.take())
    counter.put_back({(key.pk, datetime.now(UTC).date()): Counted(requests=2, conversations=1)})
    usage_record(counts=counter.take())
    assert counter.take() == {}
    row = ApiKeyUsage.objects.get()
    assert (row.requests, row.conversations, row.errors, row.limited) == (5, 4, 2, 1)
    key.refresh_from_db()
    assert key.last_used_at is not None
    days = usage_by_day(key, days=3)
    assert [day.requests for day in days] == [0, 0, 5]
    assert usage_totals([key.pk])[key.pk] == {"requests": 5, "conversations": 4, "errors": 2, "limited": 1}


def test_usage_of_a_key_that_is_gone_is_left_out(world: World) -> None:
    usage_record(counts={(424242, datetime.now(UTC).date()): Counted(requests=1)})
    assert not ApiKeyUsage.objects.exists()


def test_the_page_shows_the_days_and_who_made_the_key(world: World, key: ApiKey) -> None:
    client = world.client("ml_engineer")
    page = reverse("accounts:api_key_detail", args=[key.pk])
    assert "Not used yet" in client.get(page).content.decode()
    usage_record(counts={(key.pk, datetime.now(UTC).date()): Counted(requests=1234, conversations=1200, errors=34)})
    shown = client.get(page).content.decode()
    assert "1,234" in shown and "<svg" in shown and str(key.created_by) in shown
    assert "1,234 requests" in client.get(reverse("accounts:api_keys")).content.decode()
    assert world.client("qa").get(page).status_code == 403
    assert world.outsider_client("ml_engineer").get(page).status_code == 404
