"""Photographs of pages, for a person to look at: not a test, but the same browser.

    python -m tests.ui.screens http://127.0.0.1:8000 OUT --user NAME --password SECRET /people/ /audit/

Each page is taken at 1280x720 in light and dark, and once at tablet width. Anything that the browser refuses (CSP) or
fails to load is printed.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

VIEWS = {
    "light": {"viewport": {"width": 1280, "height": 720}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 720}, "color_scheme": "dark"},
    "tablet": {"viewport": {"width": 820, "height": 1080}, "color_scheme": "light"},
}


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def sign_in(page: Page, base: str, username: str, password: str) -> None:
    """Through the real sign-in page."""
    page.goto(f"{base}/accounts/login/")
    form = page.locator("form", has=page.locator("input[name=password]:visible"))
    form.locator("input[name=login]").fill(username)
    form.locator("input[name=password]").fill(password)
    form.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()


def shoot(browser: Browser, args: argparse.Namespace) -> None:
    """Every page in every view."""
    for view, options in VIEWS.items():
        if args.views and view not in args.views:
            continue
        page = browser.new_context(**options).new_page()
        page.on("console", lambda message: say(f"console {message.type}: {message.text}"))
        page.on("pageerror", lambda error: say(f"error: {error}"))
        if args.user:
            sign_in(page, args.base, args.user, args.password)
        for path in args.pages:
            response = page.goto(args.base + path, wait_until="networkidle")
            name = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "home"
            page.screenshot(path=args.out / f"{name}.{view}.png", full_page=args.full)
            overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            say(f"{path} {view} {response.status if response else 0}{' OVERFLOWS' if overflow > 0 else ''}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("out", type=Path)
    parser.add_argument("pages", nargs="+")
    parser.add_argument("--user")
    parser.add_argument("--password", default="")
    parser.add_argument("--views", nargs="*", choices=list(VIEWS))
    parser.add_argument("--full", action="store_true", help="the whole length of the page")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        shoot(browser, args)
        browser.close()


if __name__ == "__main__":
    main()
