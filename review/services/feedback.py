"""From a judged case back into the loop: labelled again, a note for the guideline, more cases of its kind.

A case is a test conversation. None of the three ways puts it, or its words, into training.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from annotation.errors import AnnotationError
from annotation.services import guideline_note_add
from datasets_app.corpus.taxonomy import CRISIS_TYPES, EDGE_CASE_KINDS, NONE_TYPE, SEVERITIES
from datasets_app.services import record_hold_out
from pixelhub.accounts.access import can, require
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from review.judged import may_discuss
from review.models import CaseRequest, Feedback, ReviewCase
from review.quoting import quoted
from review.refusal import Refused
from review.topics import touch_review
from review.wording import MAX_COMMENT, MAX_NOTE, checked_text

__all__ = ["case_note", "case_relabel", "case_similar", "relabel_consent", "relabel_decline"]

MOST_TAGS: Final = 5
LONGEST_TAG: Final = 30
HELD_BECAUSE: Final = "Experts judged it as a test conversation, and it is labelled again."


@transaction.atomic
def case_relabel(*, case: ReviewCase, actor: User, words: str = "") -> Feedback:
    """Ask that the case be labelled again: its test label looks wrong. A clinical lead's own wish is consent as well.

    Raises Refused before the actor has judged it, and where it was asked already.
    """
    words = _checked(case, actor, words)
    consents = can(actor, case.campaign.project, Capability.REVIEW_RESOLVE)
    try:
        with transaction.atomic():
            row = Feedback.objects.create(
                case=case,
                kind=Feedback.Kind.RELABEL,
                words=words,
                state=Feedback.State.ACCEPTED if consents else Feedback.State.WAITING,
                asked_by=actor,
                decided_by=actor if consents else None,
                decided_at=timezone.now() if consents else None,
            )
    except IntegrityError:
        raise Refused("This case was sent to be labelled again already.") from None
    if consents:
        record_hold_out(held=case.record, reason=HELD_BECAUSE, actor=actor)
    _audit("feedback.relabel", row, actor)
    return row


@transaction.atomic
def relabel_consent(*, feedback: Feedback, actor: User) -> Feedback:
    """A clinical lead lets the test label be corrected; the record is held out of training in the same moment."""
    row = _waiting(feedback, actor)
    row.state, row.decided_by, row.decided_at = Feedback.State.ACCEPTED, actor, timezone.now()
    row.save(update_fields=["state", "decided_by", "decided_at"])
    record_hold_out(held=row.case.record, reason=HELD_BECAUSE, actor=actor)
    _audit("feedback.consent", row, actor)
    return row


@transaction.atomic
def relabel_decline(*, feedback: Feedback, actor: User, reason: str) -> Feedback:
    """A clinical lead leaves the test label as it is, with a reason."""
    reason = checked_text(reason, name="Reason", longest=MAX_NOTE, required=True)
    row = _waiting(feedback, actor)
    row.state, row.decided_by, row.decided_at = Feedback.State.DECLINED, actor, timezone.now()
    row.reason = reason
    row.save(update_fields=["state", "decided_by", "decided_at", "reason"])
    _audit("feedback.decline", row, actor)
    return row


@transaction.atomic
def case_note(*, case: ReviewCase, actor: User, words: str, section: str = "") -> Feedback:
    """Write a note for the next guideline version; it stands among the others there, and says where it is from."""
    words = _checked(case, actor, words, required=True)
    try:
        note = guideline_note_add(project=case.campaign.project, author=actor, text=words, section=section)
    except AnnotationError as error:
        raise Refused(str(error)) from None
    row = Feedback.objects.create(
        case=case, kind=Feedback.Kind.NOTE, words=words, state=Feedback.State.ACCEPTED, asked_by=actor, note=note
    )
    _audit("feedback.note", row, actor, section=section)
    return row


@transaction.atomic
def case_similar(
    *,
    case: ReviewCase,
    actor: User,
    words: str,
    crisis_type: str,
    severity: int | None,
    wanted: int,
    edge_case_kind: str = "",
    tags: Sequence[str] = (),
) -> CaseRequest:
    """Ask for conversations of this kind for the next release: by description, type and severity, never by its words.

    Raises Refused for a description that quotes the case.
    """
    words = _checked(case, actor, words, required=True)
    if crisis_type not in CRISIS_TYPES:
        raise Refused("Choose one of the crisis types, or no crisis.")
    if crisis_type == NONE_TYPE:
        severity = None
    elif severity not in SEVERITIES:
        raise Refused("Choose a severity from 1 to 5.")
    if edge_case_kind and edge_case_kind not in EDGE_CASE_KINDS:
        raise Refused("Choose one of the kinds of edge case, or none.")
    if not 1 <= wanted <= CaseRequest.MOST:
        raise Refused(f"Ask for 1 to {CaseRequest.MOST} conversations.")
    row = Feedback.objects.create(
        case=case, kind=Feedback.Kind.SIMILAR, words=words, state=Feedback.State.ACCEPTED, asked_by=actor
    )
    request = CaseRequest.objects.create(
        feedback=row,
        crisis_type=crisis_type,
        severity=severity,
        edge_case_kind=edge_case_kind,
        tags=_checked_tags(case, tags),
        wanted=wanted,
    )
    _audit("feedback.similar", row, actor, crisis_type=crisis_type, severity=severity, wanted=wanted)
    return request


def _checked(case: ReviewCase, actor: User, words: str, *, required: bool = False) -> str:
    """The words, once it is sure that this person may speak about the case and does not repeat it."""
    require(actor, case.campaign.project, Capability.REVIEW_JUDGE)
    if not may_discuss(case, actor):
        raise Refused("Judge the case first; what follows from it opens to you after that.")
    words = checked_text(words, name="Your words", longest=MAX_COMMENT, required=required)
    _refuse_quotation(case, words)
    return words


def _checked_tags(case: ReviewCase, tags: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(tag.strip().casefold() for tag in tags if tag.strip()))
    if len(found) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in found):
        raise Refused(f"At most {MOST_TAGS} tags of at most {LONGEST_TAG} characters.")
    for tag in found:
        checked_text(tag, name="Tags", longest=LONGEST_TAG)
    _refuse_quotation(case, " ".join(found))
    return found


def _refuse_quotation(case: ReviewCase, words: str) -> None:
    if quoted(words, case.record.messages):
        raise Refused(
            "Some of these words stand in the conversation. It is a test conversation: describe it in your own words, "
            "so that nothing of it wanders into training."
        )


def _waiting(feedback: Feedback, actor: User) -> Feedback:
    rows = Feedback.objects.select_for_update(no_key=True, of=("self",))
    row = rows.select_related("case__record__project", "case__campaign__project").get(pk=feedback.pk)
    require(actor, row.case.campaign.project, Capability.REVIEW_RESOLVE)
    if row.state != Feedback.State.WAITING:
        raise Refused("This was decided already.")
    return row


def _audit(action: str, row: Feedback, actor: User, **payload: Any) -> None:
    project = row.case.campaign.project
    what = {"case": row.case_id, "campaign": row.case.campaign_id, **payload}
    record(action=action, actor=actor, project=project, target=row, payload=what)
    touch_review(project)
