"""What scrolls can be scrolled by keyboard: every template of every app is walked."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.paths import PROJECT_ROOT

TEMPLATES = PROJECT_ROOT / "templates"
VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
#: Classes whose boxes scroll (static/**.css).
SCROLLERS = frozenset({"scroll", "preview", "clause", "job-log"})
LABELS = ("aria-label", "aria-labelledby")


class Walk(HTMLParser):
    """`faults` are the places where somebody without a mouse cannot reach what is out of sight."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.faults: list[str] = []
        self.areas = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        classes = set((given.get("class") or "").split())
        # A <details> or <nav> of such a class holds what takes the focus anyway.
        scrolls = bool(classes & SCROLLERS) and tag == "div"
        if scrolls:
            self.areas += 1
            named = given.get("role") in ("region", "log") and any(given.get(label) for label in LABELS)
            if given.get("tabindex") != "0" or not named:
                self.faults.append(f'line {self.getpos()[0]}: give it tabindex="0" role="region" and an aria-label')
        if tag == "pre" and given.get("tabindex") != "0":
            self.faults.append(f'line {self.getpos()[0]}: give the <pre> tabindex="0"')
        if tag == "table" and "table" in classes and not any(area for _, area in self.open):
            self.faults.append(f'line {self.getpos()[0]}: put the table into a <div class="scroll" …>')
        if tag not in VOID:
            self.open.append((tag, scrolls))

    def handle_endtag(self, tag: str) -> None:
        for place in range(len(self.open) - 1, -1, -1):
            if self.open[place][0] == tag:
                del self.open[place:]
                return


def walked(html: str) -> Walk:
    walk = Walk()
    walk.feed(html)
    return walk


def test_every_area_that_scrolls_is_reached_by_keyboard_and_has_a_name() -> None:
    found = {path: walked(path.read_text(encoding="utf-8")) for path in sorted(TEMPLATES.rglob("*.html"))}
    assert sum(walk.areas for walk in found.values()) > 90
    faults = {str(Path(path).relative_to(TEMPLATES)): walk.faults for path, walk in found.items() if walk.faults}
    assert faults == {}


@pytest.mark.parametrize(
    "html",
    [
        '<div class="scroll"></div>',
        '<div class="card scroll" tabindex="0" role="region"></div>',
        '<div class="scroll" role="region" aria-label="Rows"></div>',
        '<div class="card"><table class="table"></table></div>',
        '<div class="scroll" tabindex="0" role="region" aria-label="x"><br></div><table class="table"></table>',
        "<pre>curl</pre>",
    ],
)
def test_the_walk_sees_what_is_missing(html: str) -> None:
    assert len(walked(html).faults) == 1
