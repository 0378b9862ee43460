"""What the instrument hears back. Parts of other rooms add their keys here; `static/annotation/plugs.js` says how the
browser reads them.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Max

from annotation.feedback import practice_feedback
from annotation.models import Annotation, Round, Slot
from annotation.selectors_assignment import nothing_left
from annotation.selectors_left import progress_shown
from annotation.selectors_suggestions import suggestion_after
from annotation.services import Submission, Work
from pixelhub.accounts.models import User


def answer_of_claim(round: Round, user: User, work: Work) -> dict[str, Any]:
    """The samples that this person holds, current first (or why there are none), how far they are, their exposure."""
    answer = {
        "samples": [sample(slot) for slot in work.slots],
        "progress": progress_shown(round, user, work.tally),
        "care": work.standing.meter(),
    }
    return answer if work.slots else {**answer, "nothing": nothing_left(round, user)}


def answer_of_submit(round: Round, user: User, done: Submission) -> dict[str, Any]:
    """What became of a label; in practice with the expert's view, and the suggestion where the round shows any."""
    return {
        "annotation": done.annotation_id,
        "revision": done.revision,
        "sha256": done.sha256,
        "replay": done.replay,
        **practice_feedback(round, done.annotation_id),
        **(suggestion_after(done.annotation_id) if round.suggestions_from else {}),
    }


def answer_of_heartbeat(round: Round, user: User, held: int) -> dict[str, Any]:
    """How many samples are still this person's, and until when."""
    mine = Slot.objects.filter(round=round, annotator=user, state=Slot.State.LEASED)
    until = mine.aggregate(until=Max("lease_until"))["until"]
    return {"held": held, "until": until.isoformat() if until else None}


def answer_of_recent(labels: list[Annotation]) -> dict[str, Any]:
    """One's own last labels, newest first, with their samples."""
    return {"labels": [_labelled(label) for label in labels]}


def sample(slot: Slot) -> dict[str, Any]:
    """A sample to read. Nothing tells its place in the round, or hidden expert-labelled ones would stand out."""
    return {
        "slot": slot.pk,
        "lease_until": slot.lease_until.isoformat() if slot.lease_until else None,
        "messages": [{"role": m["role"], "content": m["content"]} for m in slot.item.record.messages],
    }


def _labelled(row: Annotation) -> dict[str, Any]:
    label = {
        "crisis_type": row.crisis_type,
        "severity": row.severity,
        "confidence": row.confidence,
        "secondary_types": row.secondary_types,
        "is_edge_case": row.is_edge_case,
        "edge_case_kind": row.edge_case_kind,
        "spans": row.spans,
        "about_someone_else": row.about_someone_else,
        "uncertain": row.uncertain,
        "note": row.note,
    }
    return {"sample": sample(row.slot), "revision": row.revision, "label": label}
