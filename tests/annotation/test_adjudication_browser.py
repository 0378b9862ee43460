"""The adjudication page in a real Chromium: evidence by voice, the clause beside, a colleague who was first."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import sign_in, watched_page
from tests.hubprocess import HubProcess
from tests.personas import PASSWORD

pytestmark = pytest.mark.browser

ACTS = "from tests.annotation import adjudication_browser_acts as acts\n"


def test_keys_evidence_and_a_colleague_who_was_first(live_hub: HubProcess, browser: Browser) -> None:
    made = live_hub.python(f"{ACTS}result = acts.prepare()")
    live_hub.start("--no-worker")
    page, errors = watched_page(browser)
    sign_in(page, live_hub.url, made["username"], PASSWORD)
    page.goto(f"{live_hub.url}/annotation/rounds/{made['round']}/adjudicate/")

    mark = page.locator("mark.evidence")
    expect(mark).to_have_attribute("data-voices", page.locator("[data-voice]").get_attribute("data-voice") or "?")
    page.keyboard.press("v")
    expect(mark).to_have_attribute("data-voices", "")
    page.keyboard.press("v")
    expect(page.locator("[data-voice]")).to_be_checked()

    clause = page.locator("[data-clause]")
    expect(clause).to_be_hidden()
    page.keyboard.press("1")
    expect(clause).to_contain_text("means within reach")
    page.keyboard.press("?")
    expect(page.locator("[data-keys-panel]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("[data-keys-panel]")).to_be_hidden()
    page.keyboard.press("t")
    page.select_option("select[name=guideline_section]", "immediate_harm")
    page.fill("textarea[name=reason]", "My own careful words.")

    live_hub.python(f"{ACTS}result = acts.decide({made['round']}, {made['colleague']!r})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as on coming back to the tab
    expect(page.locator("[data-decided]")).to_be_visible()
    expect(page.locator("textarea[name=reason]")).to_have_value("My own careful words.")
    page.locator("textarea[name=reason]").press("Control+Enter")
    expect(page.get_by_text("The colleague was first.").first).to_be_visible()
    expect(page.locator("textarea[name=reason]")).to_have_value("My own careful words.")
    page.get_by_role("button", name="Change the decision").click()
    expect(page.get_by_text("Nothing waits for a decision")).to_be_visible()
    assert [error for error in errors if "409" not in error] == []
