"""Reading made-up conversations by keys alone, in a real Chromium; the form shows what belongs to the choice."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import HeldBack, sign_in, watched_page
from tests.hubprocess import HubProcess
from tests.personas import PASSWORD

PREPARE = """
from datasets_app.corpus.synthesis.plan import EDGE_CASES, Plan
from tests.personas import make_world
from tests.synthesis.making import made
world = make_world()
world.user("qa")
result = made(world.project, world.user("data_engineer"), Plan(4, 3, EDGE_CASES)).pk
"""
STATES = """
from datasets_app.models import SynthesisRow
rows = SynthesisRow.objects.filter(decided_at__isnull=False).order_by("decided_at")
result = [[row.state, row.reason, row.corrected_type, row.corrected_severity] for row in rows]
"""
# Both in one task, before any page could follow; how often the form was sent.
ENTER_TWICE = """() => {
  let sent = 0;
  document.querySelector("form[data-judge]").addEventListener("submit", () => (sent += 1));
  for (let turn = 0; turn < 2; turn += 1) {
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  }
  return sent;
}"""


@pytest.mark.browser
def test_a_reader_decides_by_keys_and_takes_back(live_hub: HubProcess, browser: Browser) -> None:
    live_hub.python(PREPARE)
    live_hub.start("--no-worker")
    page, errors = watched_page(browser)
    sign_in(page, live_hub.url, "alpha-qa-1", PASSWORD)
    page.goto(f"{live_hub.url}/datasets/synthesis/queue/")
    script = HeldBack(page, "**/ui/judge*.js")
    page.click("text=Read the next of 4")
    decided = page.locator("[data-undo]")
    expect(page.locator("form[data-judge]")).to_be_visible()

    # A key pressed before the page's scripts have come is not lost.
    page.keyboard.press("4")
    expect(page.locator("[data-part=corrected]")).to_be_hidden()
    script.next().continue_()
    script.end()
    # A type means another label: no key for that; its part opens.
    expect(page.locator("[data-part=corrected]")).to_be_visible()
    expect(page.locator("[data-part=rejected]")).to_be_hidden()
    page.keyboard.press("e")
    page.keyboard.press("Enter")
    expect(decided).to_contain_text("kept, other label")
    # A reason means rejection; u takes it back, and the row is here again.
    page.keyboard.press("z")
    expect(page.locator("[data-part=rejected]")).to_be_visible()
    page.keyboard.press("Enter")
    expect(decided).to_contain_text("rejected")
    here = page.url
    page.keyboard.press("u")
    page.wait_for_url(lambda url: url.split("?")[0] != here.split("?")[0])
    expect(page.locator("form[data-judge]")).to_be_visible()
    page.keyboard.press("a")
    assert page.evaluate(ENTER_TWICE) == 1, "sent once"
    # Before that it said "kept, other label" of the first one.
    expect(decided).to_contain_text("kept.")
    assert live_hub.python(STATES) == [["corrected", "", "panic", 3], ["kept", "", "", None]]

    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert errors == []
