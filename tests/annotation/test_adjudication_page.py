"""The adjudication page: evidence of each voice, the queue's filters, seats, conflicts that keep one's words."""

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotation import services
from annotation.models import Adjudication, Annotation, Round
from annotation.spans import Piece, pieces
from pixelhub.audit.models import AuditEvent
from tests.annotation.making import HARM, NONE, PANIC, disputed_round, item_at, ruling
from tests.personas import World

SPAN = {"message": 0, "start": 0, "end": 5}


@pytest.fixture
def round(world: World) -> Round:
    """1 harm against none with evidence, 2 panic against none, 3 panic against harm, 4 agreed and flagged."""
    evident = replace(HARM, spans=(SPAN,), note="Means at hand.", uncertain=True)
    made = disputed_round(
        world, {1: evident, 2: PANIC, 3: PANIC}, {1: NONE, 2: NONE, 3: HARM}, samples=5,
    )  # fmt: skip
    services.annotation_flag(item=item_at(made, 4), annotator=world.user("annotator"), kind="clinical", note="Look.")
    return made


def url(round: Round) -> str:
    return reverse("annotation:round_adjudicate", args=[round.pk])


def look(client: Client, round: Round, **query: Any) -> Any:
    return client.get(url(round), query)


def words(round: Round, position: int, **more: Any) -> dict[str, Any]:
    return {
        "item": item_at(round, position).pk, "version": 0, "crisis_type": "panic", "severity": 3,
        "guideline_section": "panic", "reason": "My own careful words.", **more,
    }  # fmt: skip


def positions(answer: Any) -> list[int]:
    return [entry.position for entry in answer.context["queue"].entries]


def test_each_voice_shows_its_own_evidence_and_doubts(world: World, round: Round) -> None:
    answer = look(world.client("qa"), round)
    page = answer.content.decode()
    assert answer.context["item"].position == 1
    with_evidence = next(v["name"] for v in answer.context["voices"] if v["label"].spans)
    assert page.count(f'data-all="{with_evidence}"') == 1 and "Means at hand." in page
    assert "No evidence marked." in page and "<strong>uncertain</strong>" in page
    assert "1 of 3" not in page and "0 of 3 decided" in page
    assert all(annotation.annotator.pseudonym not in page for annotation in Annotation.objects.all())


def test_overlapping_evidence_is_cut_where_a_voice_begins_or_ends() -> None:
    spans = {"A": [{"message": 0, "start": 0, "end": 4}], "B": [{"message": 0, "start": 2, "end": 99}]}
    assert pieces("abcd🌧f", spans, 0) == [Piece("ab", ("A",)), Piece("cd", ("A", "B")), Piece("🌧f", ("B",))]
    assert pieces("abc", spans, 1) == [Piece("abc", ())]
    assert pieces("", spans, 0) == []


def test_filters_and_what_each_role_may_look_at(world: World, round: Round) -> None:
    qa, lead = world.client("qa"), world.client("clinical_lead")
    assert positions(look(qa, round)) == [1, 2, 3]
    assert positions(look(qa, round, pair="panic-none")) == [2]
    assert positions(look(qa, round, pair="nonsense")) == [1, 2, 3]
    assert positions(look(qa, round, show="agreed")) == positions(look(qa, round, show="flagged")) == []
    assert positions(look(lead, round, show="agreed")) == [4, 5]
    flagged = look(lead, round, show="flagged")
    assert positions(flagged) == [4] and "overrides them by clinical authority" in flagged.content.decode()
    assert look(lead, round, sample=5).context["item"].position == 5
    assert look(qa, round, sample=5).context["item"].position == 1  # not for QA: the annotators agree
    assert positions(look(qa, round, show="decided")) == []
    services.adjudicate(item=item_at(round, 2), actor=world.user("qa"), ruling=ruling())
    assert positions(look(qa, round, show="decided")) == [2]
    assert AuditEvent.objects.filter(action="rawtext.read").count() >= 5


def test_two_adjudicators_are_handed_different_samples(world: World, round: Round) -> None:
    qa, lead = world.client("qa"), world.client("clinical_lead")
    first, second = (look(client, round).context["item"].position for client in (qa, lead))
    assert (first, second) == (1, 2)
    looked = look(lead, round, item=item_at(round, 1).pk)
    assert looked.context["colleague"] and looked.context["item"].position == 1
    seat = reverse("annotation:round_adjudicate_seat", args=[round.pk])
    said = qa.post(seat, {"item": item_at(round, 1).pk}).json()
    assert said == {"held": True, "colleague": False, "version": 0}
    services.adjudicate(item=item_at(round, 1), actor=world.user("clinical_lead"), ruling=ruling())
    assert qa.post(seat, {"item": item_at(round, 1).pk}).json() == {"held": False, "colleague": False, "version": 1}
    assert qa.post(seat, {"item": "x"}).status_code == 400
    assert world.client("annotator").post(seat, {"item": 1}).status_code == 403
    assert world.outsider_client("qa").post(seat, {"item": 1}).status_code == 404


def test_deciding_leads_on_to_the_next_of_the_same_list(world: World, round: Round) -> None:
    answer = world.client("qa").post(url(round) + "?show=undecided", words(round, 1))
    assert answer.status_code == 302
    assert answer.url.endswith(f"?show=undecided&item={item_at(round, 2).pk}")


def test_who_is_second_keeps_their_words_and_sees_the_others(world: World, round: Round) -> None:
    services.adjudicate(item=item_at(round, 1), actor=world.user("qa", n=2), ruling=ruling(reason="The colleague's."))
    client = world.client("qa")
    late = client.post(url(round), words(round, 1, crisis_type="none", severity=""))
    page = late.content.decode()
    assert late.status_code == 409
    assert "My own careful words." in page and "The colleague&#x27;s." in page and "your words are kept" in page
    assert late.context["form"]["version"].value() == "1"
    again = client.post(url(round), words(round, 1, version=1, crisis_type="none", severity=""))
    assert again.status_code == 302
    assert Adjudication.objects.get().crisis_type == "none"
    history = look(client, round, item=item_at(round, 1).pk).content.decode()
    assert "History: 2 decisions" in history and "The colleague&#x27;s." in history


def test_who_may_not_decide_is_told_before_they_type(world: World, round: Round) -> None:
    services.adjudicate(item=item_at(round, 1), actor=world.user("clinical_lead"), ruling=ruling())
    looked = look(world.client("qa"), round, item=item_at(round, 1).pk)
    assert "only they can change it" in looked.content.decode()
    assert world.client("qa").post(url(round), words(round, 1, version=1)).status_code == 403
    annotator = world.user("annotator")
    world.grant(annotator, "qa")
    assert "You labelled this sample yourself" in look(world.client("annotator"), round).content.decode()


def test_the_page_asks_the_database_little_however_long_the_queue(
    world: World, round: Round, django_assert_max_num_queries: Any
) -> None:
    client = world.client("qa")
    look(client, round)
    with django_assert_max_num_queries(60):
        look(client, round)
