"""What people and programs are told when a request comes to nothing: every kind, and with the database away."""

import re
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from pixelhub.ui.errors import ErrorPagesMiddleware, bad_request, server_error
from tests.personas import World
from tests.security.browser_limits import weaknesses

PEOPLE = {"HTTP_ACCEPT": "text/html,application/xhtml+xml,*/*;q=0.8"}
PROGRAMS = {"HTTP_ACCEPT": "application/json"}
NEXT = {
    400: "Go back and try again",
    403: "ask an administrator",
    404: "find it from your start page",
    405: "press the button there",
    413: "split it, and send the parts",
    429: "wait some minutes",
    500: "tell whoever operates the hub",
    503: "load the page again",
}


def is_kind_page(response: Any, status: int) -> None:
    """In the hub's look, says what to do next, names the request as the header does, can be left."""
    assert response.status_code == status
    html = response.content.decode()
    assert response.headers["Content-Type"].startswith("text/html")
    assert NEXT[status] in html and "Pixel Hub" in html and "tokens" in html
    assert len(re.findall("<h1>", html)) == 1 and 'rel="icon"' in html
    assert f"<code>{response.headers['x-request-id']}</code>" in html
    assert 'href="/"' in html
    assert weaknesses(response) == []


def is_problem(response: Any, status: int) -> None:
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status and body["title"] and body["detail"] and body["code"]


@pytest.fixture
def lead(world: World) -> Client:
    client = world.client("clinical_lead")
    client.raise_request_exception = False
    return client


def test_addresses_that_cannot_be_opened(world: World, lead: Client) -> None:
    is_kind_page(lead.get("/audit/?q=%00", **PEOPLE), 400)
    is_kind_page(world.client("annotator").get(reverse("audit:list"), **PEOPLE), 403)
    is_kind_page(lead.get("/nowhere/", **PEOPLE), 404)
    is_kind_page(lead.get(reverse("training:run_detail", args=[99]), **PEOPLE), 404)
    only_by_post = lead.get(reverse("audit:verify"), **PEOPLE)
    is_kind_page(only_by_post, 405)
    assert only_by_post.headers["Allow"] == "POST"
    strict = Client(enforce_csrf_checks=True)
    assert "The page was open too long" in strict.post(reverse("account_login"), {}, **PEOPLE).content.decode()


def test_programs_get_a_problem(world: World, lead: Client) -> None:
    is_problem(lead.get("/api/v1/nowhere"), 404)
    is_problem(lead.get("/audit/?q=%00", **PROGRAMS), 400)
    is_problem(world.client("annotator").get(reverse("audit:list"), **PROGRAMS), 403)
    is_problem(lead.get(reverse("audit:verify"), **PROGRAMS), 405)
    named = lead.get("/api/v1/nowhere", HTTP_X_REQUEST_ID="gateway-7")
    assert named.json()["request_id"] == named.headers["x-request-id"] == "gateway-7"


def test_what_is_too_large_or_not_understood() -> None:
    asked = RequestFactory().post("/datasets/imports/new/", **PEOPLE)
    for refusal, status in ((RequestDataTooBig("x" * 40), 413), (SuspiciousOperation("secret-word"), 400)):
        answer = bad_request(asked, refusal)
        html = answer.content.decode()
        assert answer.status_code == status and NEXT[status] in html and "secret-word" not in html
        is_problem_of(bad_request(RequestFactory().post("/api/v1/datasets/imports"), refusal), status)


def is_problem_of(answer: Any, status: int) -> None:
    assert answer.status_code == status and answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("headers", [PEOPLE, PROGRAMS])
def test_the_database_is_away(lead: Client, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]) -> None:
    def away(self: BaseDatabaseWrapper, *args: Any, **kwargs: Any) -> None:
        raise OperationalError("no route to db.internal")

    with monkeypatch.context() as patched:
        patched.setattr(BaseDatabaseWrapper, "cursor", away)
        answers = [lead.get(address, **headers) for address in ("/", "/nowhere/", reverse("audit:list"))]
        is_problem(lead.get("/api/v1/nowhere"), 503)
    for answer in answers:
        (is_kind_page if headers is PEOPLE else is_problem)(answer, 503)
        assert int(answer.headers["Retry-After"]) > 0
        assert "db.internal" not in answer.content.decode()
    assert lead.get("/", **headers).status_code == 200


def test_a_fault_of_ours(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise KeyError("patient-name")

    monkeypatch.setattr("pixelhub.ui.context.sections_for", broken)
    is_kind_page(answer := lead.get("/", **PEOPLE), 500)
    assert "patient-name" not in answer.content.decode()
    is_problem(lead.get("/", **PROGRAMS), 500)


@pytest.mark.django_db
def test_a_bare_refusal_gets_a_page_and_a_script_s_stays_as_it_is() -> None:
    def answered(status: int, said: str = "", **headers: str) -> HttpResponse:
        refusing = ErrorPagesMiddleware(lambda request: HttpResponse(said, status=status))
        return refusing(RequestFactory().get("/somewhere/", **headers))

    for status in (400, 429, 503):
        html = answered(status, **PEOPLE).content.decode()
        assert NEXT[status] in html and "<h1>" in html
    assert answered(400, "Not a number.").content == b"Not a number."
    assert answered(422, "Not a number.", **PEOPLE).content == b"Not a number."
    assert answered(400, "Not a number.", **PEOPLE, HTTP_HX_REQUEST="true").content == b"Not a number."
    is_problem_of(answered(429, **PROGRAMS), 429)


def test_pages_of_500_and_503_need_no_request() -> None:
    assert NEXT[500] in server_error(RequestFactory().get("/", **PEOPLE)).content.decode()
