"""A person watches a job in a real browser: progress without reloading, and a way to stop it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import sign_in, watched_page
from tests.hubprocess import HubProcess
from tests.migrated import copy_sqlite
from tests.personas import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MAKE_PERSON = f"""
from pixelhub.accounts.services import membership_grant, project_create, user_create
project = project_create(slug="alpha", name="Project Alpha")
user = user_create(username="pat", password={PASSWORD!r}, display_name="Pat")
membership_grant(project=project, user=user, role="ml_engineer")
result = project.pk
"""
ENQUEUE = """
from pixelhub.accounts.models import Project, User
from pixelhub.jobs.services import job_enqueue
result = job_enqueue(kind="test.paced", params={{"count": {count}}}, project=Project.objects.get(),
                     owner=User.objects.get()).pk
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    environment = {"PIXELHUB_TEST_HANDLERS": "tests.jobs.handlers", "JOBS_POLL_SECONDS": "0.1"}
    with HubProcess(tmp_path_factory.mktemp("jobs-hub"), **environment) as running:
        copy_sqlite(running.database)
        running.python(MAKE_PERSON)
        yield running.start()


@pytest.fixture
def page(hub: HubProcess, browser: Browser) -> Iterator[Any]:
    page, errors = watched_page(browser)
    sign_in(page, hub.url, "pat", PASSWORD)
    yield page
    assert errors == []


def open_gate(hub: HubProcess, job: int, *, upto: int) -> None:
    """Let the job go on to this count."""
    folder = Path(hub.environment["PIXELHUB_VAR_DIR"]) / "jobs" / str(job)
    folder.mkdir(parents=True, exist_ok=True)
    for count in range(1, upto + 1):
        (folder / f"go{count}").touch()


def test_progress_arrives_and_the_end_is_shown(hub: HubProcess, page: Any) -> None:
    job = hub.python(ENQUEUE.format(count=4))
    page.goto(f"{hub.url}/jobs/{job}/")
    open_gate(hub, job, upto=2)
    expect(page.locator("main")).to_contain_text("2 of 4 things")
    expect(page.locator("main")).to_contain_text("Running")
    open_gate(hub, job, upto=4)
    expect(page.locator("main")).to_contain_text("Succeeded")
    expect(page.locator("main")).to_contain_text("counted 4")
    expect(page.locator("#job-detail")).not_to_have_attribute("hx-trigger")


def test_cancel_from_the_list(hub: HubProcess, page: Any) -> None:
    job = hub.python(ENQUEUE.format(count=1000))
    open_gate(hub, job, upto=1)
    page.goto(f"{hub.url}/jobs/")
    row = page.locator(f"#job-{job}")
    expect(row).to_contain_text("1 of 1,000 things")
    # A refresh that comes while the button is down takes nothing away from the click.
    row.get_by_role("button", name="Cancel").hover()
    page.mouse.down()
    with page.expect_response(f"**/jobs/{job}/**"):
        row.dispatch_event("live")
    page.mouse.up()
    expect(row).to_contain_text("Cancelled")
    expect(row.get_by_role("button", name="Try again")).to_be_visible()


def test_progress_arrives_without_websockets(hub: HubProcess, browser: Browser) -> None:
    page, _ = watched_page(browser)
    page.add_init_script(
        "window.WebSocket = class extends EventTarget {constructor() {super();"
        "setTimeout(() => this.dispatchEvent(new CloseEvent('close', {code: 1006})), 10)}};"
    )
    sign_in(page, hub.url, "pat", PASSWORD)
    job = hub.python(ENQUEUE.format(count=1))
    page.goto(f"{hub.url}/jobs/{job}/")
    open_gate(hub, job, upto=1)
    expect(page.locator("main")).to_contain_text("Succeeded")
