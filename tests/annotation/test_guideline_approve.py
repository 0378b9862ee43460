"""A clinical lead approves a guideline; nobody else does, and a round can't open before."""

import pytest
from django.urls import reverse

from annotation import services
from annotation.errors import Refused
from annotation.guideline_text import FIRST_VERSION, render, sections
from annotation.models import Adjudication, Guideline
from datasets_app.corpus.taxonomy import CRISIS_TYPES
from pixelhub.audit.models import AuditEvent
from tests.annotation.making import make_records
from tests.personas import World

COMMENT = {"comment": "Definitions and examples are clear."}


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
    answer = world.client("clinical_lead").post(reverse("annotation:guideline_approve", args=[guideline.pk]), COMMENT)
    assert answer.status_code == 302
    guideline.refresh_from_db()
    assert guideline.state == "approved" and guideline.approved_by == world.user("clinical_lead")
    event = AuditEvent.objects.get(action="guideline.approve")
    assert "text_sha256" in event.payload_json and "C-SSRS" not in event.payload_json


@pytest.mark.parametrize("role", ["qa", "annotator", "pm"])
def test_others_may_not(world: World, guideline: Guideline, role: str) -> None:
    answer = world.client(role).post(reverse("annotation:guideline_approve", args=[guideline.pk]), COMMENT)
    assert answer.status_code == 403
    guideline.refresh_from_db()
    assert guideline.state == "draft"


def test_an_outsider_does_not_learn_that_it_exists(world: World, guideline: Guideline) -> None:
    client = world.outsider_client("clinical_lead")
    assert client.get(reverse("annotation:guideline_detail", args=[guideline.pk])).status_code == 404
    assert client.post(reverse("annotation:guideline_approve", args=[guideline.pk]), COMMENT).status_code == 404


def test_a_comment_is_required(world: World, guideline: Guideline) -> None:
    url = reverse("annotation:guideline_approve", args=[guideline.pk])
    assert world.client("clinical_lead").post(url, {"comment": ""}).status_code == 400


def test_a_second_approval_is_told(world: World, guideline: Guideline) -> None:
    client = world.client("clinical_lead")
    url = reverse("annotation:guideline_approve", args=[guideline.pk])
    client.post(url, COMMENT)
    assert client.post(url, COMMENT).status_code == 409


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
