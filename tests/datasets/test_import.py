# ruff: noqa: E501  (one example, one line)
"""Importing a file: the report adds up, nothing is lost, the same file again is all duplicates."""

import base64
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from datasets_app.corpus.reading import read_rows
from datasets_app.models import ImportBatch, QuarantinedRow, Record
from datasets_app.services import ImportRefused, import_start, ingest, records_preview
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.models import Job
from pixelhub.jobs.runner import run_inline
from pixelhub.objects import get_store
from tests.datasets.making import imported, jsonl
from tests.paths import SHARED_DATA
from tests.personas import World

HOSTILE: list[tuple[bytes, str]] = [
    (b'{"text": "a\\u0000b"}', "nul_character"),
    (b'{"text": "a", "k\\u0000": 1}', "nul_character"),
    (b'{"text": "\\ud800 alone"}', "lone_surrogate"),
    (b'{"text": "a", "x": {"\\udfff": 1}}', "lone_surrogate"),
    (b'{"text": "a", "text": "b"}', "duplicate_key"),
    (b'{"text": "a", "n": ' + b"9" * 4200 + b"}", "number_too_large"),
    (b'{"text": "a", "n": 1e999}', "number_too_large"),
    (b'{"text": "a", "n": NaN}', "not_a_number"),
    (b'{"text": "a", "n": -Infinity}', "not_a_number"),
    (b'{"text": "a", "d": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too_deep"),
    (b'{"text": "a", "d": ' + b"[" * 200 + b"]" * 200 + b"}", "too_deep"),
    (b'{"text": "\xff\xfe"}', "invalid_utf8"),
    (b'{"text": "cut off', "invalid_json"),
    (b"[1, 2]", "not_an_object"),
    (b'"just text"', "not_an_object"),
    (b"null", "not_an_object"),
    (b"{}", "unknown_format"),
    (b'{"text": "   "}', "empty"),
    (b'{"messages": []}', "empty"),
    (b'{"messages": [{"role": "user", "content": 5}]}', "bad_content"),
    (b'{"messages": [{"role": "user"}]}', "missing_content"),
    (b'{"messages": [{"content": "hi"}]}', "missing_role"),
    (b'{"messages": [{"role": 3, "content": "hi"}]}', "missing_role"),
    (b'{"messages": ["hi"]}', "bad_turn"),
    (b'{"messages": [{"role": "narrator", "content": "hi"}]}', "unknown_role"),
    (b'{"messages": [{"role": "assistant", "content": "hi"}]}', "no_user_turn"),
    (b'{"instruction": "x", "output": "y", "history": "z"}', "bad_history"),
    (b'{"text": "' + b"a" * 100_001 + b'"}', "turn_too_long"),
]  # fmt: skip


def quarantine_of(batch: ImportBatch) -> list[dict[str, Any]]:
    return [json.loads(line) for line in get_store().read(batch.quarantine_key).splitlines()]


def test_report_adds_up_and_a_second_import_is_all_duplicates(world: World) -> None:
    rows = [{"text": f"hello {n}"} for n in range(1200)] + [{"text": "hello 3"}, {"nothing": 1}]
    batch = imported(world.project, jsonl(rows))
    counts = (batch.state, batch.read, batch.accepted, batch.duplicates, batch.quarantined)
    assert counts == ("done", 1202, 1200, 1, 1)
    again = imported(world.project, jsonl(rows))
    assert (again.read, again.accepted, again.duplicates, again.quarantined) == (1202, 0, 1201, 1)
    assert Record.objects.count() == 1200
    assert AuditEvent.objects.filter(action="import.finish").count() == 2


def test_every_hostile_row_gets_its_reason_and_good_rows_come_in(world: World) -> None:
    good = b'{"text": "I am fine"}'
    data = b"\xef\xbb\xbf" + b"\n".join([good, *[raw for raw, _ in HOSTILE], b"", b'{"text": "the last one"}'])
    batch = imported(world.project, data)
    assert (batch.state, batch.read, batch.accepted) == ("done", len(HOSTILE) + 2, 2)
    found = QuarantinedRow.objects.filter(batch=batch).order_by("line")
    assert [row.reason for row in found] == [reason for _, reason in HOSTILE]
    assert [row.line for row in found] == list(range(2, len(HOSTILE) + 2))
    assert "fine" not in "".join(row.detail for row in found)


def test_quarantine_file_holds_raw_rows_with_their_place(world: World) -> None:
    bad, binary = b'{"text": "cut off', b'{"text": "\xff"}'
    data = b'{"text": "ok"}\n' + bad + b"\n" + binary + b"\n"
    kept = quarantine_of(imported(world.project, data))
    assert [(item["line"], item["reason"]) for item in kept] == [(2, "invalid_json"), (3, "invalid_utf8")]
    assert kept[0]["raw"].encode() == bad
    assert base64.b64decode(kept[1]["raw_base64"]) == binary
    for item, raw in zip(kept, (bad, binary), strict=True):
        assert data[item["byte_offset"] :].startswith(raw)


def test_row_beyond_the_size_limit_is_set_aside_and_the_next_is_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datasets_app.corpus.reading.rows.MAX_ROW_BYTES", 1000)
    batch = imported(world.project, b'{"text": "' + b"a" * 5000 + b'"}\n{"text": "next"}\n')
    assert (batch.accepted, batch.quarantined) == (1, 1)
    assert quarantine_of(batch)[0]["reason"] == "row_too_long"


def test_gzip_and_damaged_gzip(world: World) -> None:
    data = jsonl({"text": f"line {n}"} for n in range(50))
    assert imported(world.project, gzip.compress(data), name="a.jsonl.gz").accepted == 50
    packed = gzip.compress(jsonl({"text": f"other {n}"} for n in range(5000)))
    batch = imported(world.project, packed[: len(packed) // 2], name="b.jsonl.gz")
    assert batch.state == "done"
    assert batch.quarantined == 1 and quarantine_of(batch)[0]["reason"] == "damaged_gzip"


def test_json_array_with_one_bad_element_and_a_cut_end(world: World) -> None:
    data = b'[{"text": "one, [two] {three}"},\n {"text": nope},\n {"text": "four \\" ]"}, {"text": "cut'
    batch = imported(world.project, data, name="rows.json")
    assert (batch.read, batch.accepted) == (4, 2)
    assert [(item["line"], item["reason"]) for item in quarantine_of(batch)] == [
        (2, "invalid_json"), (3, "truncated_array"),
    ]  # fmt: skip


def test_labels_of_our_own_vocabulary_are_proposed_and_foreign_ones_stay_in_metadata(world: World) -> None:
    rows = [
        {"id": "own", "text": "a", "crisis_type": "panic", "severity": 3, "is_edge_case": True, "edge_case_kind": "sarcasm"},
        {"id": "foreign", "text": "b", "label": "depression"},
        {"id": "odd", "text": "c", "crisis_type": "panic", "severity": 9},
        {"id": "none", "text": "d", "crisis_type": "none", "severity": 2},
    ]  # fmt: skip
    imported(world.project, jsonl(rows))
    found = {record.external_id: record for record in Record.objects.all()}
    assert (found["own"].proposed_type, found["own"].proposed_severity) == ("panic", 3)
    assert found["own"].is_edge_case and found["own"].edge_case_kind == "sarcasm"
    assert (found["foreign"].proposed_type, found["foreign"].metadata["input"]["label"]) == ("", "depression")
    assert (found["odd"].proposed_severity, found["odd"].metadata["input"]["severity"]) == (None, 9)
    assert (found["none"].proposed_type, found["none"].proposed_severity) == ("none", None)


def test_same_words_in_two_projects_are_two_records(world: World) -> None:
    data = jsonl([{"text": "shared words"}])
    assert imported(world.project, data).accepted == 1
    assert imported(world.other_project, data).accepted == 1


def test_import_resumes_after_the_last_committed_chunk(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "CHUNK_ROWS", 100)
    real, calls = ingest._apply, []

    def dies_in_the_third_chunk(*args: Any) -> Any:
        calls.append(1)
        result = real(*args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return result

    monkeypatch.setattr(ingest, "_apply", dies_in_the_third_chunk)
    rows = [{"text": f"row {n}"} for n in range(450)] + [{"bad": n} for n in range(30)]
    with pytest.raises(KeyboardInterrupt):
        imported(world.project, jsonl(rows))
    batch = ImportBatch.objects.get()
    assert (batch.read, batch.accepted, Record.objects.count()) == (200, 200, 200)
    # The lease of the dead worker runs out; the sweep queues the job again.
    Job.objects.filter(pk=batch.job_id).update(state="queued", lease_until=None)
    run_inline(Job.objects.get(pk=batch.job_id))
    batch.refresh_from_db()
    assert batch.state == "done"
    assert (batch.read, batch.accepted, batch.duplicates, batch.quarantined) == (480, 450, 0, 30)
    assert Record.objects.count() == 450
    assert AuditEvent.objects.filter(action="import.finish").count() == 1
    assert batch.formats == {"text": 450}


def test_changed_object_is_refused(world: World) -> None:
    batch = import_start(
        project=world.project, source="real", family="sarcasm", file=io.BytesIO(b'{"text": "a"}'),
        file_name="a.jsonl", actor=None,
    )  # fmt: skip
    get_store().put(batch.object_key, b'{"text": "b"}')
    run_inline(batch.job)
    batch.refresh_from_db()
    assert batch.state == "failed"
    assert "SHA-256 differs" in batch.error
    assert not Record.objects.exists()


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.exe", b"x", "Only .jsonl"),
        ("a.jsonl", b"", "empty"),
        ("a.jsonl", b"x" * 300, "larger than the limit"),
    ],
)
def test_wrong_files_are_refused_with_a_reason(
    world: World, settings: Any, name: str, data: bytes, message: str
) -> None:
    settings.UPLOAD_MAX_BYTES = 200
    with pytest.raises(ImportRefused, match=message):
        imported(world.project, data, name=name)
    assert not ImportBatch.objects.exists()


@pytest.mark.skipif(not SHARED_DATA.exists(), reason="the shared data folder is not here")
@pytest.mark.parametrize("name", ["real/counselchat.jsonl", "real/imhi_t_sid.jsonl"])
def test_real_files_come_in_whole(world: World, name: str) -> None:
    path = SHARED_DATA / name
    batch = imported(world.project, path.read_bytes(), name=path.name, source="real", family="priority_datasets")
    assert batch.quarantined == 0
    assert batch.read == sum(1 for _ in read_rows(path, path.name)) == batch.accepted + batch.duplicates
    assert batch.accepted >= 0.9 * batch.read
    record = Record.objects.order_by("pk").first()
    assert record is not None and record.messages[0]["role"] == "user"


@pytest.mark.skipif(not SHARED_DATA.exists(), reason="the shared data folder is not here")
def test_every_format_file_is_converted(world: World) -> None:
    expected = {
        "alpaca__llamafactory.json": (50, "alpaca"),
        "alpaca_templated__llamafactory_identity.json": (20, "alpaca"),
        "human_assistant__hh_rlhf.jsonl": (40, "human_assistant"),
        "human_assistant__hh_rlhf.txt": (10, "human_assistant"),
        "messages__llamafactory_kto.jsonl": (50, "chatml"),
        "messages_images_edge__llamafactory.json": (6, "chatml"),
        "messages_partslist_edge__llamafactory_v1.jsonl": (20, "chatml"),
        "messages_tools_edge__llamafactory.jsonl": (5, "chatml"),
        "sharegpt_dpo_edge__llamafactory.json": (10, "sharegpt"),
        "sharegpt_tools__glaive.json": (50, "sharegpt"),
    }
    assert {path.name for path in (SHARED_DATA / "formats").iterdir()} == set(expected)
    for name, (rows, form) in expected.items():
        preview = records_preview(project=world.project, family="sarcasm", path=Path(SHARED_DATA / "formats" / name))
        assert (preview.read, preview.quarantined) == (rows, 0), name
        assert set(preview.formats) == {form}, name
