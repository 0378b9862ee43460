"""Labelling in a real Chromium: by keyboard, by selection, in long and unusual conversations."""

import json

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.annotation.browser_acts import SIGNS, WOMAN
from tests.annotation.instrument_bench import CURRENT, LabellingHub
from tests.browser import PATIENCE_MS

pytestmark = pytest.mark.browser


# Focus is still in the field of a panel that has closed: the key is not typed there.
KEY_IN_CLOSED_PANEL = """() => {
  const search = document.querySelector("dialog[data-panel=guideline] input[type=search]");
  search.dispatchEvent(new KeyboardEvent("keydown", { key: "?", bubbles: true, cancelable: true }));
  return document.querySelector("dialog[data-panel=keys]").open;
}"""


def pressed(page: Page, field: str, value: str) -> bool:
    button = page.locator(f"button[data-field={field}][data-value='{value}']")
    return button.get_attribute("aria-pressed") == "true"


def test_a_session_without_a_mouse(labelling_hub: LabellingHub, shared_browser: Browser) -> None:
    bench = labelling_hub.bench(shared_browser, "keys")
    page = bench.page
    bench.press("b", "7", "d", "Enter")
    bench.says("blurred")  # nothing is labelled unread
    bench.press("b", "Enter")
    expect(page.locator("[data-where]")).to_have_text("Your 2nd in this round")
    harm = bench.label("1", "t", "d")  # four presses with Enter
    # What is missing is said.
    bench.press("4", "Enter")
    bench.says("severity")
    third = bench.conversation()
    bench.press("e", "s", "f", "2", "Shift+Digit1", "Shift+Digit3", "Shift+Digit3", "u", "o", "n")
    page.keyboard.type("7 q b are letters here")
    bench.press("Escape", "Control+Enter")
    expect(page.locator("[data-where]")).to_have_text("Your 4th in this round")
    # Undo takes back one decision at a time.
    fourth = bench.conversation()
    bench.press("2", "q", "Control+z")
    assert pressed(page, "crisis_type", "self_harm") and not pressed(page, "severity", "1")
    bench.press("w", "a", "ArrowUp", "Enter")
    bench.status("Saved")
    # The last one again, changed; then undo from the empty form leads back to it as well.
    bench.press("ArrowLeft")
    expect(page.locator("[data-where]")).to_have_text("Changing your 4th")
    bench.press("r", "Enter")
    bench.status("Saved")
    bench.press("Control+z")
    bench.says("your last label")
    bench.press("Escape")
    expect(page.locator("[data-where]")).to_have_text("Your 5th in this round")
    # Guideline at the chosen type, search in it, keys, progress, flag, skip.
    bench.press("5", "h")
    expect(page.locator("#section-psychotic")).to_have_class("is-here")
    bench.press("/")
    page.keyboard.type("relapse")
    expect(page.locator("[data-found]")).to_contain_text("1 of")
    bench.press("Escape", "?")
    expect(page.locator("dialog[data-panel=keys]")).to_be_visible()
    bench.press("Escape", "p")
    expect(page.locator("[data-done-words]")).to_have_text("4")
    bench.press("p", "g", "1")
    bench.says("Flagged.")
    skipped = bench.conversation()
    bench.press(" ", "1")
    bench.says("Skipped")
    expect(page.locator("[data-where]")).to_have_text("Your 5th in this round")  # a skipped one isn't counted
    bench.status("Saved")
    labels = bench.labels()
    assert len(labels) == 4 and skipped not in labels
    assert (labels[harm], labels[third], labels[fourth]) == (("immediate_harm", 5), ("panic", 3), ("self_harm", 4))
    assert bench.stored(third)["note"] == "7 q b are letters here"
    assert (bench.stored(fourth)["confidence"], bench.stored(fourth)["revision"]) == (0.45, 2)
    also = bench.stored(third)
    assert json.loads(also["secondary_types"]) == ["immediate_harm"]
    assert (also["uncertain"], also["about_someone_else"], also["edge_case_kind"]) == (1, 1, "metaphor")
    kinds = labelling_hub.rows("SELECT kind FROM annotation_flag")
    assert kinds == [("clinical",)]
    assert bench.errors == []


def test_a_key_right_after_a_panel_closed_counts(labelling_hub: LabellingHub, shared_browser: Browser) -> None:
    """On a slow machine focus stays on a closed panel's button until the next frame; Space must not go there."""
    bench = labelling_hub.bench(shared_browser, "page")
    slow = bench.page.context.new_cdp_session(bench.page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 8})
    skip = bench.page.locator("dialog[data-panel=skip]")
    for _ in range(4):
        bench.press("?", "Escape", "g", "1", " ")
        assert skip.evaluate("dialog => dialog.open")
        bench.press("Escape")
        expect(skip).to_be_hidden()
    assert bench.page.evaluate(KEY_IN_CLOSED_PANEL)


def test_one_screen_names_and_no_server_for_the_next(labelling_hub: LabellingHub, shared_browser: Browser) -> None:
    bench = labelling_hub.bench(shared_browser, "page")
    page = bench.page
    bench.press("f")  # with the kinds of edge cases open the form is at its longest
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight + 1")
    assert page.evaluate("(f => f.scrollHeight <= f.clientHeight + 1)(document.querySelector('.label-form'))")
    box = page.get_by_role("button", name="Submit").bounding_box()
    assert box is not None and box["y"] + box["height"] <= 720
    for width, height in ((1024, 768), (768, 1024)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        box = page.get_by_role("button", name="Submit").bounding_box()
        assert box is not None and box["y"] + box["height"] <= height
        read = page.locator("[data-stage]").bounding_box()
        assert read is not None and read["height"] >= 250
    # A half-made label outlives a reload.
    bench.press("f", "2", "e", "d")
    bench.open()
    assert pressed(page, "crisis_type", "self_harm") and pressed(page, "severity", "3")
    # Current and two more are on the page already: with the hub cut off, the next one is there in the same task.
    page.context.set_offline(True)
    shown = page.evaluate(
        """() => { document.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}));
        return document.querySelector("[data-where]").textContent
             + "|" + document.querySelectorAll("[data-stage] .dialogue:not([hidden])").length; }"""
    )
    assert shown == "Your 2nd in this round|1"


def test_evidence_never_cuts_a_sign(labelling_hub: LabellingHub, shared_browser: Browser) -> None:
    """By selection (as mouse and finger make it) and by keys; offsets are code points, and whole signs."""

    def asks_for_evidence(route: Route) -> None:
        answer = route.fetch(timeout=PATIENCE_MS)
        route.fulfill(response=answer, body=answer.text().replace("data-today", "data-spans-required data-today"))

    bench = labelling_hub.bench(shared_browser, "signs")
    page = bench.page
    page.route("**/label/", asks_for_evidence)
    bench.open()
    bench.press("4", "e", "d", "Enter")
    bench.says("a highlighted piece of text")
    # From inside the joined emoji (its second UTF-16 unit) to between "e" and its accent, backwards.
    page.locator(f"{CURRENT} .turn-text").evaluate(
        """node => { const text = node.firstChild; const from = text.data.indexOf("tude") - 1;
        getSelection().setBaseAndExtent(text, from + 7, text, from); }"""
    )
    bench.press("x")
    expect(page.locator(f"{CURRENT} mark")).to_have_text(f"e\u0301tude {WOMAN}")
    # By keys: the first sentence, then one word less at its end and one at its start.
    bench.press("v", "Shift+ArrowLeft", "Control+ArrowRight", "Enter", "Escape")
    expect(page.locator(f"{CURRENT} mark")).to_have_count(2)
    expect(page.locator(f"{CURRENT} mark").first).to_have_text("this is conversation 0")
    # A finger's selection gets a button; what is highlighted already loses it.
    page.locator(f"{CURRENT} mark").first.evaluate("mark => getSelection().selectAllChildren(mark)")
    page.locator("[data-mark-bar] button").click()
    expect(page.locator(f"{CURRENT} mark")).to_have_count(1)
    bench.press("Control+z")
    expect(page.locator(f"{CURRENT} mark")).to_have_count(2)
    bench.press("Enter")
    bench.status("Saved")
    (spans,) = bench.spans()
    marked = [SIGNS[span["start"] : span["end"]] for span in spans]
    assert marked == ["this is conversation 0", f"e\u0301tude {WOMAN}"]


def test_sixty_turns(labelling_hub: LabellingHub, shared_browser: Browser) -> None:
    bench = labelling_hub.bench(shared_browser, "long")
    page = bench.page
    turns = page.locator("[data-turns]")
    expect(turns).to_contain_text("60 turns,")
    unseen = int(turns.get_attribute("data-unseen") or 0)
    assert 40 < unseen < 60
    bench.press("j")
    expect(turns).not_to_have_attribute("data-unseen", str(unseen))
    assert page.evaluate("document.activeElement.classList.contains('turn')")  # a screen reader reads on from there
    bench.press("End")
    expect(page.get_by_text("End of the conversation · 60 turns")).to_be_in_viewport()
    bench.press("Home")
    expect(page.locator(f"{CURRENT} .turn").first).to_be_in_viewport()
    bench.press("PageDown")
    expect(page.locator(f"{CURRENT} .turn").first).not_to_be_in_viewport()
    # A sentence further down is brought into view while it is chosen by keys.
    bench.press("v")
    for _ in range(30):
        bench.press("ArrowDown")
    assert page.evaluate(
        """() => { const box = getSelection().getRangeAt(0).getBoundingClientRect();
        const view = document.querySelector("[data-stage]").getBoundingClientRect();
        return box.top >= view.top && box.bottom <= view.bottom; }"""
    )
    expect(page.locator("[data-spoken]")).to_contain_text("Turn ")
    bench.press("Escape")
