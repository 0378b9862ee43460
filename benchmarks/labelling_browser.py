"""Labelling in a real Chromium: submit to next conversation painted, key presses, and what the first load costs.

    python -m benchmarks.labelling_browser
    python -m benchmarks.labelling_browser --peer .venv-peers/label-studio/bin/label-studio

Measured in the page: from the time stamp of the key press (or click) that submits, to the start of the frame after the
one that found the next conversation in the document, so it has been painted. The first load is counted by the browser's
own network log with an empty cache: bytes as they came over the wire, headers included, until one can label.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from benchmarks.labelling import percentiles
from benchmarks.labelling_hub import PixelHub, fresh_hub
from benchmarks.labelling_peer import LabelStudio
from tests.browser import chromium

SAMPLES, OVERLAP = 5000, 2
THINK_MS = 250

# `shown` names what is on screen. One frame finds it changed and paints it; the next one begins after that.
WATCH = """([event, shown]) => {
  window.painted = []; window.presses = 0;
  const name = new Function(`return (${shown})`);
  document.addEventListener("keydown", (press) => { if (press.isTrusted) window.presses += 1; }, true);
  document.addEventListener(event, (act) => {
    if (event === "keydown" && act.key !== "Enter") return;
    if (event === "click" && !act.target.closest("button")?.textContent.match(/Submit/)) return;
    const before = name();
    const look = () => {
      const now = name();
      if (now === null || now === before) return requestAnimationFrame(look);
      requestAnimationFrame((at) => window.painted.push(at - act.timeStamp));
    };
    look();
  }, true);
}"""
HUB_SHOWN = """(() => { const node = document.querySelector("[data-stage] .dialogue:not([hidden])");
  return node && node.querySelector(".turn-text").textContent; })()"""
PEER_SHOWN = """(document.body.textContent.match(/This is day (\\d+)/) || [null, null])[1]"""


class FirstLoad:
    """Counts requests and bytes of a page from before it is opened."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.requests = self.bytes = self.decoded = 0
        network = context.new_cdp_session(page)
        network.send("Network.enable")
        network.send("Network.setCacheDisabled", {"cacheDisabled": True})
        network.on("Network.requestWillBeSent", self._asked)
        network.on("Network.loadingFinished", self._came)
        network.on("Network.dataReceived", self._decoded)

    def _asked(self, event: dict[str, Any]) -> None:
        self.requests += not event["request"]["url"].startswith("data:")

    def _came(self, event: dict[str, Any]) -> None:
        self.bytes += int(event["encodedDataLength"])

    def _decoded(self, event: dict[str, Any]) -> None:
        self.decoded += int(event["dataLength"])

    def figures(self) -> dict[str, Any]:
        return {"requests": self.requests, "kilobytes": round(self.bytes / 1000, 1), "unpacked": self.decoded // 1000}


def open_page(browser: Browser, url: str, cookies: dict[str, str]) -> tuple[BrowserContext, Page, FirstLoad]:
    """A page with an empty cache that is signed in."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
    page = context.new_page()
    return context, page, FirstLoad(context, page)


def hub_figures(browser: Browser, folder: Path, labels: int) -> dict[str, Any]:
    """Pixel Hub on SQLite: by keyboard, four presses a label."""
    with PixelHub("Pixel Hub", fresh_hub(folder / "hub"), samples=SAMPLES, people=2, overlap=OVERLAP) as hub:
        context, page, load = open_page(browser, hub.url, {"sessionid": hub.made["people"][0][1]})
        page.goto(f"{hub.url}/annotation/rounds/{hub.made['round']}/label/")
        page.wait_for_selector("[data-instrument][data-ready=yes]")
        first = load.figures()
        page.keyboard.press("b")
        page.evaluate(WATCH, ["keydown", HUB_SHOWN])
        for number in range(labels):
            for key in ("4", "e", "s", "Enter"):
                page.keyboard.press(key)
            page.wait_for_function("count => window.painted.length > count", arg=number)
            page.wait_for_timeout(THINK_MS)
        painted, presses = page.evaluate("[window.painted, window.presses]")
        page.wait_for_function("() => document.querySelector('[data-status]').dataset.state === 'saved'")
        context.close()
        stored = len(hub.stored())
    return _figures(painted, labels, stored, first) | {"key_presses_per_label": presses / labels}


def peer_figures(browser: Browser, program: Path, folder: Path, labels: int) -> dict[str, Any]:
    """Label Studio: the type by its hotkey, the ratings and Submit by the mouse."""
    with LabelStudio(program, folder / "peer", samples=SAMPLES, people=2, overlap=OVERLAP) as peer:
        _, cookies = peer.people[0]
        context, page, load = open_page(browser, peer.url, cookies)
        page.goto(f"{peer.url}/projects/{peer.project}/data?labeling=1", wait_until="commit")
        submit = page.get_by_role("button", name="Submit")
        submit.first.wait_for(timeout=120_000)
        page.wait_for_function(f"() => {PEER_SHOWN} !== null", timeout=120_000)
        first = load.figures()
        page.evaluate(WATCH, ["click", PEER_SHOWN])
        for number in range(labels):
            page.keyboard.press("4")
            for rating in page.locator(".ant-rate, [class*=rating]").all()[:2]:
                rating.locator("li, [role=radio]").nth(2).click()
            submit.first.click()
            page.wait_for_function("count => window.painted.length > count", arg=number, timeout=60_000)
            page.wait_for_timeout(THINK_MS)
        painted = page.evaluate("window.painted")
        context.close()
        stored = len(peer.stored())
    return _figures(painted, labels, stored, first)


def _figures(painted: list[float], labels: int, stored: int, first: dict[str, Any]) -> dict[str, Any]:
    times = percentiles([milliseconds / 1000 for milliseconds in painted])
    return {"labels": labels, "stored": stored, "painted_ms": times, "first_load": first}


def main() -> None:
    """Measure both where both are there, print, clean up."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labels", type=int, default=60)
    parser.add_argument("--peer", type=Path, help="the label-studio program; without it Pixel Hub runs alone")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="pixelhub-labelling-"))
    found: dict[str, Any] = {"cores": os.cpu_count(), "load_average": os.getloadavg()[0]}
    try:
        with chromium() as browser:
            found["Pixel Hub"] = hub_figures(browser, folder, options.labels)
            if options.peer is None or not options.peer.exists():
                print("Label Studio is not installed (make bench-peers): Pixel Hub runs alone.")
            else:
                found["Label Studio"] = peer_figures(browser, options.peer.resolve(), folder, options.labels)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
