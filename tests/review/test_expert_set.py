"""An expert set: drawn from what no release trains on, rated blind, decided, frozen, held out for good."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.urls import reverse

from datasets_app.models import Record, Release, ReservedConversation
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.models import Job
from pixelhub.jobs.runner import run_inline
from pixelhub.objects import get_store
from review import services
from review.expertsets.writing import set_files
from review.models import AppendOnlyError, ExpertRating, ExpertSet
from review.refusal import Refused
from review.shards import release_lines, release_manifest
from tests.datasets.making import compiled, published
from tests.personas import World
from tests.review.expert_sets_ready import KINDS, NEAR, SIZE, bring_in, demo, drawn, rate_all, said, trained_on

pytestmark = pytest.mark.django_db


def splits_of(release: Release) -> dict[str, str]:
    """Where each conversation of a release lies."""
    lines = release_lines(release, release_manifest(release))
    return {line["metadata"]["content_hash"]: split for split, line in lines}


def test_what_a_release_trains_on_is_never_drawn_nor_what_is_near_it_and_no_release_trains_on_what_was(
    world: World,
) -> None:
    project, lead = demo(world), world.user("clinical_lead")
    release, old = trained_on(project)
    splits = splits_of(release)
    learned = {key for key, split in splits.items() if split != "test"}
    fresh = bring_in(project, [said(1000 + number) for number in range(60)])
    near = bring_in(project, [NEAR + NEAR.replace("hard week", "bad month")])[0]
    child = bring_in(
        project, [said(3000)], group_keys=next(one for one in old if one.content_hash in learned).group_keys
    )[0]
    unlabelled = bring_in(project, [said(3001)], proposed_type="")[0]
    found = drawn(project, lead)
    keys = list(found.examples.values_list("content_hash", flat=True))
    assert len(keys) == SIZE and learned.isdisjoint(keys)
    assert {near.content_hash, child.content_hash, unlabelled.content_hash}.isdisjoint(keys)
    counts = found.excluded["counts"]
    assert counts["in_training"] == len(learned) and counts["without_label"] == 1
    if splits[old[-1].content_hash] == "test":
        pytest.fail("the seed of the release must put the copied conversation on the learned side")
    assert found.excluded["near"] == [
        {"content_hash": near.content_hash, "like": old[-1].content_hash, "release": "1.0.0"}
    ]
    assert counts["near_training"] == 1 and counts["same_origin_as_training"] == 1
    assert (found.trial, found.params["found"]["none"], found.params["seed"]) == (True, 17, 5)
    # The same data and seed draw the same, in the same order; another seed does not.
    assert list(drawn(project, lead).examples.values_list("content_hash", flat=True)) == keys
    assert set(drawn(project, lead, seed=6).examples.values_list("content_hash", flat=True)) != set(keys)
    assert ExpertSet.objects.count() == 3 and set(ExpertSet.objects.values_list("version", flat=True)) == {1, 2, 3}
    event = AuditEvent.objects.filter(action="expert_set.draw").order_by("seq")[0]
    assert event.target_id == str(found.pk) and said(1000)[:20] not in event.payload_json
    # Held out for good: with labels, in the next release, they lie in test alone, and the manifest says so.
    published(project, fresh, name="Round 2")
    later = compiled(project, version="1.1.0")
    places = splits_of(later)
    reserved = set(ReservedConversation.objects.values_list("content_hash", flat=True))
    assert set(keys) <= reserved
    assert {places[key] for key in reserved & set(places)} == {"test"} and len(reserved & set(places)) >= SIZE - 6
    assert set(release_manifest(later)["params"]["held_out"]) == reserved
    gate = next(one for one in later.gates if one["gate"] == "split")
    assert gate["passed"] and gate["figures"]["held_out_records_outside_test"] == 0


def test_too_few_are_refused_by_name_and_a_real_set_is_not_small(world: World) -> None:
    project, lead = demo(world), world.user("clinical_lead")
    bring_in(project, [said(number) for number in range(24)], kinds=("none",))
    bring_in(project, [said(100)], kinds=("panic",))
    with pytest.raises(Refused, match="even share: Immediate harm 1, Self-harm 1, Substance 1") as refused:
        drawn(project, lead)
    assert "Panic" not in str(refused.value)
    assert not ReservedConversation.objects.exists() and not ExpertSet.objects.exists()
    with pytest.raises(Refused, match="Between 8% and 20%"):
        drawn(project, lead, crisis_share=0.3)
    project.is_demo = False
    project.save()
    with pytest.raises(Refused, match="between 500 and 1,000"):
        drawn(project, lead)


def test_a_release_whose_files_are_gone_or_changed_stops_a_draw(world: World) -> None:
    project, lead = demo(world), world.user("clinical_lead")
    release, _ = trained_on(project)
    bring_in(project, [said(1000 + number) for number in range(60)])
    store, key = get_store(), next(one.key for one in get_store().list(f"{release.object_prefix}shards/train/"))
    data = store.read(key)
    store.delete(key)
    store.put(key, data.replace(b"word1", b"w0rd1"))
    with pytest.raises(Refused, match="is not what was published"):
        drawn(project, lead)
    store.delete(f"{release.object_prefix}manifest.json")
    with pytest.raises(Refused, match="not in the store"):
        drawn(project, lead)


def test_experts_rate_blind_a_lead_decides_and_freezes(world: World) -> None:
    project = demo(world)
    bring_in(project, [said(number) for number in range(70)])
    lead, first, second = world.user("clinical_lead"), world.user("qa", 1), world.user("qa", 2)
    engineer = world.client("ml_engineer")
    page = reverse("review:expert_set_draw")
    assert engineer.get(page).status_code == 200
    answer = engineer.post(page, {"name": "experts", "size": SIZE, "crisis_percent": 15, "raters": 2, "seed": 3})
    assert answer.status_code == 302
    run_inline(Job.objects.get(kind="review.expert_set"))
    found = ExpertSet.objects.get()
    detail = reverse("review:expert_set_detail", args=[found.pk])
    # One expert works in the browser: the page holds neither the label it was drawn by nor others' words.
    client = world.sign_in(first)
    place = client.get(reverse("review:example_next", args=[found.pk])).url
    shown = client.get(place).content.decode()
    example = found.examples.get(pk=int(place.rstrip("/").rsplit("/", 1)[-1]))
    assert example.messages[0]["content"] in shown and "rubric_authentic" in shown
    assert "work_money" not in shown and "given" not in shown
    assert client.post(place, {"crisis_type": "panic"}).status_code == 409
    assert client.post(place, {"crisis_type": "none", "rubric_evidence": 9}).status_code == 400
    said_so = {"crisis_type": "none", "rubric_evidence": "5", "safety": ["stigma"], "comment": "plain enough"}
    assert client.post(place, said_so).status_code == 302
    rating = ExpertRating.objects.get()
    assert (rating.rater, rating.rubric, rating.safety) == ("e1", {"evidence": 5}, ["stigma"])
    again = client.post(place, said_so)
    assert again.status_code == 409 and "rated this conversation already" in again.content.decode()
    # The other one sees nothing of it, not on the example and not on the set's page.
    other = world.sign_in(second)
    unseen = other.get(place).content.decode() + other.get(detail).content.decode()
    assert "plain enough" not in unseen and "Balance" not in unseen and "Agreement" not in unseen
    assert other.get(reverse("review:expert_set_download", args=[found.pk])).status_code == 302
    assert "Balance" in engineer.get(detail).content.decode()
    with pytest.raises(Refused, match="still wait for 2 ratings"):
        services.expert_set_freeze(expert_set=found, actor=lead)
    for one in found.examples.exclude(pk=example.pk):
        kind = one.facts["given_type"]
        services.example_rate(example=one, expert=first, crisis_type=kind, severity=None if kind == "none" else 2)
    split = found.examples.exclude(pk=example.pk).filter(facts__given_type="none")[0]
    rate_all(found, second, wrong=[split.position])
    with pytest.raises(Refused, match="has its 2 ratings already"):
        services.example_rate(example=split, expert=lead, crisis_type="none", severity=None)
    with pytest.raises(Refused, match="experts agree"):
        agreed = found.examples.exclude(pk__in=[split.pk, example.pk])[0]
        services.example_decide(example=agreed, actor=lead, crisis_type="none", severity=None, reason="x")
    with pytest.raises(Refused, match="split on"):
        services.expert_set_freeze(expert_set=found, actor=lead)
    leads = world.client("clinical_lead")
    decide = reverse("review:example_decide", args=[split.pk])
    assert "e1" in leads.get(decide).content.decode()
    assert leads.post(decide, {"crisis_type": "none", "reason": ""}).status_code == 400
    assert leads.post(decide, {"crisis_type": "none", "reason": "an idiom"}).status_code == 302
    assert leads.post(decide, {"crisis_type": "none", "reason": "an idiom"}).status_code == 400
    shown = leads.get(detail).content.decode()
    assert "Agreement" in shown and "weighted" in shown and "Freeze" in shown
    leads.post(reverse("review:expert_set_freeze", args=[found.pk]), {"as_is": "yes"})
    found.refresh_from_db()
    assert found.is_frozen and found.manifest["counts"]["crisis"]["total"] >= SIZE - 1
    files = set_files(found)
    assert (files.altered, files.manifest.frozen, files.manifest.file.sha256) == (False, True, found.sha256)
    for act in (
        lambda: services.example_rate(example=split, expert=lead, crisis_type="none", severity=None),
        lambda: services.expert_set_freeze(expert_set=found, actor=lead),
    ):
        with pytest.raises(Refused, match="frozen"):
            act()
    with pytest.raises(AppendOnlyError):
        rating.save()
    with pytest.raises(AppendOnlyError):
        ExpertRating.objects.update(comment="")
    got = other.get(reverse("review:expert_set_download", args=[found.pk]))
    assert got.content == files.lines and b"plain enough" in got.content
    told = "".join(AuditEvent.objects.values_list("payload_json", flat=True))
    assert "plain enough" not in told and "an idiom" not in told and example.messages[0]["content"][:30] not in told
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"expert_set.draw", "example.rate", "example.decide", "expert_set.freeze", "expert_set.export"} <= actions
    # Somebody at the database changes a word of a frozen set: the page says so and nothing is given out.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE review_expertrating SET comment = 'other words' WHERE id = %s", [rating.pk])
    assert "no longer what was frozen" in leads.get(detail).content.decode()
    assert leads.get(reverse("review:expert_set_download", args=[found.pk])).status_code == 302


def test_experts_labels_outside_the_share_are_not_frozen(world: World) -> None:
    project, lead = demo(world), world.user("clinical_lead")
    bring_in(project, [said(number) for number in range(70)])
    found = drawn(project, lead, raters=1)
    calm = list(found.examples.filter(facts__given_type="none").values_list("position", flat=True))
    rate_all(found, world.user("qa"), wrong=calm[:4])
    with pytest.raises(Refused, match=r"7 of 20 have a crisis; at most 4 \(20%\) may, so 3 are too many"):
        services.expert_set_freeze(expert_set=found, actor=lead)


def test_who_may_what(world: World) -> None:
    """Owner: clinical lead. Colleague: an annotator or a PM. Outsider: a lead of another project."""
    project = demo(world)
    bring_in(project, [said(number) for number in range(70)])
    found = drawn(project, world.user("clinical_lead"), raters=1)
    example = found.examples.all()[0]
    for role in ("annotator", "pm", "qa", "data_engineer"):
        with pytest.raises(PermissionDenied):
            drawn(project, world.user(role))
    for role in ("pm", "ml_engineer", "annotator"):
        with pytest.raises(PermissionDenied):
            services.example_rate(example=example, expert=world.user(role), crisis_type="none", severity=None)
    rate_all(found, world.user("qa"))
    with pytest.raises(PermissionDenied):
        services.expert_set_freeze(expert_set=found, actor=world.user("qa"))
    with pytest.raises(PermissionDenied):
        services.expert_set_export(expert_set=found, actor=world.user("ml_engineer"))
    outsider = world.outsider("clinical_lead")
    with pytest.raises(Http404):
        services.expert_set_freeze(expert_set=found, actor=outsider)
    stranger = world.sign_in(outsider)
    for name, pk in (("expert_set_detail", found.pk), ("example_rate", example.pk), ("example_decide", example.pk)):
        assert stranger.get(reverse(f"review:{name}", args=[pk])).status_code == 404
    assert Record.objects.filter(project=project).count() == 70 and len(KINDS) == 7
