"""Flags reach who may look into them, are resolved in a sentence, and then no longer wait."""

import pytest
from django.urls import reverse

from annotation import services
from annotation.models import Annotation, Flag, Round
from annotation.selectors import next_actions
from pixelhub.audit.models import AuditEvent
from tests.annotation.making import HARM, disputed_round, item_at
from tests.personas import World


@pytest.fixture
def round(world: World) -> Round:
    made = disputed_round(world, {1: HARM}, {1: HARM})
    for kind in Flag.Kind.values:
        services.annotation_flag(item=item_at(made, 1), annotator=world.user("annotator"), kind=kind, note=f"n-{kind}")
    return made


def resolve(world: World, role: str, kind: str, sentence: str = "Read; the label is right.") -> int:
    url = reverse("annotation:flag_resolve", args=[Flag.objects.get(kind=kind).pk])
    return world.client(role).post(url, {"resolution": sentence}).status_code


def waiting(world: World, role: str) -> list[tuple[str, int | None]]:
    found = next_actions(world.user(role), world.project)
    return [(action.title, action.count) for action in found if action.title.startswith("Flagged")]


def test_each_role_sees_its_own_flags(world: World, round: Round) -> None:
    seen = {}
    for role in ("clinical_lead", "qa", "data_engineer"):
        page = world.client(role).get(reverse("annotation:flags")).content.decode()
        seen[role] = {kind for kind in Flag.Kind.values if f"n-{kind}" in page}
    assert seen == {"clinical_lead": {"clinical", "pii"}, "qa": {"pii"}, "data_engineer": {"pii"}}
    assert waiting(world, "clinical_lead") == [("Flagged for the clinical lead", 1), ("Flagged: personal data", 1)]
    assert waiting(world, "qa") == [("Flagged: personal data", 1)]
    assert waiting(world, "annotator") == []
    assert world.client("annotator").get(reverse("annotation:flags")).status_code == 403
    assert world.client("pm").get(reverse("annotation:flags")).status_code == 403


def test_the_rounds_page_leads_there_whoever_may_look_into_them(world: World, round: Round) -> None:
    link = f'href="{reverse("annotation:flags")}">Look into flags'
    pages = {
        role: world.client(role).get(reverse("annotation:round_detail", args=[round.pk])).content.decode()
        for role in ("qa", "pm")
    }
    assert all("Personal data in the text" in page for page in pages.values())
    assert {role: link in page for role, page in pages.items()} == {"qa": True, "pm": False}


def test_a_flag_is_resolved_once_with_a_sentence(world: World, round: Round) -> None:
    labels = list(Annotation.objects.order_by("pk").values())
    assert resolve(world, "qa", "clinical") == 403
    assert resolve(world, "clinical_lead", "clinical", "  ") == 400
    assert resolve(world, "clinical_lead", "clinical") == 302
    flag = Flag.objects.get(kind="clinical")
    assert (flag.resolved_by, flag.resolution) == (world.user("clinical_lead"), "Read; the label is right.")
    assert resolve(world, "clinical_lead", "clinical", "Again.") == 409
    assert waiting(world, "clinical_lead") == [("Flagged: personal data", 1)]
    assert resolve(world, "qa", "pii") == 302
    page = world.client("qa").get(reverse("annotation:flags")).content.decode()
    assert "No flag waits" in page and "Read; the label is right." in page
    event = AuditEvent.objects.filter(action="annotation.flag_resolve").earliest("pk")
    assert "Read" not in event.payload_json
    assert list(Annotation.objects.order_by("pk").values()) == labels


def test_outsiders_find_nothing(world: World, round: Round) -> None:
    url = reverse("annotation:flag_resolve", args=[Flag.objects.get(kind="pii").pk])
    assert world.outsider_client("qa").post(url, {"resolution": "x"}).status_code == 404
    assert "n-pii" not in world.outsider_client("qa").get(reverse("annotation:flags")).content.decode()
