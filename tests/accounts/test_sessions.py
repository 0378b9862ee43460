"""How long a sign-in lasts, and how it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from pixelhub.accounts import sessions
from pixelhub.accounts.connections import may_stay_connected
from pixelhub.accounts.models import Membership
from pixelhub.accounts.services import membership_revoke, user_set_active
from pixelhub.audit.models import AuditEvent
from tests.personas import PASSWORD, World

pytestmark = pytest.mark.django_db


class Clock:
    """The time that the limits are held against."""

    def __init__(self) -> None:
        self.now = 1_900_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(sessions, "time", clock)
    return clock


def signed_in(world: World, role: str = "annotator") -> Client:
    client = Client(HTTP_USER_AGENT="Firefox/150")
    client.post(reverse("account_login"), {"login": world.user(role).username, "password": PASSWORD})
    assert client.get("/").status_code == 200
    return client


def is_in(client: Client, path: str = "/", **headers: str) -> bool:
    return client.get(path, **headers).status_code == 200  # type: ignore[arg-type]


def test_somebody_who_works_stays_until_the_absolute_limit(world: World, clock: Clock, settings: Any) -> None:
    client = signed_in(world)
    for _ in range(settings.SESSION_COOKIE_AGE // 3600):
        assert is_in(client)
        clock.now += 3600
    assert not is_in(client)
    assert AuditEvent.objects.filter(action="session.expire").get().payload_json == '{"limit":"absolute"}'
    assert not UserSession.objects.exists()


def test_with_nobody_there_it_ends_though_the_page_goes_on_asking(world: World, clock: Clock, settings: Any) -> None:
    client, mine = signed_in(world), signed_in(world)
    for _ in range(settings.SESSION_IDLE_MINUTES // 10):
        clock.now += 600
        client.get("/live/revisions/?topics=")
        client.get("/", HTTP_X_PIXELHUB_LIVE="1")
        mine.get("/")
    assert is_in(mine) and not is_in(client)
    assert AuditEvent.objects.filter(action="session.expire").get().payload_json == '{"limit":"idle"}'


def test_a_sign_in_from_before_the_limits_counts_from_now(world: World, clock: Clock) -> None:
    client = signed_in(world)
    session = client.session
    del session["begun_at"]
    session.save()
    assert is_in(client)
    assert client.session["begun_at"] == int(clock.now)


def test_one_sees_where_one_is_signed_in_and_ends_the_others(world: World) -> None:
    here, elsewhere, colleague = signed_in(world), signed_in(world), signed_in(world, "qa")
    page = here.get(reverse("usersessions_list")).content.decode()
    assert page.count("Firefox/150") == 2 and page.count("this one") == 1
    assert here.post(reverse("usersessions_list")).status_code == 302
    assert is_in(here) and not is_in(elsewhere) and is_in(colleague)
    event = AuditEvent.objects.get(action="session.end_all")
    assert (event.actor_id, event.payload_json) == (world.user("annotator").pk, '{"reason":"own","sessions":1}')


def test_losing_a_role_or_the_account_ends_all_sessions(world: World) -> None:
    administrator = world.user("administrator")
    first, second = signed_in(world, "qa"), signed_in(world, "qa")
    store, qa = first.session, world.user("qa")
    assert may_stay_connected(qa, store)
    membership_revoke(membership=Membership.objects.get(user=qa), actor=administrator)
    assert not is_in(first) and not is_in(second) and not may_stay_connected(qa, store)
    pm = signed_in(world, "pm")
    user_set_active(user=world.user("pm"), active=False, actor=administrator)
    assert not is_in(pm) and not UserSession.objects.filter(user=world.user("pm")).exists()
    own = signed_in(world, "administrator")
    membership_revoke(membership=Membership.objects.get(user=administrator), actor=administrator)
    assert is_in(own), "whoever takes their own role away reads what came of it"


def test_a_connection_outlives_no_limit_of_its_session(world: World, clock: Clock, settings: Any) -> None:
    """What a WebSocket is asked again: each way a page would be refused ends it, too."""
    lead = world.user("clinical_lead")
    store = signed_in(world, "clinical_lead").session
    assert may_stay_connected(lead, store)
    assert not may_stay_connected(world.user("qa"), store) and not may_stay_connected(lead, None)
    clock.now += settings.SESSION_IDLE_MINUTES * 60
    assert not may_stay_connected(lead, store)
    clock.now -= settings.SESSION_IDLE_MINUTES * 60
    Membership.objects.filter(user=lead).update(created_at=timezone.now() - timedelta(days=30))
    assert not may_stay_connected(lead, store), "the second factor is overdue"
    settings.MFA_REQUIRED_ROLES = []
    assert may_stay_connected(lead, store)
    lead.set_password("another battery staple horse")
    lead.save()
    assert not may_stay_connected(lead, store)


def test_a_new_password_ends_the_other_sessions(world: World) -> None:
    here, elsewhere = signed_in(world), signed_in(world)
    new = "another battery staple horse"
    data = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert here.post(reverse("account_change_password"), data).status_code == 302
    assert is_in(here) and not is_in(elsewhere)
