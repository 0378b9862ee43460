"""A new guideline version and the labels that it concerns: proposed once, put into a blind round, or dismissed."""

from collections import Counter
from dataclasses import replace

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotation import services
from annotation.errors import NotAllowed, Refused
from annotation.models import Annotation, Guideline, RelabelProposal, Round
from annotation.selectors import next_actions
from annotation.services import relabel
from annotation.services.guidelines import text_sha256
from datasets_app.corpus.taxonomy import CRISIS_TYPES
from datasets_app.models import Record
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.models import Job
from pixelhub.jobs.runner import run_inline
from tests.annotation.making import HARM, PANIC, approved_guideline, label_all, make_round
from tests.personas import World

PANIC_BEFORE, PANIC_AFTER = "worry, shyness, stress", "worry, being shy, stress"
BOTH = replace(HARM, secondary_types=("panic",))
SEVERITY = ("| 2 low | fleeting now", "| 2 low | fleeting now and then")


def next_version(world: World, *changes: tuple[str, str]) -> Guideline:
    """A draft in which these words are replaced."""
    newest = Guideline.objects.filter(project=world.project).order_by("-version")[0]
    text = newest.markdown
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return services.guideline_create(project=world.project, title="Next", markdown=text, actor=world.user("qa"))


def approve(world: World, draft: Guideline, **more: object) -> Guideline:
    return services.guideline_approve(guideline=draft, actor=world.user("clinical_lead"), comment="Clearer.", **more)


def people(world: World) -> list[object]:
    return [world.user("annotator", n=n) for n in (1, 2)]


@pytest.fixture
def labelled(world: World) -> Round:
    """An open round: panic at 1, harm with secondary panic at 2, harm at 3, none at 4, by two people each."""
    round = make_round(world, samples=4)
    for person in people(world):
        label_all(round, person, {1: PANIC, 2: BOTH, 3: HARM})
    return round


def positions(guideline: Guideline, **more: object) -> Counter[int]:
    found = guideline.relabel_proposals.filter(**more)
    return Counter(found.values_list("annotation__item__position", flat=True))


@pytest.mark.parametrize("state", ["open", "closed"])
def test_the_labels_of_a_changed_type_are_proposed_with_the_approval(world: World, labelled: Round, state: str) -> None:
    if state == "closed":
        services.round_close(round=labelled, actor=world.user("qa"))
    version = approve(world, next_version(world, (PANIC_BEFORE, PANIC_AFTER)))
    assert version.relabel_types == ["panic"]
    assert positions(version) == {1: 2, 2: 2}  # the secondary type counts too
    assert set(version.relabel_proposals.values_list("section", flat=True)) == {"panic"}
    event = AuditEvent.objects.get(action="relabel.propose")
    assert '"labels":4' in event.payload_json
    assert "Decide what to label again" in {a.title for a in next_actions(world.user("qa"), world.project)}
    assert services.relabel_propose(guideline=version, actor=None) == 0


def test_the_lead_chooses_for_a_section_that_concerns_all(world: World, labelled: Round) -> None:
    draft = next_version(world, SEVERITY)
    client = world.client("clinical_lead")
    page = client.get(reverse("annotation:guideline_detail", args=[draft.pk]))
    assert tuple(page.context["changes"].suggested) == CRISIS_TYPES
    assert "all types. Whose labels shall be proposed again?" in page.content.decode()
    sent = {"seen": text_sha256(draft), "comment": "Only harm.", "shared_types": ["immediate_harm"]}
    url = reverse("annotation:guideline_approve", args=[draft.pk])
    assert client.post(url, {**sent, "shared_types": ["bogus"]}).status_code == 400
    assert client.post(url, sent).headers["Location"] == reverse("annotation:relabel", args=[draft.pk])
    assert positions(draft) == {2: 2, 3: 2}


def test_choosing_none_of_the_shared_ones_proposes_nothing(world: World, labelled: Round) -> None:
    version = approve(world, next_version(world, SEVERITY), shared_types=())
    assert version.relabel_types == [] and not version.relabel_proposals.exists()
    third = approve(world, next_version(world, ("| idiom |\n", "| an idiom |\n")))
    assert third.relabel_types == ["none"]


def test_a_label_that_comes_later_under_the_old_version_is_found_again(world: World) -> None:
    round = make_round(world, samples=3)
    first, second = people(world)
    label_all(round, first, {1: PANIC})
    version = approve(world, next_version(world, (PANIC_BEFORE, PANIC_AFTER)))
    assert sum(positions(version).values()) == 1
    label_all(round, second, {1: PANIC, 3: PANIC})
    client = world.client("qa")
    assert client.get(reverse("annotation:relabel", args=[version.pk])).context["came_since"] == 2
    assert client.post(reverse("annotation:relabel_propose", args=[version.pk])).status_code == 302
    assert positions(version) == {1: 2, 3: 1}
    assert client.get(reverse("annotation:relabel", args=[version.pk])).context["came_since"] == 0


def test_a_newer_version_replaces_what_nobody_decided(world: World, labelled: Round) -> None:
    second = approve(world, next_version(world, (PANIC_BEFORE, PANIC_AFTER)))
    third = approve(world, next_version(world, (PANIC_AFTER, "worry, timidity, stress")))
    assert positions(third, state="proposed") == {1: 2, 2: 2}
    assert positions(second, state="proposed") == {} and positions(second, state="dismissed") == {1: 2, 2: 2}


def test_a_version_that_reads_again_as_the_labels_own_asks_for_nothing(world: World, labelled: Round) -> None:
    approve(world, next_version(world, (PANIC_BEFORE, PANIC_AFTER)))
    back = approve(world, next_version(world, (PANIC_AFTER, PANIC_BEFORE)))
    assert back.relabel_types == ["panic"] and positions(back) == {}


@given(
    labels=st.lists(st.sampled_from(CRISIS_TYPES), min_size=1, max_size=6),
    changed=st.sets(st.sampled_from(CRISIS_TYPES), min_size=1),
)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_every_label_of_a_changed_type_is_proposed_exactly_once(
    world: World, labels: list[str], changed: set[str]
) -> None:
    round = make_round(world, samples=len(labels), annotators=1, overlap=1)
    given_labels = {
        position: replace(PANIC, crisis_type=kind, severity=None if kind == "none" else 3)
        for position, kind in enumerate(labels, start=1)
    }
    label_all(round, world.user("annotator"), given_labels)
    draft = next_version(world, *((f"| {kind} | ", f"| {kind} | rewritten {round.pk} ") for kind in sorted(changed)))
    version = approve(world, draft, shared_types=())
    proposed = Counter(version.relabel_proposals.values_list("annotation", flat=True))
    older = Annotation.objects.filter(item__round__project=world.project, crisis_type__in=changed)
    assert proposed == dict.fromkeys(older.values_list("pk", flat=True), 1)
    assert services.relabel_propose(guideline=version, actor=None) == 0


def test_many_labels_are_proposed_by_a_job(world: World, labelled: Round, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relabel, "AT_ONCE", 3)
    version = approve(world, next_version(world, (PANIC_BEFORE, PANIC_AFTER)))
    assert not version.relabel_proposals.exists()
    job = Job.objects.get(kind=relabel.JOB_KIND)
    run_inline(job)
    job.refresh_from_db()
    assert job.state == "succeeded" and positions(version) == {1: 2, 2: 2}


def test_accepted_samples_become_a_blind_draft_round(world: World, labelled: Round) -> None:
    version = approve(world, next_version(world, (PANIC_BEFORE, PANIC_AFTER)))
    one = version.relabel_proposals.filter(annotation__item__position=1)[0]
    client = world.client("qa")
    url = reverse("annotation:relabel_accept", args=[version.pk])
    sent = {"scope": "ticked", "proposal": [one.pk], "name": "Again", "overlap": 2}
    sent["annotators"] = [person.pk for person in people(world)]
    assert client.post(url, {**sent, "proposal": []}).status_code == 400
    assert client.post(url, {**sent, "annotators": sent["annotators"][:1]}).status_code == 400
    assert client.post(url, sent).status_code == 302
    made = Round.objects.get(kind="relabel")
    assert (made.state, made.parent, made.guideline, made.items.count()) == ("draft", None, version, 1)
    assert positions(version, state="accepted", round=made) == {1: 2}  # both labels of the sample go along
    assert client.post(url, sent).status_code == 400  # not offered any more
    assert AuditEvent.objects.filter(action="relabel.accept").count() == 1

    services.round_open(round=made, actor=world.user("qa"))
    annotator = world.client("annotator")
    claimed = annotator.post(reverse("annotation:api_claim", args=[made.pk]), "{}", content_type="application/json")
    assert "panic" not in str(claimed.json()).replace("none", "")
    label_all(made, world.user("annotator"), {1: HARM})
    assert Annotation.objects.filter(item__round=made).get().guideline == version
    assert Annotation.objects.filter(item__round=labelled, crisis_type="panic").count() == 2


def test_all_of_a_filter_and_records_that_cannot_be_labelled_now(world: World, labelled: Round) -> None:
    version = approve(world, next_version(world, (PANIC_BEFORE, PANIC_AFTER)))
    Record.objects.filter(round_items__position=2).update(pii_state="pending")
    made = services.relabel_accept(
        guideline=version,
        proposals=version.relabel_proposals.all(),
        name="Again",
        annotators=people(world),
        overlap=1,
        actor=world.user("qa"),
    )
    assert made.items.count() == 1
    assert positions(version, state="accepted") == {1: 2} and positions(version, state="proposed") == {2: 2}


def test_dismissing_needs_a_reason_and_is_told_once(world: World, labelled: Round) -> None:
    version = approve(world, next_version(world, (PANIC_BEFORE, PANIC_AFTER)))
    url = reverse("annotation:relabel_dismiss", args=[version.pk])
    client = world.client("clinical_lead")
    sent = {"scope": "all", "crisis_type": "panic", "reason": "The wording only."}
    assert client.post(url, {**sent, "reason": ""}).status_code == 400
    assert client.post(url, sent).status_code == 302
    assert positions(version, state="dismissed") == {1: 2} and positions(version, state="proposed") == {2: 2}
    assert client.post(url, sent).status_code == 409
    event = AuditEvent.objects.get(action="relabel.dismiss")
    assert '"labels":2' in event.payload_json
    proposal = version.relabel_proposals.filter(state="dismissed")[0]
    assert proposal.decided_by == world.user("clinical_lead") and proposal.reason == "The wording only."


def test_who_sees_and_decides(world: World, labelled: Round) -> None:
    version = approve(world, next_version(world, (PANIC_BEFORE, PANIC_AFTER)))
    url = reverse("annotation:relabel", args=[version.pk])
    sample = version.relabel_proposals.all()[0].pk
    for role in ("annotator", "ml_engineer", "administrator"):
        assert world.client(role).get(url).status_code == 403
    assert world.outsider_client("qa").get(url).status_code == 404
    reads = AuditEvent.objects.filter(action="rawtext.read")
    assert "conversation" not in world.client("pm").get(url, {"sample": sample}).content.decode().split("<main")[1]
    assert reads.count() == 0
    page = world.client("qa").get(url, {"sample": sample}).content.decode()
    assert "this is conversation" in page and reads.count() == 1
    assert f'<a href="/annotation/guidelines/{version.pk}/#section-panic">Panic</a>' in page
    assert all(
        person.username not in page and person.pseudonym not in page.split("annotators")[0] for person in people(world)
    )
    assert world.client("qa").get(url, {"crisis_type": "bogus", "version": "x", "sample": "y"}).status_code == 200
    assert (
        world.client("clinical_lead").post(reverse("annotation:relabel_accept", args=[version.pk])).status_code == 403
    )
    with pytest.raises(NotAllowed):
        services.relabel_dismiss(
            guideline=version, proposals=RelabelProposal.objects.all(), reason="x", actor=world.user("ml_engineer")
        )


def test_practice_and_hidden_samples_are_no_data(world: World, labelled: Round) -> None:
    labelled.kind = Round.Kind.QUALIFICATION
    labelled.save()
    version = approve(world, next_version(world, (PANIC_BEFORE, PANIC_AFTER)))
    assert positions(version) == {}


def test_an_unapproved_version_proposes_nothing(world: World, labelled: Round) -> None:
    approved_guideline(world)
    with pytest.raises(Refused):
        services.relabel_propose(guideline=next_version(world, (PANIC_BEFORE, PANIC_AFTER)), actor=None)
