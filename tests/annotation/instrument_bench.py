"""A running hub with rounds to label, and an annotator's page on one of them: for the instrument's browser tests."""

import json
import os
import re
import signal
from typing import Any

import psutil
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import patient, sign_in
from tests.hubprocess import HubProcess
from tests.personas import PASSWORD

ACTS = "from tests.annotation import browser_acts as acts\n"
CURRENT = "[data-stage] .dialogue:not([hidden])"

LABELS = """
    SELECT record.external_id, label.crisis_type, label.severity, label.confidence, label.revision, label.note,
      label.spans, label.secondary_types, label.uncertain, label.about_someone_else, label.edge_case_kind
    FROM annotation_annotation label
    JOIN annotation_rounditem item ON item.id = label.item_id
    JOIN datasets_app_record record ON record.id = item.record_id
    WHERE item.round_id = ? ORDER BY label.id
"""


class LabellingHub:
    """The hub, who works in it, and rounds that nobody has touched."""

    def __init__(self, hub: HubProcess) -> None:
        self.hub = hub
        made = hub.python(f"{ACTS}result = acts.prepare_rounds()")
        self.people: dict[str, str] = made["people"]
        self.rounds: dict[str, int] = made["rounds"]
        hub.start("--no-worker")
        self._signed_in: dict[str, Any] = {}

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Straight from the database file: what is stored, without the hub's word for it."""
        return self.hub.rows(query, *values)

    def kill_web(self) -> None:
        """kill -9 of the web process; the hub starts another."""
        children = psutil.Process(self.hub.pid).children()
        (web,) = [child for child in children if "pixelhub.ops.web" in child.cmdline()]
        os.kill(web.pid, signal.SIGKILL)
        web.wait(timeout=60)

    def context(self, browser: Browser, role: str = "annotator", **more: Any) -> BrowserContext:
        """A browser profile of its own with that person signed in; the sign-in page is passed once per person."""
        if role not in self._signed_in:
            context = patient(browser.new_context())
            sign_in(context.new_page(), self.hub.url, self.people[role], PASSWORD)
            self._signed_in[role] = context.storage_state()
            context.close()
        values = {"viewport": {"width": 1280, "height": 720}, "storage_state": self._signed_in[role], **more}
        return patient(browser.new_context(**values))

    def bench(self, browser: Browser, name: str, **more: Any) -> "Bench":
        """An annotator's page on the round of that name, ready and readable."""
        bench = Bench(self, self.context(browser, **more).new_page(), self.rounds[name])
        bench.open()
        bench.press("b")
        return bench


class Bench:
    """One page on one round."""

    def __init__(self, hub: LabellingHub, page: Page, round: int) -> None:
        self.hub, self.page, self.round = hub, page, round
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def another_tab(self) -> "Bench":
        """The same person, profile and round in another tab."""
        return Bench(self.hub, self.page.context.new_page(), self.round)

    def open(self) -> None:
        self.page.goto(f"{self.hub.hub.url}/annotation/rounds/{self.round}/label/")
        expect(self.page.locator("[data-instrument]")).to_have_attribute("data-ready", "yes")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def label(self, *keys: str) -> str:
        """Label what is on screen with these keys and Enter; which conversation it was. The next one must be there."""
        labelled = self.conversation()
        number = self.number()
        self.press(*keys, "Enter")
        expect(self.page.locator("[data-where]")).not_to_have_text(number)
        return labelled

    def number(self) -> str:
        return self.page.locator("[data-where]").inner_text()

    def conversation(self) -> str:
        """Which made conversation is on screen, by its text: "made-3"."""
        found = re.search(r"conversation (\d+)", self.page.locator(CURRENT).text_content() or "")
        assert found is not None
        return f"made-{found[1]}"

    def says(self, text: str) -> None:
        expect(self.page.locator("[data-hint]")).to_contain_text(text)

    def status(self, text: str) -> None:
        expect(self.page.locator("[data-status]")).to_contain_text(text)

    def labels(self) -> dict[str, tuple[str, int | None]]:
        """What is stored, by conversation; a conversation labelled twice by this person fails."""
        rows = self.hub.rows(LABELS, self.round)
        found = {row[0]: (row[1], row[2]) for row in rows}
        assert len(found) == len(rows)
        return found

    def spans(self) -> list[list[dict[str, int]]]:
        """The evidence of every stored label."""
        return [json.loads(row[6]) for row in self.hub.rows(LABELS, self.round)]

    def stored(self, conversation: str) -> dict[str, Any]:
        names = "conversation crisis_type severity confidence revision note spans secondary_types uncertain"
        names += " about_someone_else edge_case_kind"
        (row,) = [row for row in self.hub.rows(LABELS, self.round) if row[0] == conversation]
        return dict(zip(names.split(), row, strict=True))
