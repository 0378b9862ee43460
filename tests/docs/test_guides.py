"""Guides say what stands on the pages: pictures, names in bold, links, roles. No browser is needed here."""

from __future__ import annotations

import ast
import html
import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from pixelhub.accounts.roles import Role
from tests.docs.api_reference import PAGE, reference
from tests.docs.api_reference import documents as documents_of_the_api
from tests.paths import PROJECT_ROOT
from tests.screenshots.pictures import CHAPTERS, PICTURES

DOCS = PROJECT_ROOT / "docs"
IMAGES, GUIDES = DOCS / "images", DOCS / "guides"
PACKAGES = ("pixelhub", "datasets_app", "annotation", "training_app", "inference", "review")
MOST_PICTURES, LARGEST_BYTES = 40, 100_000
#: Pictures that no page is behind.
DRAWN = {"house.svg"}
GUIDE_OF = {
    Role.PM: "pm.md",
    Role.DATA_ENGINEER: "data-engineer.md",
    Role.ML_ENGINEER: "ml-engineer.md",
    Role.ANNOTATOR: "annotator.md",
    Role.QA: "qa.md",
    Role.CLINICAL_LEAD: "clinical-lead.md",
    Role.API_CLIENT: "api-client.md",
    Role.ADMINISTRATOR: "administrator.md",
}
DUTIES = {"responder.md", "expert.md"}  # what people of several roles take on
_BOLD = re.compile(r"\*\*(.+?)\*\*", flags=re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:)([^)\s]*)\)")
#: What ends a text on a page: a tag, or something that only the running hub knows.
_APART = re.compile(r"<[^>]*>|\{\{.*?\}\}|\{%.*?%\}", flags=re.DOTALL)
#: Bold sentences of a guide that name nothing: what must not be overlooked.
_WARNS = re.compile(r"[.:]$|^(and|not|with the client)$")


def documents() -> list[Path]:
    return [PROJECT_ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def guides() -> list[Path]:
    return sorted(GUIDES.glob("*.md"))


def shown_pictures() -> set[str]:
    found = set()
    for page in documents():
        for target in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
            found.add((page.parent / target).resolve().relative_to(IMAGES).as_posix())
    return found


def bold_names(text: str) -> list[str]:
    """What is set in bold, each line of a path by itself (`**Cases › Policy**` names two)."""
    names = [" ".join(name.split()) for name in _BOLD.findall(text)]
    return [part.strip() for name in names if not _WARNS.search(name) for part in name.split("›")]


@cache
def words_of_pages() -> frozenset[str]:
    """Every text between tags, every argument of an include, every string of the code: whole, as a reader sees it."""
    found: set[str] = set()
    for page in (PROJECT_ROOT / "templates").rglob("*.html"):
        source = page.read_text(encoding="utf-8")
        found.update(re.findall(r"""\b(?:label|submit|title|text|heading|with_label)="([^"]+)\"""", source))
        # variables, keys and shapes inside of a button are no part of its name
        plain = re.sub(r"<kbd>.*?</kbd>|<!--.*?-->|\{#.*?#\}", " ", source, flags=re.DOTALL)
        found.update(_APART.split(plain))
    for package in PACKAGES:
        for module in (PROJECT_ROOT / package).rglob("*.py"):
            if "migrations" not in module.parts:
                tree = ast.parse(module.read_text(encoding="utf-8"))
                found.update(node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and _is_text(node))
    return frozenset(" ".join(html.unescape(text).split()) for text in found)


def _is_text(node: ast.Constant) -> bool:
    return isinstance(node.value, str) and len(node.value) < 200


def anchors_of(page: Path) -> set[str]:
    """Headings as GitHub names them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    plain = (re.sub(r"\[([^\]]+)\]\([^)]*\)|[`*]", r"\1", heading).lower() for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


def test_every_picture_that_is_shown_is_there_and_taken_by_the_script() -> None:
    taken = {f"{picture.name}.webp" for picture in PICTURES}
    assert len(taken) == len(PICTURES) <= MOST_PICTURES
    shown, lying = shown_pictures(), {path.name for path in IMAGES.iterdir()}
    assert sorted(shown - taken - DRAWN) == [], "shown, and taken by nobody"
    assert sorted(shown - lying) == [], "shown, and not there"
    assert sorted(lying - shown) == [], "there, and shown nowhere"
    assert sorted(taken - shown) == [], "taken, and shown nowhere"


def test_pictures_are_small_and_what_they_say_they_are() -> None:
    for path in IMAGES.glob("*.webp"):
        content = path.read_bytes()
        assert content[:4] == b"RIFF" and content[8:12] == b"WEBP", path.name
        assert len(content) <= LARGEST_BYTES, f"{path.name}: {len(content):,} bytes"


def test_chapters_of_pictures_are_told() -> None:
    assert {picture.chapter for picture in PICTURES} == set(CHAPTERS)


@pytest.mark.parametrize("guide", guides(), ids=lambda path: path.stem)
def test_what_a_guide_sets_in_bold_stands_on_a_page(guide: Path) -> None:
    names = bold_names(guide.read_text(encoding="utf-8"))
    assert names
    assert [name for name in names if name not in words_of_pages()] == []


def test_a_name_that_is_nowhere_would_be_found() -> None:
    assert bold_names("Press **Give the role**, then **Cases › Policy**. **It calls nobody.**") == [
        "Give the role",
        "Cases",
        "Policy",
    ]
    assert "Give the role" in words_of_pages()
    assert "Give the rule" not in words_of_pages()


def test_each_role_and_duty_has_a_guide_that_roles_and_readme_lead_to() -> None:
    assert set(GUIDE_OF) == set(Role)
    assert {path.name for path in guides()} == {*GUIDE_OF.values(), *DUTIES}
    roles, readme = (DOCS / "roles.md").read_text("utf-8"), (PROJECT_ROOT / "README.md").read_text("utf-8")
    for path in guides():
        assert f"(guides/{path.name})" in roles
        assert f"(docs/guides/{path.name})" in readme


def test_links_with_an_anchor_lead_to_a_heading() -> None:
    broken = []
    for page in documents():
        for link in _LINK.findall(page.read_text(encoding="utf-8")):
            target, _, anchor = link.partition("#")
            lies = (page.parent / target).resolve() if target else page
            if anchor and lies.suffix == ".md" and lies.exists() and anchor not in anchors_of(lies):
                broken.append(f"{page.relative_to(PROJECT_ROOT)}: {link}")
    assert broken == []


def test_every_alert_guards_an_objective() -> None:
    rules = yaml.safe_load((PROJECT_ROOT / "deploy/monitoring/pixelhub.rules.yml").read_text(encoding="utf-8"))
    alerts = {rule["alert"] for group in rules["groups"] for rule in group["rules"] if "alert" in rule}
    levels = (DOCS / "service-levels.md").read_text(encoding="utf-8")
    table = levels.partition("## Which alert guards what")[2].partition("\n## ")[0]
    named = re.findall(r"`([A-Z]\w+)`", table)
    assert len(alerts) > 20
    assert sorted(named) == sorted(alerts)


def test_the_reference_of_the_api_is_what_the_documents_say() -> None:
    found = documents_of_the_api()
    page = PAGE.read_text(encoding="utf-8")
    assert page == reference(found), "make reference"
    operations = [(method, path) for one in found for path, methods in one["paths"].items() for method in methods]
    assert len(operations) > 12
    assert all(f"\n### {method.upper()} {path}\n" in page for method, path in operations)
