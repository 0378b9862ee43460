"""Pages of sessions: who sees them, what they show, that no words are on them, and what a person may do there."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from inference.models import Case, ConversationSession, ConversationTurn, ScoreLog, SessionPolicy
from inference.services import case_acknowledge, case_close, case_reopen, case_verify, session_open, session_turns_add
from inference.serving import console_turns as driver
from inference.serving.registry import Registry
from pixelhub.audit.models import AuditEvent
from tests.inference.rows import turn_row
from tests.inference.talking import HELP, turn
from tests.personas import World

CANARY = "kingfisher-7731"
TRY = "/inference/conversation/"


@pytest.fixture(autouse=True)
def fresh_models(models: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """The live page asks a registry of this test's own."""
    original = driver.console_turns
    monkeypatch.setattr("inference.views_session_try.console_turns", lambda **given: original(models=models, **given))


def post(client: Client, url: str, data: Any) -> Any:
    return client.post(url, json.dumps(data), content_type="application/json")


def opened(client: Client, **wanted: Any) -> str:
    answer = post(client, f"{TRY}open/", wanted)
    assert answer.status_code == 201, answer.content
    return str(answer.json()["session"]["id"])


def talked(world: World, texts: list[str]) -> ConversationSession:
    """A program's session with these turns of the user, the last of them an alarm."""
    session = session_open(project=world.project, conversation_id="chat-5").session
    rows = [turn_row(session, number, content=text) for number, text in enumerate(texts, start=1)]
    rows[-1].alert_level, rows[-1].crisis, rows[-1].score, rows[-1].band = "urgent", True, 0.7, "critical"
    rows[-1].crisis_type, rows[-1].severity, rows[-1].bias = "panic", 4, [["gender", "high"]]
    return session_turns_add(session_id=session.pk, seen=0, rows=rows)


def test_the_live_page_and_its_way_without_a_socket(world: World) -> None:
    lead = world.client("clinical_lead")
    page = lead.get(TRY).content.decode()
    assert "This is a try-out" in page and "30 minutes" in page and 'data-keeps="window"' in page
    pk = opened(lead, locale="en-GB")
    first, second = turn("hello"), turn(HELP)
    assert post(lead, f"{TRY}{pk}/turns/", first).json()["turns"][0]["turn"] == 1
    answer = post(lead, f"{TRY}{pk}/turns/", {"turns": [first, second]}).json()
    assert [(each["turn"], each["replayed"]) for each in answer["turns"]] == [(1, True), (2, False)]
    assert answer["turns"][1]["analysis"]["verdict"] == "crisis" and "116 123" in json.dumps(answer)
    assert answer["session"]["alert_level"] == "emergency"
    assert ScoreLog.objects.filter(scored_by=world.user("clinical_lead")).count() == 2
    refused = post(lead, f"{TRY}{pk}/turns/", {"role": "user", "content": "zebra\x00"})
    assert (refused.status_code, refused.json()["code"]) == (422, "nul") and b"zebra" not in refused.content
    assert post(lead, f"{TRY}open/", {"retention": "transcript"}).json()["code"] == "retention_refused"
    # Nobody else writes into it: a colleague may not, a stranger finds nothing.
    assert post(world.client("qa"), f"{TRY}{pk}/turns/", second).status_code == 403
    assert post(world.outsider_client("clinical_lead"), f"{TRY}{pk}/turns/", second).status_code == 404
    assert lead.post(f"{TRY}{pk}/end/").json()["session"]["state"] == "ended"
    assert not ConversationTurn.objects.filter(text__isnull=False).exists()
    assert post(lead, f"{TRY}{pk}/turns/", turn("more")).json()["code"] == "session_ended"
    checked = Client(enforce_csrf_checks=True)
    checked.force_login(world.user("clinical_lead"), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert post(checked, f"{TRY}open/", {}).status_code == 403


def test_lists_and_figures_without_words_in_their_own_project(world: World, django_assert_max_num_queries: Any) -> None:
    quiet = session_open(project=world.project).session
    session = talked(world, [CANARY, CANARY, f"{CANARY} again"])
    client = world.client("pm")
    with django_assert_max_num_queries(16):
        listed = client.get(reverse("inference:sessions")).content.decode()
    assert "chat-5" in listed and f"Conversation {str(quiet.pk)[:8]}" in listed and "urgent" in listed
    assert "chat-5" not in client.get(reverse("inference:sessions"), {"only": "ended"}).content.decode()
    assert str(quiet.pk) not in client.get(reverse("inference:sessions"), {"only": "alert"}).content.decode()
    url = reverse("inference:session_detail", args=[session.pk])
    with django_assert_max_num_queries(16):
        shown = client.get(url).content.decode()
    assert shown.count("trend-point") >= 3 and "bias: gender, high" in shown and "Panic" in shown
    assert CANARY not in listed + shown
    assert "I have seen to this" not in shown  # a PM looks; QA and clinical lead respond
    empty = client.get(reverse("inference:session_detail", args=[quiet.pk])).content.decode()
    assert "Nothing was said yet" in empty
    stranger = world.outsider_client("clinical_lead")
    assert "chat-5" not in stranger.get(reverse("inference:sessions")).content.decode()
    assert stranger.get(url).status_code == 404
    assert world.client("annotator").get(url).status_code == 403


def test_a_person_resolves_and_a_new_alarm_raises_again(world: World) -> None:
    session = talked(world, ["one", "two"])
    url = reverse("inference:session_resolve", args=[session.pk])
    qa = world.client("qa")
    assert "I have seen to this" in qa.get(reverse("inference:session_detail", args=[session.pk])).content.decode()
    assert world.client("pm").post(url, {"reason": "no"}).status_code == 403
    qa.post(url, {"reason": ""})
    session.refresh_from_db()
    assert session.alert_level == "urgent"
    qa.post(url, {"reason": "called them"})
    session.refresh_from_db()
    assert (session.alert_level, session.peak_level, session.resolved_through) == ("none", "urgent", 2)
    event = AuditEvent.objects.get(action="session.resolve")
    assert json.loads(event.payload_json) == {"level": "urgent", "reason": "called them", "through_turn": 2}
    session = session_turns_add(session_id=session.pk, seen=2, rows=[turn_row(session, 3, alert_level="concern")])
    assert (session.alert_level, session.peak_level) == ("concern", "urgent")


def test_the_session_s_alarms_are_one_case_and_its_closing_resolves_them(world: World) -> None:
    lead = world.client("clinical_lead")
    pk = opened(lead)
    for text in (HELP, "I have the pills here. I will take them now."):
        post(lead, f"{TRY}{pk}/turns/", turn(text))
    case = Case.objects.get()
    assert (case.conversation_id, case.scores) == (f"session.{pk}", 2)
    assert f"case {case.pk}<" in lead.get(reverse("inference:session_detail", args=[pk])).content.decode()
    page = lead.get(reverse("inference:case_detail", args=[case.pk])).content.decode()
    assert reverse("inference:session_detail", args=[pk]) in page
    actor = world.user("clinical_lead")
    case_verify(case=case_acknowledge(case=case, actor=actor), actor=actor)
    case.refresh_from_db()
    closed = case_close(case=case, actor=actor, text="with their doctor", seen=case.alarm_seq)
    session = ConversationSession.objects.get(pk=pk)
    assert (session.alert_level, session.peak_level, session.resolved_through) == ("none", "emergency", 2)
    case_reopen(case=closed, actor=actor, text="closed the wrong one")
    session.refresh_from_db()
    assert session.alert_level == "emergency"


def test_what_is_kept_is_decided_by_the_clinical_lead_and_read_by_few(world: World) -> None:
    url = reverse("inference:session_policy")
    day = (timezone.localdate() + timedelta(days=10)).isoformat()
    wanted = {"window_allowed": "on", "idle_minutes": 45, "transcripts_until": day, "transcripts_keep_days": 3}
    assert "clinical lead decides" in world.client("pm").get(url).content.decode()
    assert world.client("pm").post(url, wanted).status_code == 403
    lead = world.client("clinical_lead")
    refused = lead.post(url, wanted)
    assert refused.status_code == 422 and "Say why" in refused.content.decode()
    assert lead.post(url, wanted | {"idle_minutes": 0, "transcripts_reason": "x"}).status_code == 422
    for far in ("2999-01-01", "9999-12-31"):
        assert lead.post(url, wanted | {"transcripts_until": far, "transcripts_reason": "x"}).status_code == 422
    assert not SessionPolicy.objects.exists()
    assert lead.post(url, wanted | {"transcripts_reason": "a pilot"}).status_code == 302
    policy = SessionPolicy.objects.get()
    assert policy.transcripts_until is not None and policy.idle_minutes == 45
    assert timezone.localtime(policy.transcripts_until - timedelta(seconds=1)).date().isoformat() == day
    assert f'value="{day}"' in lead.get(url).content.decode()
    session = session_open(project=world.project, retention="transcript").session
    session_turns_add(session_id=session.pk, seen=0, rows=[turn_row(session, 1, content=CANARY)])
    text = reverse("inference:session_text", args=[session.pk])
    assert world.client("ml_engineer").get(text).status_code == 403
    assert world.outsider_client("qa").get(text).status_code == 404
    assert CANARY in world.client("qa").get(text).content.decode()
    assert AuditEvent.objects.filter(action="rawtext.read", target_id=str(session.pk)).count() == 1
    lead.post(url, {"window_allowed": "on", "idle_minutes": 30, "transcripts_keep_days": 7})
    assert "No words are kept" in world.client("qa").get(text).content.decode()
    assert AuditEvent.objects.filter(action="rawtext.read").count() == 1
