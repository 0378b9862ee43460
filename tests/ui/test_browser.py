"""The frame of a page in a real Chromium: theme, menus, phone, and a policy that refuses nothing of ours."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import Errors, HeldBack, sign_in, watched_page
from tests.hubprocess import HubProcess
from tests.personas import PASSWORD

pytestmark = pytest.mark.browser

PREPARE = """
from tests.personas import make_world
world = make_world()
user = world.user("administrator")
from pixelhub.accounts.services import membership_grant
membership_grant(project=world.other_project, user=user, role="administrator")
world.user("qa")
result = user.username
"""
NO_SIDEWAYS_SCROLL = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.fixture
def administrator(live_hub: HubProcess, browser: Browser) -> Iterator[tuple[Page, str]]:
    username = live_hub.python(PREPARE)
    live_hub.start("--no-worker")
    page, errors = watched_page(browser)
    sign_in(page, live_hub.url, username, PASSWORD)
    yield page, live_hub.url
    assert refusals(errors) == []


def refusals(errors: Errors) -> list[str]:
    """What the content security policy refused, and exceptions of our scripts."""
    return [error for error in errors if "Content Security Policy" in error or error.startswith("exception")]


def test_the_frame_of_a_page(administrator: tuple[Page, str]) -> None:
    page, url = administrator
    theme_holds_over_a_reload(page, url)
    colours_change_at_once_where_less_motion_is_asked_for(page)
    menus_close_on_escape(page)
    a_role_is_taken_after_asking(page, url)
    project_switches(page, url)
    everything_fits_a_phone(page, url)


def theme_holds_over_a_reload(page: Page, url: str) -> None:
    page.goto(f"{url}/people/")
    page.locator(".user-menu summary").click()
    page.get_by_role("button", name="Dark", exact=True).click()
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(root).to_have_attribute("data-theme", "dark")


def colours_change_at_once_where_less_motion_is_asked_for(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    moving = page.evaluate(
        """() => {
          document.documentElement.dataset.theme = "light";
          document.querySelectorAll("*").forEach((element) => getComputedStyle(element).color);
          return document.getAnimations().length;
        }"""
    )
    assert moving == 0
    page.emulate_media(reduced_motion="no-preference")
    page.reload()


def menus_close_on_escape(page: Page) -> None:
    menu = page.locator("details.user-menu")
    menu.locator("summary").click()
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()


def a_role_is_taken_after_asking(page: Page, url: str) -> None:
    page.goto(f"{url}/people/")
    page.get_by_role("button", name="Take the role QA from QA 1").click()
    dialog = page.get_by_role("dialog", name="Take this role away?")
    expect(dialog.get_by_role("button", name="Keep the role")).to_be_focused()
    script = HeldBack(page, "**/ui/hub*.js")
    dialog.get_by_role("button", name="Take it away").click()
    expect(page.locator("#toasts")).to_contain_text("no longer has the role QA")
    # A click before the page's scripts have come is not lost.
    page.get_by_role("button", name="Dismiss").click()
    script.next().continue_()
    script.end()
    expect(page.locator(".toast")).to_have_count(0)


def project_switches(page: Page, url: str) -> None:
    page.locator(".project-switch summary").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Project Beta").click()
    page.goto(f"{url}/people/")
    expect(page.locator(".lede")).to_contain_text("Project Beta")


def everything_fits_a_phone(page: Page, url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/people/", "/people/keys/", "/audit/", "/accounts/2fa/"):
        page.goto(url + path)
        assert page.evaluate(NO_SIDEWAYS_SCROLL), path
    side = page.locator("#side")
    expect(side).to_be_hidden()
    page.get_by_role("button", name="Open the menu").click()
    expect(side.get_by_role("link", name="People")).to_be_visible()
