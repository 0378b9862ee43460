"""Which pictures there are: the page, who looks at it, and what is done there before it is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # the test of the documents reads this list without a browser
    from playwright.sync_api import Page

Doing = Callable[["Page"], None]

#: The chapters of the story, in order: a picture is taken when its chapter has been told (see story.py).
CHAPTERS: Final = ("prepared", "in_review", "reviewed", "in_production")


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of 1280x720. `address` may name a place of the story in braces."""

    name: str
    who: str
    address: str
    chapter: str = "prepared"
    doing: Doing | None = None
    #: What stands at the top of the picture, where that is not the top of the page.
    at: str = ""


def _keys(*keys: str) -> Doing:
    def press(page: Page) -> None:
        page.locator("[data-stage] .turn-text").first.wait_for()
        for key in keys:
            page.keyboard.press(key)

    return press


def _reading(page: Page) -> None:
    """Unblur a conversation of the identifiers' queue and take the first finding over."""
    page.get_by_role("button", name="Read").click()
    page.keyboard.press("a")


def _judged_blind(page: Page) -> None:
    """Label a case, so that the page shows what the model said."""
    if page.locator("input[name=crisis_type]").count():
        page.check("input[name=crisis_type][value=none]", force=True)
        page.get_by_role("button", name="Keep my label").click()
    page.check("input[name=verdict][value=agree]", force=True)


def _scored(page: Page) -> None:
    page.fill("textarea", "I have the pills here, and I will take them tonight.")
    page.get_by_role("button", name="Score").click()
    page.locator("#result").get_by_text("No answer yet").wait_for(state="detached")


PICTURES: Final = (
    Picture("sign-in", "", "/accounts/login/"),
    Picture("home-annotator", "ada", "/"),
    Picture("start-here", "ada", "/annotation/start/"),
    Picture("label", "ada", "/annotation/rounds/{open_round}/label/", doing=_keys("b", "1", "r")),
    Picture("label-guideline", "ada", "/annotation/rounds/{open_round}/label/", doing=_keys("6", "h")),
    Picture("care", "ada", "/annotation/care/"),
    Picture("home-qa", "quinn", "/"),
    Picture("round", "quinn", "/annotation/rounds/{closed_round}/"),
    Picture("adjudicate", "quinn", "/annotation/rounds/{closed_round}/adjudicate/"),
    Picture("quality", "quinn", "/annotation/rounds/{simulated_round}/quality/"),
    Picture("drift", "quinn", "/annotation/quality/drift/"),
    Picture("home-clinical-lead", "clara", "/"),
    Picture("guidelines", "clara", "/annotation/guidelines/"),
    Picture("home-data-engineer", "dana", "/"),
    Picture("import", "dana", "/datasets/imports/{import}/"),
    Picture("identifiers", "dana", "/datasets/identifiers/review/", doing=_reading),
    Picture("synthesis", "dana", "/datasets/synthesis/"),
    Picture("release", "dana", "/datasets/releases/{release}/"),
    Picture("release-quality", "dana", "/datasets/releases/{release}/quality/"),
    Picture("ladder", "dana", "/datasets/ladders/{ladder}/"),
    Picture("home-ml-engineer", "milo", "/"),
    Picture("run", "milo", "/training/runs/{run}/"),
    Picture("version", "milo", "/training/versions/{version}/"),
    Picture("board", "pam", "/review/board/"),
    Picture("load", "pam", "/annotation/load/"),
    Picture("cases", "quinn", "/inference/cases/"),
    Picture("case", "quinn", "/inference/cases/{case}/"),
    Picture("contacts", "clara", "/inference/cases/contacts/"),
    Picture("conversation", "clara", "/inference/sessions/{session}/"),
    Picture("people", "admin", "/people/"),
    Picture("audit", "admin", "/audit/"),
    Picture("keys", "admin", "/people/keys/"),
    Picture("judge", "quinn", "/review/campaigns/{campaign}/next/", chapter="in_review", doing=_judged_blind),
    Picture("questions", "clara", "/review/versions/{version}/questions/", chapter="reviewed"),
    Picture("signoff", "clara", "/review/signoff/{version}/", chapter="reviewed"),
    Picture("promotion", "milo", "/review/promotion/", chapter="in_production"),
    Picture("console", "milo", "/inference/", chapter="in_production", doing=_scored),
    Picture("monitoring", "milo", "/inference/monitoring/", chapter="in_production"),
    Picture("integration", "milo", "/inference/integration/", chapter="in_production"),
    Picture("evidence", "milo", "/review/evidence/{score}/", chapter="in_production"),
)
