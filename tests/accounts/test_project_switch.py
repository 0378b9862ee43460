"""Working in another of one's projects."""

import pytest
from django.urls import reverse

from pixelhub.accounts.services import membership_grant
from tests.personas import World

pytestmark = pytest.mark.django_db
SWITCH = "accounts:project_switch"


def test_the_switch_lasts(world: World) -> None:
    user = world.user("administrator")
    membership_grant(project=world.other_project, user=user, role="administrator")
    client = world.sign_in(user)
    assert client.post(reverse(SWITCH), {"project": world.other_project.pk}).status_code == 302
    page = client.get(reverse("accounts:people")).content.decode()
    assert "Who works in Project Beta" in page
    assert "Who works in Project Alpha" not in page


def test_another_peoples_project_does_not_exist(world: World) -> None:
    client = world.client("administrator")
    assert client.post(reverse(SWITCH), {"project": world.other_project.pk}).status_code == 404
    assert "Who works in Project Alpha" in client.get(reverse("accounts:people")).content.decode()


@pytest.mark.parametrize("value", ["", "beta", "-1", "9" * 40, "²"])
def test_nonsense_is_refused(world: World, value: str) -> None:
    assert world.client("administrator").post(reverse(SWITCH), {"project": value}).status_code == 400


def test_a_link_cannot_switch(world: World) -> None:
    assert world.client("administrator").get(reverse(SWITCH)).status_code == 405
