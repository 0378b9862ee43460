"""Adjudicating by keyboard in a real Chromium."""

import pytest
from playwright.sync_api import Browser, expect

from tests.annotation.instrument_bench import LabellingHub

pytestmark = pytest.mark.browser


def test_adjudication_by_keyboard(labelling_hub: LabellingHub, shared_browser: Browser) -> None:
    page = labelling_hub.context(shared_browser, "qa").new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{labelling_hub.hub.url}/annotation/rounds/{labelling_hub.rounds['dispute']}/adjudicate/")
    for key in ("1", "r", "h"):
        page.keyboard.press(key)
    page.keyboard.press("i")
    expect(page.locator("select[name=guideline_section]")).to_have_value("immediate_harm")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.type("A plan and means.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Nothing waits for a decision")).to_be_visible()
    assert errors == []
