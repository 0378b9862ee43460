"""Files that people send: cut while they arrive, counted, and looked at before anything parses them."""

from __future__ import annotations

import asyncio
import io
import zipfile
from typing import Any

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from pixelhub.pages import PagesApplication
from pixelhub.uploads import SmallTextField, binary_kind, largest_body
from tests.personas import World

MIB = 1 << 20


def a_zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../etc/passwd", "x" * 100)
    return packed.getvalue()


class Form(forms.Form):
    """One small file."""

    file = SmallTextField()


def refused(name: str, content: bytes) -> str:
    form = Form({}, {"file": SimpleUploadedFile(name, content)})
    return "" if form.is_valid() else str(form.errors["file"].as_text())


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (a_zip(), "zip"),
        (b"MZ\x90\x00\x03\x00", "program"),
        (b"%PDF-1.7", "PDF"),
        (b"x" * 257 + b"ustar\x0000", "tar"),
        (b"\x80\x04\x95\x00", "pickle"),
        (b'{"a": "\x00"}', "not text"),
        (b"MZ is how this text begins", ""),
        ('{"text": "žlutý 🙂"}\n'.encode(), ""),
        (b"\xef\xbb\xbfid,label\n1,none\n", ""),
        (b" ", ""),
    ],
)
def test_what_a_file_is_decides_not_what_it_is_called(content: bytes, kind: str) -> None:
    assert kind in binary_kind(content[:512]) and bool(kind) == bool(binary_kind(content[:512]))
    assert bool(refused("labels.jsonl", content)) == bool(kind)


def test_a_small_file_has_a_limit_and_is_read_from_its_beginning(settings: Any) -> None:
    settings.UPLOAD_SMALL_MAX_BYTES = 10
    assert "larger than 10 bytes" in refused("labels.jsonl", b"x" * 11)
    form = Form({}, {"file": SimpleUploadedFile("labels.jsonl", b"0123456789")})
    assert form.is_valid() and form.cleaned_data["file"].read() == b"0123456789"


@pytest.mark.django_db
def test_a_request_is_cut_while_it_arrives(world: World, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 100
    client, url = world.client("data_engineer"), reverse("datasets:import_create")
    large = SimpleUploadedFile("a.jsonl", b"x" * (3 * MIB))
    refused = client.post(url, {"file": large})
    assert (refused.status_code, "This is too large" in refused.content.decode()) == (413, True)
    large.seek(0)
    told = client.post(url, {"file": large}, HTTP_ACCEPT="application/json")
    assert (told.status_code, told.json()["code"]) == (413, "too_large")
    # Three that fit alone and not together.
    halves = [SimpleUploadedFile(f"{n}.jsonl", b"x" * (MIB // 2 + 200)) for n in range(3)]
    assert client.post(url, {"file": halves}).status_code == 413
    kind = client.post(url, {"file": SimpleUploadedFile("a.jsonl", b"x" * 101)})
    assert (kind.status_code, "larger than 100 bytes" in kind.content.decode()) == (422, True)
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2
    settings.UPLOAD_MAX_BYTES = 10 * MIB
    many = [SimpleUploadedFile(f"{n}.jsonl", b"{}") for n in range(3)]
    assert client.post(url, {"file": many}).status_code == 413


class Sender:
    """A client that sends a body in pieces, and counts those that were taken from it."""

    def __init__(self, pieces: int, size: int) -> None:
        self.pieces, self.size, self.taken = pieces, size, 0
        self.answers: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        if self.taken == self.pieces:
            await asyncio.Event().wait()
        self.taken += 1
        return {"type": "http.request", "body": b"x" * self.size, "more_body": self.taken < self.pieces}

    async def send(self, message: dict[str, Any]) -> None:
        self.answers.append(message)

    async def post(self, **headers: str) -> int:
        """To the sign-in page, by nobody: the limit holds before anybody is asked who they are."""
        sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": "POST", "path": "/accounts/login/", "query_string": b"", "headers": sent}
        await PagesApplication()({**scope, "asgi": {"version": "3.0"}}, self.receive, self.send)
        return int(self.answers[0]["status"])


@pytest.mark.django_db(transaction=True)
async def test_the_server_keeps_nothing_of_a_body_past_the_limit(settings: Any) -> None:
    """Django alone writes a whole body to disk before any of its limits is asked."""
    settings.UPLOAD_MAX_BYTES = MIB
    form = "application/x-www-form-urlencoded"
    announced = Sender(1000, MIB)
    assert await announced.post(host="localhost", content_type=form, content_length=str(1000 * MIB)) == 413
    assert announced.taken == 0
    for claimed in ({}, {"content_length": "10"}):
        endless = Sender(1000, MIB)
        assert await endless.post(host="localhost", content_type=form, **claimed) == 413
        assert endless.taken * MIB <= largest_body() + MIB
    headers = {name.lower(): value for name, value in endless.answers[0]["headers"]}
    assert b"default-src 'self'" in headers[b"content-security-policy"]
    fits = Sender(1, 100)
    assert await fits.post(host="localhost", content_type=form, content_length="100") == 403, "no CSRF token"
