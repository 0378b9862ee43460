"""The labelling instrument in a real Chromium: by keyboard, without a network, over a reload."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser import Errors, sign_in, watched_page
from tests.hubprocess import HubProcess
from tests.personas import PASSWORD

pytestmark = pytest.mark.browser

ACTS = "from tests.annotation import browser_acts as acts\n"
STATUS = "[data-status]"


def ordinal(number: int) -> str:
    return f"{number}{({1: 'st', 2: 'nd', 3: 'rd'}).get(number, 'th')}"


class Bench:
    """A hub with an open round, and an annotator's browser on it."""

    def __init__(self, hub: HubProcess, page: Page, errors: Errors, made: dict[str, Any]) -> None:
        self.hub, self.page, self.errors, self.round = hub, page, errors, made["round"]

    def open(self) -> None:
        self.page.goto(f"{self.hub.url}/annotation/rounds/{self.round}/label/")
        expect(self.page.locator("[data-instrument]")).to_have_attribute("data-ready", "yes")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def sample(self, number: int) -> None:
        expect(self.page.locator("[data-where]")).to_have_text(f"Your {ordinal(number)} in this round")

    def status(self, text: str) -> None:
        expect(self.page.locator(STATUS)).to_contain_text(text)

    def stored(self) -> dict[str, Any]:
        return self.hub.python(f"{ACTS}result = acts.look({self.round})")

    def labels(self) -> list[tuple[int, str, int | None]]:
        return [(row["item__position"], row["crisis_type"], row["severity"]) for row in self.stored()["labels"]]


@pytest.fixture
def bench(live_hub: HubProcess, browser: Browser) -> Iterator[Bench]:
    made = live_hub.python(f"{ACTS}result = acts.prepare(8)")
    live_hub.start()
    page, errors = watched_page(browser)
    sign_in(page, live_hub.url, made["username"], PASSWORD)
    bench = Bench(live_hub, page, errors, made)
    bench.open()
    yield bench
    offline = [error for error in errors if "ERR_INTERNET_DISCONNECTED" in error or "ERR_FAILED" in error]
    assert [error for error in errors if error not in offline] == []


def test_keyboard_labelling(bench: Bench) -> None:
    page = bench.page
    bench.press("7", "d", "Enter")
    expect(page.locator("[data-hint]")).to_contain_text("blurred")  # nothing is labelled unread
    bench.press("b", "Enter")
    bench.sample(2)
    bench.press("1", "t", "d", "Enter")  # four presses
    bench.sample(3)
    # A severity without a type, then what is missing is said.
    bench.press("4", "Enter")
    expect(page.locator("[data-hint]")).to_contain_text("severity")
    bench.press("e", "s", "f", "2", "n")
    page.keyboard.type("7 q b are letters here")
    bench.press("Escape", "Control+Enter")
    bench.sample(4)
    # Undo, one step at a time.
    bench.press("2", "q", "Control+z")
    expect(page.locator("button[data-value=self_harm][data-field=crisis_type]")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.locator("button[data-key=q]")).to_have_attribute("aria-pressed", "false")
    bench.press("w", "a", "ArrowUp", "Enter")
    bench.sample(5)
    bench.status("Saved")
    # Look back at the last one and change it.
    bench.press("ArrowLeft")
    expect(page.locator("[data-where]")).to_contain_text("Looking at your 4th again")
    bench.press("r", "Enter")
    bench.sample(5)
    bench.status("Saved")
    # Guideline at the chosen type, keys, flag, skip.
    bench.press("5", "h")
    expect(page.locator("#section-psychotic")).to_have_class("is-here")
    bench.press("h", "?")
    expect(page.locator("dialog[data-panel=keys]")).to_be_visible()
    bench.press("Escape", "g", "1")
    expect(page.locator("[data-hint]")).to_have_text("Flagged.")
    bench.press(" ", "1")
    expect(page.locator("[data-hint]")).to_contain_text("Skipped")
    bench.sample(5)  # a skipped one isn't counted
    bench.status("Saved")
    assert bench.labels() == [(1, "none", None), (2, "immediate_harm", 5), (3, "panic", 3), (4, "self_harm", 4)]
    stored = bench.stored()
    assert (stored["skipped"], stored["flags"]) == ([5], ["clinical"])
    assert stored["labels"][2]["note"] == "7 q b are letters here"
    assert (stored["labels"][3]["confidence"], stored["labels"][3]["revision"]) == (0.45, 2)


def test_a_key_right_after_a_panel_closed_counts(bench: Bench) -> None:
    """On a slow machine focus stays on a closed panel's button until the next frame; Space must not go there."""
    bench.press("b")
    slow = bench.page.context.new_cdp_session(bench.page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 8})
    skip = bench.page.locator("dialog[data-panel=skip]")
    for _ in range(8):
        bench.press("?", "Escape", "g", "1", " ")
        assert skip.evaluate("dialog => dialog.open")
        bench.press("Escape")
        expect(skip).to_be_hidden()


def test_selected_text_becomes_evidence(bench: Bench) -> None:
    bench.press("b", "4", "e", "d")
    text = bench.page.locator("[data-stage] .dialogue:not([hidden]) .turn-text").first
    # Behind the emoji: offsets must be code points, not UTF-16 units.
    text.evaluate(
        """node => { const at = node.textContent.indexOf("and grey"); const range = document.createRange();
        range.setStart(node.firstChild, at); range.setEnd(node.firstChild, at + 8);
        getSelection().removeAllRanges(); getSelection().addRange(range); }"""
    )
    bench.press("x")
    expect(bench.page.locator("[data-stage] .dialogue:not([hidden]) mark")).to_have_text("and grey")
    content = text.text_content() or ""
    bench.press("Enter")
    bench.status("Saved")
    (span,) = bench.stored()["labels"][0]["spans"]
    assert content[span["start"] : span["end"]] == "and grey"


def test_the_next_conversation_needs_no_server(bench: Bench) -> None:
    """Current and two more are on the page already: with the hub cut off, the next one is there in the same task."""
    bench.press("b", "7", "d")
    bench.page.context.set_offline(True)
    shown = bench.page.evaluate(
        """() => { document.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}));
        return document.querySelector("[data-where]").textContent
             + "|" + document.querySelectorAll("[data-stage] .dialogue:not([hidden])").length; }"""
    )
    assert shown == "Your 2nd in this round|1"


def test_offline_labels_wait_and_arrive_once(bench: Bench) -> None:
    bench.press("b")
    bench.page.context.set_offline(True)
    bench.press("7", "d", "Enter")
    bench.press("4", "e", "s", "Enter")
    bench.sample(3)
    bench.status("2 queued (offline)")
    assert bench.labels() == []
    bench.page.context.set_offline(False)
    bench.status("Saved")
    assert bench.labels() == [(1, "none", None), (2, "panic", 3)]
    bench.press("7", "d", "Enter")
    bench.sample(4)


def test_an_unsent_label_survives_a_reload_and_a_lost_answer(bench: Bench) -> None:
    bench.press("b")
    page = bench.page

    network = {"state": "loses the answer"}

    def submit(route: Route) -> None:
        if network["state"] == "back":
            return route.continue_()
        if network["state"] == "loses the answer":
            network["state"] = "gone"
            route.fetch()  # the hub has the label, and the browser never hears of it
        return route.abort()

    page.route("**/submit/", submit)
    bench.press("4", "e", "s", "Enter")
    bench.status("1 queued (no connection)")
    bench.sample(2)
    assert bench.labels() == [(1, "panic", 3)]
    bench.press("7", "d", "Enter")
    bench.status("2 queued (no connection)")
    network["state"] = "back"
    bench.open()  # a reload: everything in memory is gone
    bench.sample(3)
    bench.status("Saved")
    assert bench.labels() == [(1, "panic", 3), (2, "none", None)]


def test_a_refusal_says_why_and_stays_until_it_is_read(bench: Bench) -> None:
    bench.hub.python(
        "from annotation import services\nfrom annotation.models import Round\n"
        f"services.round_close(round=Round.objects.get(pk={bench.round}), actor=None)\nresult = 1"
    )
    bench.press("b", "7", "d", "Enter")
    bench.status("Refused")
    expect(bench.page.locator("[data-refusals]")).to_contain_text("closed before this label arrived")
    bench.page.get_by_role("button", name="Understood").click()
    expect(bench.page.locator("[data-refusals] p")).to_have_count(0)
    bench.errors.clear()  # the browser logs each 409 as an error


def test_it_fits_one_screen_and_every_control_has_a_name(bench: Bench) -> None:
    page = bench.page
    bench.press("b")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight + 1")
    submit = page.get_by_role("button", name="Submit")
    box = submit.bounding_box()
    assert box is not None and box["y"] + box["height"] <= 720
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("main button, main textarea")].filter(node => node.offsetParent
        && !(node.textContent.trim() || node.ariaLabel || node.labels?.length)).length"""
    )
    assert nameless == 0


def test_adjudication_by_keyboard(live_hub: HubProcess, browser: Browser) -> None:
    made = live_hub.python(f"{ACTS}result = acts.prepare_dispute()")
    live_hub.start()
    page, errors = watched_page(browser)
    sign_in(page, live_hub.url, made["username"], PASSWORD)
    page.goto(f"{live_hub.url}/annotation/rounds/{made['round']}/adjudicate/")
    for key in ("1", "r", "h"):
        page.keyboard.press(key)
    page.keyboard.type("Imm")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.type("A plan and means.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Nothing waits for a decision")).to_be_visible()
    assert errors == []
