"""The live conversation in a real Chromium: over the socket, over HTTP when there is none, and after a broken line."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import PATIENCE_MS, sign_in, watched_page
from tests.e2e.walking import eventually
from tests.hubprocess import HubProcess
from tests.personas import PASSWORD

pytestmark = pytest.mark.browser

#: Beyond the first plane of Unicode, where the browser counts otherwise than the service.
HELP = "\N{WAVING HAND SIGN}\N{PENSIVE FACE} I am going to kill myself tonight."
#: A browser behind something that lets no WebSocket through.
NO_SOCKET = """window.WebSocket = class extends EventTarget {
  constructor() {
    super();
    setTimeout(() => this.dispatchEvent(new CloseEvent("close", { code: 1006 })), 0);
  }
  close() {}
};"""


def say(page: Page, text: str, *, key: str = "Enter") -> None:
    page.get_by_label("What is said").fill(text)
    page.keyboard.press(key)


def test_a_conversation_is_typed_and_judged_turn_by_turn(live_hub: HubProcess, browser: Browser) -> None:
    made = live_hub.python("from tests.inference import session_acts as acts\nresult = acts.prepare()")
    live_hub.start("--no-worker")
    page, errors = watched_page(browser)
    sign_in(page, live_hub.url, made["lead"], PASSWORD)
    page.goto(f"{live_hub.url}/inference/conversation/")
    state = page.locator("[data-line]")
    expect(state).to_have_text("Connected")

    # Two turns by the keyboard alone; Ctrl+Enter lets the other side speak.
    say(page, "calm day", key="Control+Enter")
    turns = page.locator("[data-turns] > li")
    expect(turns.first.locator(".turn-level")).to_have_text("none")
    expect(page.get_by_label("Assistant")).to_be_checked()
    say(page, "I hear how heavy this is for you. I am here with you.", key="Control+Enter")
    expect(turns.nth(1).locator(".turn-level")).to_be_visible()
    say(page, HELP)
    expect(page.locator("[data-field=verdict]")).to_have_text(re.compile("^Crisis"))
    expect(page.locator("[data-field=level]")).to_have_text("Alert: emergency")
    expect(page.locator("[data-told]")).to_have_text(re.compile(r"^Turn 3, user: Crisis.*Level emergency"))
    expect(page.locator("[data-field=actions]")).to_contain_text("contacts nobody by itself")
    expect(page.locator(".trend-point")).to_have_count(3)
    marked = turns.nth(2).locator("mark.signal").first
    assert (marked.evaluate("mark => mark.firstChild.data")).startswith(("I am going to kill", "going to kill", "kill"))
    expect(page.get_by_label("What is said")).to_be_focused()

    # The line breaks; what is said meanwhile goes out when it is back, once.
    page.context.set_offline(True)
    page.evaluate("() => document.querySelector('[data-line]').textContent = 'offline'")
    say(page, "are you there?")
    page.context.set_offline(False)
    expect(turns.nth(3).locator(".turn-level")).to_be_visible()
    session = live_hub.rows("SELECT id FROM inference_conversationsession")
    assert len(session) == 1
    numbers = "SELECT number FROM inference_conversationturn ORDER BY number"
    assert live_hub.rows(numbers) == [(1,), (2,), (3,), (4,)]

    # It ends, and its words go.
    with page.expect_response("**/end/"):
        page.get_by_role("button", name="End and start anew").click()
    expect(page.locator("[data-nothing]")).to_be_visible()
    expect(page.get_by_role("button", name="End and start anew")).to_be_disabled()
    say(page, "a new one")
    expect(turns.first.locator(".turn-level")).to_be_visible()
    expect(turns).to_have_count(1)
    kept = "SELECT count(*) FROM inference_conversationturn WHERE text IS NOT NULL"
    assert live_hub.rows(kept) == [(1,)]
    assert [error for error in errors if "ERR_INTERNET_DISCONNECTED" not in error] == []

    # Where the project keeps no windows, the page sends along what was said before: no answer is degraded.
    live_hub.python("from tests.inference import session_acts as acts\nresult = acts.forbid_windows()")
    page.reload()
    expect(state).to_have_text("Connected")
    for number, text in enumerate(("calm", "calm again", "calm still")):
        say(page, text)
        expect(turns.nth(number).locator(".turn-level")).to_have_text("none")
    expect(page.locator("[data-field=degraded]")).to_be_hidden()
    # The page's last word before the reload may still be on its way.
    eventually("no words are kept", lambda: live_hub.rows(kept) == [(0,)], PATIENCE_MS / 1000)

    # Without any socket the same goes over HTTP, and leaving the page ends it.
    other = page.context.new_page()
    other.add_init_script(NO_SOCKET)
    other.goto(f"{live_hub.url}/inference/conversation/")
    say(other, "worry worry")
    expect(other.locator("[data-line]")).to_have_text("Connected over HTTP")
    expect(other.locator("[data-turns] > li .turn-level")).to_be_visible()
    other.goto(f"{live_hub.url}/inference/sessions/?only=ended")
    # The page's last word and the list's request are under way at once: the list is asked until it has both.
    rows = other.get_by_role("row")
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while rows.count() < 1 + 3 and time.monotonic() < deadline:
        other.reload()
    expect(rows).to_have_count(1 + 3)
