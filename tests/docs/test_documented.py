"""A command, a setting, a metric or an address that is not in the documents fails here; so does one that is gone."""

import re
from collections.abc import Callable, Iterable, Iterator

import pytest
from django.core.management import get_commands
from django.urls import URLPattern, URLResolver, get_resolver

from pixelhub.metrics.catalogue import METRICS, Metric
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


def undocumented(names: Iterable[str], text: str) -> list[str]:
    """Names that stand nowhere in the text as code."""
    return sorted(name for name in names if f"`{name}`" not in text)


def addresses_of_the_hub() -> set[str]:
    return set(own_addresses(get_resolver()))


#: Page -> what it has to name, all of it.
PAGES: dict[str, Callable[[], Iterable[str]]] = {
    "settings.md": environment_variables,
    "commands.md": own_commands,
    "metrics.md": lambda: [metric.name for metric in METRICS],
    "urls.md": addresses_of_the_hub,
}


@pytest.mark.parametrize("page", PAGES)
def test_an_entry_that_is_taken_out_is_missed(page: str) -> None:
    names, text = sorted(PAGES[page]()), documented(page)
    assert len(names) > 15
    for name in (names[0], names[len(names) // 2], names[-1]):
        mentions = (f"`{name}`", f"`manage.py {name}")
        without = "\n".join(line for line in text.splitlines() if not any(one in line for one in mentions))
        assert name in undocumented(names, without)


def test_every_setting_is_documented() -> None:
    assert undocumented(environment_variables(), documented("settings.md")) == []


def test_no_setting_is_documented_that_does_not_exist() -> None:
    shown = set(re.findall(r"^\| `([A-Z0-9_]+)`", documented("settings.md"), flags=re.MULTILINE))
    assert sorted(shown - environment_variables() - {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}) == []


@pytest.mark.parametrize("command", own_commands())
def test_every_command_is_documented(command: str) -> None:
    assert f"`{command}`" in documented("commands.md") or f"`manage.py {command}" in documented("commands.md")


def test_every_address_is_documented() -> None:
    assert undocumented(addresses_of_the_hub(), documented("urls.md")) == []


def test_no_address_is_documented_that_does_not_exist() -> None:
    shown = set(re.findall(r"^\| `(/[^`]*)` \|", documented("urls.md"), flags=re.MULTILINE))
    assert len(shown) > 200
    assert sorted(shown - addresses_of_the_hub()) == []


def test_no_command_is_documented_that_does_not_exist() -> None:
    shown = set(re.findall(r"^\| `([a-z_]+)[ `]", documented("commands.md"), flags=re.MULTILINE))
    assert len(shown) > 40
    assert sorted(shown - set(own_commands())) == []


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


def label_cell(metric: Metric) -> str:
    """A metric's labels with their values, as the page has them."""
    cells = []
    for name, values in metric.labels.items():
        shown = ", ".join(f"`{value}`" for value in sorted(values) if not value.startswith("page_"))
        if name == "status":
            shown = "HTTP status, or `gone`"
        elif name == "route":
            shown += "; `page_…` by app"
        cells.append(f"`{name}` ({shown})")
    return ", ".join([*cells, "`worker`"] if metric.per_worker else cells)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_metric_is_documented_with_its_kind_labels_and_help(metric: Metric) -> None:
    lines = [line for line in documented("metrics.md").splitlines() if line.startswith(f"| `{metric.name}` |")]
    assert lines == [f"| `{metric.name}` | {metric.kind} | {label_cell(metric)} | {metric.help} |"]


def test_no_metric_is_documented_that_does_not_exist() -> None:
    told = re.findall(r"^\| `(pixelhub_[a-z_]+)`", documented("metrics.md"), flags=re.MULTILINE)
    assert sorted(told) == sorted(one.name for one in METRICS)
