"""No label is lost and none arrives twice: without a network, over a closed browser, a killed hub, in two tabs."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.annotation.instrument_bench import ACTS, Bench, LabellingHub
from tests.browser import PATIENCE_MS, QUIET, patient, sign_in
from tests.personas import PASSWORD

pytestmark = pytest.mark.browser


def test_ten_labels_without_a_network_arrive_once(labelling_hub: LabellingHub, shared_browser: Browser) -> None:
    """Three are on the page when the network goes; more come while it is gone only for those, so it goes four times."""
    bench = labelling_hub.bench(shared_browser, "offline")
    given = []
    while len(given) < 10:
        expect(bench.page.locator("[data-stage] .dialogue")).to_have_count(min(len(given), 10) + 3 if given else 3)
        bench.page.context.set_offline(True)
        for _ in range(min(3, 10 - len(given))):
            given.append(bench.conversation())
            bench.press("7", "d", "Enter")
        bench.status("queued (offline)")
        assert len(bench.labels()) <= len(given) - 1
        bench.page.context.set_offline(False)
        bench.status("Saved")
    assert bench.labels() == dict.fromkeys(given, ("none", None))
    assert len(set(given)) == 10


def test_a_label_in_a_closed_browser_is_sent_at_the_next_visit(
    labelling_hub: LabellingHub, shared_browser: Browser, tmp_path: Path
) -> None:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

    def opened() -> Bench:
        context = shared_browser.browser_type.launch_persistent_context(
            tmp_path / "profile", executable_path=program, args=QUIET, viewport={"width": 1280, "height": 720}
        )
        return Bench(labelling_hub, patient(context).pages[0], labelling_hub.rounds["lost"])

    bench = opened()
    sign_in(bench.page, labelling_hub.hub.url, labelling_hub.people["annotator"], PASSWORD)
    bench.open()
    bench.press("b")

    network = {"state": "loses the answer"}

    def submit(route: Route) -> None:
        if network["state"] == "loses the answer":
            network["state"] = "gone"
            route.fetch(timeout=PATIENCE_MS)  # the hub has the label, and the browser never hears of it
        route.abort()

    bench.page.route("**/submit/", submit)
    first = bench.label("4", "e", "s")
    bench.status("1 queued (no connection)")
    second = bench.label("7", "d")
    bench.status("2 queued (no connection)")
    assert list(bench.labels()) == [first]
    bench.page.context.close()
    bench = opened()
    sign_in(bench.page, labelling_hub.hub.url, labelling_hub.people["annotator"], PASSWORD)
    bench.open()
    bench.status("aved")
    expect(bench.page.locator("[data-where]")).to_have_text("Your 3rd in this round")
    assert bench.labels() == {first: ("panic", 3), second: ("none", None)}
    assert bench.stored(first)["revision"] == 1
    bench.page.context.close()


def test_a_killed_hub_loses_and_doubles_nothing(labelling_hub: LabellingHub, shared_browser: Browser) -> None:
    bench = labelling_hub.bench(shared_browser, "kill")
    given = {bench.label("7", "d"): ("none", None), bench.label("3", "w", "s"): ("substance", 2)}
    labelling_hub.kill_web()  # with answers on their way or not: nobody knows
    given[bench.label("4", "e", "s")] = ("panic", 3)
    bench.status("Saved")  # the hub starts again, and the browser tries every few seconds
    given[bench.label("7", "s")] = ("none", None)
    bench.status("Saved")
    assert bench.labels() == given
    assert {bench.stored(conversation)["revision"] for conversation in given} == {1}


def test_two_tabs_give_one_label(labelling_hub: LabellingHub, shared_browser: Browser) -> None:
    one = labelling_hub.bench(shared_browser, "tabs")
    two = one.another_tab()
    two.open()
    two.press("b")
    assert one.conversation() == two.conversation()  # leases are the person's, not the tab's
    two.press("4")
    first = one.label("7", "d")
    two.says("in another window")
    assert two.conversation() == one.conversation()
    one.status("Saved")
    # Where tabs can't talk to each other, the hub takes one of two labels and says why not the other.
    two.page.add_init_script("delete window.BroadcastChannel")
    two.open()
    again = two.conversation()
    one.page.bring_to_front()
    assert one.label("7", "s") == again
    one.status("Saved")
    two.page.bring_to_front()
    two.label("4", "t", "d")
    expect(two.page.locator("[data-refusals]")).to_contain_text("You have labelled this sample already")
    expect(two.page.locator("[data-refusals]")).to_contain_text("Panic; severity 5; confidence 95%")
    assert two.labels() == {first: ("none", None), again: ("none", None)}
    # Its last ten hold what the other tab gave.
    two.press("ArrowLeft")
    expect(two.page.locator("button[data-value=none]")).to_have_attribute("aria-pressed", "true")


def test_a_refused_label_is_kept_and_put_back(labelling_hub: LabellingHub, shared_browser: Browser) -> None:
    """The lease is given to nobody else but taken away, then the sample comes back; then the round closes."""
    bench = labelling_hub.bench(shared_browser, "closed")
    page = bench.page
    body = '{"error": "lease_lost", "message": "Somebody else has it."}'
    page.route("**/submit/", lambda route: route.fulfill(status=409, content_type="application/json", body=body))
    refused = bench.conversation()
    bench.press("4", "e", "s", "Enter")
    bench.status("Refused: Somebody else has it.")
    refusals = page.locator("[data-refusals]")
    expect(refusals).to_contain_text("You chose: Panic; severity 3; confidence 70%.")
    bench.open()  # a reload doesn't lose it, and brings the sample back
    assert bench.conversation() == refused
    page.get_by_role("button", name="Put it back").click()
    expect(refusals.locator("[data-id]")).to_have_count(0)
    page.unroute("**/submit/")
    bench.label()
    bench.status("Saved")
    assert bench.labels() == {refused: ("panic", 3)}
    labelling_hub.hub.python(f"{ACTS}result = acts.close({bench.round})")
    bench.press("7", "d", "Enter")
    expect(refusals).to_contain_text("closed before this label arrived")
    # Signing out with an unsent label asks first, and clears what is left here when told so.
    page.context.set_offline(True)
    page.get_by_role("button", name="Understood").click()
    expect(refusals.locator("[data-id]")).to_have_count(0)
    bench.press("7", "s", "Enter")
    bench.status("queued (offline)")
    page.evaluate("document.querySelector('form[action*=logout]').requestSubmit()")
    expect(page.locator("dialog[data-panel=signout]")).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator("dialog[data-panel=signout]")).to_be_hidden()
    bench.status("queued (offline)")
