"""A drawn label judged without its author's name, the finding sent back to the annotator, and their answer."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from annotation import conf, services
from annotation.errors import NotAllowed, Refused
from annotation.models import Annotation, QualityReview, Round
from annotation.selectors import next_actions
from annotation.services import Finding
from pixelhub.audit.models import AuditEvent
from tests.annotation.making import HARM, PANIC, label_all, make_round, submit
from tests.personas import World

MAJOR = {
    "verdict": "major",
    "crisis_type": "immediate_harm",
    "severity": "5",
    "guideline_section": "immediate_harm",
    "comment": "Means and a time are named.",
}


@pytest.fixture
def drawn(world: World) -> Round:
    """A closed round of which every label is drawn: two people, panic at 1."""
    round = make_round(world, samples=2)
    for n in (1, 2):
        label_all(round, world.user("annotator", n), {1: PANIC})
    services.round_close(round=round, actor=world.user("qa"))
    services.quality_draw(round=round, actor=world.user("qa"), share=1.0)
    return round


def review_of(world: World, position: int = 1, n: int = 1) -> QualityReview:
    return QualityReview.objects.get(
        annotation__item__position=position, annotation__annotator=world.user("annotator", n)
    )


def test_judging_goes_from_label_to_label_without_names(world: World, drawn: Round) -> None:
    client, judged = world.client("qa"), []
    before = list(Annotation.objects.order_by("pk").values())
    following = reverse("annotation:quality_next", args=[drawn.pk])
    for _ in range(4):
        url = client.get(following).headers["Location"]
        page = client.get(url).content.decode()
        shown = page.partition("<main")[2]
        assert "this is conversation" in shown and "The label" in shown
        for n in (1, 2):
            person = world.user("annotator", n)
            assert str(person) not in shown and person.pseudonym not in shown and person.username not in shown
        assert client.post(url, {"verdict": "agreed"}).headers["Location"] == following
        judged.append(url)
    assert len(set(judged)) == 4
    assert client.get(following).headers["Location"] == reverse("annotation:quality", args=[drawn.pk])
    assert list(Annotation.objects.order_by("pk").values()) == before
    assert AuditEvent.objects.filter(action="rawtext.read", target_type="annotation.QualityReview").count() == 4


def test_a_difference_says_what_else_and_why(world: World, drawn: Round) -> None:
    review = review_of(world)
    client, url = world.client("clinical_lead"), reverse("annotation:quality_review", args=[review.pk])
    for missing in ("crisis_type", "severity", "guideline_section", "comment", "verdict"):
        assert client.post(url, {**MAJOR, missing: ""}).status_code == 400
    assert client.post(url, {**MAJOR, "crisis_type": "none", "severity": "4"}).status_code == 302  # none has none
    review.refresh_from_db()
    assert (review.verdict, review.crisis_type, review.severity, review.revision) == ("major", "none", None, 1)
    assert client.post(url, MAJOR).status_code == 302  # corrected, for the annotator hasn't read it
    review.refresh_from_db()
    assert (review.crisis_type, review.severity, review.reviewer) == ("immediate_harm", 5, world.user("clinical_lead"))
    events = [event.payload_json for event in AuditEvent.objects.filter(action="quality.review")]
    assert len(events) == 2 and not [event for event in events if "Means" in event]
    with pytest.raises(IntegrityError), transaction.atomic():
        QualityReview.objects.filter(pk=review.pk).update(severity=None)


def test_of_two_reviewers_the_second_is_told(world: World, drawn: Round) -> None:
    url = reverse("annotation:quality_review", args=[review_of(world).pk])
    assert world.client("qa").post(url, {"verdict": "agreed"}).status_code == 302
    answer = world.client("clinical_lead").post(url, MAJOR)
    assert answer.status_code == 409 and "Somebody else reviewed" in answer.content.decode()
    assert review_of(world).verdict == "agreed"


def test_nobody_reviews_their_own_label(world: World, drawn: Round) -> None:
    world.grant(world.user("annotator"), "qa")
    client = world.client("annotator")
    assert (
        "this is your own label"
        in client.get(reverse("annotation:quality_review", args=[review_of(world).pk])).content.decode().lower()
    )
    assert client.post(reverse("annotation:quality_review", args=[review_of(world).pk]), MAJOR).status_code == 403
    offered = client.get(reverse("annotation:quality_next", args=[drawn.pk])).headers["Location"]
    own = [review_of(world, position).pk for position in (1, 2)]
    assert offered not in {reverse("annotation:quality_review", args=[pk]) for pk in own}


def test_who_may_review(world: World, drawn: Round) -> None:
    url = reverse("annotation:quality_review", args=[review_of(world).pk])
    for role in ("annotator", "pm", "ml_engineer"):
        assert world.client(role).get(url).status_code == 403
        assert world.client(role).post(url, MAJOR).status_code == 403
    assert world.outsider_client("qa").get(url).status_code == 404
    with pytest.raises(NotAllowed):
        services.quality_review(review=review_of(world), actor=world.user("pm"), finding=Finding("agreed"))


def test_the_annotator_reads_and_answers_and_nobody_else_does(world: World, drawn: Round) -> None:
    review = review_of(world)
    qa, mine = world.user("qa"), world.user("annotator")
    finding = Finding("major", "immediate_harm", 5, "immediate_harm", "Means and a time are named.")
    services.quality_review(review=review, actor=qa, finding=finding)
    actions = {action.title: action.count for action in next_actions(mine, world.project)}
    assert actions["Read the feedback on your labels"] == 1
    assert "Read the feedback on your labels" not in {a.title for a in next_actions(qa, world.project)}

    client = world.client("annotator")
    page = client.get(reverse("annotation:feedback")).content.decode()
    assert "Means and a time are named." in page and "Panic" in page and "this is conversation" in page
    assert "intent or plan to die" in page  # the guideline's own words
    assert "Say something to it" not in page  # a difference asks for an answer, agreement does not
    read = AuditEvent.objects.get(action="rawtext.read", actor_id=mine.pk)
    assert f'"records":[{review.annotation.item.record_id}]' in read.payload_json
    assert str(qa) not in page.partition("<main")[2]
    answer = reverse("annotation:feedback_answer", args=[review.pk])
    other = world.client("annotator", 2)
    assert "Means and a time" not in other.get(reverse("annotation:feedback")).content.decode()
    assert other.post(answer, {"answer": "x"}).status_code == 404
    assert world.outsider_client("annotator").post(answer).status_code == 404
    assert world.client("qa").post(answer).status_code == 403
    assert client.post(answer, {"answer": "I read it as a surge of fear."}).status_code == 302
    review.refresh_from_db()
    assert review.read_at is not None and review.answer == "I read it as a surge of fear."
    assert "Read the feedback on your labels" not in {a.title for a in next_actions(mine, world.project)}
    event = AuditEvent.objects.get(action="quality.answer")
    assert "surge" not in event.payload_json
    first = review.read_at
    assert client.post(answer, {"answer": ""}).status_code == 302  # reading again keeps the answer
    review.refresh_from_db()
    assert (review.read_at, review.answer) == (first, "I read it as a surge of fear.")
    with pytest.raises(Refused, match="has read"):
        services.quality_review(review=review, actor=qa, finding=Finding("agreed"))
    with pytest.raises(NotAllowed):
        services.quality_answer(review=review, actor=world.user("annotator", 2), answer="x")


def test_feedback_waits_until_the_label_cannot_be_edited(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conf, "EDITABLE", 2)
    round = make_round(world, samples=4, annotators=1, overlap=1)
    mine = world.user("annotator")
    slots = services.slot_claim(round=round, annotator=mine, want=1)
    first = submit(slots[0], mine, PANIC)
    services.quality_draw(round=round, actor=world.user("qa"), count=1)
    review = QualityReview.objects.get()
    services.quality_review(review=review, actor=world.user("qa"), finding=Finding("agreed"))
    client = world.client("annotator")
    assert "No feedback yet" in client.get(reverse("annotation:feedback")).content.decode()
    assert client.post(reverse("annotation:feedback_answer", args=[review.pk])).status_code == 404
    submit(slots[0], mine, HARM, base_revision=first.revision)  # after the verdict, unaware of it
    for _ in range(2):
        submit(services.slot_claim(round=round, annotator=mine, want=1)[0], mine)
    page = client.get(reverse("annotation:feedback")).content.decode()
    assert "Agrees." in page and "Panic" in page and "Immediate harm" not in page  # the label that was judged
    assert "Say something to it" in page
