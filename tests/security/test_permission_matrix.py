"""Who may open what: every address of ours, by GET and POST, for everybody. An address missing here fails."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Role
from pixelhub.accounts.services import membership_grant, user_create
from pixelhub.audit.acts import acts
from pixelhub.audit.models import AuditEvent, AuditHead
from tests.personas import PASSWORD
from tests.security.addresses import PLAN_LINES, address, arguments, foreign_modules, own_names
from tests.security.browser_limits import weaknesses
from tests.security.figures import tell
from tests.security.may import MAY, OPEN_TO_THE_UNASSIGNED, OPEN_TO_VISITORS
from tests.security.may.roles import READERS, ROLES
from tests.security.place import LABELLING, REFUSED_ROW, SAID, Place

pytestmark = pytest.mark.one_database  # who may what is decided by the same rows on both

DONE = {200, 201, 302, 400, 409, 422}  # let in; an empty form may be refused for what it lacks


@dataclass(frozen=True)
class Cell:
    """One request and what came back."""

    who: str
    method: str
    name: str
    expected: set[int]
    status: int
    problem: str = ""

    def __str__(self) -> str:
        return (
            f"{self.method} {self.name} as {self.who}: {self.status}, expected {sorted(self.expected)} {self.problem}"
        )


@dataclass(frozen=True)
class Answer:
    """What came back, and the audit events that the request left."""

    status: int
    body: bytes
    location: str
    is_file: bool
    events: frozenset[str]


def ask(client: Client, method: str, url: str, **headers: str) -> tuple[int, bytes, str]:
    """Status, body and target of a redirect; what the request wrote is undone."""
    answer = answered(client, method, url, **headers)
    return answer.status, answer.body, answer.location


def answered(client: Client, method: str, url: str, **headers: str) -> Answer:
    """All of it; what the request wrote is undone."""
    with transaction.atomic():
        before = AuditHead.objects.get().seq
        response = client.generic(method, url, **headers)  # type: ignore[arg-type]
        body = b"".join(response.streaming_content) if response.streaming else response.content
        events = frozenset(AuditEvent.objects.filter(seq__gt=before).values_list("action", flat=True))
        transaction.set_rollback(True)
    assert weaknesses(response) == [], f"{method} {url}"
    is_file = "attachment" in response.headers.get("Content-Disposition", "")
    return Answer(response.status_code, body, response.headers.get("Location", ""), is_file, events)


def test_the_table_lists_every_address() -> None:
    assert own_names() == set(MAY)
    assert {module.partition(".")[0] for module in foreign_modules()} <= {"allauth", "django"}


def unaudited(role: str, name: str, answer: Answer) -> list[str]:
    """What was taken or read without an event: files, and words by others than the annotators whose work they are."""
    exports = {action for action, act in acts().items() if act.group in ("export", "rawtext")}
    found = []
    if answer.is_file and answer.status == 200 and not answer.events & exports:
        found.append(f"{name} as {role}: a file leaves no event; call pixelhub.audit.services.record_export")
    words = any(word.encode() in answer.body for word in (SAID, REFUSED_ROW))
    if role != "annotator" and words and "rawtext.read" not in answer.events:
        found.append(f"{name} as {role}: words leave no event; call pixelhub.audit.services.record_access")
    return found


def person(place: Place, role: str) -> User:
    return place.world.user(role, LABELLING if role == "annotator" else 1)


def stranger(place: Place, role: str) -> User:
    return place.world.outsider(role, LABELLING if role == "annotator" else 1)


@pytest.mark.parametrize("role", sorted(ROLES))
def test_members_open_what_their_role_opens_and_nothing_else(place: Place, role: str) -> None:
    client = place.world.sign_in(person(place, role))
    wrong = []
    for name, allowed in MAY.items():
        for method, roles in zip(("GET", "POST"), allowed, strict=True):
            answer = answered(client, method, address(name, place))
            status, body = answer.status, answer.body
            expected = {405} if roles is None else DONE if role in roles else {403}
            if method == "GET" and expected == DONE:
                expected = {200, 302}
            leak = (
                role not in READERS and role != "annotator" and (SAID.encode() in body or REFUSED_ROW.encode() in body)
            )
            if status not in expected or leak:
                wrong.append(str(Cell(role, method, name, expected, status, "LEAKS TEXT" if leak else "")))
            wrong += unaudited(role, name, answer)
    assert wrong == []


@pytest.mark.parametrize("role", sorted(ROLES))
def test_the_same_role_in_another_project_finds_nothing(place: Place, role: str) -> None:
    client = place.world.sign_in(stranger(place, role))
    wrong = []
    for name, allowed in MAY.items():
        for method, roles in zip(("GET", "POST"), allowed, strict=True):
            on_object = bool(arguments(name, place)) and name not in PLAN_LINES
            url = address(name, place)
            status, body, _ = ask(client, method, url)
            expected = {405} if roles is None else DONE if role in roles else {403}
            if on_object and roles is not None:
                # A role that may not do this at all learns no more than that, whichever project the row is in.
                expected = {404} if role in roles or not name.startswith("accounts:") else {403, 404}
            leak = any(word.encode() in body for word in secrets_of(place) if word not in url)
            if status not in expected or leak:
                wrong.append(str(Cell(role, method, name, expected, status, "SHOWS ALPHA" if leak else "")))
    assert wrong == []


def test_no_form_is_taken_from_another_site(place: Place, request: pytest.FixtureRequest) -> None:
    """Each act of somebody with every role, sent by a page elsewhere with their cookies: refused before it is read."""
    client = place.world.sign_in(_keeper(place))
    client.handler.enforce_csrf_checks = True
    posts = [name for name, (_, may_post) in MAY.items() if may_post is not None]
    wrong = []
    for name in posts:
        status, _, location = ask(client, "POST", address(name, place), HTTP_ORIGIN="https://elsewhere.example")
        if status != 403:
            wrong.append(str(Cell("another site", "POST", name, {403}, status, location)))
    assert wrong == []
    tell(request, f"row 12: {len(posts)} addresses that take a POST, none from another site")


def test_how_many_cells_there_are(request: pytest.FixtureRequest) -> None:
    """Addresses by methods by kinds of people; told at the end of the run (`tests/security/conftest.py`)."""
    people = 2 * len(ROLES) + 4  # each role here and in another project; unassigned, nobody, disabled, an API key
    cells = len(MAY) * (2 * people + 3 * 2)
    tell(request, f"row 1: {len(MAY)} addresses, {people} kinds of people, {cells} cells")
    assert cells > 10_000


def secrets_of(place: Place) -> list[str]:
    """Words that stand on alpha's pages only."""
    hashes = [place.record.content_hash, place.version.bundle_sha256, place.snapshot.sha256, str(place.score.pk)]
    hashes.append(place.alarm_case.conversation_id)
    return [
        *hashes,
        place.batch.file_name,
        place.open_round.name,
        place.key.name,
        f"{SAID} in {place.world.project.slug}",
    ]


def test_without_a_project_there_is_nothing(place: Place) -> None:
    client = place.world.sign_in(user_create(username="unassigned", password=PASSWORD, display_name="Nobody's"))
    wrong = []
    for name, allowed in MAY.items():
        for method, roles in zip(("GET", "POST"), allowed, strict=True):
            status, _, _ = ask(client, method, address(name, place))
            expected = {405} if roles is None else DONE if name in OPEN_TO_THE_UNASSIGNED else {404}
            if status not in expected:
                wrong.append(str(Cell("unassigned", method, name, expected, status)))
    assert wrong == []


def _keeper(place: Place) -> User:
    """Somebody with every role."""
    user = user_create(username="keeper", password=PASSWORD, display_name="Keeper")
    for role in Role.values:
        membership_grant(project=place.world.project, user=user, role=role)
    return user


@pytest.mark.parametrize("who", ["anonymous", "keeper"])
def test_no_other_method_does_anything(place: Place, who: str) -> None:
    """Somebody with every role, and nobody: what is neither GET, HEAD, OPTIONS nor POST is refused everywhere."""
    client = Client()
    if who == "keeper":
        client = place.world.sign_in(_keeper(place))
    wrong = []
    for name in MAY:
        for method in ("PUT", "PATCH", "DELETE"):
            status, _, location = ask(client, method, address(name, place))
            signs_in = status == 302 and location.startswith(reverse("account_login"))
            if status not in (401, 403, 405) and not (who == "anonymous" and signs_in):
                wrong.append(str(Cell(who, method, name, {405}, status, location)))
    assert wrong == []


@pytest.mark.parametrize("who", ["anonymous", "disabled", "api key"])
def test_nobody_gets_in_without_signing_in(place: Place, who: str) -> None:
    client, headers = Client(), {}
    if who == "disabled":
        user = person(place, "clinical_lead")
        client = place.world.sign_in(user)
        User.objects.filter(pk=user.pk).update(is_active=False)
    if who == "api key":
        headers = {"HTTP_AUTHORIZATION": f"Bearer {place.token}"}
    wrong = []
    for name in MAY:
        for method in ("GET", "POST"):
            status, body, location = ask(client, method, address(name, place), **headers)
            if name in OPEN_TO_VISITORS:
                fine = status in (400, 405)
            elif status == 302:
                fine = location.startswith(reverse("account_login")) and not body
            else:
                fine = status in (401, 405) and name.startswith("annotation:api_")
                # The key of the place may score only, so here it is known and may not.
                fine = fine or (status == (403 if headers else 401) and name.startswith("datasets_api:"))
                fine = fine or (status in (401, 405) and name.startswith("production_api:"))  # takes no key at all
            if not fine:
                wrong.append(str(Cell(who, method, name, {302, 401}, status, location)))
    assert wrong == []


@pytest.mark.parametrize("role", ["administrator", "clinical_lead"])
def test_no_role_of_a_project_opens_the_admin(place: Place, role: str) -> None:
    client = place.world.sign_in(person(place, role))
    user = person(place, role).pk
    for url in ("/admin/", "/admin/accounts/user/", f"/admin/accounts/user/{user}/change/", "/admin/accounts/project/"):
        status, body, _ = ask(client, "GET", url)
        assert status in (302, 403, 404), (url, status)
        assert b"Add user" not in body
