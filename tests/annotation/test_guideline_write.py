"""Writing the next version of a guideline: who may, without losing anybody's words, until it is decided."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from annotation import services
from annotation.errors import Invalid, NotAllowed, Refused
from annotation.models import Guideline
from annotation.services.guidelines import text_sha256
from pixelhub.audit.models import AuditEvent
from tests.annotation.making import approved_guideline, make_records, make_round
from tests.personas import World

WRITE = "annotation:guideline_write"
WRITERS = ("pm", "data_engineer", "qa", "clinical_lead")


@pytest.fixture
def first(world: World) -> Guideline:
    return approved_guideline(world)


def written(first: Guideline, **more: object) -> dict[str, object]:
    values = {"title": "Second", "change_note": "Shyness is out.", "markdown": first.markdown + "\r\n\r\nA rule more."}
    return {"seen": first.version, **values, **more}


def edit(client: Client, draft: Guideline, **more: object) -> object:
    names = ("title", "markdown", "change_note")
    sent = {"seen": text_sha256(draft), **{name: getattr(draft, name) for name in names}, **more}
    return client.post(reverse("annotation:guideline_edit", args=[draft.pk]), sent)


def test_the_page_starts_from_the_newest_text_and_saves_a_draft(world: World, first: Guideline) -> None:
    client = world.client("qa")
    page = client.get(reverse(WRITE))
    assert page.context["form"]["markdown"].value() == first.markdown
    assert 'id="section-panic"' in page.content.decode()  # the preview is there before the first key press
    assert client.post(reverse(WRITE), written(first)).status_code == 302
    draft = Guideline.objects.get(version=2)
    assert (draft.state, draft.created_by, draft.change_note) == ("draft", world.user("qa"), "Shyness is out.")
    assert "\r" not in draft.markdown and draft.markdown.endswith("A rule more.")
    event = AuditEvent.objects.filter(action="guideline.create").latest("seq")
    assert "text_sha256" in event.payload_json and "A rule more" not in event.payload_json
    # Whoever would write another one goes on with this one.
    assert client.get(reverse(WRITE)).headers["Location"] == reverse("annotation:guideline_edit", args=[draft.pk])
    listed = client.get(reverse("annotation:guidelines")).content.decode()
    assert "Shyness is out." in listed and "Go on with version 2" in listed


def test_who_may_write(world: World, first: Guideline) -> None:
    for role in WRITERS:
        assert world.client(role).get(reverse(WRITE)).status_code == 200
    for role in ("annotator", "ml_engineer", "administrator"):
        assert world.client(role).get(reverse(WRITE)).status_code == 403
        assert world.client(role).post(reverse(WRITE), written(first)).status_code == 403
        assert world.client(role).post(reverse("annotation:guideline_render"), {"markdown": "# A"}).status_code == 403
    with pytest.raises(NotAllowed):
        services.guideline_create(project=world.project, title="X", markdown="Y", actor=world.outsider("qa"))
    draft = services.guideline_create(project=world.project, title="X", markdown="Y", actor=world.user("pm"))
    for act in ("edit", "withdraw"):
        url = reverse(f"annotation:guideline_{act}", args=[draft.pk])
        assert world.outsider_client("qa").post(url).status_code == 404
        assert world.client("annotator").post(url).status_code == 403
    assert Guideline.objects.filter(project=world.project).count() == 2


def test_the_preview_shows_sections_and_stores_nothing(world: World, first: Guideline) -> None:
    url = reverse("annotation:guideline_render")
    page = world.client("qa").post(url, {"markdown": "## Hello\n<script>x</script>"}).content.decode()
    assert 'id="section-hello"' in page and "<script" not in page and "<html" not in page
    assert "too long" in world.client("qa").post(url, {"markdown": "x" * 200_001}).content.decode()
    assert Guideline.objects.count() == 1


def test_a_version_added_meanwhile_is_shown_and_nothing_is_lost(world: World, first: Guideline) -> None:
    lead = world.user("clinical_lead")
    theirs = services.guideline_create(project=world.project, title="T", markdown="# Theirs", actor=lead)
    services.guideline_approve(guideline=theirs, actor=lead, comment="Good.")
    client = world.client("qa")
    answer = client.post(reverse(WRITE), written(first, markdown="# Mine"))
    assert answer.status_code == 409 and not Guideline.objects.filter(version=3).exists()
    assert answer.context["form"]["markdown"].value() == "# Mine"
    assert [section.state for section in answer.context["diff"]] == ["renamed"]
    again = {"seen": answer.context["form"]["seen"].value(), "title": "M", "markdown": "# Mine"}
    assert client.post(reverse(WRITE), again).status_code == 302
    assert Guideline.objects.get(version=3).markdown == "# Mine"


def test_of_two_editors_the_second_is_told(world: World, first: Guideline) -> None:
    draft = services.guideline_create(project=world.project, title="D", markdown="# Draft", actor=world.user("qa"))
    assert edit(world.client("qa"), draft, markdown="# By QA").status_code == 302
    answer = edit(world.client("pm"), draft, markdown="# By PM")
    assert answer.status_code == 409 and "Somebody changed this draft" in answer.content.decode()
    draft.refresh_from_db()
    assert draft.markdown == "# By QA"
    second = {"seen": answer.context["form"]["seen"].value(), "title": "D", "markdown": "# By both"}
    assert world.client("pm").post(reverse("annotation:guideline_edit", args=[draft.pk]), second).status_code == 302
    draft.refresh_from_db()
    assert draft.markdown == "# By both"


def test_decided_text_never_changes(world: World, first: Guideline) -> None:
    before = text_sha256(first)
    assert edit(world.client("qa"), first, markdown="# Other").status_code == 409
    with pytest.raises(Refused, match="decided already"):
        services.guideline_withdraw(guideline=first, actor=world.user("qa"))
    first.refresh_from_db()
    assert text_sha256(first) == before
    page = world.client("qa").get(reverse("annotation:guideline_edit", args=[first.pk]))
    assert page.headers["Location"] == reverse("annotation:guideline_detail", args=[first.pk])


def test_a_withdrawn_draft_is_read_only_and_makes_room(world: World, first: Guideline) -> None:
    draft = services.guideline_create(project=world.project, title="D", markdown="# D", actor=world.user("qa"))
    url = reverse("annotation:guideline_withdraw", args=[draft.pk])
    assert world.client("pm").post(url).status_code == 302
    assert world.client("pm").post(url).status_code == 409
    draft.refresh_from_db()
    assert draft.state == "withdrawn" and AuditEvent.objects.filter(action="guideline.withdraw").count() == 1
    lead = world.user("clinical_lead")
    with pytest.raises(Refused):
        services.guideline_approve(guideline=draft, actor=lead, comment="Yes.")
    assert services.guideline_create(project=world.project, title="E", markdown="# E", actor=lead).version == 3


def test_a_draft_that_a_round_waits_for_is_not_withdrawn(world: World, first: Guideline) -> None:
    draft = services.guideline_create(project=world.project, title="D", markdown="# D", actor=world.user("qa"))
    make_records(world.project, 1)
    people = [world.user("annotator", n=n) for n in (1, 2)]
    services.round_create(project=world.project, name="R", guideline=draft, annotators=people, actor=None)
    answer = world.client("qa").post(reverse("annotation:guideline_withdraw", args=[draft.pk]))
    assert answer.status_code == 409 and "A round is set up" in answer.content.decode()


def test_a_project_has_one_draft(world: World, first: Guideline) -> None:
    qa = world.user("qa")
    services.guideline_create(project=world.project, title="D", markdown="# D", actor=qa)
    with pytest.raises(Refused, match="still a draft"):
        services.guideline_create(project=world.project, title="E", markdown="# E", actor=qa)
    with pytest.raises(IntegrityError), transaction.atomic():
        Guideline.objects.create(project=world.project, version=9, title="F", markdown="# F")


@pytest.mark.parametrize("bad", [{"markdown": " \n"}, {"title": ""}, {"markdown": "a\x00b"}, {"title": "\ud800"}])
def test_what_cannot_be_a_guideline_is_refused(world: World, first: Guideline, bad: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        services.guideline_create(
            project=world.project, actor=world.user("qa"), **{"title": "T", "markdown": "# M", **bad}
        )


def test_versions_are_compared_by_everybody_of_the_project(world: World, first: Guideline) -> None:
    round = make_round(world, samples=1)
    changed = first.markdown.replace("worry, shyness, stress", "worry, being shy, stress")
    draft = services.guideline_create(project=world.project, title="D", markdown=changed, actor=world.user("qa"))
    url = reverse("annotation:guideline_diff", args=[draft.pk])
    annotator = world.client("annotator")
    for view in ("inline", "side"):
        page = annotator.get(url, {"view": view, "against": 1}).content.decode()
        assert "[removed: </span>shyness<" in page and "[added: </span>being shy<" in page
    assert annotator.get(url, {"against": 99}).status_code == 404
    assert annotator.get(url, {"against": "x" * 30}).status_code == 404
    assert world.outsider_client("qa").get(url).status_code == 404
    lead = world.client("clinical_lead").get(reverse("annotation:guideline_detail", args=[draft.pk])).content.decode()
    assert "being shy" in lead and "Panic" in lead and "labels under older versions are proposed" in lead
    listed = annotator.get(reverse("annotation:guidelines")).content.decode()
    assert reverse("annotation:round_detail", args=[round.pk]) in listed
    strange = world.client("annotator", 2).get(reverse("annotation:guidelines")).content.decode()
    assert "Write the next version" not in strange
