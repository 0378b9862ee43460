"""From an upload to a published release, in a real browser, without a reload by the person."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import sign_in, watched_page
from tests.hubprocess import HubProcess
from tests.personas import PASSWORD

PREPARE = """
from tests.personas import make_world
from tests.datasets.making import synthetic, published
world = make_world()
world.user("data_engineer")
synthetic(world.project, 120)
published(world.project)
result = None
"""


@pytest.mark.browser
def test_upload_and_release_finish_before_ones_eyes(live_hub: HubProcess, browser: Any, tmp_path: Path) -> None:
    live_hub.python(PREPARE)
    live_hub.start()
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps({"text": f"row {n}"}) + "\n" for n in range(3000)) + '{"bad": 1}\n')
    page, errors = watched_page(browser)
    sign_in(page, live_hub.url, "alpha-data_engineer-1", PASSWORD)
    page.goto(f"{live_hub.url}/datasets/imports/new/")
    page.set_input_files("input[type=file]", str(file))
    page.select_option("select[name=source]", "synthetic")
    page.click("button:has-text('Import')")
    page.wait_for_selector("text=3,001 read = 3,000 accepted + 0 duplicates + 1 quarantined: it adds up")
    page.wait_for_selector("h2:has-text('Quarantined rows')")
    page.wait_for_selector(".page-head .badge:has-text('Done')")
    page.goto(f"{live_hub.url}/datasets/releases/new/")
    page.fill("input[name=version]", "1.0.0")
    page.click("button:has-text('Compile')")
    page.wait_for_selector("a:has-text('Download manifest')")
    page.wait_for_selector(".page-head .badge:has-text('Published')")
    expect(page.get_by_text("Records by type and split", exact=True)).to_be_visible()
    assert errors == []
