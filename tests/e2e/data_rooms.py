"""Dana's rooms on the path: a file with a progress bar, identifiers by keys, a release from all sides."""

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from datasets_app.corpus.synthesis import generate
from review.demo.conversations import SEED
from tests.e2e.walking import Walk

# Made up: a person who could be found, and somebody whom the rules only take for one.
NEIGHBOUR = "My neighbour Marta Holt has my spare key, you can write to her at marta.holt@example.org."
CAPTAIN = "Last night I read that novel again, the captain is called Edgar Poole and he gets home in the end."
# Long enough for a bar that moves, on a line so slow that it is seen whenever somebody looks; then it gets better.
LONG_ROW = json.dumps({"messages": 5, "filler": "x" * 3_000_000})
SLOW_LINE = {"offline": False, "latency": 20, "downloadThroughput": -1, "uploadThroughput": 50_000}
FULL_LINE = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
# Waits for the picture itself; an expression would need the eval that our policy forbids.
LOADED = "async image => { await image.decode(); return image.naturalWidth; }"


def told_again(demo_conversations: int) -> dict[str, Any]:
    """A conversation of the demo with one sentence more."""
    told = next(c for c in generate(demo_conversations, SEED) if len(c["conversation"]) == 7)
    more = {"role": "user", "content": "I told you the same yesterday."}
    return {**told, "id": "told-again", "conversation": [*told["conversation"], more]}


def bring_in(walk: Walk, conversations: list[dict[str, Any]], folder: Path) -> int:
    """Upload conversations as real people's words, two with made-up identifiers, one copy and one bad row."""
    spoken = [list(conversation["conversation"]) for conversation in conversations]
    for messages, words in zip(spoken, (NEIGHBOUR, CAPTAIN), strict=False):
        messages.append({"role": "user", "content": words})
    authors = [conversation["id"] for conversation in conversations]
    lines = [json.dumps({"messages": m, "author": author}) for m, author in zip(spoken, authors, strict=True)]
    file = folder / "field.jsonl"
    file.write_text("\n".join([*lines, lines[0], LONG_ROW]) + "\n")

    page = walk.go("dana", "/datasets/imports/new/")
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW_LINE)
    page.set_input_files("input[name=file]", file)
    page.select_option("select[name=source]", "real")
    page.select_option("select[name=family]", "edge_case_generator")
    page.fill("input[name=licence]", "CC BY 4.0")
    page.fill("input[name=consent_basis]", "Made up for the demo")
    page.get_by_role("button", name="Import").click()
    expect(page.locator("[data-upload] progress")).to_be_visible()
    page.wait_for_selector("text=/[KM]B of 2.9 MB .*left/")
    walk.shot("dana", "upload", height=1150)
    line.send("Network.emulateNetworkConditions", FULL_LINE)
    page.wait_for_url(re.compile(r"/datasets/imports/\d+/$"))
    walk.job_done("dataset.import", at_least=4)
    count = len(conversations)
    expect(page.locator("main")).to_contain_text(
        f"{count + 2} read = {count} accepted + 1 duplicate + 1 quarantined: it adds up"
    )
    expect(page.locator("#import-identifiers")).to_contain_text(f"Usable{count - 2} to label and release")
    walk.shot("dana", "import")
    return int(page.url.rstrip("/").rpartition("/")[2])


def review_identifiers(walk: Walk, batch: int) -> None:
    """Two conversations by keys alone: a person's name and address go, a captain in a novel stays."""
    page = walk.go("dana", "/datasets/identifiers/")
    page.get_by_role("link", name="Review 2 conversations").click()
    marks = page.locator("[data-stage] .dialogue:not([hidden]) mark")
    expect(marks.first).to_have_text("Marta Holt")
    page.keyboard.press("b")
    page.keyboard.press("a")
    walk.shot("dana", "identifiers")
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    expect(marks.first).to_have_text("Edgar Poole")
    page.keyboard.press("r")
    page.keyboard.press("Enter")
    expect(page.locator("[data-empty]")).to_contain_text("Nothing waits for you")
    page.goto(f"{walk.hub.url}/datasets/identifiers/")  # leaving the page sends what could still be called back
    expect(page.locator("#pii-queue")).to_contain_text("2 of 2 reviewed")
    last_words = walk.hub.python(
        "from datasets_app.models import Record\n"
        f"records = Record.objects.filter(import_batch={batch}, pii_state='reviewed').order_by('pk')\n"
        "result = [record.messages[-1]['content'] for record in records]"
    )
    assert last_words == [
        NEIGHBOUR.replace("Marta Holt", "[NAME_1]").replace("marta.holt@example.org", "[EMAIL_1]"),
        CAPTAIN,
    ]


def look_at_release(walk: Walk, version: str) -> None:
    """The release's gates, plots and figures on identifiers; its quality; what it has that the first one had not."""
    page = walk.go("dana", "/datasets/releases/")
    page.get_by_role("link", name=version).first.click()
    page.wait_for_selector("h2:has-text('Gates')")
    pictures = page.locator(".plot img")
    assert pictures.count() == 3
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        assert picture.evaluate(LOADED) > 100
    identifiers = page.locator("table.gates tr", has=page.locator("th:has-text('PII')"))
    expect(identifiers).to_contain_text("pass")
    expect(identifiers).to_contain_text("reviewed 2")
    expect(identifiers).to_contain_text("unsettled 0")
    page.evaluate("window.scrollTo(0, 0)")
    walk.shot("dana", "release")
    page.locator("h2:has-text('Plots')").scroll_into_view_if_needed()
    page.evaluate("document.querySelector('.plots').closest('section').scrollIntoView()")
    walk.shot("dana", "release-gates", height=1100)

    page.click("nav.tabs a:has-text('Compare')")
    page.wait_for_url("**/compare/")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("main")).to_contain_text("Counts that differ")  # without a reload: live
    walk.shot("dana", "compare")


def look_for_copies(walk: Walk) -> None:
    """A search for near-duplicates that changes nothing; its one pair is decided by a key."""
    page = walk.go("dana", "/datasets/duplicates/")
    page.get_by_role("button", name="Search for duplicates").click()
    page.wait_for_selector("[data-pair]")
    assert page.locator("[data-pair]").count() == 1
    walk.shot("dana", "duplicates", height=1100)
    page.keyboard.press("j")
    page.keyboard.press("b")
    page.wait_for_selector("[data-pair] >> nth=0 >> text=both stay")


def look_at_the_store(walk: Walk) -> None:
    """What lies in the object store, listed while one looks."""
    walk.hub.python(
        "from pixelhub.objects import get_store\nfrom tests.storage.making import fill\n"
        "fill(get_store())\nresult = True"
    )
    page = walk.go("dana", "/datasets/inventory/")
    page.get_by_role("button", name="Refresh").click()
    page.wait_for_selector("tr:has(th:has-text('cptsd')) >> text=Present")
    walk.shot("dana", "inventory", height=900)
