"""A set as its two files, made from the rows: the examples with their ratings, and the manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from datasets_app.corpus.expertset.files import MANIFEST_ENDING, counts_of, encode_lines, encode_manifest
from datasets_app.corpus.expertset.line import (
    SCHEMA_VERSION,
    ExpertExample,
    ExpertManifest,
    FileFacts,
    ScaleFacts,
)
from datasets_app.corpus.taxonomy import SAFETY_LABELS
from pixelhub.canonical import sha256_hex
from review import models
from review.expertsets.agreement import agreement_of
from review.expertsets.rubric import EXAMPLE_RUBRIC
from review.models.expert_sets import example_rows

__all__ = ["SetFiles", "examples_of", "line_of", "set_files"]


@dataclass(frozen=True, slots=True)
class SetFiles:
    """The files of a set, as bytes; `altered` where a frozen set's rows no longer give the file that was frozen."""

    name: str
    lines: bytes
    manifest: ExpertManifest
    altered: bool = False

    @property
    def manifest_name(self) -> str:
        return self.name.removesuffix(".jsonl") + MANIFEST_ENDING

    @property
    def manifest_bytes(self) -> bytes:
        return encode_manifest(self.manifest)


def set_files(expert_set: models.ExpertSet) -> SetFiles:
    """Make the files. Of a frozen set the manifest is the one it was frozen with."""
    examples = examples_of(expert_set)
    lines = encode_lines(examples)
    digest = sha256_hex(lines)
    if expert_set.is_frozen:
        manifest = msgspec.convert(expert_set.manifest, ExpertManifest)
        return SetFiles(manifest.file.name, lines, manifest, digest != expert_set.sha256)
    name = file_name(expert_set)
    return SetFiles(name, lines, manifest_of(expert_set, examples, lines, digest, frozen=False))


def manifest_of(
    expert_set: models.ExpertSet,
    examples: Sequence[ExpertExample],
    lines: bytes,
    digest: str,
    *,
    frozen: bool,
) -> ExpertManifest:
    """The manifest of these lines."""
    return ExpertManifest(
        schema=SCHEMA_VERSION,
        name=expert_set.name,
        version=expert_set.version,
        frozen=frozen,
        trial=expert_set.trial,
        file=FileFacts(name=file_name(expert_set), sha256=digest, bytes=len(lines), lines=len(examples)),
        counts=counts_of(examples),
        params={"raters": expert_set.raters, **expert_set.params},
        excluded=expert_set.excluded,
        agreement=agreement_of(examples),
        rubric=[
            ScaleFacts(code=one.code, question=one.question, worst=one.worst, best=one.best) for one in EXAMPLE_RUBRIC
        ],
        safety_labels=SAFETY_LABELS,
    )


def file_name(expert_set: models.ExpertSet) -> str:
    """What the file of examples is called: `experts-v1.jsonl`."""
    plain = "".join(one if one.isascii() and one.isalnum() else "-" for one in expert_set.name.lower()).strip("-")
    return f"{plain or 'experts'}-v{expert_set.version}.jsonl"


def examples_of(expert_set: models.ExpertSet) -> list[ExpertExample]:
    """The examples as lines, in their order."""
    return [line_of(row) for row in example_rows(expert_set)]


def line_of(row: models.ExpertExample) -> ExpertExample:
    """One example as a line of the file."""
    ratings = [_said(rating) | {"rater": rating.rater} for rating in row.said]
    decision = row.decided
    found = row.outcome
    line: dict[str, Any] = {
        "schema": SCHEMA_VERSION,
        "id": row.external_id,
        "content_hash": row.content_hash,
        "conversation": row.messages,
        "crisis_type": found.crisis_type,
        "severity": found.severity,
        "confidence": found.confidence,
        "source": row.source,
        "is_edge_case": row.is_edge_case,
        "edge_case_kind": row.edge_case_kind,
        "annotators": [rating["rater"] for rating in ratings],
        "standing": found.standing.value,
        "ratings": ratings,
        "decision": None
        if decision is None
        else {"crisis_type": decision.crisis_type, "severity": decision.severity, "reason": decision.reason},
        "metadata": row.facts,
    }
    return msgspec.convert(line, ExpertExample)


def _said(rating: models.ExpertRating) -> dict[str, Any]:
    return {
        "crisis_type": rating.crisis_type,
        "severity": rating.severity,
        "rubric": rating.rubric,
        "safety": rating.safety,
        "comment": rating.comment,
        "simulated": rating.simulated,
    }
