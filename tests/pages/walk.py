"""Every page that people can reach by links in a running demo, in Chromium: pictures to look at, faults in words.

    python -m tests.pages.walk OUT --url http://127.0.0.1:8000              # everybody, in every view
    python -m tests.pages.walk OUT --url http://127.0.0.1:8000 --people clara ada --views light phone
    python -m tests.pages.walk OUT                                           # starts and fills a demo of its own first

Each person starts at home and follows links until each kind of address was seen once. A page is taken in each view by
the first person who reaches it, by the others in the light one alone. `OUT/NAME.PERSON.VIEW.png` are the pictures,
`OUT/sheet-VIEW-NN.png` put six of them side by side. Ends with 1 where a fault was found; what no link leads to is
listed.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import django
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import chromium
from tests.hubprocess import HubProcess
from tests.pages.looks import VIEWS, faults_of, opened, show, watched

#: Longest part of a page that is pictured, in pixels.
TALL = 2000
LINKS = "[...document.querySelectorAll('a[href]:not([download])')].map((link) => link.href)"
# Below the window pictures are loaded when somebody comes near them.
ALL_PICTURES = """() => Promise.all([...document.images].map((image) => {
  image.loading = "eager";
  return image.complete || new Promise((done) => { image.onload = image.onerror = done; });
}))"""
#: Links that people may follow and a walk may not.
LEFT_OUT = frozenset({"account_logout", "admin:logout"})
IDLE = "SELECT count(*) FROM jobs_job WHERE state IN ('queued', 'running')"


@dataclass
class Walk:
    """What was seen so far, by whom, and what was wrong."""

    url: str
    folder: Path
    views: list[str]
    only: str = ""
    axe: bool = True
    pictured: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    pictures: dict[str, list[Path]] = field(default_factory=dict)
    pages: int = 0

    def by(self, who: str, browser: Browser) -> None:
        """Everything that this person reaches."""
        context = signed_in(browser, self.url, who)
        look = watched(context)
        seen: set[str] = set()
        waiting = [f"{self.url}/"]
        while waiting:
            address = waiting.pop(0)
            name = name_of(address, self.url)
            if name is None or name in seen or name in LEFT_OUT:
                continue
            seen.add(name)
            if not opened(look.page, address):
                look.take()
                continue
            waiting += look.page.evaluate(LINKS)
            found = self.look(look.page, name, who) + look.take()
            self.faults += [f"{name} as {who} at {address.removeprefix(self.url)}: {fault}" for fault in found]
            self.pages += 1
            say(f"{who} {name} {len(found) or ''}")
        context.close()

    def look(self, page: Page, name: str, who: str) -> list[str]:
        """The faults of a page, in the views that nobody saw it in before; pictures on the way."""
        if self.only and self.only not in name:
            return []
        first = self.pictured.setdefault(name, who) == who
        found = []
        for view in self.views if first else self.views[:1]:
            found += faults_of(page, view)
            picture = self.folder / f"{name.replace(':', '-')}.{who}.{view}.png"
            page.evaluate(ALL_PICTURES)
            width, height, _ = VIEWS[view]
            tall = min(TALL, max(height, page.evaluate("document.documentElement.scrollHeight")))
            clip = {"x": 0, "y": 0, "width": width, "height": tall}
            page.screenshot(path=picture, full_page=True, clip=clip)  # type: ignore[arg-type]
            self.pictures.setdefault(view, []).append(picture)
        if first and self.axe:
            from tests.axe import faults

            show(page, "light")
            found += faults(page, "axe")
        return found


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def signed_in(browser: Browser, url: str, who: str) -> BrowserContext:
    """This person of the demo, by the button on the sign-in page."""
    from pixelhub.accounts.demo import DEMO_PASSWORD
    from tests.browser import sign_in

    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    sign_in(page, url, who, DEMO_PASSWORD)
    page.close()
    return context


def name_of(address: str, url: str) -> str | None:
    """The full name of the view behind a link; None for one that leads elsewhere."""
    from django.urls import Resolver404, resolve

    parts = urlsplit(urljoin(url, address))
    if f"{parts.scheme}://{parts.netloc}" != url:
        return None
    try:
        return resolve(parts.path).view_name or parts.path
    except Resolver404:
        return f"nothing answers to {parts.path}"


def sheets(browser: Browser, folder: Path, view: str, pictures: list[Path]) -> None:
    """Six pictures side by side, so that somebody can look at them quickly."""
    across = 3 if VIEWS[view][0] > 800 else 6
    page = browser.new_page(viewport={"width": 1980, "height": 1900 if across == 3 else 1400})
    style = (
        f"body {{ display: grid; grid-template-columns: repeat({across}, 1fr); gap: 6px; margin: 0; background: gray }}"
        f"figure {{ margin: 0; height: {930 if across == 3 else 1390}px; overflow: hidden; font: 13px sans-serif }}"
        "img { width: 100% }"
    )
    for number, start in enumerate(range(0, len(pictures), 6)):
        figures = "".join(
            f"<figure>{path.stem}<img src='{path.name}'></figure>" for path in pictures[start : start + 6]
        )
        sheet = folder / f"sheet-{view}-{number:02d}.html"
        sheet.write_text(f"<!doctype html><style>{style}</style>{figures}", encoding="utf-8")
        page.goto(sheet.resolve().as_uri())
        page.screenshot(path=sheet.with_suffix(".png"))
        sheet.unlink()
    page.close()


@contextmanager
def demo(folder: Path) -> Iterator[str]:
    """A hub with a demo of its own, filled."""
    from tests.e2e.walking import eventually

    with HubProcess(folder) as hub:
        hub.start("--demo")
        eventually("the demo is there", lambda: hub.rows(IDLE) == [(0,)], 900)
        yield hub.url


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--url", help="a running demo; without it one is started and filled")
    parser.add_argument("--people", nargs="*", help="usernames; without them everybody")
    parser.add_argument("--views", nargs="*", choices=list(VIEWS), default=list(VIEWS))
    parser.add_argument("--only", default="", help="look at pages whose name contains this")
    parser.add_argument("--no-axe", action="store_true", help="leave out the accessibility rules")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pixelhub.settings")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop runs in this thread
    django.setup()
    from pixelhub.accounts.demo import DEMO_LOGINS

    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    people = options.people or [login.username for login in DEMO_LOGINS]
    with running(options.url, folder) as url, chromium() as browser:
        walk = Walk(url, folder, options.views, options.only, not options.no_axe)
        for who in people:
            walk.by(who, browser)
        for view, pictures in walk.pictures.items():
            sheets(browser, folder, view, pictures)
    say(f"\n{walk.pages} pages, {len(walk.faults)} faults")
    for fault in walk.faults:
        say(fault)
    say("\nno link leads to: " + ", ".join(sorted(unreached(walk))))
    sys.exit(bool(walk.faults))


@contextmanager
def running(url: str | None, folder: Path) -> Iterator[str]:
    if url:
        yield url.rstrip("/")
        return
    with demo(folder) as made:
        yield made


def unreached(walk: Walk) -> set[str]:
    """Addresses that open by GET and that nobody came to."""
    from tests.security.may import MAY

    readable: dict[str, Any] = {name: may for name, may in MAY.items() if may[0]}
    return set(readable) - set(walk.pictured)


if __name__ == "__main__":
    main()
