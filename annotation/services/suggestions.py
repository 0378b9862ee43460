"""Labels that models or files suggest, and what people do after seeing one.

A suggestion is shown only after a person's own label is stored: the answer to the submit carries it. Nothing that is
sent before holds one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from annotation.errors import Invalid, Refused
from annotation.labels import clean_text
from annotation.models import Annotation, Round, Suggestion, SuggestionView
from datasets_app.corpus.taxonomy import CRISIS_TYPES, NONE_TYPE, SEVERITIES
from datasets_app.models import ImportBatch, Record
from pixelhub.accounts.models import Project, User
from pixelhub.audit.services import record
from pixelhub.live.services import touch

ROWS = 500
CHANGED = ("origin", "crisis_type", "severity", "confidence", "probabilities", "created_by")


@dataclass(frozen=True)
class SuggestionInput:
    """A suggestion for one record, which is named by its id, its content hash or its external id."""

    record: int | str
    crisis_type: str
    severity: int | None = None
    confidence: float | None = None
    probabilities: Mapping[str, float] = field(default_factory=dict)


def suggestions_put(
    *, project: Project, source: str, origin: str, rows: Iterable[SuggestionInput], actor: User | None
) -> int:
    """Store suggestions of one source, in place of its earlier ones for the same records; returns how many.

    All or none: raises `Invalid` naming the first row that can't be used, and `Refused` once people have been shown
    suggestions of this source, because what they saw must stay.
    """
    source = clean_text(source, name="The source", limit=200)
    if not source:
        raise Invalid("source", "Say whose suggestions these are, for example a model's name and version.")
    if origin not in Suggestion.Origin.values:
        raise Invalid("origin", "Suggestions come from a model or from an import.")
    given = list(rows)
    for number, row in enumerate(given, start=1):
        _check(number, row)
    with transaction.atomic():
        # Two imports into one project take turns.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if SuggestionView.objects.filter(suggestion__project=project, suggestion__source=source).exists():
            raise Refused("shown_already", "People have seen suggestions of this source. Use another name.")
        found = _records(project, [row.record for row in given])
        made = {}
        for number, row in enumerate(given, start=1):
            pk = found.get(str(row.record))
            if pk is None:
                raise Invalid("record", f"Row {number} names a record that this project doesn't have.")
            made[pk] = Suggestion(
                project=project,
                record_id=pk,
                origin=origin,
                source=source,
                crisis_type=row.crisis_type,
                severity=None if row.crisis_type == NONE_TYPE else row.severity,
                confidence=row.confidence,
                probabilities=dict(row.probabilities),
                created_by=actor,
            )
        Suggestion.objects.bulk_create(
            made.values(),
            batch_size=ROWS,
            update_conflicts=True,
            unique_fields=["record", "source"],
            update_fields=list(CHANGED),
        )
        payload = {"source": source, "origin": origin, "suggestions": len(made)}
        record(action="suggestions.put", actor=actor, project=project, payload=payload)
        touch(f"project:{project.pk}:rounds")
    return len(made)


def suggestions_from_import(*, project: Project, batch: ImportBatch, actor: User | None) -> int:
    """What the records of an import came labelled with, as suggestions of the source "import N: file"."""
    rows = Record.objects.filter(project=project, import_batch=batch).exclude(proposed_type="")
    return suggestions_put(
        project=project,
        source=f"import {batch.pk}: {batch.file_name}"[:200],
        origin=Suggestion.Origin.IMPORT,
        rows=[
            SuggestionInput(pk, kind, severity)
            for pk, kind, severity in rows.values_list("pk", "proposed_type", "proposed_severity")
        ],
        actor=actor,
    )


def suggestion_follow(*, annotation: Annotation, round: Round) -> None:
    """Keep which suggestion a blind label is answered with, and whether a later change switched the type.

    Call in the transaction that stores the label, with its slot locked.
    """
    if not round.suggestions_from or round.is_learning:
        return
    if annotation.revision > 1:
        shown = SuggestionView.objects.filter(annotation=annotation).first()
        if shown is not None:
            blind = annotation.revisions.get(revision=1).crisis_type
            SuggestionView.objects.filter(pk=shown.pk).update(switched=annotation.crisis_type != blind)
        return
    suggestion = Suggestion.objects.filter(
        project=round.project_id, record=annotation.item.record_id, source=round.suggestions_from
    ).first()
    if suggestion is not None:
        SuggestionView.objects.create(
            annotation=annotation,
            suggestion=suggestion,
            agreed_before=annotation.crisis_type == suggestion.crisis_type,
            shown_at=timezone.now(),
        )


def _check(number: int, row: SuggestionInput) -> None:
    if row.crisis_type not in CRISIS_TYPES:
        raise Invalid("crisis_type", f"Row {number} has no crisis type of ours.")
    if row.severity is not None and row.severity not in SEVERITIES:
        raise Invalid("severity", f"Row {number} has a severity outside 1 to 5.")
    shares = [value for value in (row.confidence, *row.probabilities.values()) if value is not None]
    if any(isinstance(value, bool) or not isinstance(value, (int, float)) for value in shares):
        raise Invalid("confidence", f"Row {number} has a confidence or probability that is no number.")
    if not all(0.0 <= value <= 1.0 and math.isfinite(value) for value in shares):
        raise Invalid("confidence", f"Row {number} has a confidence or probability outside 0 to 1.")
    if set(row.probabilities) - set(CRISIS_TYPES):
        raise Invalid("probabilities", f"Row {number} has a probability for an unknown type.")


def _records(project: Project, names: Sequence[int | str]) -> dict[str, int]:
    """Name (id, content hash or external id, as text) to record id, for those that the project has."""
    found: dict[str, int] = {}
    ids = [name for name in names if isinstance(name, int)]
    hashes = [name for name in names if isinstance(name, str) and name.startswith("sha256:")]
    external = [name for name in names if isinstance(name, str) and not name.startswith("sha256:")]
    looks: tuple[tuple[str, list[Any]], ...] = (("pk", ids), ("content_hash", hashes), ("external_id", external))
    for column, wanted in looks:
        for start in range(0, len(wanted), ROWS):
            rows = Record.objects.filter(project=project, **{f"{column}__in": wanted[start : start + ROWS]})
            found |= {str(name): pk for name, pk in rows.order_by("-pk").values_list(column, "pk")}
    return found
