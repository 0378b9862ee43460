"""Expert labels: set from a record, taken over from decisions, imported, retired; by QA and the clinical lead only."""

import json
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotation import services
from annotation.models import GoldLabel
from annotation.selectors_qualification import gold_answers
from pixelhub.audit.models import AuditEvent
from tests.annotation.making import HARM, NONE, PANIC, approved_guideline, disputed_round, make_records, ruling
from tests.annotation.making_gold import make_gold, watched_round
from tests.annotation.test_annotator_pause import answer_gold
from tests.personas import World

VALUES = {
    "use": "practice",
    "crisis_type": "panic",
    "severity": "3",
    "also_accepted": ["substance"],
    "guideline_section": "panic",
    "rationale": "A surge with body symptoms.",
}


def url(name: str, *args: Any) -> str:
    return reverse(f"annotation:{name}", args=args)


def upload(client: Client, lines: list[dict[str, Any]] | bytes) -> Any:
    content = lines if isinstance(lines, bytes) else b"\n".join(json.dumps(line).encode() for line in lines)
    file = BytesIO(content)
    file.name = "gold.jsonl"
    return client.post(url("gold_import"), {"file": file})


def test_set_from_a_record_listed_and_retired(world: World) -> None:
    approved_guideline(world)
    record = make_records(world.project, 1)[0]
    client, address = world.client("clinical_lead"), f"{url('gold_create')}?record={record.pk}"
    page = client.get(address).content.decode()
    assert "The day was long" in page and "Severity" in page
    bad = client.post(address, {**VALUES, "also_accepted": ["panic"]})
    assert bad.status_code == 400 and "other known types" in bad.content.decode()
    assert client.post(address, {**VALUES, "severity": ""}).status_code == 400
    assert client.post(address, VALUES).status_code == 302
    gold = GoldLabel.objects.get()
    assert (gold.crisis_type, gold.severity, gold.also_accepted, gold.set_by) == (
        "panic", 3, ["substance"], world.user("clinical_lead"),
    )  # fmt: skip
    again = client.post(address, VALUES)
    assert again.status_code == 409 and "Retire it first" in again.content.decode()

    listed = client.get(url("gold")).content.decode()
    assert "A surge with body symptoms." in listed and "fewer than 5 answers" in listed
    assert "A surge" not in client.get(url("gold"), {"use": "hidden"}).content.decode()
    assert "A surge" in client.get(url("gold"), {"use": "practice", "type": "panic"}).content.decode()
    assert client.post(url("gold_retire", gold.pk)).status_code == 302
    assert "A surge" not in client.get(url("gold")).content.decode()
    assert "A surge" in client.get(url("gold"), {"retired": "yes"}).content.decode()
    assert client.post(address, {**VALUES, "crisis_type": "none"}).status_code == 302  # severity goes with it
    assert GoldLabel.objects.get(retired_at__isnull=True).severity is None
    actions = list(AuditEvent.objects.filter(action__startswith="gold.").values_list("action", flat=True))
    assert actions == ["gold.set", "gold.retire", "gold.set"]
    assert not AuditEvent.objects.filter(payload_json__contains="surge").exists()


def test_decisions_of_a_closed_round_become_expert_labels_with_one_click(world: World) -> None:
    round = disputed_round(world, {1: PANIC, 2: HARM}, {1: NONE, 2: PANIC}, samples=3)
    for item in round.items.filter(position__in=(1, 2)):
        services.adjudicate(item=item, actor=world.user("clinical_lead"), ruling=ruling())
    client = world.client("qa")
    assert "with one click" not in client.get(url("gold")).content.decode()
    answer = client.post(url("gold_from_round"), {"round": round.pk, "use": "hidden", "count": ""})
    assert answer.status_code == 302
    golds = list(GoldLabel.objects.all())
    assert [(g.use, g.crisis_type, g.severity, g.rationale, g.guideline_section) for g in golds] == [
        ("hidden", "panic", 3, "A surge with body symptoms.", "panic")
    ] * 2
    assert {gold.record_id for gold in golds} == set(
        round.items.filter(position__in=(1, 2)).values_list("record", flat=True)
    )
    again = client.post(url("gold_from_round"), {"round": round.pk, "use": "hidden", "count": ""})
    assert again.status_code == 409 and GoldLabel.objects.count() == 2


def test_a_file_is_imported_whole_or_not_at_all(world: World) -> None:
    approved_guideline(world)
    records = make_records(world.project, 3)
    client = world.client("qa")
    line = {"crisis_type": "panic", "severity": 4, "use": "hidden", "guideline_section": "panic"}
    good = [{"record": record.content_hash, **line} for record in records]
    bad = [
        good[0],
        {**good[1], "severity": 9},
        {**good[2], "record": "sha256:none"},
        {**good[2], "surprise": 1},
        good[0],
    ]
    page = upload(client, bad)
    text = page.content.decode()
    assert page.status_code == 400 and not GoldLabel.objects.exists()
    assert all(f"Line {n}:" in text for n in (2, 3, 4, 5)) and "Line 1:" not in text
    assert "4 lines can" in text
    for junk in (b"", b"[" * 70000, b"\xff\xfe", b'{"record": "\\u0000"}', b'{"record": "\\ud800"}', b"x" * 6_000_000):
        assert upload(client, junk).status_code == 400
    assert upload(client, good).status_code == 302
    assert GoldLabel.objects.filter(use="hidden", severity=4).count() == 3


def test_how_people_do_on_one_shows_after_enough_answers(world: World) -> None:
    gold = make_gold(world, 1, "hidden", ("panic",))[0]
    round = watched_round(world, samples=30, annotators=6, gold_share=0.2)
    for n in range(1, 6):
        assert gold_answers([gold]) == {}
        answer_gold(round, world.user("annotator", n=n), [n != 3])
    share = gold_answers([gold])[gold.pk]
    assert (share.met, share.n) == (4, 5) and share.low == pytest.approx(0.3755, abs=1e-4)


def test_others_set_nothing(world: World) -> None:
    gold = make_gold(world, 1, "hidden")[0]
    record = make_records(world.project, 1)[0]
    for client, status in ((world.client("annotator"), 403), (world.client("pm"), 403)):
        assert client.get(url("gold")).status_code == status
        assert client.post(f"{url('gold_create')}?record={record.pk}", VALUES).status_code == status
        assert client.post(url("gold_retire", gold.pk)).status_code == status
        assert upload(client, b"{}").status_code == status
    outsider = world.outsider_client("qa")
    assert outsider.post(url("gold_retire", gold.pk)).status_code == 404
    answer = outsider.get(f"{url('gold_create')}?record={record.pk}")
    assert answer.status_code == 302 and "The day was long" not in answer.content.decode()
    assert not GoldLabel.objects.filter(retired_at__isnull=False).exists() and GoldLabel.objects.count() == 1
