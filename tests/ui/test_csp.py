"""Nothing inline: the content security policy allows no inline script, style or handler."""

import re
from pathlib import Path

import pytest

from tests.paths import PROJECT_ROOT

TEMPLATES = sorted(Path(PROJECT_ROOT, "templates").rglob("*.html"))
INLINE = {
    "an inline style": re.compile(r"<[a-z][^>]*\sstyle="),
    "a handler attribute": re.compile(r"<[a-z][^>]*\son[a-z]+="),
    "a style element": re.compile(r"<style"),
    "an inline script": re.compile(r"<script(?![^>]*(\bsrc=|application/json))"),
    "evaluated htmx": re.compile(r"hx-on|hx-vals=[\"']js:"),
    "another site": re.compile(r"(src|href)=\"https?://"),
}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(PROJECT_ROOT)))
def test_templates_have_nothing_inline(template: Path) -> None:
    source = template.read_text(encoding="utf-8")
    assert [name for name, pattern in INLINE.items() if pattern.search(source)] == []
