"""Making and ending API keys."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from pixelhub.accounts.models import ApiKey
from pixelhub.accounts.selectors import api_key_verify
from pixelhub.accounts.services import api_key_create
from tests.personas import World

pytestmark = pytest.mark.django_db
KEYS = "accounts:api_keys"
NEW = {"name": "Chat gateway", "scopes": ["score"], "rate_per_minute": "60", "expires_on": ""}


def made(world: World) -> tuple[ApiKey, str]:
    return api_key_create(project=world.project, name="k", scopes=["score"], actor=world.user("ml_engineer"))


def test_a_new_key_is_shown_once_and_works(world: World) -> None:
    client = world.client("ml_engineer")
    answer = client.post(reverse(KEYS), NEW)
    assert answer.status_code == 201
    assert "no-store" in answer["Cache-Control"]
    token = re.search(r'id="token">(phk_[^<]+)<', answer.content.decode())[1]  # type: ignore[index]
    key = api_key_verify(token)
    assert key is not None
    assert (key.name, key.scopes, key.rate_per_minute) == ("Chat gateway", ["score"], 60)
    assert token not in client.get(reverse(KEYS)).content.decode()


def test_a_key_lasts_until_the_end_of_its_day(world: World) -> None:
    today = timezone.localdate()
    world.client("administrator").post(reverse(KEYS), NEW | {"expires_on": today.isoformat()})
    key = ApiKey.objects.get()
    assert timezone.localtime(key.expires_at).date() == today
    assert key.is_live


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("name", "", "required"),
        ("name", "n" * 81, "at most 80"),
        ("name", "a\x00b", "Null characters"),
        ("scopes", ["everything"], "valid choice"),
        ("scopes", [], "required"),
        ("rate_per_minute", "0", "greater than or equal to 1"),
        ("rate_per_minute", "9" * 30, "less than or equal to"),
        ("expires_on", "1999-01-01", "in the past"),
        ("expires_on", "9999-12-31", "too far away"),
        ("expires_on", "someday", "valid date"),
    ],
)
def test_a_bad_value_is_named_and_no_key_is_made(world: World, field: str, value: object, reason: str) -> None:
    answer = world.client("ml_engineer").post(reverse(KEYS), NEW | {field: value})
    assert answer.status_code == 422
    assert reason in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_a_revoked_key_stops_working(world: World) -> None:
    key, token = made(world)
    answer = world.client("ml_engineer").post(reverse("accounts:api_key_revoke", args=[key.pk]))
    assert answer.status_code == 302
    assert api_key_verify(token) is None


@pytest.mark.parametrize("role", ["annotator", "pm", "clinical_lead", "qa"])
def test_others_are_refused(world: World, role: str) -> None:
    key, token = made(world)
    client = world.client(role)
    assert client.get(reverse(KEYS)).status_code == 403
    assert client.post(reverse("accounts:api_key_revoke", args=[key.pk])).status_code == 403
    assert api_key_verify(token) is not None


def test_a_key_of_another_project_is_out_of_reach(world: World) -> None:
    key, token = made(world)
    client = world.outsider_client("ml_engineer")
    assert key.prefix not in client.get(reverse(KEYS)).content.decode()
    assert client.post(reverse("accounts:api_key_revoke", args=[key.pk])).status_code == 404
    assert api_key_verify(token) is not None


def test_an_expired_key_is_shown_as_expired(world: World) -> None:
    key, _ = made(world)
    ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    assert "Expired" in world.client("ml_engineer").get(reverse(KEYS)).content.decode()
