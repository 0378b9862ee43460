"""Expert labels from a file: JSON lines, all of them or none."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from django.db import transaction
from msgspec import Meta, Struct

from annotation.errors import AnnotationError, Invalid
from annotation.labels import clean_text
from annotation.models import GoldLabel, Guideline
from annotation.services.gold import ExpertLabel, gold_set, require_expert
from datasets_app.models import Record
from pixelhub.accounts.models import Project, User

MAX_BYTES = 5 * 1024 * 1024
MAX_LINES = 5_000
SHOWN = 20  # reasons that are told; a file of the wrong kind has one for each line


class Line(Struct, forbid_unknown_fields=True):
    """One line. `record` is a record's content hash."""

    record: Annotated[str, Meta(max_length=80)]
    crisis_type: Annotated[str, Meta(max_length=32)]
    guideline_section: Annotated[str, Meta(max_length=64)]
    use: Literal["practice", "qualification", "hidden"]
    severity: Annotated[int, Meta(ge=1, le=5)] | None = None
    rationale: Annotated[str, Meta(max_length=2000)] = ""
    also_accepted: Annotated[list[str], Meta(max_length=6)] = []


class ImportRefused(Invalid):
    """Nothing was imported; `reasons` says why, line by line."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("import", f"Nothing was imported: {len(reasons)} lines can't be used.")
        self.reasons = reasons[:SHOWN]


def gold_import(*, project: Project, content: bytes, guideline: Guideline, actor: User) -> list[GoldLabel]:
    """Set an expert label for each line. Raises `ImportRefused` with a reason per bad line, and then imports none."""
    require_expert(project, actor)
    if len(content) > MAX_BYTES:
        raise Invalid("file", f"The file is larger than {MAX_BYTES // 1024 // 1024} MB.")
    lines = [line for line in enumerate(content.split(b"\n"), start=1) if line[1].strip()]
    if not lines:
        raise Invalid("file", "The file is empty.")
    if len(lines) > MAX_LINES:
        raise Invalid("file", f"The file has more than {MAX_LINES:,} lines.")
    made: list[GoldLabel] = []
    reasons: list[str] = []
    with transaction.atomic():
        for number, raw in lines:
            try:
                made.append(_set(project, raw, guideline, actor))
            except AnnotationError as error:
                reasons.append(f"Line {number}: {error}")
        if reasons:
            raise ImportRefused(reasons)
    return made


def _set(project: Project, raw: bytes, guideline: Guideline, actor: User) -> GoldLabel:
    line = _decoded(raw)
    name = clean_text(line.record, name="The content hash", limit=80)
    record = Record.objects.filter(project=project, content_hash=name).first()
    if record is None:
        raise Invalid("record", "no record of this project has that content hash.")
    label = ExpertLabel(
        crisis_type=line.crisis_type,
        severity=line.severity,
        guideline_section=line.guideline_section,
        rationale=line.rationale,
        also_accepted=tuple(line.also_accepted),
    )
    return gold_set(project=project, record=record, use=line.use, label=label, guideline=guideline, actor=actor)


def _decoded(raw: bytes) -> Line:
    try:
        text = raw.decode("utf-8-sig")
        return msgspec.json.decode(text.encode("utf-8"), type=Line)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Invalid("json", f"can't be read: {type(error).__name__}.") from error
