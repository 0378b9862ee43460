"""Deciding pairs: who may, what it does to records, and that all of it can be taken back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from datasets_app.models import DuplicatePair, DuplicateSearch, Record
from datasets_app.selectors import usable_records
from datasets_app.services import snapshot_publish
from datasets_app.services.duplicate_acts import duplicates_confirm, duplicates_restore, pairs_decide
from datasets_app.services.duplicates import duplicates_search
from datasets_app.services.errors import DuplicatesRefused
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.runner import run_inline
from pixelhub.live.models import Revision
from tests.datasets.making import label_of
from tests.dedup.making import LONG, make_records, searched
from tests.personas import World

pytestmark = pytest.mark.django_db
OTHER = "the letter came on Monday and nobody in the house wanted to open it before the evening meal was over"


@pytest.fixture
def search(world: World) -> DuplicateSearch:
    """Two near pairs and one pair under one record hash."""
    make_records(world.project, LONG, LONG + " today", OTHER, OTHER + " again")
    make_records(world.project, "my brother left us", "the exam went wrong", external_id="same-name")
    found = searched(world.project)
    assert found.pairs.count() == 3
    return found


def post(client: Client, search: DuplicateSearch, name: str = "decide", **data: Any) -> Any:
    return client.post(reverse(f"datasets:duplicate_{name}", args=[search.pk]), data)


def near(search: DuplicateSearch) -> DuplicatePair:
    pair = search.pairs.filter(kind="near").first()
    assert pair is not None
    return pair


def test_a_withdrawn_copy_is_not_usable_and_says_why(world: World, search: DuplicateSearch) -> None:
    pair = near(search)
    post(world.client("data_engineer"), search, pair=pair.pk, decision="withdraw")
    copy = Record.objects.get(pk=pair.copy_id)
    assert (copy.state, copy.withdrawn_reason) == ("withdrawn", f"copy of record {pair.kept_id}")
    assert copy not in usable_records(world.project)
    kept = Record.objects.get(pk=pair.kept_id)
    assert kept.state == "active"
    assert set(copy.group_keys) <= set(kept.group_keys)
    pair.refresh_from_db()
    assert (pair.decision, pair.decided_by) == ("withdraw", world.user("data_engineer"))


def test_taking_it_back_makes_the_copy_active(world: World, search: DuplicateSearch) -> None:
    pair, client = near(search), world.client("data_engineer")
    for decision in ("withdraw", "open"):
        post(client, search, pair=pair.pk, decision=decision)
    copy = Record.objects.get(pk=pair.copy_id)
    assert (copy.state, copy.withdrawn_reason) == ("active", "")
    pair.refresh_from_db()
    assert (pair.decision, pair.decided_by) == ("open", None)


def test_both_stay_and_share_a_group(world: World, search: DuplicateSearch) -> None:
    pair = search.pairs.get(kind="record_hash")
    post(world.client("data_engineer"), search, pair=pair.pk, decision="keep")
    kept, copy = Record.objects.get(pk=pair.kept_id), Record.objects.get(pk=pair.copy_id)
    assert kept.state == copy.state == "active"
    assert set(kept.group_keys) & set(copy.group_keys)


@pytest.mark.parametrize("label", ["input", "published"])
def test_an_edge_case_is_never_withdrawn(world: World, label: str) -> None:
    """By the input's flag, or because a published label says so after the search."""
    make_records(world.project, LONG, stage=2)
    [edge] = make_records(world.project, LONG + " today", is_edge_case=label == "input")
    search = searched(world.project)
    if label == "published":
        labels = [label_of(edge, is_edge_case=True, edge_case_kind="metaphor")]
        snapshot_publish(
            project=world.project, name="r", labels=labels, origin={}, simulated=True, actor=world.user("qa")
        )
    pair = search.pairs.get()
    assert pair.copy_id == edge.pk
    outcome = pairs_decide(search=search, pair_ids=[pair.pk], decision="withdraw", actor=world.user("data_engineer"))
    assert outcome == {"changed": [], "refused": [pair.pk]}
    run_inline(duplicates_confirm(search=search, actor=world.user("data_engineer")).job)
    edge.refresh_from_db()
    assert edge.state == "active"


def test_a_copy_stays_while_what_it_repeats_is_withdrawn(world: World, search: DuplicateSearch) -> None:
    pair = near(search)
    Record.objects.filter(pk=pair.kept_id).update(state="withdrawn", withdrawn_reason="consent taken back")
    outcome = pairs_decide(search=search, pair_ids=[pair.pk], decision="withdraw", actor=world.user("data_engineer"))
    assert outcome["refused"] == [pair.pk]
    assert Record.objects.get(pk=pair.copy_id).state == "active"


def test_a_record_withdrawn_for_another_reason_is_not_brought_back(world: World, search: DuplicateSearch) -> None:
    pair, actor = near(search), world.user("data_engineer")
    pairs_decide(search=search, pair_ids=[pair.pk], decision="withdraw", actor=actor)
    Record.objects.filter(pk=pair.copy_id).update(withdrawn_reason="consent taken back")
    pairs_decide(search=search, pair_ids=[pair.pk], decision="open", actor=actor)
    assert Record.objects.get(pk=pair.copy_id).state == "withdrawn"


def test_several_at_once_with_one_event(world: World, search: DuplicateSearch) -> None:
    pairs = list(search.pairs.values_list("pk", flat=True))
    post(world.client("data_engineer"), search, pair=pairs, decision="withdraw", expected="open")
    assert Record.objects.filter(state="withdrawn").count() == 3
    event = AuditEvent.objects.get(action="duplicates.decide")
    assert all(str(pk) in event.payload_json for pk in pairs)
    assert "winter" not in event.payload_json


def test_the_second_of_two_colleagues_is_told(world: World, search: DuplicateSearch) -> None:
    pair = near(search)
    assert (
        post(world.client("data_engineer"), search, pair=pair.pk, decision="keep", expected="open").status_code == 302
    )
    response = world.client("data_engineer", n=2).post(
        reverse("datasets:duplicate_decide", args=[search.pk]),
        {"pair": pair.pk, "decision": "withdraw", "expected": "open"},
        headers={"HX-Request": "true"},
    )
    assert b"somebody else" in response.content
    pair.refresh_from_db()
    assert (pair.decision, pair.decided_by) == ("keep", world.user("data_engineer"))


def test_the_same_decision_again_changes_nothing(world: World, search: DuplicateSearch) -> None:
    pair, actor = near(search), world.user("data_engineer")
    for _ in range(2):
        pairs_decide(search=search, pair_ids=[pair.pk], decision="withdraw", actor=actor)
    assert AuditEvent.objects.filter(action="duplicates.decide").count() == 1


@pytest.mark.parametrize("data", [{"decision": "burn"}, {}, {"decision": "keep", "pair": ["x", "-1", "9" * 30]}])
def test_nonsense_is_refused(world: World, search: DuplicateSearch, data: dict[str, Any]) -> None:
    assert post(world.client("data_engineer"), search, **data).status_code == 302
    assert set(search.pairs.values_list("decision", flat=True)) == {"open"}


def test_pairs_of_another_search_are_out_of_reach(world: World, search: DuplicateSearch) -> None:
    make_records(world.other_project, LONG, LONG + " today")
    foreign = searched(world.other_project)
    post(world.client("data_engineer"), search, pair=foreign.pairs.get().pk, decision="withdraw")
    assert foreign.pairs.get().decision == "open"
    assert post(world.client("data_engineer"), foreign, pair=foreign.pairs.get().pk, decision="keep").status_code == 404


def test_all_copies_go_and_come_back(world: World, search: DuplicateSearch) -> None:
    client = world.client("data_engineer")
    post(client, search, "confirm")
    search.refresh_from_db()
    run_inline(search.job)
    assert search.job.result["changed"] == 2
    assert Record.objects.filter(state="withdrawn").count() == 2, "the record-hash pair was not asked for"
    assert (search.confirmed_by, search.confirmed_at is not None) == (world.user("data_engineer"), True)
    post(client, search, "restore")
    search.refresh_from_db()
    run_inline(search.job)
    assert not Record.objects.filter(state="withdrawn").exists()
    assert set(search.pairs.values_list("decision", flat=True)) == {"open"}


def test_record_hash_pairs_go_only_when_asked_for(world: World, search: DuplicateSearch) -> None:
    post(world.client("data_engineer"), search, "confirm", record_hash="1")
    search.refresh_from_db()
    run_inline(search.job)
    assert Record.objects.filter(state="withdrawn").count() == 3


def test_what_somebody_wants_to_keep_is_not_confirmed_away(world: World, search: DuplicateSearch) -> None:
    pair, actor = near(search), world.user("data_engineer")
    pairs_decide(search=search, pair_ids=[pair.pk], decision="keep", actor=actor)
    run_inline(duplicates_confirm(search=search, actor=actor).job)
    assert Record.objects.get(pk=pair.copy_id).state == "active"


def test_acts_wait_for_each_other(world: World, search: DuplicateSearch) -> None:
    actor = world.user("data_engineer")
    duplicates_confirm(search=search, actor=actor)
    with pytest.raises(DuplicatesRefused, match="worked on"):
        duplicates_restore(search=search, actor=actor)
    unfinished = duplicates_search(project=world.other_project, actor=None)
    with pytest.raises(DuplicatesRefused, match="not finished"):
        duplicates_confirm(search=unfinished, actor=actor)


def test_colleagues_are_told_at_once(world: World, search: DuplicateSearch) -> None:
    topic = f"project:{world.project.pk}:duplicates"
    before = Revision.objects.get(topic=topic).revision
    pair = near(search)
    post(world.client("data_engineer"), search, pair=pair.pk, decision="keep")
    assert Revision.objects.get(topic=topic).revision > before
    shown = world.client("pm").get(reverse("datasets:duplicate_states", args=[search.pk]), {"pair": pair.pk})
    assert b"both stay" in shown.content
    assert b"winter" not in shown.content


def test_readers_see_the_words_and_others_the_figures(world: World, search: DuplicateSearch) -> None:
    url = reverse("datasets:duplicate_search", args=[search.pk])
    page = world.client("qa").get(url).content.decode()
    assert "<mark>today</mark>" in page
    event = AuditEvent.objects.get(action="rawtext.read")
    assert str(near(search).copy_id) in event.payload_json
    page = world.client("pm").get(url).content.decode()
    assert "winter" not in page
    assert "Your role does not include reading" in page
    assert AuditEvent.objects.filter(action="rawtext.read").count() == 1
    assert world.outsider_client("data_engineer").get(url).status_code == 404


def test_the_home_page_names_what_waits(world: World, search: DuplicateSearch) -> None:
    assert "Decide duplicates" in world.client("data_engineer").get(reverse("home")).content.decode()
    actor = world.user("data_engineer")
    pairs_decide(search=search, pair_ids=[pair.pk for pair in search.pairs.all()], decision="keep", actor=actor)
    assert "Decide duplicates" not in world.client("data_engineer").get(reverse("home")).content.decode()


def test_a_withdrawn_record_says_so(world: World, search: DuplicateSearch) -> None:
    pair = near(search)
    pairs_decide(search=search, pair_ids=[pair.pk], decision="withdraw", actor=world.user("data_engineer"))
    page = world.client("pm").get(reverse("datasets:record_detail", args=[pair.copy_id])).content.decode()
    assert f"copy of record {pair.kept_id}" in page
