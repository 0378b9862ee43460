"""What a signer had read of the missed crises when they signed, as a digest that can be made again later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from pixelhub.accounts.models import User
from review.evidence.digests import named_digest
from review.models import ErrorAnswer, ErrorKind, ErrorOpening
from training_app.models import ModelVersion

__all__ = ["Readings", "objections_to", "readings_of"]


@dataclass(frozen=True, slots=True)
class Readings:
    """How many missed crises a person opened, and the digest of which, when, and what they answered."""

    opened: int
    sha256: str


def readings_of(version: ModelVersion, reader: User, *, until: datetime) -> Readings:
    """This person's readings up to a moment. Later ones do not change it: the rows are only ever added."""
    openings = ErrorOpening.objects.filter(
        model_version=version, reader=reader, error=ErrorKind.MISS, opened_at__lte=until
    ).order_by("content_hash")
    answers = ErrorAnswer.objects.filter(opening__in=openings, answered_at__lte=until).order_by("pk")
    facts = {
        "reader": reader.pseudonym,
        "openings": [[row.content_hash, _moment(row.opened_at)] for row in openings],
        "answers": [
            [row.opening.content_hash, row.reason, row.words, row.blocks, _moment(row.answered_at)]
            for row in answers.select_related("opening")
        ],
    }
    return Readings(len(facts["openings"]), named_digest("pixelhub.readings/1", facts))


def objections_to(version: ModelVersion) -> int:
    """How many wrong decisions somebody answered with “this should not go to production”, in their newest answer."""
    newest: dict[int, bool] = {
        row.opening_id: row.blocks
        for row in ErrorAnswer.objects.filter(Q(opening__model_version=version)).order_by("pk")
    }
    return sum(newest.values())


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
