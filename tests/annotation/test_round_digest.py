"""The private digest: what became of one's labels, for nobody else's eyes."""

from django.urls import reverse

from annotation import services
from annotation.models import Round, RoundAnnotator
from annotation.selectors import next_actions
from pixelhub.audit.models import AuditEvent
from tests.annotation.making import HARM, NONE, PANIC, PANIC_4, disputed_round, item_at, ruling
from tests.personas import World

REASON = "No plan and no means are named."


def decided(world: World) -> Round:
    """1 harm against none and 3 panic against none, both decided as panic; 2 panic 3 and 4, so 4; 4 agreed."""
    round = disputed_round(world, {1: HARM, 2: PANIC, 3: PANIC}, {1: NONE, 2: PANIC_4, 3: NONE})
    for position in (1, 3):
        services.adjudicate(item=item_at(round, position), actor=world.user("qa"), ruling=ruling(reason=REASON))
    return services.round_publish(round=round, actor=world.user("qa"))


def url(round: Round) -> str:
    return reverse("annotation:round_digest", args=[round.pk])


def test_it_says_what_stood_what_changed_and_why(world: World) -> None:
    round = decided(world)
    answer = world.client("annotator").get(url(round))
    digest, page = answer.context["digest"], answer.content.decode()
    assert (digest.labels, digest.published, digest.stood) == (4, 4, 2)
    assert [(entry.position, bool(entry.reason)) for entry in digest.changed] == [(1, True), (2, False)]
    assert page.count(REASON) == 1 and "Panic" in page and "between neighbours" in page
    assert [(row.crisis_type, row.samples, row.met) for row in digest.types] == [("panic", 3, 2), ("none", 1, 1)]
    other = world.client("annotator", n=2).get(url(round)).context["digest"]
    assert [entry.position for entry in other.changed] == [1, 3]


def test_no_names_no_ranking_and_no_text_unasked(world: World) -> None:
    round = decided(world)
    client = world.client("annotator")
    page = client.get(url(round)).content.decode()
    for person in (world.user("annotator", n=2), world.user("qa")):
        assert person.pseudonym not in page and str(person) not in page
    text = item_at(round, 1).record.messages[0]["content"]
    assert text not in page and not AuditEvent.objects.filter(action="rawtext.read").exists()
    assert text in client.get(url(round), {"again": 1}).content.decode()
    assert AuditEvent.objects.filter(action="rawtext.read").count() == 1


def test_nobody_else_opens_it(world: World) -> None:
    round = decided(world)
    for role in ("qa", "clinical_lead", "pm", "data_engineer", "administrator"):
        assert world.client(role).get(url(round)).status_code == 403
    assert world.client("annotator", n=3).get(url(round)).status_code == 403
    assert world.outsider_client("annotator").get(url(round)).status_code == 404


def test_home_offers_it_until_it_is_read(world: World) -> None:
    def offered(n: int = 1) -> list[str]:
        return [action.url for action in next_actions(world.user("annotator", n), world.project)]

    round = decided(world)
    assert url(round) in offered() and url(round) in offered(2)
    world.client("annotator").get(url(round))
    assert url(round) not in offered() and url(round) in offered(2)
    assert RoundAnnotator.objects.filter(round=round, digest_read_at__isnull=False).count() == 1


def test_before_the_round_is_decided_there_is_nothing_to_see(world: World) -> None:
    round = disputed_round(world, {1: HARM}, {1: NONE})
    page = world.client("annotator").get(url(round)).content.decode()
    assert "Not decided yet" in page
    assert not RoundAnnotator.objects.filter(digest_read_at__isnull=False).exists()
