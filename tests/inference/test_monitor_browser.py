"""In Chromium: the monitoring page follows by itself, an alert appears and is acknowledged, and it fits a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.axe import faults
from tests.browser import sign_in, watched_page
from tests.hubprocess import HubProcess
from tests.personas import PASSWORD

pytestmark = pytest.mark.browser

FILL = """
from tests.personas import make_world
world = make_world()
world.user("qa")
result = world.project.pk
"""
DEGRADE = """
from django.utils import timezone
from inference.services import figures_judge
from pixelhub.accounts.models import Project
from tests.inference.monitored import answered
project = Project.objects.get(slug="alpha")
answered(project, 40, now=timezone.now(), degraded=True, reason="model_slow", latency_ms=12.0)
figures_judge(project=project)
result = True
"""


def test_an_alert_appears_by_itself_and_is_acknowledged(live_hub: HubProcess, browser: Browser) -> None:
    live_hub.python(FILL)
    live_hub.start("--no-worker")
    page, errors = watched_page(browser)
    sign_in(page, live_hub.url, "alpha-qa-1", PASSWORD)
    page.goto(f"{live_hub.url}/inference/monitoring/?window=1h")
    expect(page.get_by_role("heading", name="Nobody asked within this window")).to_be_visible()

    assert live_hub.python(DEGRADE)
    alert = page.locator(".monitor-alert")
    expect(alert).to_contain_text("Degraded answers: 100%")
    plot = page.locator(".chart img").first
    expect(plot).to_be_visible()
    assert plot.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
    assert faults(page, "monitoring") == []

    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    alert.get_by_role("link", name="Acknowledge").click()
    page.get_by_label("What you found, or what you do about it").fill("The model is being restarted.")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("The model is being restarted.")).to_be_visible()
    assert errors == []
