"""Five people at their own browsers on one hub: what the walk along the path is made of."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from pixelhub.accounts.demo import DEMO_PASSWORD
from tests.browser import sign_in, watched_page
from tests.hubprocess import HubProcess

# Of patience only: the demo trains its model meanwhile, and the machine may be slow and busy.
JOB_SECONDS = 900
# Where to put pictures of what the walk saw; nowhere by default. Those of the guides are tests/screenshots's.
SHOTS = os.environ.get("PIXELHUB_SCREENSHOTS", "")


def eventually(what: str, question: Callable[[], Any], seconds: float = JOB_SECONDS) -> Any:
    """Ask until the answer is true; fail naming what did not come."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = question()
        if answer:
            return answer
        time.sleep(0.5)
    raise AssertionError(f"did not happen within {seconds:.0f} s: {what}")


class Walk:
    """Five people at their own browsers, and the hub that they share."""

    def __init__(self, hub: HubProcess, browser: Browser) -> None:
        self.hub = hub
        self.people: dict[str, Page] = {}
        self.errors: list[str] = []
        for username in ("dana", "ada", "ben", "clara", "pam"):
            page, errors = watched_page(browser)
            sign_in(page, hub.url, username, DEMO_PASSWORD)
            self.people[username] = page
            self.errors = errors if not self.errors else self.errors
            page.on("pageerror", lambda error, who=username: self.errors.append(f"{who}: {error}"))

    def go(self, who: str, address: str) -> Page:
        page = self.people[who]
        answer = page.goto(f"{self.hub.url}{address}")
        assert answer is not None and answer.status == 200, f"{who} at {address}: {answer and answer.status}"
        return page

    def shot(self, who: str, name: str, *, height: int = 720) -> None:
        """A picture of the page as it is, `height` pixels high, where pictures are wanted."""
        if SHOTS:
            page = self.people[who]
            page.set_viewport_size({"width": 1280, "height": height})
            page.evaluate("document.querySelectorAll('.toast').forEach(toast => toast.remove())")
            page.screenshot(path=Path(SHOTS) / f"{name}.png")
            page.set_viewport_size({"width": 1280, "height": 720})

    def job_done(self, kind: str, at_least: int = 1) -> None:
        """Wait until so many jobs of a kind succeeded; a failed one ends the test with its reason."""

        def look() -> bool:
            jobs = self.hub.rows("SELECT state, error FROM jobs_job WHERE kind = ?", kind)
            failed = [error for state, error in jobs if state == "failed"]
            assert not failed, f"{kind}: {failed}"
            return sum(state == "succeeded" for state, _ in jobs) >= at_least

        eventually(f"{at_least} x {kind}", look)
