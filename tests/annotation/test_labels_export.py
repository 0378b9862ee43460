"""A round's labels as a file: what is in it, who may have it, that it comes back whole."""

import csv
import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.http import FileResponse

from annotation import services
from annotation.errors import NotAllowed
from annotation.exchange import FORMATS, LabelledSample, read
from annotation.labels import LabelInput
from annotation.models import Annotation, Round
from datasets_app.corpus.record import AnnotatedSample
from pixelhub.audit.models import AuditEvent
from tests.annotation.making import HARM, NONE, PANIC, disputed_round, item_at, ruling
from tests.personas import World

FORMULA = LabelInput(crisis_type="panic", severity=3, confidence=0.7, note="=cmd|'/c calc'!A1", spans=())


@pytest.fixture
def decided(world: World) -> Round:
    """Four samples: one agreed on as panic, one disputed and decided, one disputed and open, one agreed on as none."""
    first = {1: FORMULA, 2: HARM, 3: PANIC}
    round = disputed_round(world, first, {1: PANIC, 2: NONE, 3: NONE})
    services.adjudicate(item=item_at(round, 2), actor=world.user("qa"), ruling=ruling())
    return round


def body(response: Any) -> str:
    assert isinstance(response, FileResponse)
    return b"".join(response.streaming_content).decode()


@pytest.mark.parametrize("name", FORMATS)
def test_qa_downloads_what_stands_with_the_raw_labels(world: World, decided: Round, name: str) -> None:
    client = world.client("qa")
    url = f"/annotation/rounds/{decided.pk}/export/"
    text = body(client.get(url, {"format": name, "view": "adjudicated", "with_text": "on"}))
    found = [each for each in read(name, io.StringIO(text, newline="")) if isinstance(each, LabelledSample)]
    by_id = {each.id: each for each in found}
    assert len(found) == 3, "the undecided disagreement has no label that stands"
    ruled = by_id[item_at(decided, 2).record.external_id]
    assert ruled.final is not None
    assert (ruled.final.crisis_type, ruled.final.decided_by) == ("panic", "adjudicated")
    assert {label.crisis_type for label in ruled.labels} == {"immediate_harm", "none"}
    pseudonyms = {world.user("annotator", n=n).pseudonym for n in (1, 2)}
    assert {label.annotator for each in found for label in each.labels} == pseudonyms
    hashes = set(Annotation.objects.filter(item__round=decided).values_list("sha256", flat=True))
    assert {label.sha256 for each in found for label in each.labels} <= hashes
    assert ruled.messages[0].content == item_at(decided, 2).record.messages[0]["content"]
    assert "alpha-annotator" not in text
    assert "Annotator 1" not in text


def test_raw_labels_are_all_there_also_where_nothing_stands(world: World, decided: Round) -> None:
    file, count = services.labels_export(round=decided, actor=world.user("qa"), format="jsonl", view="raw")
    rows = [json.loads(line) for line in file]
    assert (count, len(rows)) == (4, 8)
    assert {tuple(row["annotators"]) for row in rows} == {(world.user("annotator", n=n).pseudonym,) for n in (1, 2)}


def test_lines_fit_the_published_schema(world: World, decided: Round) -> None:
    import msgspec

    file, _ = services.labels_export(round=decided, actor=world.user("qa"), format="jsonl", with_text=True)
    rows = [msgspec.json.decode(line, type=AnnotatedSample) for line in file]
    assert sorted(row.crisis_type for row in rows) == ["none", "panic", "panic"]


def test_a_spreadsheet_sees_no_formula(world: World, decided: Round) -> None:
    file, _ = services.labels_export(round=decided, actor=world.user("qa"), format="csv", view="raw", with_text=True)
    cells = [cell for row in csv.reader(io.StringIO(file.read().decode(), newline="")) for cell in row]
    assert "'=cmd|'/c calc'!A1" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_without_rawtext_there_are_no_words(world: World, decided: Round) -> None:
    pm = world.client("pm")
    url = f"/annotation/rounds/{decided.pk}/export/"
    text = body(pm.get(url, {"format": "jsonl", "view": "raw"}))
    assert "conversation 1" not in text
    assert "calc" not in text
    assert pm.get(url, {"format": "jsonl", "view": "raw", "with_text": "on"}).status_code == 403
    with pytest.raises(NotAllowed):
        services.labels_export(round=decided, actor=world.user("pm"), format="csv", with_text=True)


def test_others_get_nothing(world: World, decided: Round) -> None:
    url = f"/annotation/rounds/{decided.pk}/export/?format=csv&view=raw"
    assert world.client("annotator").get(url).status_code == 403
    assert world.outsider_client("qa").get(url).status_code == 404
    assert world.anonymous().get(url).status_code == 302


def test_every_export_is_in_the_audit_trail(world: World, decided: Round) -> None:
    services.labels_export(round=decided, actor=world.user("qa"), format="prodigy", with_text=True)
    event = AuditEvent.objects.filter(action="labels.export").latest("seq")
    payload = json.loads(event.payload_json)
    assert (payload["conversations"], payload["with_text"]) == (3, True)


def test_an_unknown_format_is_told(world: World, decided: Round) -> None:
    page = world.client("qa").get(f"/annotation/rounds/{decided.pk}/export/?format=exe&view=raw")
    assert page.status_code == 400
    assert b"Select a valid choice" in page.content


def test_from_the_command_line(world: World, decided: Round, tmp_path: Any, capsys: Any) -> None:
    path = tmp_path / "labels.json"
    arguments = [str(decided.number), "--project", "alpha", "--format", "label-studio", "--output", str(path), "--json"]
    call_command("export_labels", *arguments)
    assert json.loads(capsys.readouterr().out)["conversations"] == len(json.loads(path.read_text())) == 3
    with pytest.raises(CommandError, match="no round 99"):
        call_command("export_labels", "99", "--project", "alpha", "--output", str(path))
