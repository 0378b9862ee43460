"""One's own page: exposure, breaks, opt-outs, contacts. Nobody else opens it, and nobody else learns of it."""

import json
import uuid
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from annotation import services
from annotation.errors import Invalid, NotAllowed, Refused
from annotation.models import Break, HardMoment, RoundItem, Slot, TypeOptOut
from annotation.selectors import left_for
from pixelhub.audit.models import AuditEvent
from pixelhub.ui.support import support_for
from tests.annotation.clock import Clock
from tests.annotation.making import HARM, NONE, make_round, submit
from tests.personas import World

CARE = "/annotation/care/"


def post(client: Client, act: str, **values: str) -> Any:
    return client.post(f"{CARE}{act}/", values)


def test_the_page_shows_what_was_read_and_who_helps(world: World, clock: Clock) -> None:
    round, person = make_round(world, samples=6), world.user("annotator")
    for label in (HARM, HARM, NONE):
        slot = services.slot_claim(round=round, annotator=person, want=1)[0]
        clock.forward(minutes=4)
        submit(slot, person, label.__class__(label.crisis_type, label.severity, 0.9, seconds_spent=240))
    client = world.sign_in(person)
    page = client.get(CARE, headers={"accept-language": "en-GB,en;q=0.8"}).content.decode()
    assert "<b>12</b> of 25" in page and "<b>2</b> of 20" in page and "<b>8</b> of 120" in page
    assert "Wednesday (today)" in page and "Week of" in page and "16.25" in page  # 8 + 8 + 0.25 points
    assert page.index("116 123") < page.index("988")
    assert post(client, "break").status_code == 302
    assert "chosen" in client.get(CARE).content.decode()
    # A break of one's own is no lock: going on early ends it.
    clock.forward(minutes=1)
    assert services.slot_claim(round=round, annotator=person)
    assert Break.objects.get().ended_at == clock.now
    held = Slot.objects.filter(annotator=person, state="leased")
    assert held.count() == 3
    assert post(client, "end").status_code == 302
    assert not held.exists()


def test_only_oneself_opens_it(world: World) -> None:
    make_round(world)
    TypeOptOut.objects.create(annotator=world.user("annotator"), project=world.project, crisis_type="psychotic")
    for role in ("qa", "clinical_lead", "pm", "administrator"):
        assert world.client(role).get(CARE).status_code == 403
    for colleague in (world.client("annotator", n=2), world.outsider_client("annotator")):
        page = colleague.get(CARE).content.decode()
        assert page.count('aria-checked="true"') == 6  # their own switches, all on
    assert world.anonymous().get(CARE).status_code == 302


def test_opting_out_takes_effect_at_once_and_leaves_no_trace_for_others(world: World) -> None:
    round, person, client = make_round(world, samples=4), world.user("annotator"), world.client("annotator")
    RoundItem.objects.filter(round=round, position=2).update(hint_type="self_harm", hint_severity=4)
    assert len(services.slot_claim(round=round, annotator=person)) == 3
    events = AuditEvent.objects.count()
    for _ in range(2):
        assert post(client, "opt-out", crisis_type="self_harm", out="yes").status_code == 302
    assert TypeOptOut.objects.get().crisis_type == "self_harm"
    assert [slot.item.position for slot in services.slot_claim(round=round, annotator=person)] == [1, 3, 4]
    assert left_for(round, person) == 3
    assert post(client, "opt-out", crisis_type="self_harm", out="no").status_code == 302
    assert left_for(round, person) == 4 and not TypeOptOut.objects.exists()
    assert AuditEvent.objects.count() == events
    for nonsense in ("none", "", "x\x00"):
        assert post(client, "opt-out", crisis_type=nonsense, out="yes").status_code == 400
    with pytest.raises(Invalid):
        services.opt_out_set(project=world.project, annotator=person, crisis_type="none", out=True)
    for stranger in (world.user("qa"), world.outsider("annotator")):
        with pytest.raises(NotAllowed):
            services.opt_out_set(project=world.project, annotator=stranger, crisis_type="panic", out=True)


def test_this_was_hard_is_told_once_without_the_sample(world: World, clock: Clock) -> None:
    round, client = make_round(world), world.client("annotator")
    url = reverse("annotation:api_hard", args=[round.pk])
    sent = {"client_uuid": str(uuid.uuid4()), "wants_contact": True}
    for _ in range(3):
        assert client.post(url, json.dumps(sent), content_type="application/json").json() == {"told": True}
    moment = HardMoment.objects.get()
    assert moment.wants_contact and moment.created_at.isoformat() == "2026-11-25T00:00:00+00:00"
    assert not AuditEvent.objects.filter(action__contains="hard").exists()
    assert {field.name for field in HardMoment._meta.fields}.isdisjoint({"item", "slot", "record", "round"})
    theirs = world.client("annotator", n=2).post(url, json.dumps(sent), content_type="application/json")
    assert (theirs.status_code, theirs.json()["error"]) == (409, "uuid_reused")
    bad = client.post(url, json.dumps({**sent, "slot": 1}), content_type="application/json")
    assert bad.status_code == 400
    with pytest.raises(NotAllowed):
        services.hard_moment_tell(
            project=world.project, annotator=world.user("qa"), client_uuid=uuid.uuid4(), wants_contact=False
        )
    assert post(client, "hard", client_uuid="nonsense").status_code == 400
    assert post(client, "hard", client_uuid=str(uuid.uuid4())).status_code == 302
    assert HardMoment.objects.filter(wants_contact=True).count() == 2
    with pytest.raises(Refused):
        services.hard_moment_tell(
            project=world.project,
            annotator=world.user("annotator", n=2),
            client_uuid=moment.client_uuid,
            wants_contact=True,
        )


def test_a_break_from_the_instrument(world: World, clock: Clock) -> None:
    services.policy_change(project=world.project, actor=world.user("qa"), changes={"break_minutes": 7})
    round, client = make_round(world, samples=8), world.client("annotator")
    claim, take = (reverse(f"annotation:api_{act}", args=[round.pk]) for act in ("claim", "break"))
    meter = client.post(claim, "{}", content_type="application/json").json()["care"]
    assert (meter["minutes"], meter["severe"], meter["offer"], meter["break_minutes"]) == (0, 0, "", 7)
    for minute in range(21):
        clock.forward(minutes=1)
        services.slot_heartbeat(round=round, annotator=world.user("annotator"))
        offer = client.post(claim, "{}", content_type="application/json").json()["care"]["offer"]
        assert offer == ("minutes" if minute >= 19 else "")
    answer = client.post(take, json.dumps({"offered": True}), content_type="application/json")
    assert answer.json() == {"seconds": 420}
    assert client.post(take, "{}", content_type="application/json").json() == {"seconds": 420}
    rest = Break.objects.get()
    assert (rest.kind, rest.reason) == ("offered", "minutes")


@pytest.mark.parametrize(
    ("header", "cookie", "near"),
    [
        ("en-GB,en;q=0.9", "", ["UK"]),
        ("de-AT,de;q=0.9,en-US;q=0.5", "", ["EU"]),
        ("en-US", "UK", ["UK"]),
        ("en-US", "nowhere", ["US", "US"]),
        ("fr;q=nonsense, \udcff, -,", "", ["US", "US", "EU", "UK"]),
        ("", "", ["US", "US", "EU", "UK"]),
    ],
)
def test_contacts_of_ones_own_place_come_first_and_none_is_lost(header: str, cookie: str, near: list[str]) -> None:
    request = RequestFactory().get("/", headers={"accept-language": header})
    request.COOKIES["support_locale"] = cookie
    found = support_for(request)
    assert [entry["locale"] for entry in found.near] == near
    assert len(found.near) + len(found.others) == 4


def test_what_is_kept_in_the_browser(world: World) -> None:
    round, client = make_round(world), world.client("annotator")
    assert post(client, "preferences", blur="each", locale="UK").status_code == 302
    page = client.get(reverse("annotation:round_label", args=[round.pk])).content.decode()
    assert 'data-blur="each"' in page and page.index("116 123") < page.index("988")
    assert post(client, "preferences", blur="never", locale="").status_code == 400
    assert post(client, "preferences", blur="visit", locale="Mars").status_code == 400
