"""The upload with its progress bar, its refusals and its stop, in a real browser; and the same form without scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import patient, sign_in, watched_page
from tests.hubprocess import HubProcess
from tests.personas import PASSWORD

PREPARE = """
from tests.personas import make_world
world = make_world()
world.user("data_engineer")
result = None
"""
# Twelve megabytes are under way for two minutes, so that the machine may be slow to look; nothing waits for their end.
SLOW = {"offline": False, "latency": 20, "downloadThroughput": -1, "uploadThroughput": 100_000}


def rows(path: Path, count: int, size: int = 40) -> Path:
    path.write_text("".join(json.dumps({"text": f"row {n} " + "x" * size}) + "\n" for n in range(count)))
    return path


@pytest.mark.browser
@pytest.mark.slow
def test_upload_shows_how_far_it_is_and_ends_at_the_report(live_hub: HubProcess, browser: Any, tmp_path: Path) -> None:
    live_hub.python(PREPARE)
    live_hub.start()
    page, errors = watched_page(browser)
    sign_in(page, live_hub.url, "alpha-data_engineer-1", PASSWORD)
    slow = page.context.new_cdp_session(page)
    slow.send("Network.enable")
    slow.send("Network.emulateNetworkConditions", SLOW)

    page.goto(f"{live_hub.url}/datasets/imports/new/")
    page.select_option("select[name=source]", "synthetic")
    page.set_input_files("input[type=file]", str(rows(tmp_path / "large.jsonl", 60, 200_000)))
    page.click("button:has-text('Import')")
    page.wait_for_selector("text=/[KM]B of 11.. MB .*(s|min) left/")
    assert 0 < page.evaluate("document.querySelector('[data-upload] progress').value") < 1
    expect(page.locator("button[type=submit]:has-text('Import')")).to_be_disabled()
    page.click("button:has-text('Stop the upload')")
    page.wait_for_selector("text=The upload was stopped. Nothing was imported.")
    expect(page.locator("button[type=submit]:has-text('Import')")).to_be_enabled()

    # What is wrong is told without a reload: the chosen file stays chosen.
    page.set_input_files("input[type=file]", str(rows(tmp_path / "small.jsonl", 30)))
    page.select_option("select[name=source]", "real")
    page.click("button:has-text('Import')")
    page.wait_for_selector("text=Say on what basis real people's words are used.")
    assert page.evaluate("document.querySelector('input[type=file]').files[0].name") == "small.jsonl"
    expect(page.locator("input[name=consent_basis]")).to_be_focused()
    page.fill("input[name=consent_basis]", "made up for this test")
    page.click("summary:has-text('Structure rules')")
    page.fill("input[name=min_turns]", "2")
    page.click("button:has-text('Import')")
    page.wait_for_selector("text=30 read = 0 accepted + 0 duplicates + 30 quarantined: it adds up")
    page.wait_for_selector("text=too_few_turns: 30")
    assert [error for error in errors if "422" not in error] == []


@pytest.mark.browser
@pytest.mark.slow
def test_the_form_works_without_scripts(live_hub: HubProcess, browser: Any, tmp_path: Path) -> None:
    live_hub.python(PREPARE)
    live_hub.start()
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = patient(context).new_page()
    sign_in(page, live_hub.url, "alpha-data_engineer-1", PASSWORD)
    page.goto(f"{live_hub.url}/datasets/imports/new/")
    page.select_option("select[name=source]", "synthetic")
    page.set_input_files("input[type=file]", [str(rows(tmp_path / name, 5)) for name in ("a.jsonl", "b.jsonl")])
    page.click("button:has-text('Import')")
    page.wait_for_url("**/datasets/")
    for name in ("a.jsonl", "b.jsonl"):
        expect(page.locator(f"a:has-text('{name}')")).to_have_count(1)
