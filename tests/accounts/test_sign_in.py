"""Signing in and out, and the demo's short way in."""

from typing import Any

import pytest
from django.urls import reverse

from pixelhub.accounts.demo import DEMO_LOGINS
from pixelhub.accounts.services import membership_grant, user_create
from tests.personas import PASSWORD, World

pytestmark = pytest.mark.django_db
LOGIN = "account_login"


def demo_user(world: World) -> str:
    login = DEMO_LOGINS[0]
    user = user_create(username=login.username, password=login.password, validate=False)
    membership_grant(project=world.project, user=user, role=login.roles[0])
    return login.username


def test_a_person_signs_in_and_out(world: World) -> None:
    client = world.anonymous()
    user = world.user("qa")
    answer = client.post(reverse(LOGIN), {"login": user.username, "password": PASSWORD})
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)
    client.post(reverse("account_logout"))
    assert "_auth_user_id" not in client.session


def test_a_wrong_password_is_explained_and_not_repeated(world: World) -> None:
    data = {"login": world.user("qa").username, "password": "not-the-password"}
    page = world.anonymous().post(reverse(LOGIN), data).content.decode()
    assert 'role="alert"' in page
    assert "not-the-password" not in page


def test_too_many_attempts_lock_the_way_in(world: World, settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    client = world.anonymous()
    data = {"login": world.user("qa").username, "password": "wrong"}
    answers = [client.post(reverse(LOGIN), data) for _ in range(4)]
    assert answers[-1].status_code in (403, 429)
    assert "Too many attempts" in answers[-1].content.decode()


def test_there_is_no_open_sign_up(world: World) -> None:
    page = world.anonymous().get(reverse("account_signup")).content.decode()
    assert "no open sign-up" in page


def test_the_demo_panel_is_offered_on_loopback(world: World, settings: Any) -> None:
    settings.DEMO = True
    username = demo_user(world)
    page = world.anonymous().get(reverse(LOGIN)).content.decode()
    assert f'name="login" value="{username}"' in page


def test_the_demo_panel_is_not_offered_to_other_machines(world: World, settings: Any) -> None:
    settings.DEMO = True
    demo_user(world)
    page = world.anonymous().get(reverse(LOGIN), REMOTE_ADDR="192.0.2.7").content.decode()
    assert "Demo users" not in page


def test_no_forwarded_address_is_believed(world: World, settings: Any) -> None:
    settings.DEMO = True
    demo_user(world)
    page = world.anonymous().get(reverse(LOGIN), REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR="127.0.0.1")
    assert "Demo users" not in page.content.decode()


def test_no_demo_panel_outside_a_demo(world: World, settings: Any) -> None:
    settings.DEMO = False
    demo_user(world)
    assert "Demo users" not in world.anonymous().get(reverse(LOGIN)).content.decode()


@pytest.mark.parametrize("name", ["account_change_password", "mfa_index", "account_logout"])
def test_the_account_pages_open(world: World, name: str) -> None:
    answer = world.client("qa").get(reverse(name))
    assert answer.status_code == 200
    assert "Pixel Hub" in answer.content.decode()


def test_the_reset_page_opens_for_anyone(world: World) -> None:
    assert world.anonymous().get(reverse("account_reset_password")).status_code == 200
