"""Labels from elsewhere become suggestions: found, counted, refused with a reason, once."""

import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from annotation import services
from annotation.errors import Invalid, NotAllowed
from annotation.exchange import FORMATS, LabelledSample, RawLabel, SuggestedLabel, write
from annotation.exchange.sample import Message
from annotation.models import Annotation, LabelImport, Suggestion
from datasets_app.models import Record
from pixelhub.audit.models import AuditEvent
from tests.annotation.making import make_records
from tests.personas import World

URL = "/annotation/labels/imports/"


def sample_of(record: Record, **more: Any) -> LabelledSample:
    label = RawLabel(annotator="ann", crisis_type="panic", severity=3, confidence=0.8)
    values: dict[str, Any] = {"labels": (label,), "id": record.external_id, **more}
    return LabelledSample(messages=tuple(Message(m["role"], m["content"]) for m in record.messages), **values)


def take_in(world: World, samples: list[LabelledSample], name: str = "jsonl", **more: Any) -> LabelImport:
    data = "".join(write(name, samples)).encode()
    values: dict[str, Any] = {"actor": world.user("qa"), "name": "pilot", "file_name": "labels", **more}
    return services.labels_import(project=world.project, file=io.BytesIO(data), **values)


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_told_from_the_file_and_taken_in(world: World, name: str) -> None:
    first, second = make_records(world.project, 2)
    predicted = SuggestedLabel(source="model 7", crisis_type="none", confidence=0.6)
    made = take_in(world, [sample_of(first), sample_of(second, suggestions=(predicted,))], name)
    assert (made.format, made.read, made.accepted, made.refused, made.suggestions) == (name, 2, 2, 0, 3)
    rows = set(Suggestion.objects.values_list("record", "source", "crisis_type", "severity", "origin"))
    assert rows == {
        (first.pk, "pilot · ann", "panic", 3, "import"),
        (second.pk, "pilot · ann", "panic", 3, "import"),
        (second.pk, "pilot · model 7", "none", None, "import"),
    }
    assert not Annotation.objects.exists()


def test_the_same_file_again_is_all_duplicates(world: World) -> None:
    records = make_records(world.project, 3)
    take_in(world, [sample_of(record) for record in records])
    again = take_in(world, [sample_of(record) for record in records])
    assert (again.read, again.accepted, again.duplicates, again.suggestions) == (3, 0, 3, 0)
    assert Suggestion.objects.count() == 3


def test_what_finds_no_conversation_is_refused_and_kept(world: World) -> None:
    (record,) = make_records(world.project, 1)
    other = sample_of(record, id="nowhere")
    lost = LabelledSample(id="lost", messages=(Message("user", "Never seen."),), labels=other.labels)
    contradicting = sample_of(record, labels=(RawLabel(annotator="ann", crisis_type="none"),))
    take_in(world, [sample_of(record)])
    made = take_in(world, [lost, contradicting])
    assert (made.read, made.accepted, made.duplicates, made.refused) == (2, 0, 0, 2)
    reasons = [each["reason"] for each in made.reasons]
    assert any("no such conversation" in reason for reason in reasons)
    assert any("came under this name before" in reason for reason in reasons)
    page = world.client("qa").get(f"{URL}{made.pk}/")
    assert b"no such conversation" in page.content
    kept = world.client("qa").get(f"{URL}{made.pk}/refused/")
    assert len(b"".join(kept.streaming_content).splitlines()) == 2


def test_a_conversation_of_another_project_is_not_found(world: World) -> None:
    (theirs,) = make_records(world.other_project, 1)
    made = take_in(world, [sample_of(theirs, content_hash=theirs.content_hash)])
    assert (made.accepted, made.refused) == (0, 1)
    assert not Suggestion.objects.exists()


def test_an_id_that_two_conversations_have_finds_neither(world: World) -> None:
    records = make_records(world.project, 2)
    Record.objects.update(external_id="twin")
    unknown = LabelledSample(id="twin", labels=sample_of(records[0]).labels)
    assert take_in(world, [unknown]).refused == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xfe", "not UTF-8 at byte 0"),
        (b"a\x00b", "NUL"),
        (b"hello", "none of the formats"),
        (b"", "none of the formats"),
        (b'{"anything": 1}', "none of the formats"),
    ],
)
def test_a_file_that_is_no_such_file_is_told(world: World, data: bytes, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        services.labels_import(
            project=world.project, actor=world.user("qa"), file=io.BytesIO(data), file_name="x", name="x"
        )
    assert not LabelImport.objects.exists()


def test_through_the_page(world: World) -> None:
    (record,) = make_records(world.project, 1)
    data = "".join(write("csv", [sample_of(record)])).encode()
    qa = world.client("qa")
    page = qa.post(URL, {"file": SimpleUploadedFile("l.csv", data), "name": "by hand", "format": ""}, follow=True)
    assert b"Suggestions taken in: 1" in page.content
    bad = qa.post(URL, {"file": SimpleUploadedFile("l.csv", b"nothing"), "name": "by hand", "format": ""})
    assert bad.status_code == 400
    assert b"none of the formats" in bad.content
    payload = json.loads(AuditEvent.objects.get(action="labels.import").payload_json)
    assert payload["suggestions"] == 1


def test_others_take_in_nothing(world: World) -> None:
    (record,) = make_records(world.project, 1)
    made = take_in(world, [sample_of(record), sample_of(record, id="gone", labels=())])
    with pytest.raises(NotAllowed):
        take_in(world, [sample_of(record)], actor=world.user("annotator"))
    for path in (URL, f"{URL}{made.pk}/"):
        assert world.client("annotator").get(path).status_code == 403
    assert world.outsider_client("qa").get(f"{URL}{made.pk}/").status_code == 404
    assert world.client("pm").get(f"{URL}{made.pk}/refused/").status_code == 403


def test_from_the_command_line(world: World, tmp_path: Any, capsys: Any) -> None:
    (record,) = make_records(world.project, 1)
    path = tmp_path / "labels.jsonl"
    path.write_text("".join(write("jsonl", [sample_of(record)])) + "nonsense\n")
    with pytest.raises(SystemExit) as ended:
        call_command("import_labels", str(path), "--project", "alpha", "--name", "pilot", "--json")
    assert ended.value.code == 1
    report = json.loads(capsys.readouterr().out)
    assert {key: report[key] for key in ("read", "accepted", "refused")} == {"read": 2, "accepted": 1, "refused": 1}
    assert report["reasons"] == [{"row": 2, "reason": "not JSON at character 0"}]
