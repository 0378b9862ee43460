"""Croissant metadata: valid for mlcroissant, and the records can be read through it."""

import json
from pathlib import Path

import mlcroissant

from datasets_app.corpus.croissant import CROISSANT, croissant
from datasets_app.corpus.manifest import MANIFEST
from tests.releases.making import line, plain, said, write


def test_mlcroissant_reads_every_record_through_it(tmp_path: Path) -> None:
    lines = [*plain(60), line(said(500), crisis_type=None, split="test"), line(said(501), reply="I hear you")]
    root = write(tmp_path / "r", lines)
    dataset = mlcroissant.Dataset(jsonld=root / CROISSANT)
    assert not dataset.metadata.ctx.issues.errors
    read = {record["records/content_hash"].decode(): record for record in dataset.records("records")}
    assert len(read) == len(lines)
    for split, item in lines:
        record = read[item["metadata"]["content_hash"]]
        turns = [
            {"role": turn["records/messages/role"].decode(), "content": turn["records/messages/content"].decode()}
            for turn in record["records/messages"]
        ]
        assert turns == item["messages"]
        assert record["records/split"].decode() == split
        kind = record["records/crisis_type"]
        assert (None if kind is None else kind.decode()) == item["crisis_type"]
        assert record["records/severity"] == item["severity"]
        assert record["records/is_edge_case"] is False


def test_it_names_every_file_with_its_hash_and_holds_no_date(tmp_path: Path) -> None:
    root = write(tmp_path / "r", plain(60))
    manifest = json.loads((root / MANIFEST).read_bytes())
    document = json.loads((root / CROISSANT).read_bytes())
    files = {entry["@id"]: entry["sha256"] for entry in document["distribution"] if "sha256" in entry}
    assert files == {entry["path"]: entry["sha256"] for entry in manifest["files"] if entry["path"] != CROISSANT}
    assert "datePublished" not in document
    assert croissant(manifest, manifest["files"]) == croissant(manifest, manifest["files"])
