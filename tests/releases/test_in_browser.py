"""Release pages in a real browser: compile with choices, plots that load, a comparison that arrives by itself."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import sign_in, watched_page
from tests.hubprocess import HubProcess
from tests.personas import PASSWORD

PREPARE = """
from tests.personas import make_world
from tests.datasets.making import compiled, synthetic, published
world = make_world()
world.user("data_engineer")
synthetic(world.project, 120)
published(world.project)
result = compiled(world.project).pk
"""
# Waits for the picture itself; an expression would need the eval that our policy forbids.
LOADED = "async image => { await image.decode(); return image.naturalWidth; }"
NARROW = {"width": 390, "height": 800}


def plots(page: Any, count: int) -> None:
    """So many plots are there, and each has loaded."""
    images = page.locator(".plot img")
    expect(images).to_have_count(count)
    for image in images.all():
        image.scroll_into_view_if_needed()
        assert image.evaluate(LOADED) > 100


@pytest.mark.browser
@pytest.mark.slow
def test_compile_with_choices_then_plots_then_a_comparison(live_hub: HubProcess, browser: Any) -> None:
    first = live_hub.python(PREPARE)
    live_hub.start()
    page, errors = watched_page(browser, theme="dark")
    sign_in(page, live_hub.url, "alpha-data_engineer-1", PASSWORD)
    page.goto(f"{live_hub.url}/datasets/releases/new/")
    page.fill("input[name=version]", "2.0.0")
    page.select_option("select[name=parent]", "")
    page.check("text=Sarcasm")
    page.fill("input[name=seed]", "9")
    page.click("button:has-text('Compile')")
    page.wait_for_selector("h2:has-text('Gates')")
    expect(page.locator("main")).to_contain_text("held out: sarcasm")
    plots(page, 3)

    page.click("nav.tabs a:has-text('Quality')")
    page.wait_for_selector("h2:has-text('Against the targets')")
    plots(page, 1)

    page.click("nav.tabs a:has-text('Compare')")
    page.wait_for_url("**/compare/")
    page.select_option("select[name=with]", str(first))
    page.click("button:has-text('Compare')")
    page.wait_for_selector("text=Contamination.")
    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"], "the page scrolls sideways"
    page.locator(".offenders a").first.click()
    page.wait_for_url("**/datasets/records/*/")
    assert errors == []
