"""Croissant metadata of a release (JSON-LD, version 1.1): other tools find its files and read its records.

Made from the manifest alone, so equal manifests give equal bytes; there is no date in it for the same reason. Paths
are relative to the file's own folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from . import taxonomy

CROISSANT: Final = "croissant.json"
_JSON_LINES: Final = "application/jsonlines"
_LINES: Final = "lines"
_RECORDS: Final = "records"
_CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
# Name in the record set, type, column of the line, path below it, what it means.
_FIELDS: Final = (
    ("id", "sc:Text", "id", "", "Identifier that the conversation came with."),
    ("crisis_type", "sc:Text", "crisis_type", "", f"One of {', '.join(taxonomy.CRISIS_TYPES)}; empty if unlabelled."),
    ("severity", "sc:Integer", "severity", "", "1 (mild concern) to 5 (immediate danger); empty without a crisis."),
    ("confidence", "sc:Float", "confidence", "", "Confidence of the label, 0 to 1."),
    ("content_hash", "sc:Text", "metadata", "$.content_hash", "SHA-256 of the normalised messages."),
    ("source", "sc:Text", "metadata", "$.source", f"Whose words: {', '.join(taxonomy.SOURCES)}."),
    ("source_family", "sc:Text", "metadata", "$.source_family", "Family of the data set it came from."),
    ("stage", "sc:Integer", "metadata", "$.stage", "Stage of the training ladder, 1 to 4."),
    ("is_edge_case", "sc:Boolean", "metadata", "$.is_training_edge_case", "Hard to read; never filtered out."),
    ("group", "sc:Text", "metadata", "$.group", "What must stay in one split: author, conversation, parent."),
)


def croissant(manifest: Mapping[str, Any], files: Sequence[Mapping[str, Any]]) -> bytes:
    """Return croissant.json of a release. `files` are the manifest's entries of its shards and its datasheet."""
    name = f"{manifest['project']}-{manifest['version']}"
    total = manifest["counts"]["total"]
    licences = manifest.get("licences") or manifest["params"].get("licences") or []
    document = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": name,
        "description": (
            f"{total} conversations for detecting crises in mental-health conversations, split into train, validation "
            "and test by group. They hold distressing content. Labels are no diagnosis. The test split is for one "
            "evaluation, never for training, tuning or thresholds."
        ),
        "version": manifest["version"],
        "url": "https://schema.org/Dataset",
        "license": licences or ["See README.md: each source keeps its own terms."],
        "citeAs": f"Release {manifest['version']} of {manifest['project']}, with its manifest's SHA-256",
        "isLiveDataset": False,
        "distribution": [*(_file(entry) for entry in files), _shards()],
        "recordSet": [_record_set()],
    }
    return (json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode("utf-8")


def _file(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": entry["path"],
        "name": entry["path"],
        "contentUrl": entry["path"],
        "contentSize": f"{entry['bytes']} B",
        "encodingFormat": _JSON_LINES if entry["path"].endswith(".jsonl") else "text/markdown",
        "sha256": entry["sha256"],
    }


def _shards() -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": _LINES,
        "name": _LINES,
        "description": "All shards, one conversation per line.",
        "encodingFormat": _JSON_LINES,
        "includes": "shards/*/*.jsonl",
    }


def _record_set() -> dict[str, Any]:
    fields = [_field(name, kind, column, path, text) for name, kind, column, path, text in _FIELDS]
    split = _field("split", "sc:Text", "", "", "train, val or test, from the shard's folder.")
    split["source"] |= {
        "extract": {"fileProperty": "fullpath"},
        "transform": {"regex": "(?:.*/)?shards/(train|val|test)/.*"},
    }
    turns = {
        "@type": "cr:Field",
        "@id": f"{_RECORDS}/messages",
        "name": "messages",
        "description": "The turns of the conversation.",
        "repeated": True,
        "subField": [
            _field("messages/role", "sc:Text", "messages", "$.role", f"One of {', '.join(taxonomy.ROLES)}."),
            _field("messages/content", "sc:Text", "messages", "$.content", "What was said."),
        ],
    }
    return {
        "@type": "cr:RecordSet",
        "@id": _RECORDS,
        "name": _RECORDS,
        "description": "One conversation per record.",
        "key": {"@id": f"{_RECORDS}/content_hash"},
        "field": [*fields, split, turns],
    }


def _field(name: str, kind: str, column: str, path: str, text: str) -> dict[str, Any]:
    source: dict[str, Any] = {"fileSet": {"@id": _LINES}}
    if column:
        source["extract"] = {"column": column}
    if path:
        source["transform"] = {"jsonPath": path}
    return {
        "@type": "cr:Field",
        "@id": f"{_RECORDS}/{name}",
        "name": name.rpartition("/")[2],
        "description": text,
        "dataType": kind,
        "source": source,
    }
