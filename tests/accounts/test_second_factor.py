"""The second factor: whose role asks for one, the days of grace, what stays shut without it, and guessing codes."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from pixelhub.accounts.models import Membership, User
from pixelhub.accounts.roles import Capability, roles_with
from pixelhub.accounts.second_factor import duty_of, is_overdue
from pixelhub.accounts.services import user_create
from pixelhub.audit.models import AuditEvent
from tests.paths import PROJECT_ROOT
from tests.personas import PASSWORD, World

pytestmark = pytest.mark.django_db
SETUP = "/people/second-factor/"


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of codes stands: none runs out between being read and being typed."""
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time", SimpleNamespace(time=lambda: 1_800_000_000.0))


def code_now(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def overdue(user: User) -> User:
    Membership.objects.filter(user=user).update(created_at=timezone.now() - timedelta(days=30))
    return user


def with_app(user: User) -> str:
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def signed_in_by_password(user: User) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD})
    return client


def test_the_roles_asked_are_those_that_sign_govern_manage_people_or_take_conversations_out(settings: Any) -> None:
    acts = (*(Capability.SIGNOFF_DECIDE, Capability.SIGNOFF_GOVERN, Capability.PEOPLE_MANAGE, Capability.RAWTEXT_VIEW),)
    assert set(settings.MFA_REQUIRED_ROLES) == {role for act in acts for role in roles_with(act)}


@pytest.mark.parametrize(("demo", "asked"), [("1", "0"), ("0", "4")])
def test_a_demo_asks_nobody_and_any_other_hub_does_without_being_told_to(demo: str, asked: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MFA_")}
    code = "from pixelhub.settings.security import MFA_REQUIRED_ROLES as asked; print(len(asked))"
    environment["PIXELHUB_DEMO"] = demo
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == asked


def test_a_hub_that_asks_nobody_says_so_before_the_first_page(world: World, settings: Any) -> None:
    settings.DEMO, settings.MFA_REQUIRED_ROLES = True, []
    lead = overdue(world.user("clinical_lead"))
    User.objects.filter(pk=lead.pk).update(username="clara")
    assert "Here nobody is asked for a second factor" in Client().get(reverse("account_login")).content.decode()
    client = world.sign_in(User.objects.get(pk=lead.pk))
    assert client.get("/").status_code == 200
    assert "This hub asks nobody for one" in client.get(SETUP).content.decode()


def test_whose_duty_it_is_and_from_when(world: World, settings: Any) -> None:
    lead = world.user("clinical_lead")
    since = Membership.objects.get(user=lead).created_at
    duty = duty_of(lead)
    assert duty is not None and duty.due == since + timedelta(days=7) and not duty.is_due and not is_overdue(lead)
    assert duty_of(world.user("annotator")) is None
    staff = user_create(username="root", password=PASSWORD)
    User.objects.filter(pk=staff.pk).update(is_staff=True, date_joined=timezone.now() - timedelta(days=8))
    assert is_overdue(User.objects.get(pk=staff.pk))
    overdue(lead)
    assert is_overdue(lead)
    lead.is_simulated = True
    assert duty_of(lead) is None
    settings.MFA_REQUIRED_ROLES = []
    assert duty_of(world.user("administrator")) is None


def test_within_the_grace_pages_open_and_say_until_when(world: World) -> None:
    page = world.client("qa").get("/").content.decode()
    assert "Your role asks for a second factor." in page and SETUP in page
    assert "second factor" not in world.client("annotator").get("/").content.decode()


def test_after_the_grace_nothing_opens_but_what_sets_it_up(world: World) -> None:
    client = world.sign_in(overdue(world.user("clinical_lead")))
    for path in ("/", "/annotation/rounds/", "/admin/", "/api/docs/"):
        answer = client.get(path)
        assert answer.status_code == 302, path
        assert answer.headers["Location"].partition("?")[0] == SETUP, path
    posted = client.post(reverse("annotation:round_create"), {"name": "x"})
    assert (posted.status_code, posted.json()["code"]) == (403, "second_factor_needed")
    told = client.get(reverse("datasets_api:imports"), HTTP_ACCEPT="application/json")
    assert (told.status_code, told.json()["code"]) == (403, "second_factor_needed")
    partial = client.get("/annotation/rounds/", HTTP_HX_REQUEST="true")
    assert (partial.status_code, partial.headers["HX-Redirect"], partial.content) == (200, SETUP, b"")
    page = client.get(SETUP).content.decode()
    assert "Set it up to go on" in page and reverse("mfa_activate_totp") in page
    assert client.post(reverse("accounts:theme_set"), {"theme": "dark"}).status_code == 302
    assert client.get(reverse("account_logout")).status_code == 200


def test_setting_it_up_opens_the_pages_at_once_and_gives_recovery_codes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The test's transaction never commits; allauth tells of the new app when its own has.
    monkeypatch.setattr("allauth.mfa.totp.internal.flows.transaction.on_commit", lambda told: told())
    lead = overdue(world.user("clinical_lead"))
    client = signed_in_by_password(lead)
    assert client.get("/").headers["Location"].startswith(SETUP)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"))
    assert page.status_code == 200, page.headers
    secret = page.context["form"].secret
    done = client.post(reverse("mfa_activate_totp"), {"code": code_now(secret)})
    assert done.headers["Location"] == reverse("mfa_view_recovery_codes")
    assert len(client.get(done.headers["Location"]).context["unused_codes"]) == 10
    assert client.get("/").status_code == 200
    assert "10 recovery codes left" in client.get(SETUP).content.decode()
    assert AuditEvent.objects.filter(action="mfa.add", actor_id=lead.pk).exists()


def test_a_session_from_before_shows_a_code_and_goes_on(world: World) -> None:
    lead = overdue(world.user("clinical_lead"))
    client = world.sign_in(lead)
    secret = with_app(lead)
    ask = reverse("mfa_reauthenticate")
    assert client.get(reverse("review:board")).headers["Location"].startswith(ask)
    assert client.post(f"{ask}?next=/jobs/", {"code": code_now(secret)}).status_code == 302
    assert client.get("/").status_code == 200


def test_the_password_alone_signs_nobody_in_who_has_an_app_and_a_recovery_code_works_once(world: World) -> None:
    lead = overdue(world.user("clinical_lead"))
    with_app(lead)
    code = RecoveryCodes.activate(lead).get_unused_codes()[0]
    for code_given, gets_in in ((code, True), (code, False)):
        client = signed_in_by_password(lead)
        assert client.get("/").headers["Location"].startswith(reverse("account_login"))
        client.post(reverse("mfa_authenticate"), {"code": code_given})
        assert (client.get("/").status_code == 200) is gets_in


def test_wrong_codes_lock_the_way_in_even_for_the_right_one_and_from_elsewhere(world: World, settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    lead = world.user("clinical_lead")
    secret = with_app(lead)
    for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
        client = Client(REMOTE_ADDR=address)
        client.post(reverse("account_login"), {"login": lead.username, "password": PASSWORD})
        for _ in range(3):
            page = client.post(reverse("mfa_authenticate"), {"code": "000000"})
        assert (page.status_code, "Too many attempts" in page.content.decode()) == (429, True)
        again = client.post(reverse("mfa_authenticate"), {"code": code_now(secret)})
        assert "Too many attempts" in again.content.decode()
    fresh = Client(REMOTE_ADDR="192.0.2.4")
    fresh.post(reverse("account_login"), {"login": lead.username, "password": PASSWORD})
    assert "Too many attempts" in fresh.post(reverse("mfa_authenticate"), {"code": code_now(secret)}).content.decode()
    assert fresh.get("/").status_code == 302


def test_who_must_have_it_cannot_switch_it_off(world: World) -> None:
    lead, annotator = world.user("clinical_lead"), world.user("annotator")
    for user, left in ((lead, 1), (annotator, 0)):
        secret = with_app(user)
        client = signed_in_by_password(user)
        client.post(reverse("mfa_authenticate"), {"code": code_now(secret)})
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        answer = client.post(reverse("mfa_deactivate_totp"))
        assert answer.status_code == (200 if left else 302), answer.headers
        assert Authenticator.objects.filter(user=user, type="totp").count() == left


def test_a_lost_phone_is_reset_from_the_command_line(world: World) -> None:
    lead = world.user("clinical_lead")
    other = signed_in_by_password(lead)
    assert other.get("/").status_code == 200
    with_app(lead)
    call_command("reset_second_factor", lead.username, stdout=StringIO())
    assert not Authenticator.objects.filter(user=lead).exists()
    assert other.get("/").headers["Location"].startswith(reverse("account_login"))
    actions = list(AuditEvent.objects.order_by("-seq").values_list("action", flat=True)[:2])
    assert actions == ["session.end_all", "mfa.withdraw"]
    for name in (lead.username, "nobody-of-that-name"):
        with pytest.raises(CommandError):
            call_command("reset_second_factor", name)
