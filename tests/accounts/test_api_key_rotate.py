"""A new secret under the same key: the old one lives for the overlap, then it is dead."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from pixelhub.accounts.keys import MAX_OVERLAP, api_key_create, api_key_revoke, api_key_rotate
from pixelhub.accounts.models import ApiKey
from pixelhub.accounts.selectors import api_key_verify
from pixelhub.audit.models import AuditEvent
from tests.personas import World

pytestmark = pytest.mark.django_db


def made(world: World) -> tuple[ApiKey, str]:
    return api_key_create(project=world.project, name="k", scopes=["score"], actor=world.user("ml_engineer"))


def rotated(world: World, key: ApiKey, **overlap: int) -> str:
    return api_key_rotate(key=key, overlap=timedelta(**overlap), actor=world.user("ml_engineer"))[1]


def test_both_secrets_work_until_the_overlap_ends(world: World) -> None:
    key, old = made(world)
    new = rotated(world, key, hours=1)
    assert new != old and new.split("_")[1] == old.split("_")[1]
    assert api_key_verify(old) == api_key_verify(new) == key
    ApiKey.objects.update(previous_until=timezone.now())
    assert (api_key_verify(old), api_key_verify(new)) == (None, key)


def test_without_an_overlap_the_old_secret_is_dead_at_once(world: World) -> None:
    key, old = made(world)
    new = rotated(world, key)
    assert (api_key_verify(old), api_key_verify(new)) == (None, key)


def test_a_second_rotation_ends_the_first_secret_and_a_revocation_all(world: World) -> None:
    key, first = made(world)
    second = rotated(world, key, days=1)
    third = rotated(world, key, days=1)
    assert [api_key_verify(token) for token in (first, second, third)] == [None, key, key]
    api_key_revoke(key=key, actor=world.user("ml_engineer"))
    assert [api_key_verify(token) for token in (first, second, third)] == [None, None, None]
    with pytest.raises(ValidationError, match="revoked"):
        rotated(world, key)


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), MAX_OVERLAP + timedelta(seconds=1)])
def test_an_overlap_has_bounds(world: World, overlap: timedelta) -> None:
    key, old = made(world)
    with pytest.raises(ValidationError, match="at most 30 days"):
        api_key_rotate(key=key, overlap=overlap, actor=world.user("ml_engineer"))
    assert api_key_verify(old) == key


def test_an_expired_key_gets_no_new_secret(world: World) -> None:
    key, _ = made(world)
    ApiKey.objects.update(expires_at=timezone.now())
    with pytest.raises(ValidationError, match="expired"):
        rotated(world, key)


def test_no_secret_is_stored_or_audited(world: World) -> None:
    key, old = made(world)
    new = rotated(world, key, days=1)
    stored = " ".join(str(value) for row in ApiKey.objects.values() for value in row.values())
    stored += " ".join(AuditEvent.objects.values_list("payload_json", flat=True))
    assert [token.split("_", 2)[2] in stored for token in (old, new)] == [False, False]
    assert AuditEvent.objects.filter(action="api_key.rotate").count() == 1


def test_the_page_shows_the_new_secret_once(world: World) -> None:
    key, old = made(world)
    client = world.client("ml_engineer")
    page = reverse("accounts:api_key_detail", args=[key.pk])
    answer = client.post(reverse("accounts:api_key_rotate", args=[key.pk]), {"rotate-overlap_hours": "24"})
    assert (answer.status_code, "no-store" in answer["Cache-Control"]) == (201, True)
    token = re.search(r'id="token">(phk_[^<]+)<', answer.content.decode())[1]  # type: ignore[index]
    assert api_key_verify(token) == api_key_verify(old) == key
    later = client.get(page).content.decode()
    assert token not in later and "still works" in later
    refused = client.post(reverse("accounts:api_key_rotate", args=[key.pk]), {"rotate-overlap_hours": "9999"})
    assert refused.status_code == 422 and "valid choice" in refused.content.decode()
    assert api_key_verify(token) == key
