"""The inventory: everything in the store is counted once, in a family, in another part, or without a route."""

import json
import os
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from datasets_app.corpus.taxonomy import FAMILIES
from datasets_app.management.progressline import progress_line
from datasets_app.models import InventoryEntry
from datasets_app.services import inventory as inventory_services
from datasets_app.services.inventory import inventory_start
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.models import Job
from pixelhub.objects import ObjectStat, ObjectStoreError, get_store
from tests.personas import World
from tests.storage.making import fill, lines, manifest, results, run

pytestmark = pytest.mark.django_db


def entry(name: str) -> InventoryEntry:
    return InventoryEntry.objects.get(family=name)


def refresh() -> dict[str, Any]:
    return results(run(inventory_start(project=None, actor=None)))


@pytest.fixture(params=["local", "s3"])
def any_store(request: pytest.FixtureRequest, settings: Any) -> None:
    if request.param == "s3":
        settings.OBJECT_STORE_URL = request.getfixturevalue("s3_url")


def test_every_object_is_counted_somewhere(any_store: None) -> None:
    fill(get_store())
    report = refresh()
    sizes = [stat.size for stat in get_store().list()]
    assert (report["objects"], report["bytes"]) == (len(sizes), sum(sizes))
    rows = InventoryEntry.objects.all()
    assert sum(row.objects_count for row in rows) == len(sizes)
    assert sum(row.bytes_total for row in rows) == sum(sizes)
    assert {row.family for row in rows if row.kind == "family"} == set(FAMILIES)
    cptsd = entry("cptsd")
    assert (cptsd.status, cptsd.objects_count, cptsd.records_count) == ("present", 3, 12)
    assert cptsd.newest is not None and cptsd.refreshed_at is not None
    assert (entry("voice_persona").records_count, entry("sarcasm").status, entry("sarcasm").records_count) == (
        2,
        "missing",
        0,
    )
    assert entry("professional_therapeutic").records_count is None, "a PDF's records are not known"
    assert (report["missing"], report["incomplete"], report["present"]) == (10, 1, 3)


def test_what_is_half_there_is_incomplete_and_says_why() -> None:
    fill(get_store())
    refresh()
    addiction = entry("addiction")
    assert addiction.status == "incomplete"
    assert sorted(addiction.detail["problems"]) == [
        "gdrive/processed/addiction/empty.jsonl is empty",
        "gdrive/processed/addiction/half.jsonl.partial is the rest of a copy that broke off",
    ]


def test_what_has_no_route_is_listed_by_name() -> None:
    fill(get_store())
    report = refresh()
    unrouted = entry("unrouted")
    assert (report["unrouted"], unrouted.kind) == (2, "unrouted")
    assert [item["key"] for item in unrouted.detail["examples"]] == ["gdrive/raw/unsorted.zip", "stray.txt"]


def test_a_manifest_counts_and_what_it_misses_is_named() -> None:
    store = get_store()
    store.put("gdrive/processed/sarcasm/one/rows.json", b"[1,2]")
    store.put("gdrive/processed/sarcasm/one/manifest.json", manifest(2, {"rows.json": 5}))
    store.put("gdrive/processed/sarcasm/two/manifest.json", manifest(40, {}))
    refresh()
    assert (entry("sarcasm").status, entry("sarcasm").records_count) == ("present", 42)
    store.put("gdrive/processed/sarcasm/two/manifest.json", manifest(40, {"gone.json": 7}))
    store.put("gdrive/processed/sarcasm/one/rows.json", b"[1,2,3]")
    refresh()
    assert entry("sarcasm").detail["problems"] == [
        "gdrive/processed/sarcasm/one/rows.json has another size than in the manifest",
        "gdrive/processed/sarcasm/two/gone.json is in the manifest and not in the store",
    ]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"counts": 3}', b'{"counts": {"total": -1}}', b"\xff",
                                     b'{"files": [1, {"path": 2}], "records": true}'])  # fmt: skip
def test_a_strange_manifest_breaks_nothing_and_counts_nothing(content: bytes) -> None:
    get_store().put("gdrive/processed/sarcasm/manifest.json", content)
    get_store().put("gdrive/processed/sarcasm/x.jsonl", lines(3))
    refresh()
    assert entry("sarcasm").records_count == 3


def test_damaged_and_large_files_are_not_counted_as_if_they_were_read(settings: Any) -> None:
    store = get_store()
    store.put("gdrive/processed/sarcasm/x.jsonl.gz", b"no gzip at all")
    store.put("gdrive/processed/cptsd/x.jsonl", lines(500))
    settings.INVENTORY_COUNT_BYTES = 1000
    refresh()
    assert entry("sarcasm").status == "incomplete"
    assert entry("cptsd").records_count is None and entry("cptsd").status == "present"


@pytest.mark.parametrize(
    "name", [b"bad\xff.jsonl", b"new\nline.jsonl", b"back\\slash.jsonl", "\u202eltr.jsonl".encode()]
)
def test_a_name_that_no_page_can_show_is_counted_and_told_without_it(world: World, name: bytes) -> None:
    get_store().put("gdrive/processed/sarcasm/fine.jsonl", lines(2))
    for folder in ("gdrive/processed/sarcasm", "elsewhere"):
        place = get_store().root / folder  # type: ignore[attr-defined]
        place.mkdir(parents=True, exist_ok=True)
        (place / os.fsdecode(name)).write_bytes(b"x")
    refresh()
    assert (entry("sarcasm").objects_count, entry("sarcasm").status) == (2, "incomplete")
    [problem] = entry("sarcasm").detail["problems"]
    assert problem.endswith("has a name under which it cannot be read") and problem.isprintable()
    assert entry("unrouted").objects_count == 1
    page = world.client("data_engineer").get(reverse("datasets:inventory"))
    assert page.status_code == 200 and entry("unrouted").detail["examples"][0]["key"] in page.content.decode()


def test_an_expectation_of_the_routing_table_is_held(settings: Any, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        "\n".join(
            f'[[family]]\nname = "{name}"\nstage = 2\npaths = ["{name}/"]\nexpected_objects = 2' for name in FAMILIES
        )
    )
    settings.ROUTING_FILE = str(own)
    get_store().put("cptsd/x.jsonl", lines(1))
    refresh()
    assert (entry("cptsd").status, entry("cptsd").detail["problems"]) == ("incomplete", ["1 of 2 expected objects"])
    assert entry("sarcasm").status == "missing"


class Backlog:
    """A store's listing as long as the real one, without its bytes."""

    def sweep(self) -> int:
        raise ObjectStoreError("may not be looked at")

    def list(self, prefix: str = "") -> Iterator[ObjectStat]:
        for number in range(19_330):
            folder = FAMILIES[number % 14] if number % 100 else "somewhere-else"
            size, made = 2_700_000, datetime(2026, 1, 1, tzinfo=UTC)
            yield ObjectStat(f"gdrive/processed/{folder}/part-{number:06}.jsonl", size, None, "e", made)


def test_nineteen_thousand_objects_take_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory_services, "get_store", Backlog)
    refresh()
    tracemalloc.start()
    report = refresh()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (report["objects"], report["bytes"], report["unrouted"]) == (19_330, 52_191_000_000, 194)
    assert len(entry("unrouted").detail["examples"]) == 194
    assert peak < 6_000_000, peak


def test_a_store_that_cannot_be_listed_leaves_the_last_inventory(settings: Any) -> None:
    fill(get_store())
    refresh()
    settings.ROUTING_FILE = "/no/such/file.toml"
    job = run(inventory_start(project=None, actor=None))
    assert job.state == "failed" and "cannot be read" in job.error
    assert entry("cptsd").objects_count == 3


def test_a_refresh_sweeps_what_killed_writers_left() -> None:
    fill(get_store())
    drafts = Path(get_store().root / ".drafts")  # type: ignore[attr-defined]
    (drafts / "old").write_bytes(b"half")
    os.utime(drafts / "old", (1, 1))
    assert refresh()["swept"] == 1 and list(drafts.iterdir()) == []


def test_two_refreshes_at_once_are_one(world: World) -> None:
    client = world.client("data_engineer")
    for _ in range(2):
        assert client.post(reverse("datasets:inventory_refresh")).status_code == 302
    [job] = Job.objects.filter(kind="inventory.refresh")
    assert (job.project, job.owner) == (world.project, world.user("data_engineer"))
    run(job)
    assert AuditEvent.objects.filter(action="inventory.refresh").count() == 1
    client.post(reverse("datasets:inventory_refresh"))
    assert Job.objects.filter(kind="inventory.refresh").count() == 2


def test_the_page_shows_families_and_hides_keys_from_those_who_only_look(world: World) -> None:
    url = reverse("datasets:inventory")
    assert "Nobody has listed it yet" in world.client("pm").get(url).content.decode()
    fill(get_store())
    refresh()
    engineer = world.client("data_engineer").get(url).content.decode()
    looker = world.client("pm").get(url).content.decode()
    for family in FAMILIES:
        assert family in engineer and family in looker
    assert "gdrive/raw/unsorted.zip" in engineer and "half.jsonl.partial" in engineer
    assert "gdrive/raw/unsorted.zip" not in looker and "half.jsonl.partial" not in looker
    assert "Refresh" in engineer and reverse("datasets:inventory_refresh") not in looker
    assert world.client("pm").post(reverse("datasets:inventory_refresh")).status_code == 403
    assert world.client("annotator").get(url).status_code == 403


def test_another_projects_refresh_shows_no_job_of_theirs(world: World) -> None:
    inventory_start(project=world.other_project, actor=world.outsider("data_engineer"))
    page = world.client("data_engineer").get(reverse("datasets:inventory")).content.decode()
    assert "Being listed" in page and "/jobs/" not in page.split('id="inventory"')[1]


def test_a_command_shows_done_total_rate_time_left_and_note() -> None:
    job = inventory_start(project=None, actor=None)
    job.done, job.total, job.unit, job.rate, job.note = 1500, 4500, "objects", 300.0, "gdrive/processed"
    job.state, job.updated_at = "running", timezone.now()
    assert progress_line(job) == "1,500 of 4,500 objects 300/s, 10 s left gdrive/processed"
    job.total = job.rate = None
    assert progress_line(job) == "1,500 objects gdrive/processed"


def test_the_command_prints_one_json_and_ends_with_1_where_something_is_incomplete(capsys: Any) -> None:
    get_store().put("voice/x.jsonl", lines(2))
    call_command("refresh_inventory", json=True)
    report = json.loads(capsys.readouterr().out)
    assert report["total"]["present"] == 1
    assert next(part for part in report["parts"] if part["name"] == "voice_persona")["records"] == 2
    fill(get_store())
    with pytest.raises(SystemExit) as ended:
        call_command("refresh_inventory")
    shown = capsys.readouterr().out
    assert ended.value.code == 1 and "stray.txt" in shown and "empty.jsonl is empty" in shown
