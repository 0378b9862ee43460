"""axe-core on a page, light and dark."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

GRAVE = ("serious", "critical")
# Under reduced motion each change of an inherited colour is a transition of a blink, one level of nesting after the
# other: settled is a page whose texts keep their colour over ten frames.
SETTLED = """async () => {
  const colours = () => [...document.querySelectorAll("body *")].map((one) => getComputedStyle(one).color).join();
  for (let before = "", frame = 0, same = 0; same < 10 && frame < 200; frame += 1) {
    await new Promise(requestAnimationFrame);
    const now = colours();
    same = now === before ? same + 1 : 0;
    before = now;
  }
}"""
# Only colours differ between the themes.
COLOURS = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}


def faults(page: Page, place: str) -> list[str]:
    """Serious and critical findings in the light theme, and in the dark one those about colours."""
    found = _findings(page, {"resultTypes": ["violations"]})
    page.emulate_media(color_scheme="dark")
    found += _findings(page, COLOURS)
    page.emulate_media(color_scheme="light")
    return [f"{place}: {rule} at {target}" for rule, target in found]


def _findings(page: Page, options: dict[str, Any]) -> list[tuple[str, str]]:
    page.evaluate(SETTLED)
    violations = Axe().run(page, options=options).response["violations"]
    grave = [one for one in violations if one["impact"] in GRAVE]
    return [(one["id"], str(node["target"])) for one in grave for node in one["nodes"]]
