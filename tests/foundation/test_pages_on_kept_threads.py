"""Pages run on threads that are kept: one for requests in a row, several for requests at once."""

import asyncio
import threading
from typing import Any

import pytest
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from pixelhub.pages import PagesApplication

both_here = threading.Barrier(2)


@login_not_required
def which(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(threading.get_ident()))


@login_not_required
def meet(request: HttpRequest) -> HttpResponse:
    both_here.wait(timeout=90)
    return HttpResponse(str(threading.get_ident()))


@login_not_required
def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("planted")


@login_not_required
def pieces(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(str(threading.get_ident()) for _ in range(3))


urlpatterns = [path("pieces/", pieces), path("which/", which), path("meet/", meet), path("fail/", fail)]

pytestmark = pytest.mark.urls(__name__)


async def get(application: PagesApplication, address: str) -> tuple[int, bytes]:
    said = await answers(application, address)
    return said[0]["status"], b"".join(message.get("body", b"") for message in said[1:])


async def answers(application: PagesApplication, address: str) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = []
    asked = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if asked.is_set():
            await asyncio.Event().wait()  # the client stays
        asked.set()
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    scope = {
        "type": "http", "method": "GET", "path": address, "headers": [(b"host", b"localhost")], "query_string": b"",
        "server": ("localhost", 80), "http_version": "1.1",
    }  # fmt: skip
    await application(scope, receive, send)
    return said


async def test_requests_in_a_row_share_a_thread_and_so_its_connection() -> None:
    application = PagesApplication()
    answers = [await get(application, "/which/") for _ in range(3)]
    assert {status for status, _ in answers} == {200}
    assert len({body for _, body in answers}) == 1


async def test_requests_at_once_run_at_once() -> None:
    application = PagesApplication()
    answers = await asyncio.gather(*(get(application, "/meet/") for _ in range(2)))
    assert [status for status, _ in answers] == [200, 200]
    assert len({body for _, body in answers}) == 2
    assert (await get(application, "/which/"))[1] in {body for _, body in answers}


async def test_a_failing_view_is_a_500_and_its_thread_goes_on() -> None:
    application = PagesApplication()
    _, before = await get(application, "/which/")
    assert (await get(application, "/fail/"))[0] == 500
    assert (await get(application, "/which/"))[1] == before


@pytest.mark.filterwarnings("error")
async def test_a_file_leaves_piece_by_piece_on_the_thread_of_its_request() -> None:
    """Django would collect all of it in memory first, and warn."""
    application = PagesApplication()
    _, thread = await get(application, "/which/")
    said = await answers(application, "/pieces/")
    assert [message["body"] for message in said if message.get("body")] == [thread] * 3
