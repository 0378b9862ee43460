"""Care in a real Chromium: “this was hard” over a lost network, a break that falls due, an opt-out."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import sign_in, watched_page
from tests.hubprocess import HubProcess
from tests.personas import PASSWORD

pytestmark = pytest.mark.browser

ACTS = "from tests.annotation import browser_acts as acts\n"
SAVED_ELSEWHERE = "root => new BroadcastChannel(`annotation:${root.dataset.owner}`).postMessage({ saved: true })"


def test_hard_button_break_and_opt_out(live_hub: HubProcess, browser: Browser) -> None:
    made = live_hub.python(f"{ACTS}result = acts.prepare_care(8)")
    live_hub.start("--no-worker")
    page, errors = watched_page(browser)
    sign_in(page, live_hub.url, made["username"], PASSWORD)
    page.goto(f"{live_hub.url}/annotation/rounds/{made['round']}/label/")
    expect(page.locator("[data-instrument]")).to_have_attribute("data-ready", "yes")
    expect(page.locator("[data-care-meter]")).to_contain_text("0 of 2 hard ones")

    # Said without a network: it waits in the outbox and arrives once. The wish for contact is the second choice.
    page.context.set_offline(True)
    page.keyboard.press("y")
    page.keyboard.press("2")
    expect(page.locator("[data-status]")).to_contain_text("1 queued (offline)")
    page.context.set_offline(False)
    expect(page.locator("[data-status]")).to_contain_text("Saved")

    # Two hard conversations are this project's limit: the third stays open, the rest goes back.
    page.keyboard.press("b")
    for _ in range(2):
        for key in ("1", "t", "d", "Enter"):
            page.keyboard.press(key)
    panel = page.locator("dialog[data-panel=break]")
    expect(panel).to_be_visible()
    expect(panel).to_contain_text(re.compile("About [1-5] minutes? left"))
    expect(page.locator("[data-stage] .dialogue:not([hidden])")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(panel).to_be_visible()
    expect(panel.get_by_role("button", name="Go on")).to_be_disabled()
    panel.get_by_role("button", name="Finish the open conversation first").click()
    expect(panel).to_be_hidden()
    # Another refusal doesn't cover what is being finished: each label asks for more, and so does another window's.
    with page.expect_response("**/claim/") as answer:
        page.locator("[data-instrument]").evaluate(SAVED_ELSEWHERE)
    assert answer.value.json()["error"] == "break_due"
    expect(panel).to_be_hidden()
    page.keyboard.press("7")
    page.keyboard.press("d")
    page.keyboard.press("Enter")
    expect(panel).to_be_visible()
    expect(panel.get_by_role("button", name="Finish the open conversation first")).to_be_hidden()
    stored = live_hub.python(f"{ACTS}result = acts.look_at_care({made['round']})")
    assert stored == {"labels": 3, "held": 0, "breaks": ["severe"], "hard": [True]}
    panel.get_by_role("button", name="End for today").click()
    expect(page.get_by_text("That is enough for today")).to_be_visible()

    page.goto(f"{live_hub.url}/annotation/care/")
    switch = page.get_by_role("switch", name="self-harm")
    expect(switch).to_have_attribute("aria-checked", "true")
    switch.click()
    expect(page.get_by_role("switch", name="self-harm")).to_have_attribute("aria-checked", "false")
    # Each refused claim (409, a break is due) is logged by the browser.
    assert [error for error in errors if "409" not in error and "ERR_INTERNET_DISCONNECTED" not in error] == []
