"""A round's labels in the neutral form of `annotation.exchange`. People stand in it by pseudonym only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, cast

from annotation.agreement.aggregation import Decision, decide, disagree
from annotation.exchange import FinalLabel, LabelledSample, RawLabel, SuggestedLabel
from annotation.exchange.sample import Message, SourceName, Span
from annotation.models import Annotation, LabelImport, Round, RoundItem
from annotation.votes import vote_of
from datasets_app.models import SnapshotLabel
from pixelhub.accounts.models import Project

View = Literal["raw", "adjudicated"]
VIEWS: tuple[View, ...] = ("raw", "adjudicated")
_AT_ONCE = 200


def labelled_samples(round: Round, view: View, *, with_text: bool) -> Iterator[LabelledSample]:
    """The round's work samples in their order, read a few hundred at a time.

    `raw`: every label as it was given, whether anything was decided or not. `adjudicated`: the samples for which a
    label stands (all agree, somebody decided, or the round was published), with the raw labels kept beside it.
    """
    items = round.items.filter(purpose=RoundItem.Purpose.WORK).select_related("record", "adjudication")
    items = items.prefetch_related("annotations__annotator", "annotations__guideline", "record__suggestions")
    if not with_text:
        items = items.defer("record__messages")
    published = {}
    if view == "adjudicated" and round.snapshot_id:
        published = {row.record_id: row for row in SnapshotLabel.objects.filter(snapshot=round.snapshot_id)}
    for item in items.iterator(chunk_size=_AT_ONCE):
        annotations = sorted(item.annotations.all(), key=lambda annotation: annotation.annotator.pseudonym)
        final = _final(item, annotations, published.get(item.record_id)) if view == "adjudicated" else None
        if final is not None or (view == "raw" and annotations):
            yield _sample(item, annotations, final, with_text)


def label_imports_in(project: Project) -> list[LabelImport]:
    """The last hundred files whose labels were taken in."""
    return list(LabelImport.objects.filter(project=project).select_related("created_by")[:100])


def _sample(
    item: RoundItem, annotations: list[Annotation], final: FinalLabel | None, with_text: bool
) -> LabelledSample:
    record = item.record
    return LabelledSample(
        id=record.external_id,
        content_hash=record.content_hash,
        source=cast(SourceName, record.source),
        messages=tuple(Message(m["role"], m["content"]) for m in record.messages) if with_text else (),
        labels=tuple(_raw(annotation, with_text) for annotation in annotations),
        final=final,
        suggestions=tuple(
            SuggestedLabel(
                source=made.source, crisis_type=made.crisis_type, severity=made.severity, confidence=made.confidence
            )
            for made in record.suggestions.all()
        ),
        metadata={
            "family": record.family,
            "stage": record.stage,
            "record_hash": record.record_hash,
            **({"origin": record.metadata} if with_text and record.metadata else {}),
        },
    )


def _raw(annotation: Annotation, with_text: bool) -> RawLabel:
    """Notes are an annotator's own words and may quote the conversation: without text they stay here."""
    return RawLabel(
        annotator=annotation.annotator.pseudonym,
        crisis_type=annotation.crisis_type,
        severity=annotation.severity,
        confidence=annotation.confidence,
        secondary_types=tuple(annotation.secondary_types),
        is_edge_case=annotation.is_edge_case,
        edge_case_kind=annotation.edge_case_kind,
        spans=tuple(Span(span["message"], span["start"], span["end"]) for span in annotation.spans),
        about_someone_else=annotation.about_someone_else,
        uncertain=annotation.uncertain,
        note=annotation.note if with_text else "",
        seconds_spent=annotation.seconds_spent,
        submitted_at=annotation.submitted_at.isoformat(),
        revision=annotation.revision,
        guideline_version=annotation.guideline.version,
        sha256=annotation.sha256,
    )


def _final(item: RoundItem, annotations: list[Annotation], published: SnapshotLabel | None) -> FinalLabel | None:
    ruling = getattr(item, "adjudication", None)
    why = {"guideline_section": ruling.guideline_section, "reason": ruling.reason} if ruling else {}
    made: SnapshotLabel | Decision
    if published is not None:
        made = published
    else:
        votes = [vote_of(annotation) for annotation in annotations]
        if not votes or len(votes) < item.labels_wanted or (ruling is None and disagree(votes)):
            return None
        made = decide(votes, vote_of(ruling) if ruling else None)
    return FinalLabel(
        crisis_type=made.crisis_type,
        severity=made.severity,
        confidence=made.confidence,
        is_edge_case=made.is_edge_case,
        edge_case_kind=made.edge_case_kind,
        decided_by=made.decided_by,
        **why,
    )
