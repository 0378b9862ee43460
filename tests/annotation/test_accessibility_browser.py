"""axe-core finds no serious fault on the pages of annotation, light and dark, in every state of the instrument."""

import pytest
from playwright.sync_api import Browser, expect

from tests.annotation.instrument_bench import LabellingHub
from tests.axe import faults

pytestmark = pytest.mark.browser


def test_the_instrument_in_every_state(labelling_hub: LabellingHub, shared_browser: Browser) -> None:
    bench = labelling_hub.bench(shared_browser, "axe", reduced_motion="reduce")
    page = bench.page
    found = faults(page, "reading")
    bench.press("b")
    found += faults(page, "blurred")
    bench.press("b", "4", "e", "d", "f", "Shift+Digit1", "v", "Enter", "Escape")
    found += faults(page, "a label half made, evidence marked")
    for key, panel in {"?": "keys", "h": "guideline", "p": "progress", "g": "flag", " ": "skip"}.items():
        bench.press(key)
        expect(page.locator(f"dialog[data-panel={panel}]")).to_be_visible()
        found += faults(page, f"panel {panel}")
        bench.press("Escape")
    bench.press("2")
    bench.label()
    bench.status("Saved")
    bench.press("ArrowLeft")
    page.context.set_offline(True)
    bench.press("r", "Enter")
    bench.status("queued")
    found += faults(page, "queued")
    assert not found, "\n".join(found)


def test_pages_around_the_instrument(labelling_hub: LabellingHub, shared_browser: Browser) -> None:
    rounds = labelling_hub.rounds
    dispute, published = (f"/annotation/rounds/{rounds[name]}/" for name in ("dispute", "published"))
    guidelines = "/annotation/guidelines/"
    places = {
        "annotator": [
            *(f"/annotation/rounds/{rounds['axe']}/", "/", "/annotation/start/", "/annotation/care/"),
            *(f"{published}digest/", "/annotation/feedback/"),
        ],
        "qa": [
            *("/", "/annotation/rounds/", dispute, f"{dispute}adjudicate/", guidelines, f"{guidelines}1/"),
            *(f"{guidelines}write/", f"{published}quality/", f"{published}quality/next/", "/annotation/quality/drift/"),
            *("/annotation/gold/", "/annotation/sets/", "/annotation/policy/"),
        ],
    }
    found = []
    for role, paths in places.items():
        page = labelling_hub.context(shared_browser, role).new_page()
        for path in paths:
            answer = page.goto(labelling_hub.hub.url + path)
            assert answer is not None and answer.status == 200, f"{role} at {path}"
            found += faults(page, f"{role} at {path}")
    assert not found, "\n".join(found)
