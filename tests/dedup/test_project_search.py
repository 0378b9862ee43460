"""Searching a project's records: what is found, what is left alone, and what a repeated search says."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from datasets_app.models import DuplicatePair, Record
from datasets_app.services import snapshot_publish
from datasets_app.services.duplicate_acts import pairs_decide
from datasets_app.services.duplicates import duplicates_search
from datasets_app.services.errors import DuplicatesRefused
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.runner import run_inline
from pixelhub.jobs.services import job_cancel
from tests.datasets.making import label_of
from tests.dedup.making import LONG, make_records, searched
from tests.personas import World

pytestmark = pytest.mark.django_db
SUNDAY = "my brother left us on a Sunday in March while it rained and rained before the"


def test_alike_records_are_a_pair_and_nothing_is_changed(world: World) -> None:
    first, second, _ = make_records(world.project, LONG, LONG + " today", "my brother left us")
    make_records(world.other_project, LONG)
    search = searched(world.project)
    pair = search.pairs.get()
    assert {pair.kept_id, pair.copy_id} == {first.pk, second.pk}
    assert (pair.kind, pair.decision) == ("near", "open")
    assert pair.similarity > 0.9
    assert search.counts["records"] == 3
    assert search.counts["near"] == 1
    assert search.counts["share"] == pytest.approx(1 / 3, abs=1e-6)
    assert search.counts["meets_corpus_target"] is False
    assert set(Record.objects.values_list("state", flat=True)) == {"active"}


def test_the_higher_stage_stays_then_the_labelled_one(world: World) -> None:
    [low] = make_records(world.project, LONG, stage=1)
    [high] = make_records(world.project, LONG + " today", stage=3)
    other = "the letter came on Monday and nobody in the house wanted to open it before the evening"
    plain, labelled = make_records(world.project, other, other + " meal", stage=2)
    snapshot_publish(
        project=world.project,
        name="round",
        labels=[label_of(labelled)],
        origin={},
        simulated=True,
        actor=world.user("qa"),
    )
    pairs = {(pair.kept_id, pair.copy_id) for pair in searched(world.project).pairs.all()}
    assert pairs == {(high.pk, low.pk), (labelled.pk, plain.pk)}


def test_other_words_under_one_record_hash_are_reported(world: World) -> None:
    make_records(world.project, "my brother left us", "the exam went wrong", external_id="same-name")
    search = searched(world.project)
    pair = search.pairs.get()
    assert (pair.kind, pair.similarity) == ("record_hash", 0.0)
    assert (search.counts["near"], search.counts["record_hash"]) == (0, 1)


def test_edge_cases_are_counted_apart(world: World) -> None:
    make_records(world.project, LONG, stage=2)
    make_records(world.project, LONG + " today", is_edge_case=True)
    search = searched(world.project)
    assert (search.counts["near"], search.counts["protected"]) == (0, 1)
    assert search.counts["meets_release_target"] is True


def test_withdrawn_records_are_not_searched(world: World) -> None:
    make_records(world.project, LONG)
    make_records(world.project, LONG + " today", state=Record.State.WITHDRAWN)
    assert searched(world.project).counts["records"] == 1


def test_a_second_search_says_what_changed(world: World) -> None:
    make_records(world.project, LONG, LONG + " today")
    first = searched(world.project)
    pairs_decide(search=first, pair_ids=[first.pairs.get().pk], decision="withdraw", actor=world.user("data_engineer"))
    make_records(world.project, f"{SUNDAY} first snow was gone")
    make_records(world.project, f"{SUNDAY} last snow was gone away")
    second = searched(world.project, threshold=0.5)
    assert {name: second.counts[name] for name in ("previous", "new", "gone", "gone_withdrawn")} == {
        "previous": first.pk,
        "new": 1,
        "gone": 1,
        "gone_withdrawn": 1,
    }
    third = searched(world.project, threshold=0.5)
    assert (third.counts["new"], third.counts["gone"]) == (0, 0)
    page = world.client("data_engineer").get(reverse("datasets:duplicate_search", args=[second.pk]), {"view": "new"})
    assert [shown.pair.search_id for shown in page.context["pairs"]] == [second.pk]


def test_nobody_is_asked_twice(world: World) -> None:
    make_records(world.project, LONG, LONG + " today")
    first, actor = searched(world.project), world.user("data_engineer")
    pairs_decide(search=first, pair_ids=[first.pairs.get().pk], decision="keep", actor=actor)
    again = searched(world.project)
    pair = again.pairs.get()
    assert (pair.decision, pair.decided_by) == ("keep", actor)
    assert again.counts["decided_before"] == 1


def test_a_search_that_ran_half_starts_over(world: World) -> None:
    """A killed worker's pairs are dropped by the next attempt."""
    first, second = make_records(world.project, LONG, "my brother left us")
    search = duplicates_search(project=world.project, actor=None)
    DuplicatePair.objects.create(search=search, kept=first, copy=second, kind="near", similarity=0.9)
    run_inline(search.job)
    assert search.pairs.count() == 0


def test_one_search_at_a_time(world: World) -> None:
    search = duplicates_search(project=world.project, actor=None)
    with pytest.raises(DuplicatesRefused, match="running already"):
        duplicates_search(project=world.project, actor=None)
    duplicates_search(project=world.other_project, actor=None)
    job_cancel(job=search.job, actor=None)
    duplicates_search(project=world.project, actor=None)


@pytest.mark.parametrize("threshold", [0.4, 1.01, float("nan")])
def test_a_threshold_out_of_range_is_refused(world: World, threshold: float) -> None:
    with pytest.raises(DuplicatesRefused, match="between"):
        duplicates_search(project=world.project, actor=None, threshold=threshold)


def test_many_records_take_few_queries(world: World, django_assert_max_num_queries: object) -> None:
    make_records(world.project, *(f"{LONG} {n}" for n in range(40)))
    search = duplicates_search(project=world.project, actor=None)
    with django_assert_max_num_queries(70):  # type: ignore[operator]
        run_inline(search.job)
    assert search.pairs.count() == 39


def test_an_empty_project(world: World) -> None:
    search = searched(world.project)
    assert (search.counts["records"], search.counts["share"]) == (0, 0.0)


def test_the_search_leaves_its_traces_without_words(world: World) -> None:
    make_records(world.project, LONG, LONG + " today")
    search = searched(world.project, world.user("data_engineer"))
    actions = set(
        AuditEvent.objects.filter(target_type="datasets_app.DuplicateSearch").values_list("action", flat=True)
    )
    assert actions == {"duplicates.search", "duplicates.found"}
    assert not any("winter" in event.payload_json for event in AuditEvent.objects.all())
    assert "winter" not in json.dumps(search.counts) + json.dumps(search.job.params)


def test_the_command_reports_and_acts(world: World) -> None:
    make_records(world.project, LONG, LONG + " today")
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("find_duplicates", "--project", "alpha", "--json", stdout=out)
    report = json.loads(out.getvalue())
    assert ended.value.code == 1
    assert (report["dry_run"], report["near"], report["withdrawn"]) == (True, 1, 0)
    out = StringIO()
    call_command("find_duplicates", "--project", "alpha", "--confirm", "--json", stdout=out)
    report = json.loads(out.getvalue())
    assert (report["dry_run"], report["withdrawn"]) == (False, 1)
    out = StringIO()
    call_command("find_duplicates", "--project", "alpha", stdout=out)
    assert "1 records" in out.getvalue()
    assert "near-duplicates           0" in out.getvalue()


@pytest.mark.parametrize("arguments", [[], ["x.jsonl", "--project", "alpha"], ["--project", "alpha", "--output", "x"]])
def test_wrong_use_of_the_command(world: World, arguments: list[str]) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("find_duplicates", *arguments)
    assert refused.value.returncode == 2
