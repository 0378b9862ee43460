"""What is looked at on every page: errors, failed requests, overflow, cut-off text, headings, left-over values."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Request, Response

LOOKS = Path(__file__).with_name("looks.js").read_text(encoding="utf-8")
#: Width and height of the window, and the theme.
VIEWS: dict[str, tuple[int, int, str]] = {
    "light": (1280, 720, "light"),
    "dark": (1280, 720, "dark"),
    "tablet": (820, 1180, "light"),
    "phone": (390, 844, "light"),
}


@dataclass
class Watched:
    """A page, and what went wrong on it since the last `take`."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    def take(self) -> list[str]:
        """What went wrong, once."""
        found, self.wrong = list(dict.fromkeys(self.wrong)), []
        return found


def watched(context: BrowserContext) -> Watched:
    """A page that notes console errors, exceptions of scripts, refused and failed requests."""
    made = Watched(context.new_page())

    def console(message: ConsoleMessage) -> None:
        if message.type == "error":
            made.wrong.append(f"console: {message.text}")

    def failed(request: Request) -> None:
        # A page that is left ends what it was loading.
        if request.failure != "net::ERR_ABORTED":
            made.wrong.append(f"{request.url}: {request.failure}")

    def answered(response: Response) -> None:
        if response.status >= 400:
            made.wrong.append(f"{response.status} {response.url}")

    made.page.on("console", console)
    made.page.on("pageerror", lambda error: made.wrong.append(f"exception: {error}"))
    made.page.on("requestfailed", failed)
    made.page.on("response", answered)
    return made


def show(page: Page, view: str) -> None:
    """The page in one of the views, with what changes colour having changed."""
    width, height, theme = VIEWS[view]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]


def opened(page: Page, address: str) -> bool:
    """Go there; whether it is a page, and not a file or a part of one."""
    try:
        answer = page.goto(address)
    except Error as error:
        if "Download is starting" in error.message:
            return False
        raise
    is_html = answer is not None and "text/html" in answer.headers.get("content-type", "")
    return is_html and page.locator("html[lang]").count() == 1


def faults_of(page: Page, view: str) -> list[str]:
    """What is wrong with the page as it stands in this view."""
    show(page, view)
    found: list[str] = page.evaluate(LOOKS)
    return [f"{view}: {fault}" for fault in found]
