"""Real Chromium for tests, through Playwright."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

# Without these Chromium looks for hosts that no closed network has.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# How long a page may take to show what is waited for. Playwright's own five seconds are not enough for a hub and a
# browser beside another worker's on two cores; a test that passes waits no longer for it.
PATIENCE_MS = 90_000
expect.set_options(timeout=PATIENCE_MS)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium; skips the test where none is installed."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=QUIET)
        try:
            yield browser
        finally:
            browser.close()


class Errors(list[str]):
    """What went wrong on a page: console errors, exceptions, refused content."""


def patient(context: BrowserContext) -> BrowserContext:
    """The same context, whose pages wait as long as `expect` does."""
    context.set_default_timeout(PATIENCE_MS)
    return context


def watched_page(browser: Browser, *, theme: str = "light") -> tuple[Page, Errors]:
    """A page of its own context (own cookies) at 1280x720 that notes every error of its scripts and policy."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme=theme)  # type: ignore[arg-type]
    page = patient(context).new_page()
    errors = Errors()
    page.on("pageerror", lambda error: errors.append(f"exception: {error}"))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    return page, errors


class HeldBack:
    """Requests of a page to one address, each of which waits until the test lets it go on or answers it."""

    def __init__(self, page: Page, address: str) -> None:
        self._page, self._address = page, address
        self._routes: list[Route] = []
        page.route(address, lambda route: self._routes.append(route))

    def next(self) -> Route:
        """The oldest that waits, once there is one."""
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while not self._routes:
            assert time.monotonic() < deadline, f"nothing was asked of {self._address}"
            self._page.wait_for_timeout(20)
        return self._routes.pop(0)

    def end(self) -> None:
        """None is held any more, and those that wait go on: answer first what `next` has given."""
        self._page.unroute(self._address)


def sign_in(page: Page, url: str, username: str, password: str) -> None:
    """Through the sign-in page, as a person does."""
    page.goto(f"{url}/accounts/login/")
    page.fill("input[name=login]", username)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda address: "/login" not in address)
