"""The webhook: signed messages to a real local server, retried, logged without text; only public addresses."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from inference.job_webhooks import WebhookDeliver
from inference.models import Webhook, WebhookDelivery
from inference.services import (
    CaseInvalid,
    case_acknowledge,
    case_note,
    case_verify,
    webhook_enable,
    webhook_remove,
    webhook_rotate,
    webhook_set,
    webhook_test,
)
from inference.services.webhooks import DISABLED_AFTER, deliveries_enqueue, webhook_secret
from pixelhub.addresses import AddressRefused
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.models import Job
from pixelhub.jobs.runner import run_inline
from pixelhub.webhooks import check_webhook, send_message
from tests.inference.alarming import alarm
from tests.personas import World


class Receiver(HTTPServer):
    """Keeps what it is sent, and answers with the next of `answers` (200 when there is none)."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.origin = f"http://127.0.0.1:{self.server_port}"


class _Answering(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((dict(self.headers), body))
        status = self.server.answers.pop(0) if self.server.answers else 200
        self.send_response(status)
        if status == 302:
            self.send_header("Location", f"{self.server.origin}/elsewhere")
        self.end_headers()
        self.wfile.write(b"a body that nobody reads")

    def log_message(self, *arguments: Any) -> None:
        return


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    server = Receiver()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    settings.WEBHOOK_PRIVATE_ORIGINS = [server.origin]
    settings.JOBS_RETRY_SECONDS = 0
    yield server
    server.shutdown()
    server.server_close()


def set_up(world: World, receiver: Receiver) -> Webhook:
    return webhook_set(project=world.project, actor=world.user("administrator"), url=f"{receiver.origin}/alarms?a=1")


def deliver() -> None:
    """As a worker does."""
    deliveries_enqueue()
    for job in Job.objects.filter(kind=WebhookDeliver.kind, state="queued").order_by("pk"):
        run_inline(job)


def test_a_case_is_told_with_a_signature_and_without_words(world: World, receiver: Receiver) -> None:
    webhook = set_up(world, receiver)
    case, qa = alarm(world.project, conversation="chat-1"), world.user("qa")
    case_acknowledge(case=case, actor=qa)
    case_note(case=case, actor=qa, text="heron-on-the-pier")
    case_verify(case=case, actor=qa)
    alarm(world.other_project)
    deliver()
    assert deliveries_enqueue() == 0
    told = [json.loads(body) for _, body in receiver.heard]
    assert [one["event"] for one in told] == ["opened", "acknowledged", "verified"]
    assert told[0]["case"] == case.pk and told[0]["conversation_id"] == "chat-1" and told[0]["level"] == "emergency"
    assert "heron" not in str(receiver.heard) and qa.username not in str(receiver.heard)
    headers, body = receiver.heard[0]
    at, _, digest = headers["X-Pixelhub-Signature"].partition(",v1=")
    expected = hmac.new(webhook_secret(webhook).encode(), f"{at[2:]}.".encode() + body, hashlib.sha256)
    assert hmac.compare_digest(digest, expected.hexdigest())
    assert headers["X-Pixelhub-Delivery"] == told[0]["delivery"]
    assert set(WebhookDelivery.objects.values_list("state", "status")) == {("sent", 200)}


def test_a_message_comes_again_with_the_same_id_until_it_arrives(world: World, receiver: Receiver) -> None:
    set_up(world, receiver)
    receiver.answers = [500, 302, 503]
    alarm(world.project)
    deliver()
    assert len(receiver.heard) == 4  # a redirect was not followed
    assert len({headers["X-Pixelhub-Delivery"] for headers, _ in receiver.heard}) == 1
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.status, delivery.problem) == ("sent", 4, 200, "")


def test_after_messages_in_a_row_that_did_not_arrive_it_is_disabled(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WebhookDeliver, "max_attempts", 2)
    webhook, admin = set_up(world, receiver), world.user("administrator")
    receiver.answers = [500] * 2 * DISABLED_AFTER
    for _ in range(DISABLED_AFTER):
        alarm(world.project)
    deliver()
    webhook.refresh_from_db()
    assert (webhook.failures, webhook.is_live) == (DISABLED_AFTER, False)
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"given_up"}
    assert AuditEvent.objects.filter(action="webhook.disable").count() == 1
    assert "The webhook is disabled" in world.sign_in(admin).get("/").content.decode()
    alarm(world.project)
    assert WebhookDelivery.objects.count() == DISABLED_AFTER
    webhook_enable(webhook=webhook, actor=admin)
    webhook.refresh_from_db()
    webhook_test(webhook=webhook, actor=admin)
    deliver()
    assert WebhookDelivery.objects.get(event="test").state == "sent"


def test_the_secret_is_shown_once_and_stands_nowhere(world: World, receiver: Receiver) -> None:
    admin = world.client("administrator")
    shown = admin.post("/inference/cases/webhook/", {"url": f"{receiver.origin}/x"}).content.decode()
    webhook = Webhook.objects.get()
    secret = webhook_secret(webhook)
    assert secret in shown and secret not in admin.get("/inference/cases/webhook/").content.decode()
    assert secret not in str(list(Webhook.objects.values())) + str(list(AuditEvent.objects.values()))
    again = admin.post("/inference/cases/webhook/rotate/").content.decode()
    assert secret not in again and webhook_secret(Webhook.objects.get()) in again
    assert webhook_secret(webhook_rotate(webhook=webhook, actor=world.user("administrator"))) != secret
    assert admin.post("/inference/cases/webhook/test/").status_code == 302
    webhook_remove(webhook=webhook, actor=world.user("administrator"))
    assert WebhookDelivery.objects.get().problem == "removed"
    refused = admin.post("/inference/cases/webhook/", {"url": "https://127.0.0.1/"})
    assert (refused.status_code, "not a public one" in refused.content.decode()) == (400, True)
    assert world.client("clinical_lead").get("/inference/cases/webhook/").status_code == 403


FORBIDDEN = [
    *("http://example.org/", "ftp://example.org/", "https:///x", "https://user:pw@example.org/", "https://example.org:22/"),
    *("https://127.0.0.1/", "https://2130706433/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/"),
    *("https://localhost/", "https://10.0.0.1/", "https://172.16.0.1/", "https://192.168.1.1/", "https://0.0.0.0/"),
    *("https://169.254.169.254/latest/meta-data/", "https://100.64.0.1/", "https://224.0.0.1/", "https://255.255.255.255/"),
    *("https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:a9fe:a9fe]/", "https://[fe80::1]/"),
    "https://[fd00::1]/",
    *("https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://[::]/", "https://example.org/#x"),
    "https://exa mple.org/",
    *("https://example.org\\@127.0.0.1/", "https://93.184.216.34:8443/", "https://" + "a" * 600, "", "//example.org"),
]  # fmt: skip


@pytest.mark.parametrize("url", FORBIDDEN)
def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_webhook(url, ports=[443], private=[])
    sent = send_message(url, b"{}", secret="s", delivery="d", ports=[443])
    assert (sent.status, sent.problem) == (None, "address_refused")


def test_a_public_address_passes_and_an_allowed_origin_may_lie_anywhere(world: World) -> None:
    assert check_webhook("https://93.184.216.34/x", ports=[443], private=[]) == ["93.184.216.34"]
    assert check_webhook("http://10.0.0.5:9000/x", ports=[443], private=["http://10.0.0.5:9000"]) == []
    with pytest.raises(AddressRefused):
        check_webhook("http://10.0.0.5:9001/x", ports=[443], private=["http://10.0.0.5:9000"])
    with pytest.raises(CaseInvalid):
        webhook_set(project=world.project, actor=world.user("administrator"), url="https://10.0.0.5/")


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is public when it is checked and local afterwards: the second answer is never asked for."""
    answers = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1"])
    went: list[Any] = []

    def look_up(host: str, port: int, *more: Any, **named: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    def connect(address: Any, **named: Any) -> None:
        went.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", connect)
    sent = send_message("https://rebinding.example/", b"{}", secret="s", delivery="d", ports=[443])
    assert (went, sent.problem) == ([("93.184.216.34", 443)], "no_connection")


def test_one_byte_at_a_time_does_not_last_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        origin = f"http://127.0.0.1:{server.getsockname()[1]}"
        done = threading.Event()

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                while not done.wait(0.05):
                    try:
                        connection.sendall(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        sent = send_message(
            f"{origin}/", b"{}", secret="s", delivery="d", ports=[443], private=[origin], limit_s=0.4
        )  # fmt: skip
        done.set()
        thread.join(timeout=5)
    assert sent.status is None and sent.problem in ("timeout", "no_connection")
    assert sent.milliseconds < 60_000, "one byte every 50 ms would go on for ever"
