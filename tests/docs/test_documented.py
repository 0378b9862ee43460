"""A command, a setting or an address that is not in the documents fails here."""

import re
from collections.abc import Iterator

import pytest
from django.core.management import get_commands
from django.urls import URLPattern, URLResolver, get_resolver

from tests.paths import PROJECT_ROOT

OWN_APPS = ("pixelhub.", "datasets_app", "annotation", "training_app", "inference", "review")
SETTINGS = PROJECT_ROOT / "pixelhub" / "settings"


def documented(name: str) -> str:
    return (PROJECT_ROOT / "docs" / name).read_text(encoding="utf-8")


def environment_variables() -> set[str]:
    """Every name that the settings read from the environment."""
    read = re.compile(r"""env(?:\.\w+)?\(\s*["']([A-Z][A-Z0-9_]+)["']""")
    return {name for path in SETTINGS.glob("*.py") for name in read.findall(path.read_text(encoding="utf-8"))}


def own_commands() -> list[str]:
    return sorted(name for name, app in get_commands().items() if str(app).startswith(OWN_APPS))


def own_addresses(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        address = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            if entry.app_name != "admin" and "allauth" not in str(entry.urlconf_name):
                yield from own_addresses(entry, address)
        elif isinstance(entry, URLPattern):
            yield "/" + address


def test_every_setting_is_documented() -> None:
    text = documented("settings.md")
    names = environment_variables()
    assert len(names) > 15
    assert sorted(name for name in names if f"`{name}`" not in text) == []


def test_no_setting_is_documented_that_does_not_exist() -> None:
    shown = set(re.findall(r"^\| `([A-Z0-9_]+)`", documented("settings.md"), flags=re.MULTILINE))
    assert sorted(shown - environment_variables() - {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}) == []


@pytest.mark.parametrize("command", own_commands())
def test_every_command_is_documented(command: str) -> None:
    assert f"`{command}`" in documented("commands.md") or f"`manage.py {command}" in documented("commands.md")


def test_every_address_is_documented() -> None:
    text = documented("urls.md")
    missing = sorted({address for address in own_addresses(get_resolver()) if f"`{address}`" not in text})
    assert missing == []


def test_every_make_target_is_in_the_readme() -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", (PROJECT_ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    readme = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    assert [target for target in targets if f"make {target}" not in readme] == []


def test_every_document_is_reachable_from_the_readme() -> None:
    readme = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    pages = [path.relative_to(PROJECT_ROOT).as_posix() for path in (PROJECT_ROOT / "docs").glob("*.md")]
    assert [page for page in pages if page not in readme] == []


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for page in [PROJECT_ROOT / "README.md", *(PROJECT_ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8")):
            if not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert broken == []
