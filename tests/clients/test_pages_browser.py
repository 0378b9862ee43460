"""In Chromium: a key is made, tried in the API explorer, rotated, and seen in its figures."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import PATIENCE_MS, sign_in, watched_page
from tests.hubprocess import HubProcess

PREPARE = """
from tests.personas import PASSWORD, make_world
world = make_world()
result = [world.user("ml_engineer").username, PASSWORD]
"""
SCORE = "#operations-Scores-score"


@pytest.mark.browser
def test_a_key_from_its_making_to_its_figures(live_hub: HubProcess, browser: Any) -> None:
    username, password = live_hub.python(PREPARE)
    live_hub.start("--no-worker")
    page, errors = watched_page(browser)
    sign_in(page, live_hub.url, username, password)

    page.goto(f"{live_hub.url}/inference/integration/")
    expect(page.locator("[data-snippet='score.sh']")).to_contain_text(f"{live_hub.url}/api/v1/crisis/score")
    page.click("text=Make an API key")
    page.fill("input[name=name]", "Explorer")
    page.click("text=Create the key")
    token = page.inner_text("#token")

    page.goto(f"{live_hub.url}/api/docs/")
    page.click(".authorize")
    page.fill(".modal-ux input >> nth=0", token)
    page.click(".modal-ux .authorize >> nth=0")
    page.click(".btn-done")
    page.click(f"{SCORE} .opblock-summary")
    page.click(f"{SCORE} .execute")
    page.wait_for_selector(f"{SCORE} .live-responses-table .response-col_status >> text=200")
    expect(page.locator(f"{SCORE} .live-responses-table").first).to_contain_text('"verdict"')
    page.goto(f"{live_hub.url}/api/docs/?of=imports")
    page.wait_for_selector("#operations-Imports-imports_begin")

    page.goto(f"{live_hub.url}/people/keys/")
    page.click("text=Explorer")
    page.wait_for_selector("text=Scopes and limits")
    page.click("text=Make a new secret")
    rotated = page.inner_text("#token")
    assert rotated != token and rotated.split("_")[1] == token.split("_")[1]
    expect(page.locator("main")).to_contain_text("still works")
    # The service writes its figures every two seconds.
    deadline = time.monotonic() + PATIENCE_MS / 1000
    page.goto(page.url.removesuffix("rotate/"))
    while not page.query_selector(".usage-chart") and time.monotonic() < deadline:
        page.reload()
    assert ": 1 requests, 0 errors" in page.inner_html(".usage-chart")
    assert errors == []
