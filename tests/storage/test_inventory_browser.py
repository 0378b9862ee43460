"""The inventory in a real browser: listed and synced before one's eyes."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import sign_in, watched_page
from tests.hubprocess import HubProcess
from tests.migrated import copy_sqlite
from tests.personas import PASSWORD

PREPARE = """
from tests.personas import make_world
from tests.storage.making import fill
from pixelhub.objects import get_store
world = make_world()
world.user("data_engineer")
fill(get_store())
result = None
"""


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.usefixtures("rclone")
def test_refresh_and_sync_finish_before_ones_eyes(browser: Any, tmp_path: Path) -> None:
    (tmp_path / "drive" / "sarcasm").mkdir(parents=True)
    (tmp_path / "drive" / "sarcasm" / "wit.jsonl").write_bytes(b'{"n": 1}\n' * 7)
    sources = {"The old drive": {"source": str(tmp_path / "drive"), "target": "gdrive/processed/"}}
    with HubProcess(tmp_path, SYNC_SOURCES=json.dumps(sources)) as hub:
        copy_sqlite(hub.database)
        hub.python(PREPARE)
        hub.start()
        page, errors = watched_page(browser)
        sign_in(page, hub.url, "alpha-data_engineer-1", PASSWORD)
        page.goto(f"{hub.url}/datasets/inventory/")
        page.get_by_role("button", name="Refresh").press("Enter")
        page.wait_for_selector("tr:has(th:has-text('cptsd')) >> text=Present")
        expect(page.locator("tr", has_text="addiction").locator("text=Incomplete")).to_have_count(1)
        page.locator("summary", has_text="Objects without a route").click()
        expect(page.locator("code", has_text="stray.txt")).to_be_visible()
        # What was opened stays open when the page refreshes itself, and what was typed stays typed.
        page.locator("#sync-bandwidth").fill("5M")
        page.locator("#inventory").evaluate("inventory => { inventory.dataset.before = 'yes'; }")
        page.locator("#inventory").dispatch_event("live")
        expect(page.locator("[data-before]")).to_have_count(0)
        expect(page.locator("code", has_text="stray.txt")).to_be_visible()
        expect(page.locator("#sync-bandwidth")).to_have_value("5M")
        page.get_by_role("button", name="Sync", exact=True).click()
        page.wait_for_selector("text=Landed, hashes equal")
        page.wait_for_selector(".page-head .badge:has-text('Done')")
        page.goto(f"{hub.url}/datasets/inventory/")
        page.set_viewport_size({"width": 390, "height": 800})
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0 and errors == []
