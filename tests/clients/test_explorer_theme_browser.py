"""In Chromium: the API explorer follows the theme, the chosen one and the system's."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import sign_in, watched_page
from tests.hubprocess import HubProcess
from tests.personas import PASSWORD

PREPARE = """
from tests.personas import make_world
result = make_world().user("ml_engineer").username
"""
DARK, LIGHT = "rgb(28, 32, 34)", "rgb(255, 255, 255)"


@pytest.mark.browser
def test_the_explorer_is_dark_where_the_hub_is(live_hub: HubProcess, browser: Browser) -> None:
    username = live_hub.python(PREPARE)
    live_hub.start("--no-worker")
    page, errors = watched_page(browser, theme="dark")
    sign_in(page, live_hub.url, username, PASSWORD)
    page.goto(f"{live_hub.url}/api/docs/")
    explorer, reads = page.locator(".explorer"), page.locator(".swagger-ui .info .title")
    expect(explorer).to_have_css("background-color", DARK)
    expect(reads).not_to_have_css("color", "rgb(59, 65, 81)")  # Swagger UI's own, for a light page
    page.emulate_media(color_scheme="light")
    expect(explorer).to_have_css("background-color", LIGHT)
    expect(reads).to_have_css("color", "rgb(59, 65, 81)")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    expect(explorer).to_have_css("background-color", DARK)
    expect(reads).not_to_have_css("color", "rgb(59, 65, 81)")
    assert errors == []
