"""Pairs in a real browser: keys decide, a colleague sees it without a reload, several go at once."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import sign_in, watched_page
from tests.hubprocess import HubProcess
from tests.personas import PASSWORD

PREPARE = """
from tests.personas import make_world
from tests.dedup.making import LONG, make_records, searched
world = make_world()
for number in (1, 2):
    world.user("data_engineer", n=number)
texts = [" ".join(reversed(f"{LONG} {word}".split())) for word in ("alpha", "beta")]
make_records(world.project, LONG, LONG + " today", LONG + " again", *texts)
result = searched(world.project).pk
"""

REPLACED_MEANWHILE = """
document.addEventListener("htmx:beforeRequest", () => {
  for (const state of document.querySelectorAll("[data-decision]")) state.replaceWith(state.cloneNode(true));
}, { once: true });
"""


@pytest.mark.browser
def test_two_people_decide_pairs(live_hub: HubProcess, browser: Any) -> None:
    number = live_hub.python(PREPARE)
    live_hub.start()
    url = f"{live_hub.url}/datasets/duplicates/{number}/"
    mine, errors = watched_page(browser)
    sign_in(mine, live_hub.url, "alpha-data_engineer-1", PASSWORD)
    mine.goto(url)
    hers, her_errors = watched_page(browser, theme="dark")
    hers.set_viewport_size({"width": 390, "height": 844})
    sign_in(hers, live_hub.url, "alpha-data_engineer-2", PASSWORD)
    hers.goto(url)
    assert hers.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(mine.locator("[data-pair]")).to_have_count(3)
    expect(mine.locator("[data-pair] mark")).not_to_have_count(0)

    # A colleague's decision may replace the form whose answer is still on its way: the answer must land all the same.
    mine.evaluate(REPLACED_MEANWHILE)
    mine.keyboard.press("j")
    mine.keyboard.press("w")
    for page in (mine, hers):
        page.wait_for_selector("[data-pair] >> nth=0 >> text=copy withdrawn")
        page.wait_for_selector("#duplicate-summary >> text=1 withdrawn")
    # After a decision the next pair is current.
    mine.keyboard.press("b")
    hers.wait_for_selector("[data-pair] >> nth=1 >> text=both stay")

    mine.keyboard.press("k")
    mine.keyboard.press("k")
    mine.keyboard.press("u")
    hers.wait_for_selector("[data-pair] >> nth=0 >> button:has-text('Withdraw the copy')")

    hers.check("[data-select-all]")
    hers.click("#bulk button:has-text('Withdraw copies')")
    mine.wait_for_selector("#duplicate-summary >> text=2 withdrawn, 1 kept")
    # The pair that a colleague keeps stayed as it was, and she is told.
    hers.wait_for_selector("#duplicate-refused:has-text('1 of the pairs')")
    expect(hers.locator("[data-pair] input[name=pair][type=checkbox]:checked")).to_have_count(0)
    hers.goto(f"{url}?view=withdraw")
    hers.click("text=Restore all copies")
    hers.click("button:has-text('Restore them')")
    hers.wait_for_selector("#duplicate-summary >> text=0 withdrawn, 1 kept")
    assert (errors, her_errors) == ([], [])
