"""Practice in a real Chromium: each label is answered by the expert's view, and Enter goes on."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import sign_in, watched_page
from tests.hubprocess import HubProcess
from tests.personas import PASSWORD

pytestmark = pytest.mark.browser


def test_practice_shows_the_experts_view_and_enter_goes_on(live_hub: HubProcess, browser: Browser) -> None:
    made = live_hub.python("from tests.annotation import start_acts as acts\nresult = acts.prepare(2)")
    live_hub.start("--no-worker")
    page, errors = watched_page(browser)
    sign_in(page, live_hub.url, made["annotator"], PASSWORD)
    page.goto(f"{live_hub.url}/annotation/start/")
    page.get_by_role("button", name="I have read version 1").click()
    page.get_by_role("button", name="Practise").click()
    expect(page.locator("[data-instrument]")).to_have_attribute("data-ready", "yes")
    page.get_by_role("button", name="Read", exact=False).first.click()
    feedback = page.locator("dialog[data-panel=feedback]")
    for n in range(2):
        for key in ("7", "d", "Enter"):
            page.keyboard.press(key)
        expect(feedback).to_be_visible()
        expect(feedback.locator("[data-feedback=rationale]")).to_have_text("As the guideline says.")
        expect(page.locator("[data-stage] .dialogue:visible")).to_have_count(1)  # the labelled one stays in view
        if n == 0:
            expect(feedback.get_by_role("button")).to_be_focused()
            # A key in the very task in which the panel closes: the next conversation already takes it.
            page.evaluate(
                """() => {
                  document.querySelector("dialog[data-panel=feedback] [data-close]").click();
                  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "7", bubbles: true }));
                }"""
            )
            expect(page.get_by_role("button", name="7 No crisis")).to_have_attribute("aria-pressed", "true")
        else:
            page.keyboard.press("Enter")
        expect(feedback).to_be_hidden()
    expect(page.locator("[data-empty]")).to_contain_text("Nothing is left")
    page.get_by_role("link", name="Where you stand").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Start here")
    expect(page.get_by_text("Real work is open to you")).to_be_visible()
    assert errors == []
