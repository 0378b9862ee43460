"""Hostile values in forms, JSON, query strings, paths and files: a reason and a 4xx, never a 5xx."""

from __future__ import annotations

import json
import uuid
from itertools import groupby
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from annotation.models import Annotation
from datasets_app.models import ImportBatch
from pixelhub.accounts.roles import Role
from pixelhub.accounts.services import membership_grant, user_create
from pixelhub.jobs.runner import run_inline
from tests.personas import PASSWORD
from tests.security.addresses import address, arguments
from tests.security.form_fields import FIELDS, WITHOUT_FIELDS
from tests.security.may import MAY
from tests.security.place import LABELLING, Place

FORM = "application/x-www-form-urlencoded"
VALUES: dict[str, bytes] = {
    "nul": b"a\x00b",
    "lone surrogate": b"a\xed\xa0\x80b",
    "not utf-8": b"\xff\xfe\xfa",
    "crlf": b"a\r\nSet-Cookie: x=1\r\n\r\n<b>",
    "4,200 digits": b"9" * 4200,
    "beyond 64 bits": b"9223372036854775808",
    "negative": b"-1",
    "nan": b"NaN",
    "infinity": b"1e999",
    "arabic digits": "\u0661\u0662".encode(),
    "direction override": "\u202e\u2066abc\u200b".encode(),
    "long": b"x" * 300_000,
    "json": b'{"$ne": null, "__class__": []}',
    "template": b"{{ 7|add:7 }}{% debug %}%s%n'\";--",
}
EVERYWHERE = ("page=%00", "x=%ED%A0%80", "x=%F0", f"page={'9' * 4200}", "page=-1")
PAGES = ("page=abc", "page=1e9", "page=9223372036854775808", "page=NaN", "page=1&page=2&page[]=3", ";;;==&&&")
IDS = ("=-1", "=x", "=%D9%A1%D9%A2", "=9223372036854775808", f"={'9' * 4200}", "=%F0%9F%92%A9")
QUERIES: dict[str, tuple[str, ...]] = {
    "jobs:list": (*PAGES, "state=nonsense", *(f"project{value}" for value in IDS)),
    "jobs:progress": ("part=../../etc/passwd",),
    "live:revisions": (
        "topic=",
        "topic=project:9:x&topic=y",
        f"topic=project:{'9' * 4200}:rounds",
        "&".join(["topic=1"] * 900),
    ),
    "audit:list": (PAGES[0], "action=nonsense&actor=nonsense", f"target={'x' * 5000}", "target=%0d%0a%20%27"),
    "datasets:record_list": (
        *PAGES,
        "source=nonsense",
        "type=nonsense",
        "edge=nonsense",
        "source=%27--&type[]=1",
        "emotion=%27--&valence=NaN&score=nonsense&below=1e999",
        f"valence={'9' * 4200}&score={'x' * 5000}",
    ),
    "datasets:imports": PAGES,
    "datasets_api:imports": tuple(f"{name}{value}" for name in ("before", "limit") for value in IDS),
    "datasets:release_compare": tuple(f"with{value}" for value in IDS),
    "annotation:rounds": PAGES,
    "annotation:round_export": ("format=nonsense&view=raw", "format=csv&view=%27--", f"format={'x' * 5000}"),
    "annotation:round_detail": ("part=nonsense", "part=%27--", f"part={'x' * 5000}"),
    "annotation:round_adjudicate": tuple(f"item{value}" for value in IDS),
    "training:runs": PAGES,
    "training:version_card": ("format=exe", "format=md%0d%0a", "style=%27--"),
    "training:version_detail": ("prevalence=NaN", "prevalence=1e999", "prevalence=-1", f"prevalence={'9' * 4200}"),
    "training:version_errors": (
        *PAGES,
        "slice==",
        "slice=x=y=z",
        "lowest=NaN",
        "severity=%D9%A1",
        f"kind={'x' * 5000}",
    ),
    "training:version_ledger": (*PAGES, "at=x", "at=0000-00-00T00:00", "at=9999-12-31T23:59:59", f"at={'9' * 4200}"),
    "training:version_compare": tuple(f"a{value}&b{value}" for value in IDS),
    "training:run_create": (
        *(f"{name}{value}" for name in ("release", "clone", "cloned_from") for value in IDS),
        "method=nonsense",
        "method=%27--&seed=x",
    ),
    "training:studies": PAGES,
    "training:study_detail": ("sort=nonsense", "sort=%27--", f"sort={'x' * 5000}"),
    "review:clinical_questions": (*PAGES, "kind=nonsense", "state=%27--", "crisis_type=%27", f"kind={'x' * 5000}"),
    "review:evidence_search": (*(f"q{value}" for value in IDS), "q=sha256:%00", f"q={'a' * 5000}", "q=record+%D9%A1"),
    "review:fairness": tuple(f"report{value}" for value in IDS),
    "review:campaign_create": tuple(f"version{value}" for value in IDS),
    "review:gate_detail": tuple(f"version{value}" for value in IDS),
    "inference:monitoring": ("tab=nonsense&window=%27--", f"window={'x' * 5000}"),
    "inference:monitoring_plot": ("window=nonsense",),
    "inference:scores": (*PAGES, "only=nonsense", "only=%27"),
}

#: All addresses by the first part of their names: a test each, so that workers share them.
ROOMS = {room: dict(names) for room, names in groupby(sorted(MAY.items()), lambda entry: entry[0].split(":")[0])}


@pytest.fixture
def client(place: Place) -> Client:
    """Somebody with every role, whose crashes come back as status 500."""
    user = user_create(username="everything", password=PASSWORD, display_name="Everything")
    for role in Role.values:
        membership_grant(project=place.world.project, user=user, role=role)
    signed_in = place.world.sign_in(user)
    signed_in.raise_request_exception = False
    return signed_in


@pytest.fixture
def labeller(place: Place) -> Client:
    client = place.world.client("annotator", LABELLING)
    client.raise_request_exception = False
    return client


def sent(
    client: Client, url: str, body: bytes = b"", kind: str = "text/plain", *, method: str = "POST", **headers: Any
) -> HttpResponse:
    """One request whose writes are undone."""
    with transaction.atomic():
        response: HttpResponse = client.generic(method, url, body, content_type=kind, **headers)
        transaction.set_rollback(True)
    return response


def problem(response: HttpResponse) -> str:
    """What is wrong with an answer to hostile input; "" where it was taken in or refused with a reason."""
    if response.status_code >= 500:
        return f"status {response.status_code}"
    if response.status_code >= 400 and len(response.content.strip()) < 10:
        return f"status {response.status_code} without a reason"
    if "Set-Cookie: x=1" in str(response.headers) or "\n" in response.headers.get("Location", ""):
        return "split header"
    return ""


def test_every_form_is_listed() -> None:
    posts = {name for name, (_, may_post) in MAY.items() if may_post is not None}
    of_json = {name for name in posts if name.startswith(("annotation:api_", "inference:session_try_"))}
    of_json |= {f"datasets:pii_{act}" for act in REVIEW}
    assert posts == set(FIELDS) | WITHOUT_FIELDS | of_json


@pytest.mark.parametrize("name", FIELDS)
def test_forms(client: Client, place: Place, name: str) -> None:
    wrong = []
    for field in FIELDS[name]:
        for label, value in VALUES.items():
            body = f"{field}={quote_from_bytes(value)}".encode()
            response = sent(client, address(name, place), body, FORM)
            if found := problem(response):
                wrong.append(f"{field}, {label}: {found}")
    assert wrong == []


@pytest.mark.parametrize("name", FIELDS)
def test_forms_sent_as_something_else(client: Client, place: Place, name: str) -> None:
    url, wrong = address(name, place), []
    bodies = [
        (b"{", "application/json"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"x", "multipart/form-data"),
        (b'--x\r\nContent-Disposition: form-data; name="a\x00"\r\n\r\nb\r\n--x--', "multipart/form-data; boundary=x"),
        ("&".join(f"f{n}=1" for n in range(2500)).encode(), "application/x-www-form-urlencoded"),
        (b"a=" + b"x" * 6_000_000, "application/x-www-form-urlencoded"),
        (b"\xff" * 100, "text/plain; charset=nonsense"),
    ]
    for body, kind in bodies:
        if found := problem(sent(client, url, body, kind)):
            wrong.append(f"{kind}: {found}")
    assert wrong == []


@pytest.mark.parametrize("room", ROOMS)
def test_query_strings(client: Client, place: Place, room: str) -> None:
    wrong = []
    for name, (may_get, _) in ROOMS[room].items():
        for query in () if may_get is None else EVERYWHERE + QUERIES.get(name, ()):
            response = sent(client, f"{address(name, place)}?{query}", method="GET")
            if found := "" if response.streaming else problem(response):
                wrong.append(f"{name}?{query[:60]}: {found}")
    assert wrong == []


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("room", ROOMS)
def test_ids_in_paths(client: Client, place: Place, room: str, method: str) -> None:
    wrong = []
    for name in ROOMS[room]:
        for pk in ("0", "9223372036854775807", "9223372036854775808", "9" * 4200, "9" * 4400):
            if arguments(name, place) and name != "review:evidence":
                path = address(name, place).replace(f"/{arguments(name, place)[0]}", f"/{pk}", 1)
                response = sent(client, path, method=method)
                if response.status_code not in (404, 405):
                    wrong.append(f"{method} {name} {pk[:20]}: {response.status_code}")
    assert wrong == []


def test_a_score_that_is_no_uuid(client: Client) -> None:
    assert client.get("/review/evidence/not-a-uuid/").status_code == 404


def test_headers(client: Client, place: Place) -> None:
    hostile = {
        "HTTP_HX_REQUEST": "true",
        "HTTP_HX_CURRENT_URL": "\x00//[",
        "HTTP_REFERER": "http://[",
        "HTTP_COOKIE": "",
    }
    for headers in (hostile, {"HTTP_ACCEPT_LANGUAGE": "x" * 9000}, {"HTTP_HX_REQUEST": "true", "HTTP_HX_BOOSTED": "?"}):
        for name in ("home", "jobs:list", "review:board", "training:runs", "inference:scores"):
            assert sent(client, reverse(name), method="GET", **headers).status_code in (200, 302), (name, headers)


REVIEW = ("claim", "beat", "confirm", "release")
REVIEW_BODIES: dict[str, bytes] = {
    "wild decision": b'{"version": "x", "decisions": [{"turn": -1, "start": 9, "end": 1, "kind": "?", "accept": 2}]}',
    "many decisions": b'{"version": "x", "decisions": [' + b"{}," * 50_000 + b"{}]}",
    "wild ids": b'{"records": [9223372036854775808, -1, 0.5, "x"]}',
}
GOOD = {"crisis_type": "none", "severity": None, "confidence": 0.95}
DEEP = b"[" * 100_000 + b"]" * 100_000


def label(**changes: Any) -> dict[str, Any]:
    return {"slot": 1, "client_uuid": str(uuid.UUID(int=7)), "label": GOOD | changes}


JSON_BODIES: dict[str, bytes] = {
    "nothing": b"nonsense",
    "deep": DEEP,
    "deep value": b'{"slot": ' + DEEP + b"}",
    "deep label": b'{"slot": 1, "label": {"spans": ' + DEEP + b"}}",
    "array": b"[]",
    "null": b"null",
    "text": b'"x"',
    "4,200 digits": b'{"slot": ' + b"9" * 4200 + b', "want": ' + b"9" * 4200 + b"}",
    "beyond 64 bits": b'{"slot": 9223372036854775808}',
    "nan": json.dumps(label(confidence=float("nan"))).encode(),
    "infinity": json.dumps(label(confidence=float("inf"))).encode(),
    "1e999": json.dumps(label(confidence=0.5)).replace("0.5", "1e999").encode(),
    "duplicate keys": b'{"slot": 1, "slot": [], "slot": "x"}',
    "surrogate": json.dumps(label(note="a\ud800b")).encode(),
    "surrogate key": b'{"\\ud800": 1}',
    "nul": json.dumps(label(note="a\x00b")).encode(),
    "nul in type": json.dumps(label(crisis_type="no\x00ne")).encode(),
    "not utf-8": b'{"reason": "\xff\xfe"}',
    "utf-16": '{"slot": 1}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"slot": 1}',
    "wrong types": json.dumps(
        {"slot": "1", "client_uuid": 5, "label": [], "want": "x", "reason": 1, "kind": {}}
    ).encode(),
    "bad uuid": json.dumps(label() | {"client_uuid": "x"}).encode(),
    "unknown field": json.dumps(label() | {"is_admin": True}).encode(),
    "huge text": json.dumps(label(note="x" * 60_000)).encode(),
    "huge body": b'{"reason": "' + b"x" * 6_000_000 + b'"}',
    "wild spans": json.dumps(label(spans=[{"message": 10**6, "start": 10**6, "end": 0}])).encode(),
    "many spans": json.dumps(label(spans=[{"message": 0, "start": 0, "end": 1}] * 51)).encode(),
    "negative severity": json.dumps(label(crisis_type="panic", severity=-1)).encode(),
    "true as number": b'{"slot": true}',
    "float id": b'{"slot": 1.5}',
}


@pytest.mark.parametrize("act", REVIEW)
def test_review_of_identifiers_api(client: Client, place: Place, act: str) -> None:
    url = address(f"datasets:pii_{act}", place)
    wrong = []
    for label_, body in {**JSON_BODIES, **REVIEW_BODIES}.items():
        response = sent(client, url, body, "application/json")
        if found := problem(response):
            wrong.append(f"{label_}: {found}")
        if act == "confirm" and response.status_code < 400:
            wrong.append(f"{label_}: taken as a decision")
    assert wrong == []


@pytest.mark.parametrize("act", ["claim", "submit", "skip", "flag"])
def test_annotation_api(labeller: Client, place: Place, act: str) -> None:
    url = reverse(f"annotation:api_{act}", args=[place.open_round.pk])
    held = f'"slot": {place.held_slot.pk}'.encode()
    wrong = []
    for name, body in JSON_BODIES.items():
        body = body.replace(b'"slot": 1,', held + b",")
        response = sent(labeller, url, body, "application/json")
        reason = response.content.decode()
        if not 400 <= response.status_code < 500 or len(reason) < 20:
            wrong.append(f"{name}: {response.status_code} {reason[:80]}")
    assert wrong == []
    assert not Annotation.objects.filter(slot=place.held_slot).exists()


FILE_NAMES = (
    *(
        "../../etc/passwd.jsonl",
        "a\x00b.jsonl",
        "a\r\nb.jsonl",
        "\u202elnosj.exe.jsonl",
        "x" * 5000 + ".jsonl",
        ".jsonl",
    ),
    *(
        "<script>alert(1)</script>.jsonl",
        "'\";--.jsonl",
        "con.jsonl",
        "rows.jsonl.gz",
        "rows.exe",
        "\U0001f600.jsonl",
    ),
)
FILE_BODIES = {
    "nul": b'{"conversation": "a\x00b"}\n',
    "deep": DEEP,
    "digits": b'{"conversation": [{"role": "user", "content": "x"}], "severity": ' + b"9" * 4200 + b"}",
    "nan": b'{"conversation": [{"role": "user", "content": "x"}], "severity": NaN}',
    "duplicate": b'{"conversation": [], "conversation": 5}',
    "surrogate": b'{"conversation": [{"role": "user", "content": "\\ud800"}]}',
    "not gzip": b"\x1f\x8b\x08\x00nonsense",
}


UPLOADS = [(name, b"nonsense") for name in FILE_NAMES] + [("rows.jsonl", body) for body in FILE_BODIES.values()]


@pytest.mark.parametrize(("name", "body"), UPLOADS, ids=range(len(UPLOADS)))
def test_uploaded_files(client: Client, place: Place, name: str, body: bytes) -> None:
    file = SimpleUploadedFile("rows.jsonl", body)
    file.name = name
    data = {"source": "synthetic", "family": "edge_case_synthetic", "stage": 1, "file": file}
    response = client.post(reverse("datasets:import_create"), data)
    assert problem(response) == ""
    assert response.status_code in (302, 422)
    if response.status_code == 302:
        batch = ImportBatch.objects.order_by("pk").last()
        run_inline(batch.job)
        batch.refresh_from_db()
        assert "/" not in batch.file_name and "\n" not in batch.file_name and "\x00" not in batch.file_name
        assert batch.accepted == 0
        assert batch.quarantined >= 1 or batch.job.error
        assert client.get(reverse("datasets:import_detail", args=[batch.pk])).status_code == 200
