"""Reading the wrong decisions of a version: who opened which, and why it was wrong in their view."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from pixelhub.accounts.access import require
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.live.services import touch
from review.clinical.errors import WrongDecision, read_by, wrong_decisions
from review.clinical.reasons import REASONS
from review.models import ErrorAnswer, ErrorKind, ErrorOpening
from review.refusal import Refused
from review.topics import questions_topic
from review.wording import MAX_COMMENT, checked_text
from training_app.models import Evaluation, ModelVersion

__all__ = ["error_answer", "error_open", "unread_misses"]


def unread_misses(version: ModelVersion, user: User) -> int:
    """How many crises that the version missed on its test split this person has not opened yet.

    Where the stored predictions cannot be read, the misses that the evaluation names are all unread; 0 for a version
    that was never evaluated (its evidence is refused for that).
    """
    try:
        missed = {error.content_hash for error in wrong_decisions(version) if error.error == ErrorKind.MISS}
    except Refused:
        evaluation = Evaluation.objects.filter(model_version=version, split="test").order_by("-use_number").first()
        return len(evaluation.metrics.get("missed", [])) if evaluation else 0
    return len(missed - read_by(version, user))


def error_open(*, version: ModelVersion, reader: User, content_hash: str) -> ErrorOpening:
    """Note that a person has an error's conversation before them; the same row when they open it again.

    Raises PermissionDenied for people who do not judge, Refused where the version decided rightly on it.
    """
    require(reader, version.project, Capability.REVIEW_JUDGE)
    error = _error_of(version, content_hash)
    known = ErrorOpening.objects.filter(model_version=version, content_hash=content_hash, reader=reader).first()
    if known is not None:
        return known
    try:
        return _open(version, reader, error)
    except IntegrityError:  # opened twice at the same moment
        return ErrorOpening.objects.get(model_version=version, content_hash=content_hash, reader=reader)


@transaction.atomic
def _open(version: ModelVersion, reader: User, error: WrongDecision) -> ErrorOpening:
    opening = ErrorOpening.objects.create(
        project=version.project,
        model_version=version,
        content_hash=error.content_hash,
        error=error.error,
        reader=reader,
    )
    record(
        action="error.open",
        actor=reader,
        project=version.project,
        target=version,
        payload={"content_hash": error.content_hash, "error": error.error, "bundle_sha256": version.bundle_sha256},
    )
    touch(questions_topic(version.project_id, version.pk))
    return opening


@transaction.atomic
def error_answer(
    *, version: ModelVersion, reader: User, content_hash: str, reason: str, words: str = "", blocks: bool = False
) -> ErrorAnswer:
    """Say why the decision was wrong. A later answer of the same person counts instead; the earlier one stays.

    Raises PermissionDenied for people who do not judge, Refused before the case was opened and for an unknown reason.
    """
    require(reader, version.project, Capability.REVIEW_JUDGE)
    openings = ErrorOpening.objects.filter(model_version=version, content_hash=content_hash, reader=reader)
    opening = openings.first()
    if opening is None:
        raise Refused("Open the conversation first; your answer is about its words.")
    if reason not in REASONS[opening.error]:
        raise Refused("Choose one of the reasons.")
    words = checked_text(words, name="Words", longest=MAX_COMMENT, required=blocks)
    answer = ErrorAnswer.objects.create(opening=opening, reason=reason, words=words, blocks=blocks)
    record(
        action="error.answer",
        actor=reader,
        project=version.project,
        target=version,
        payload={"content_hash": content_hash, "error": opening.error, "reason": reason, "blocks": blocks},
    )
    touch(questions_topic(version.project_id, version.pk))
    return answer


def _error_of(version: ModelVersion, content_hash: str) -> WrongDecision:
    for error in wrong_decisions(version):
        if error.content_hash == content_hash:
            return error
    raise Refused("The version decided rightly on this conversation, or it is not in its test split.")
