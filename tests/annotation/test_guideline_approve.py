"""A clinical lead approves a guideline; nobody else does, and a round can't open before."""

import pytest
from django.urls import reverse

from annotation import services
from annotation.errors import Refused
from annotation.guideline_text import FIRST_VERSION, render, sections
from annotation.models import Adjudication, Guideline
from annotation.selectors import next_actions
from annotation.services.guidelines import text_sha256
from datasets_app.corpus.taxonomy import CRISIS_TYPES
from pixelhub.audit.models import AuditEvent
from tests.annotation.making import approved_guideline, make_records, make_round
from tests.personas import World


def approval(guideline: Guideline, **more: object) -> dict[str, object]:
    """What the approval form sends: a comment, and which text was read."""
    return {"comment": "Definitions and examples are clear.", "seen": text_sha256(guideline), **more}


@pytest.fixture
def guideline(world: World) -> Guideline:
    return services.guideline_ensure_first(project=world.project)


def test_the_first_version_comes_with_the_product_and_only_once(world: World, guideline: Guideline) -> None:
    assert guideline.version == 1 and guideline.state == "draft"
    assert "C-SSRS" in guideline.markdown
    assert services.guideline_ensure_first(project=world.project) == guideline


def test_every_crisis_type_has_a_section_of_its_own(guideline: Guideline) -> None:
    codes = [section.code for section in sections(guideline.markdown)]
    assert set(CRISIS_TYPES) <= set(codes)
    assert len(codes) == len(set(codes))
    html = render(guideline.markdown)
    assert all(f'id="section-{code}"' in html for code in codes)


def test_html_in_a_guideline_stays_text() -> None:
    html = render("# Hi\n\n<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>")
    assert "<script" not in html and "<img" not in html and "href" not in html


def test_a_clinical_lead_approves(world: World, guideline: Guideline) -> None:
    answer = world.client("clinical_lead").post(
        reverse("annotation:guideline_approve", args=[guideline.pk]), approval(guideline)
    )
    assert answer.status_code == 302
    guideline.refresh_from_db()
    assert guideline.state == "approved" and guideline.approved_by == world.user("clinical_lead")
    event = AuditEvent.objects.get(action="guideline.approve")
    assert "text_sha256" in event.payload_json and "C-SSRS" not in event.payload_json


@pytest.mark.parametrize("role", ["qa", "annotator", "pm"])
def test_others_may_not(world: World, guideline: Guideline, role: str) -> None:
    answer = world.client(role).post(reverse("annotation:guideline_approve", args=[guideline.pk]), approval(guideline))
    assert answer.status_code == 403
    guideline.refresh_from_db()
    assert guideline.state == "draft"


def test_an_outsider_does_not_learn_that_it_exists(world: World, guideline: Guideline) -> None:
    client = world.outsider_client("clinical_lead")
    assert client.get(reverse("annotation:guideline_detail", args=[guideline.pk])).status_code == 404
    assert (
        client.post(reverse("annotation:guideline_approve", args=[guideline.pk]), approval(guideline)).status_code
        == 404
    )


def test_a_comment_is_required(world: World, guideline: Guideline) -> None:
    url = reverse("annotation:guideline_approve", args=[guideline.pk])
    assert world.client("clinical_lead").post(url, approval(guideline, comment="")).status_code == 400


def test_a_second_approval_is_told(world: World, guideline: Guideline) -> None:
    client = world.client("clinical_lead")
    url = reverse("annotation:guideline_approve", args=[guideline.pk])
    client.post(url, approval(guideline))
    assert client.post(url, approval(guideline)).status_code == 409


def test_only_the_text_that_was_read_is_approved(world: World, guideline: Guideline) -> None:
    read = approval(guideline)
    values = {"title": guideline.title, "markdown": guideline.markdown + "\nA rule more.", "change_note": ""}
    services.guideline_edit(guideline=guideline, actor=world.user("qa"), expected_sha256=str(read["seen"]), **values)
    client, url = world.client("clinical_lead"), reverse("annotation:guideline_approve", args=[guideline.pk])
    answer = client.post(url, read)
    assert answer.status_code == 409 and "changed this draft" in answer.content.decode()
    assert client.post(url, {"comment": "Fine."}).status_code == 400
    guideline.refresh_from_db()
    assert guideline.state == "draft"
    assert client.post(url, approval(guideline)).status_code == 302


def test_sent_back_it_stays_a_draft_until_its_text_changes(world: World, guideline: Guideline) -> None:
    qa, lead = world.user("qa"), world.user("clinical_lead")
    Guideline.objects.filter(pk=guideline.pk).update(created_by=qa)
    url = reverse("annotation:guideline_send_back", args=[guideline.pk])
    sent = {"return-comment": "Say what counts as recent.", "return-seen": text_sha256(guideline)}
    for role in ("qa", "annotator", "pm"):
        assert world.client(role).post(url, sent).status_code == 403
    assert world.outsider_client("clinical_lead").post(url, sent).status_code == 404
    client = world.client("clinical_lead")
    assert client.post(url, {**sent, "return-comment": " "}).status_code == 400
    assert client.post(url, sent).status_code == 302
    assert client.post(url, sent).status_code == 409  # a double click is one return
    guideline.refresh_from_db()
    assert guideline.state == "draft" and guideline.returns.get().comment == "Say what counts as recent."
    assert "What has to change" not in str(AuditEvent.objects.get(action="guideline.send_back").payload_json)

    titles = {action.title for action in next_actions(lead, world.project)}
    assert "Approve guideline version 1" not in titles
    assert "Guideline version 1 came back" in {action.title for action in next_actions(qa, world.project)}
    page = world.client("qa").get(reverse("annotation:guideline_edit", args=[guideline.pk])).content.decode()
    assert "Say what counts as recent." in page

    services.guideline_edit(
        guideline=guideline,
        actor=qa,
        title=guideline.title,
        markdown=guideline.markdown + "\nRecent: two weeks.",
        change_note="",
        expected_sha256=text_sha256(guideline),
    )
    assert "Approve guideline version 1" in {action.title for action in next_actions(lead, world.project)}
    page = client.get(reverse("annotation:guideline_detail", args=[guideline.pk])).content.decode()
    assert "Changed since." in page and "Or send it back" in page


def test_a_round_that_waits_follows_to_the_new_version_and_an_open_one_stays(world: World) -> None:
    first = approved_guideline(world)
    running = make_round(world, samples=1)
    make_records(world.project, 2)
    people = [world.user("annotator", n=n) for n in (1, 2)]
    waiting = services.round_create(
        project=world.project, name="Next", guideline=first, annotators=people, actor=world.user("qa")
    )
    lead = world.user("clinical_lead")
    second = services.guideline_create(project=world.project, title="Second", markdown="# New", actor=lead)
    services.guideline_approve(guideline=second, actor=lead, comment="Better.")
    waiting.refresh_from_db()
    running.refresh_from_db()
    assert (waiting.guideline, running.guideline) == (second, first)
    assert services.round_open(round=waiting, actor=world.user("qa")).state == "open"


def test_a_newer_version_retires_the_older(world: World, guideline: Guideline) -> None:
    lead = world.user("clinical_lead")
    services.guideline_approve(guideline=guideline, actor=lead, comment="Good.")
    newer = services.guideline_create(project=world.project, title="Second", markdown="# New", actor=lead)
    services.guideline_approve(guideline=newer, actor=lead, comment="Better.")
    guideline.refresh_from_db()
    assert (newer.version, guideline.state) == (2, "retired")


def test_a_round_waits_for_the_approval(world: World, guideline: Guideline) -> None:
    make_records(world.project, 2)
    people = [world.user("annotator", n=n) for n in (1, 2)]
    round = services.round_create(
        project=world.project, name="B", guideline=guideline, annotators=people, actor=world.user("qa")
    )
    with pytest.raises(Refused, match="clinical lead"):
        services.round_open(round=round, actor=world.user("qa"))
    assert round.items.filter(slots__isnull=False).count() == 0


def test_a_long_heading_has_a_code_that_a_decision_can_store() -> None:
    longest = Adjudication._meta.get_field("guideline_section").max_length
    texts = ["# " + "a very long heading " * 20, FIRST_VERSION.read_text(encoding="utf-8")]
    assert all(0 < len(section.code) <= longest for text in texts for section in sections(text))
