"""In Chromium: a page misses no change, neither before it is connected nor while a part of it is being fetched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Browser, Page, Route, WebSocketRoute, expect

from tests.browser import PATIENCE_MS, sign_in, watched_page
from tests.hubprocess import HubProcess
from tests.personas import PASSWORD

pytestmark = pytest.mark.browser

LOOK_MS = 50

PREPARE = """
from pixelhub.jobs.services import job_enqueue
from tests.personas import make_world
world = make_world()
engineer = world.user("data_engineer")
job = job_enqueue(kind="audit.verify", project=world.project, owner=engineer, params={})
result = [engineer.username, job.pk]
"""
# As a worker would: what the page shows, and that it has changed, in one transaction.
SAY = """
from django.db import transaction
from pixelhub.jobs.models import Job
from pixelhub.live.services import touch
with transaction.atomic():
    job = Job.objects.get(pk={job})
    Job.objects.filter(pk=job.pk).update(note={note!r})
    touch(job.topic)
result = None
"""


@pytest.fixture
def job_page(live_hub: HubProcess, browser: Browser) -> tuple[Page, str, int]:
    """A signed-in page, the address of a waiting job's page, and its number."""
    username, job = live_hub.python(PREPARE)
    live_hub.start("--no-worker")
    page, _ = watched_page(browser)
    sign_in(page, live_hub.url, username, PASSWORD)
    return page, f"{live_hub.url}/jobs/{job}/", job


@pytest.mark.parametrize("way", ["socket", "http"])
def test_what_changed_before_the_page_was_connected_is_shown(
    live_hub: HubProcess, job_page: tuple[Page, str, int], way: str
) -> None:
    page, address, job = job_page
    sockets: list[WebSocketRoute] = []

    def opened(socket: WebSocketRoute) -> None:
        """The first one leads nowhere until it is closed; of the later ones each does where sockets get through."""
        sockets.append(socket)
        if len(sockets) > 1 and way == "socket":
            socket.connect_to_server()

    page.route_web_socket("**/ws/live/", opened)
    page.goto(address)
    _until(page, lambda: len(sockets) == 1)
    live_hub.python(SAY.format(job=job, note="said before"))
    sockets[0].close()
    expect(page.locator("#job-detail")).to_contain_text("said before")


def test_what_changes_while_a_part_is_being_fetched_is_shown(
    live_hub: HubProcess, job_page: tuple[Page, str, int]
) -> None:
    page, address, job = job_page
    heard: list[Any] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: heard.append(frame)))
    page.goto(address)
    _until(page, lambda: len(heard) > 0)
    held: list[tuple[Route, APIResponse]] = []
    # What is answered was read before the second change, and comes after it.
    page.route(f"{address}progress/**", lambda route: held.append((route, route.fetch())))
    live_hub.python(SAY.format(job=job, note="the first"))
    _until(page, lambda: len(held) == 1)
    told = len(heard)
    live_hub.python(SAY.format(job=job, note="the second"))
    _until(page, lambda: len(heard) > told)
    route, answer = held[0]
    route.fulfill(response=answer)
    page.unroute(f"{address}progress/**")
    expect(page.locator("#job-detail")).to_contain_text("the second")


def _until(page: Page, holds: Callable[[], bool]) -> None:
    """Let the browser's events come in until the condition holds."""
    for _ in range(PATIENCE_MS // LOOK_MS):
        if holds():
            return
        page.wait_for_timeout(LOOK_MS)
    raise AssertionError("what was waited for did not come")
