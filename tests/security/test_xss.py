"""Markup in everything that people write stays text: nothing runs, in a real browser, on any page that shows it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import sign_in, watched_page
from tests.hubprocess import HubProcess
from tests.personas import PASSWORD

# What only injected markup could have put there: our pages have no inline script and no on… attribute.
INJECTED = """() => [...document.querySelectorAll('*')].filter(node =>
    [...node.attributes].some(a => a.name.startsWith('on') || a.name.startsWith('hx-on')
        || /^\\s*javascript:/i.test(a.value) || a.name === 'srcdoc')
    || (node.tagName === 'SCRIPT' && !node.src && node.type !== 'application/json')
    || ['IFRAME', 'MATH', 'BASE', 'OBJECT', 'EMBED', 'STYLE'].includes(node.tagName)
).map(node => node.outerHTML.slice(0, 200))"""


def look(page: Page, url: str) -> list[str]:
    """Open a page, touch what a person would, and say what is wrong with it."""
    response = page.goto(url)
    assert response is not None and response.status == 200, url
    wrong = []
    policy = response.headers.get("content-security-policy", "")
    if "script-src 'self'" not in policy or "unsafe" in policy:
        wrong.append(f"policy {policy}")
    if "/label/" in url:
        expect(page.locator("[data-instrument]")).to_have_attribute("data-ready", "yes")
        page.keyboard.press("b")  # shows the blurred conversation
    for summary in page.locator("details:not([open]) > summary").all():
        if summary.is_visible():
            summary.click()
    wrong += page.evaluate(INJECTED)
    if page.evaluate("window.__xss || window.xss"):
        wrong.append("a script ran")
    if "__xss" not in page.content():
        wrong.append("the payload is not on this page: nothing was tested")
    return [f"{url}: {problem}" for problem in wrong]


@pytest.mark.browser
def test_no_markup_of_a_persons_text_runs(live_hub: HubProcess, browser: Browser) -> None:
    made = live_hub.python("from tests.security import xss_acts\nresult = xss_acts.prepare()")
    assert made["payloads"] >= 40
    live_hub.start("--no-worker")
    page, errors = watched_page(browser)
    page.on("dialog", lambda dialog: errors.append(f"dialog {dialog.message}"))
    sign_in(page, live_hub.url, made["username"], PASSWORD)
    wrong = [problem for url in made["urls"] for problem in look(page, f"{live_hub.url}{url}")]
    assert wrong == []
    assert errors == []
