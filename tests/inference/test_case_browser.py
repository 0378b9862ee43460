"""In Chromium: two responders race for one case, the other board follows, a passed deadline is shown live."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.axe import faults
from tests.browser import sign_in, watched_page
from tests.hubprocess import HubProcess
from tests.personas import PASSWORD

pytestmark = pytest.mark.browser

FILL = """
from datetime import timedelta
from django.utils import timezone
from tests.personas import make_world
from tests.inference.alarming import alarm
world = make_world()
for role in ("qa", "clinical_lead"):
    world.user(role)
case = alarm(world.project, "severe", conversation="chat-1", at=timezone.now() - timedelta(minutes=1))
result = {"case": case.pk, "project": world.project.pk}
"""
ANOTHER = """
from pixelhub.accounts.models import Project
from tests.inference.alarming import alarm
result = alarm(Project.objects.get(slug="alpha"), "emergency", conversation="chat-2").pk
"""
LATE = """
from datetime import timedelta
from inference.models import Case
from inference.services import cases_watch
case = Case.objects.get(pk={pk})
result = cases_watch(now=case.escalate_at + timedelta(seconds=1)).escalated
"""


def test_two_responders_an_override_and_an_escalation(live_hub: HubProcess, browser: Browser) -> None:
    made = live_hub.python(FILL)
    live_hub.start("--no-worker")
    (qa, qa_errors), (lead, lead_errors) = watched_page(browser), watched_page(browser, theme="dark")
    sign_in(qa, live_hub.url, "alpha-qa-1", PASSWORD)
    sign_in(lead, live_hub.url, "alpha-clinical_lead-1", PASSWORD)
    for page in (qa, lead):
        page.goto(f"{live_hub.url}/inference/cases/")
        expect(page.locator(f"#case-{made['case']}")).to_be_visible()
    expect(qa).to_have_title(re.compile(r"^\(1\) Cases"))

    qa.press("body", "j")
    qa.press("body", "a")
    expect(qa.locator("[data-said]")).to_have_text(f"Case {made['case']} is yours.")
    expect(lead.locator(f"#case-{made['case']} .case-who")).to_contain_text("QA 1")

    new = live_hub.python(ANOTHER)
    expect(lead.locator("[data-case]").first).to_have_attribute("data-case", str(new))
    expect(lead.locator("[data-news]")).to_contain_text(f"case {new}")
    expect(qa.locator("[data-case]").first).to_have_attribute("data-case", str(new))
    expect(qa.locator(f"#open-{made['case']}")).to_be_focused()
    assert live_hub.python(LATE.format(pk=new)) == 1
    expect(qa.locator(f"#case-{new} .case-due")).to_contain_text("Clinical lead asked")

    lead.goto(f"{live_hub.url}/inference/cases/{new}/")
    lead.fill("#override-text", "A line of a song.")
    qa.goto(f"{live_hub.url}/inference/cases/{new}/")
    qa.press("body", "a")
    expect(qa.locator("#verify")).to_be_visible()
    expect(lead.locator("[data-changed]")).to_be_visible()
    expect(lead.locator("#override-text")).to_have_value("A line of a song.")
    lead.select_option("#reason", "fiction")
    lead.click("text=Override the alarm")
    expect(lead.locator(".case-head")).to_contain_text("Overridden")
    expect(qa.locator(".case-head")).to_contain_text("Overridden")
    qa.set_viewport_size({"width": 390, "height": 844})
    assert qa.evaluate("document.documentElement.scrollWidth") <= 390
    qa.emulate_media(reduced_motion="reduce")
    found = faults(qa, "a case on a telephone")
    for path in ("", "figures/", "missed/", "contacts/"):
        qa.goto(f"{live_hub.url}/inference/cases/{path}")
        found += faults(qa, path or "the board")
    assert found == []
    assert (qa_errors, lead_errors) == ([], [])
