"""API keys: made once, shown once, verified, expired, revoked."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from pixelhub.accounts.models import ApiKey
from pixelhub.accounts.selectors import api_key_verify
from pixelhub.accounts.services import api_key_create, api_key_revoke, user_set_active
from pixelhub.audit.models import AuditEvent


def make_key(world, **options):
    return api_key_create(
        project=world.project, name="clinic", scopes=["score"], actor=world.user("ml_engineer"), **options
    )


def test_a_token_finds_its_key_and_is_stored_nowhere(world) -> None:
    key, token = make_key(world)
    assert api_key_verify(token) == key
    secret = token.split("_", 2)[2]
    stored = " ".join(str(value) for row in ApiKey.objects.values() for value in row.values())
    audited = " ".join(AuditEvent.objects.values_list("payload_json", flat=True))
    assert secret not in stored and secret not in audited


@pytest.mark.parametrize(
    "spoil", [lambda t: t + "x", lambda t: t.replace("phk_", "abc_"), lambda t: "", lambda t: "phk_\x00_x"]
)
def test_a_wrong_token_finds_nothing(world, spoil) -> None:
    _, token = make_key(world)
    assert api_key_verify(spoil(token)) is None


def test_an_expired_or_revoked_key_or_one_of_a_disabled_person_finds_nothing(world) -> None:
    _, expired = make_key(world, expires_at=timezone.now() - timedelta(seconds=1))
    assert api_key_verify(expired) is None
    key, token = make_key(world)
    api_key_revoke(key=key, actor=world.user("administrator"))
    api_key_revoke(key=key, actor=world.user("administrator"))
    assert api_key_verify(token) is None
    assert AuditEvent.objects.filter(action="api_key.revoke").count() == 1
    _, orphan = make_key(world)
    user_set_active(user=world.user("ml_engineer"), active=False, actor=world.user("administrator"))
    assert api_key_verify(orphan) is None


def test_unknown_scopes_are_refused(world) -> None:
    for scopes in ([], ["everything"]):
        with pytest.raises(ValidationError, match="scope"):
            api_key_create(project=world.project, name="x", scopes=scopes, actor=world.user("ml_engineer"))
