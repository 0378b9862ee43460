"""Every page that opens by GET, in Chromium, by a role that may see it, wide and on a phone. More: `make pages`."""

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser import patient
from tests.hubprocess import HubProcess
from tests.pages.looks import faults_of, opened, watched

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def place(live_hub: HubProcess) -> dict[str, Any]:
    """A running hub with a row of every kind: `pages` are [name, address] by role, `sessions` their cookies."""
    made: dict[str, Any] = live_hub.module("tests.pages.addresses")
    live_hub.start("--no-worker")
    return made


def signed_in(browser: Browser, hub: HubProcess, session: str) -> BrowserContext:
    context = patient(browser.new_context(reduced_motion="reduce"))
    context.add_cookies([{"name": "sessionid", "value": session, "url": hub.url}])
    return context


def test_every_page_is_fit_to_be_seen(live_hub: HubProcess, place: dict[str, Any], browser: Browser) -> None:
    wrong, seen = [], 0
    for role, pages in place["pages"].items():
        if not pages:
            continue
        context = signed_in(browser, live_hub, place["sessions"][role])
        look = watched(context)
        for name, address in pages:
            if not opened(look.page, live_hub.url + address):
                look.take()  # parts of pages ask for styles of their own
                continue
            found = faults_of(look.page, "light") + faults_of(look.page, "phone") + look.take()
            wrong += [f"{name} as {role} at {address}: {fault}" for fault in found]
            seen += 1
        context.close()
    assert wrong == [], "\n".join(wrong)
    assert seen > 100
