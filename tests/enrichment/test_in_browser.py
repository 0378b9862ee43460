"""A release is scored in a real browser: the page follows the job by itself, plots load, records are found."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.axe import faults
from tests.browser import sign_in, watched_page
from tests.hubprocess import HubProcess
from tests.personas import PASSWORD
from tests.releases.test_in_browser import NARROW, PREPARE, plots


@pytest.mark.browser
@pytest.mark.slow
def test_a_release_is_scored_and_its_records_are_found_by_emotion(live_hub: HubProcess, browser: Any) -> None:
    release = live_hub.python(PREPARE)
    live_hub.start()
    page, errors = watched_page(browser)
    sign_in(page, live_hub.url, "alpha-data_engineer-1", PASSWORD)
    page.goto(f"{live_hub.url}/datasets/releases/{release}/scores/")
    page.click("button:has-text('Score this release')")
    page.wait_for_selector("h2:has-text('Against the targets')")
    plots(page, 2)
    assert faults(page, "scores") == []
    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"], "the page scrolls sideways"
    page.click("th a:has-text('Sadness')")
    page.wait_for_url("**/datasets/records/?emotion=sadness")
    expect(page.locator("select[name=emotion]")).to_have_value("sadness")
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"], "the page scrolls sideways"
    page.locator("td a").first.click()
    page.wait_for_selector("h2:has-text('Scores')")
    expect(page.locator("main")).to_contain_text("Estimated by rules")
    assert errors == []
