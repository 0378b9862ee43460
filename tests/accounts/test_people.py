"""Managing the people of a project."""

import pytest
from django.urls import reverse

from pixelhub.accounts.models import Membership, User
from pixelhub.audit.models import AuditEvent
from tests.personas import PASSWORD, World

pytestmark = pytest.mark.django_db
PEOPLE = "accounts:people"
NEW = {
    "person-username": "noor",
    "person-display_name": "Noor",
    "person-email": "",
    "person-password": PASSWORD,
    "person-role": "qa",
}


def test_the_administrator_sees_members_and_no_one_elses(world: World) -> None:
    world.user("qa")
    world.outsider("qa")
    page = world.client("administrator").get(reverse(PEOPLE)).content.decode()
    assert "alpha-qa-1" in page
    assert "beta-qa-1" not in page


@pytest.mark.parametrize("role", ["pm", "annotator", "clinical_lead", "ml_engineer"])
def test_others_are_refused(world: World, role: str) -> None:
    client = world.client(role)
    assert client.get(reverse(PEOPLE)).status_code == 403
    assert client.post(reverse("accounts:person_create"), NEW).status_code == 403
    assert not User.objects.filter(username="noor").exists()


def test_strangers_are_sent_to_sign_in(world: World) -> None:
    assert world.anonymous().get(reverse(PEOPLE)).status_code == 302


def test_a_person_is_added_and_can_sign_in(world: World) -> None:
    answer = world.client("administrator").post(reverse("accounts:person_create"), NEW)
    assert answer.status_code == 302
    user = User.objects.get(username="noor")
    assert user.check_password(PASSWORD)
    assert list(user.memberships.values_list("project__slug", "role")) == [("alpha", "qa")]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("person-username", "alpha-administrator-1", "already exists"),
        ("person-username", "no spaces", "valid username"),
        ("person-username", "x" * 151, "at most 150"),
        ("person-username", "nul\x00", "Null characters"),
        ("person-password", "short", "too short"),
        ("person-role", "emperor", "valid choice"),
        ("person-email", "nonsense", "valid email"),
    ],
)
def test_a_bad_value_is_named_and_nothing_is_created(world: World, field: str, value: str, reason: str) -> None:
    client = world.client("administrator")
    before = User.objects.count()
    answer = client.post(reverse("accounts:person_create"), NEW | {field: value})
    assert answer.status_code == 422
    assert reason in answer.content.decode()
    assert User.objects.count() == before


def test_the_password_never_comes_back_in_the_page(world: World) -> None:
    answer = world.client("administrator").post(reverse("accounts:person_create"), NEW | {"person-role": "emperor"})
    assert PASSWORD not in answer.content.decode()


def test_a_role_is_granted_and_recorded(world: World) -> None:
    user = world.outsider("qa")
    client = world.client("administrator")
    answer = client.post(reverse("accounts:role_grant"), {"grant-username": user.username, "grant-role": "qa"})
    assert answer.status_code == 302
    assert Membership.objects.filter(project=world.project, user=user, role="qa").exists()
    event = AuditEvent.objects.filter(action="membership.grant").latest("seq")
    assert event.actor_label == "alpha-administrator-1"


def test_granting_to_nobody_is_refused(world: World) -> None:
    data = {"grant-username": "nobody", "grant-role": "qa"}
    answer = world.client("administrator").post(reverse("accounts:role_grant"), data)
    assert answer.status_code == 422
    assert "No active account" in answer.content.decode()


def test_a_role_is_taken_away(world: World) -> None:
    membership = Membership.objects.get(user=world.user("qa"))
    answer = world.client("administrator").post(reverse("accounts:role_revoke", args=[membership.pk]))
    assert answer.status_code == 302
    assert not Membership.objects.filter(pk=membership.pk).exists()


def test_a_role_in_another_project_is_out_of_reach(world: World) -> None:
    membership = Membership.objects.get(user=world.outsider("qa"))
    answer = world.client("administrator").post(reverse("accounts:role_revoke", args=[membership.pk]))
    assert answer.status_code == 404
    assert Membership.objects.filter(pk=membership.pk).exists()


def test_the_last_administrator_stays(world: World) -> None:
    membership = Membership.objects.get(user=world.user("administrator"))
    client = world.client("administrator")
    client.post(reverse("accounts:role_revoke", args=[membership.pk]))
    assert Membership.objects.filter(pk=membership.pk).exists()
    assert "last administrator" in client.get(reverse(PEOPLE)).content.decode()


def test_one_of_two_administrators_can_go(world: World) -> None:
    second = Membership.objects.get(user=world.user("administrator", 2))
    world.client("administrator").post(reverse("accounts:role_revoke", args=[second.pk]))
    assert not Membership.objects.filter(pk=second.pk).exists()


def test_an_absurd_number_is_not_found(world: World) -> None:
    address = reverse("accounts:role_revoke", args=[10**30])
    assert world.client("administrator").post(address).status_code == 404
