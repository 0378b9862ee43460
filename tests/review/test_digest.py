"""The daily digest: asked for, sent each morning once, lost by no failing mail server, and of nobody's words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import orjson
import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from datasets_app.models import Record
from pixelhub.accounts.models import User
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.models import Job
from pixelhub.jobs.runner import run_inline
from review import services
from review.board import board_of
from review.models import DigestSubscription
from review.refusal import Refused
from review.watch import queue_digests
from tests.personas import World
from tests.review.staged import Staged

pytestmark = pytest.mark.django_db
EVENING = datetime(2026, 3, 1, 19, 30, tzinfo=UTC)
MORNING = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def subscribe(world: World, role: str = "pm", zone: str = "UTC", now: datetime = EVENING) -> DigestSubscription:
    return services.digest_subscribe(
        project=world.project, actor=world.user(role), email=f"{role}@example.org", zone=zone, now=now
    )


def sent(now: datetime, **kwargs: Any) -> dict[str, int]:
    return services.digests_send(now=now, **kwargs)


def section(title: str, number: int = -1) -> list[str]:
    """The lines of the one section that begins with this title, of a mail that was sent."""
    parts = [part.splitlines() for part in str(mail.outbox[number].body).split("\n\n")]
    (found,) = [part[1:] for part in parts if part[0].startswith(title)]
    return found


def test_it_comes_each_morning_once(world: World) -> None:
    row = subscribe(world)
    assert sent(MORNING - timedelta(seconds=1))["sent"] == 0
    assert sent(MORNING) == {"sent": 1, "failed": 0, "skipped": 0}
    for later in (0, 1, 12):
        assert sent(MORNING + timedelta(hours=later))["sent"] == 0
    assert sent(MORNING + timedelta(hours=1), ahead=True)["sent"] == 0, "today's is out"
    assert sent(MORNING + DAY)["sent"] == 1
    row.refresh_from_db()
    assert (row.sent_on, row.held_until, row.next_at) == (date(2026, 3, 3), None, MORNING + 2 * DAY)
    assert [message.to for message in mail.outbox] == [["pm@example.org"]] * 2
    assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == 2
    events = AuditEvent.objects.filter(action="digest.send", project_id=world.project.pk)
    assert [orjson.loads(event.payload_json)["on"] for event in events] == ["2026-03-02", "2026-03-03"]


@pytest.mark.parametrize(
    ("zone", "due"),
    [
        ("Pacific/Auckland", datetime(2026, 3, 2, 18, 0, tzinfo=UTC)),  # it is Monday, 08:30, there
        ("America/Los_Angeles", datetime(2026, 3, 2, 15, 0, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 3, 2, 6, 0, tzinfo=UTC)),
    ],
)
def test_the_morning_is_the_subscribers(world: World, zone: str, due: datetime) -> None:
    assert subscribe(world, zone=zone).next_at == due
    assert sent(due - timedelta(minutes=1))["sent"] == 0
    assert sent(due)["sent"] == 1


def test_summer_time_moves_no_morning(world: World) -> None:
    row = subscribe(world, zone="Europe/Berlin", now=datetime(2026, 3, 27, 12, 0, tzinfo=UTC))
    for utc in ("2026-03-28T06:00", "2026-03-29T05:00", "2026-03-30T05:00"):  # the clocks go forward on the 29th
        assert row.next_at == datetime.fromisoformat(f"{utc}+00:00")
        assert sent(row.next_at)["sent"] == 1
        row.refresh_from_db()


def test_a_failing_mail_server_loses_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.project.starts_on = date(2026, 3, 1)
    world.project.save()
    row = subscribe(world)
    with monkeypatch.context() as patch:

        def refuse(message: object) -> int:
            raise ConnectionRefusedError("pm@example.org: no")

        patch.setattr(mail.EmailMessage, "send", refuse)
        assert sent(MORNING) == {"sent": 0, "failed": 1, "skipped": 0}
        row.refresh_from_db()
        assert (row.failures, row.sent_on, row.next_at) == (1, None, MORNING + timedelta(minutes=5))
        assert sent(MORNING)["failed"] == 0, "not again at once"
        assert sent(row.next_at)["failed"] == 1
        row.refresh_from_db()
        assert row.next_at == MORNING + timedelta(minutes=15), "waits longer each time"
        with pytest.raises(CommandError, match="tries them again"):
            call_command("send_digest", stdout=StringIO())
    services.task_tick(project=world.project, actor=world.user("pm"), task="1.1.qa")
    assert sent(MORNING + timedelta(hours=3), ahead=True)["sent"] == 1
    row.refresh_from_db()
    assert (row.failures, row.sent_on) == (0, date(2026, 3, 2))
    assert "- Lines of the plan: 0 done before, 1 now" in mail.outbox[0].body, "since what was told, not since the try"


def test_who_dies_while_sending_loses_the_digest_after_a_while(world: World) -> None:
    row = subscribe(world)
    DigestSubscription.objects.update(held_until=MORNING + timedelta(minutes=15))
    assert sent(MORNING)["sent"] == sent(MORNING + timedelta(minutes=14), ahead=True)["sent"] == 0
    assert sent(MORNING + timedelta(minutes=15))["sent"] == 1
    row.refresh_from_db()
    assert row.held_until is None


def test_it_says_what_moved_what_is_late_and_what_is_next_for_the_reader(staged: Staged, settings: Any) -> None:
    settings.HUB_URL = "https://hub.example.org"
    world = staged.world
    world.project.starts_on = date(2026, 2, 10)  # day 21 on the 2nd of March
    world.project.save()
    words = [
        message["content"] for record in Record.objects.filter(project=world.project) for message in record.messages
    ]
    subscribe(world), subscribe(world, "clinical_lead")
    staged.reviewed()
    for seat in ("pm", "clinical_lead"):
        services.gate_waive(
            project=world.project, actor=world.user(seat), gate="3.f1", seat=seat, reason="Secret words of a reason."
        )
    assert sent(MORNING)["sent"] == 2
    board = board_of(world.project, today=MORNING.date())
    assert mail.outbox[0].subject == f"Project Alpha: {len(board.late)} late, {board.gates_passed} of 16 gates pass"
    assert "Day 21; phase 1, Dataset creation." in mail.outbox[0].body
    assert section("Gates that changed since 01 Mar, 19:30") == ["- F1, mean over the types: fail before, waived now"]
    assert not any("Decide" in line for line in section("Next for you", 0)), "a PM signs nothing"
    lead = section("Next for you", 1)
    assert lead[0].startswith("- Decide on version 1.0.0")
    assert lead[0].endswith(f": https://hub.example.org{reverse('review:signoff', args=[staged.version.pk])}")
    assert section("Late")[1] == "- 1.2.access Data access agreement signed: 19 days late (Data engineer, nobody named)"
    assert section("Late")[-1] == f"- and {len(board.late) - 10} more"
    sensitivity = next(line for line in section("Success metrics") if line.startswith("- Crisis sensitivity"))
    assert sensitivity.endswith("target above 95.0%, insufficient data")
    assert "% to " in sensitivity, "an estimate comes with its interval"
    assert "- Expert review: " in "\n".join(section("Done since"))
    everything = "\n".join(str(message.body) for message in mail.outbox)
    assert "Secret words" not in everything
    assert words
    assert not any(text in everything for text in words)


def test_who_may_no_longer_see_the_board_gets_nothing(world: World) -> None:
    subscribe(world, "qa")
    subscribe(world, "pm")
    world.user("qa").memberships.all().delete()
    User.objects.filter(pk=world.user("pm").pk).update(is_active=False)
    assert sent(MORNING) == {"sent": 0, "failed": 0, "skipped": 2}
    assert sent(MORNING + timedelta(hours=1))["skipped"] == 0, "asked again tomorrow, not with every sweep"
    assert mail.outbox == []


def test_asking_is_for_those_who_see_the_board(world: World) -> None:
    with pytest.raises(PermissionDenied):
        subscribe(world, "annotator")
    for email, zone in (("nobody", "UTC"), ("pm@example.org\nBcc: x@example.org", "UTC"), ("pm@example.org", "Mars")):
        with pytest.raises(Refused):
            services.digest_subscribe(
                project=world.project, actor=world.user("pm"), email=email, zone=zone, now=EVENING
            )
    assert not DigestSubscription.objects.exists()


def test_the_page_asks_changes_and_ends(world: World) -> None:
    client, url = world.client("pm"), reverse("review:digest")
    assert "You do not get it yet" in client.get(url).content.decode()
    bad = client.post(reverse("review:digest_subscribe"), {"email": "nobody", "zone": "UTC"})
    assert (bad.status_code, DigestSubscription.objects.count()) == (400, 0)
    client.post(reverse("review:digest_subscribe"), {"email": "ada@example.org", "zone": "UTC"})
    client.post(reverse("review:digest_subscribe"), {"email": "ada@example.com", "zone": "Europe/Berlin"})
    row = DigestSubscription.objects.get()
    assert (row.person, row.email, row.zone) == (world.user("pm"), "ada@example.com", "Europe/Berlin")
    assert "You get it at ada@example.com" in client.get(url).content.decode()
    assert "ada@" not in world.client("qa").get(url).content.decode(), "each sees their own"
    world.client("qa").post(reverse("review:digest_unsubscribe"))
    assert DigestSubscription.objects.count() == 1, "nobody ends another's"
    client.post(reverse("review:digest_unsubscribe"))
    client.post(reverse("review:digest_unsubscribe"))
    assert sent(timezone.now() + DAY)["sent"] == 0
    events = AuditEvent.objects.filter(action__startswith="digest.")
    assert [event.action for event in events] == ["digest.subscribe", "digest.unsubscribe"]
    assert "ada@" not in "".join(event.payload_json for event in events)


def test_workers_queue_one_job_when_one_is_due(world: World) -> None:
    row = subscribe(world, now=timezone.now())
    queue_digests()
    assert not Job.objects.exists()
    DigestSubscription.objects.update(next_at=timezone.now())
    queue_digests(), queue_digests()
    job = Job.objects.get(kind="review.digest")
    run_inline(job)
    assert (job.state, job.result) == ("succeeded", {"sent": 1, "failed": 0, "skipped": 0})
    queue_digests()
    row.refresh_from_db()
    assert (Job.objects.count(), len(mail.outbox)) == (1, 1)
    assert row.next_at > timezone.now()


def test_the_command_shows_and_sends(world: World) -> None:
    subscribe(world)
    shown = StringIO()
    call_command("send_digest", "--dry-run", "--project", world.project.slug, stdout=shown)
    assert "To: pm@example.org\nSubject: Project Alpha: 0 late, 0 of 16 gates pass" in shown.getvalue()
    assert (mail.outbox, DigestSubscription.objects.get().sent_on) == ([], None)
    with pytest.raises(CommandError, match="no such project"):
        call_command("send_digest", "--project", "none")
    for said in ("1 sent, 0 failed, 0 skipped\n", "0 sent, 0 failed, 0 skipped\n"):
        told = StringIO()
        call_command("send_digest", stdout=told)
        assert told.getvalue() == said
