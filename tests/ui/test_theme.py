"""The theme is drawn by the server, so that no page flashes."""

import pytest
from django.urls import reverse

from tests.personas import World

pytestmark = pytest.mark.django_db


def test_the_cookie_sets_the_theme(world: World) -> None:
    client = world.anonymous()
    client.cookies["hub_theme"] = "dark"
    assert '<html lang="en" data-theme="dark">' in client.get(reverse("account_login")).content.decode()


@pytest.mark.parametrize("value", ["auto", "", '"><script>', "pink"])
def test_without_a_choice_the_system_decides(world: World, value: str) -> None:
    client = world.anonymous()
    client.cookies["hub_theme"] = value
    assert '<html lang="en">' in client.get(reverse("account_login")).content.decode()


def test_choosing_without_script_works_before_sign_in(world: World) -> None:
    client = world.anonymous()
    answer = client.post(reverse("accounts:theme_set"), {"theme": "dark", "next": "/accounts/login/"})
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/"
    assert client.cookies["hub_theme"].value == "dark"


def test_an_unknown_theme_is_refused(world: World) -> None:
    assert world.anonymous().post(reverse("accounts:theme_set"), {"theme": "pink"}).status_code == 400


def test_choosing_never_leads_to_another_site(world: World) -> None:
    answer = world.anonymous().post(
        reverse("accounts:theme_set"), {"theme": "light", "next": "https://elsewhere.example/"}
    )
    assert answer["Location"] == reverse("home")
