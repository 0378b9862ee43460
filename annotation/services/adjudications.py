"""Deciding disagreements."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from annotation.agreement.aggregation import disagree
from annotation.errors import Invalid, NotAllowed, Refused
from annotation.guideline_text import sections
from annotation.labels import check_decision, clean_text
from annotation.models import Adjudication, Round, RoundItem
from annotation.votes import vote_of
from pixelhub.accounts.access import can
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.live.services import touch


@dataclass(frozen=True)
class Ruling:
    """What an adjudicator decides, and why."""

    crisis_type: str
    severity: int | None
    reason: str
    guideline_section: str
    is_edge_case: bool = False
    edge_case_kind: str = ""


def adjudicate(*, item: RoundItem, actor: User, ruling: Ruling, expected_version: int = 0) -> Adjudication:
    """Decide a disagreement of a closed round, or change that decision.

    `expected_version` is the version that the decider saw (0: undecided). Of two deciders at once one wins and the
    other gets `Refused`. Raises `NotAllowed` for others than QA and the clinical lead, and for a person who labelled
    this very sample; `Invalid` without a reason or with an unknown guideline section.
    """
    round = item.round
    _check(item, round, actor, ruling)
    values: dict[str, object] = {
        "crisis_type": ruling.crisis_type,
        "severity": ruling.severity,
        "is_edge_case": ruling.is_edge_case,
        "edge_case_kind": ruling.edge_case_kind,
        "reason": clean_text(ruling.reason, name="The reason", limit=2000),
        "guideline_section": ruling.guideline_section,
        "decided_by": actor,
        "decided_at": timezone.now(),
    }
    try:
        with transaction.atomic():
            state = Round.objects.select_for_update(no_key=True).values_list("state", flat=True).get(pk=round.pk)
            if state != Round.State.CLOSED:
                raise Refused("round_not_closed", "Disagreements are decided after closing and before publishing.")
            decision = _write(item, expected_version, values)
            record(
                action="annotation.adjudicate",
                actor=actor,
                project=round.project,
                target=decision,
                payload={
                    "item": item.pk,
                    "version": decision.version,
                    "crisis_type": decision.crisis_type,
                    "severity": decision.severity,
                    "guideline_section": decision.guideline_section,
                },
            )
            touch(f"project:{round.project_id}:rounds")
    except IntegrityError as error:
        raise Refused("decided_already", "Somebody else decided this sample just now.") from error
    return decision


def _write(item: RoundItem, expected_version: int, values: dict[str, object]) -> Adjudication:
    if expected_version == 0:
        return Adjudication.objects.create(item=item, **values)
    changed = Adjudication.objects.filter(item=item, version=expected_version).update(
        **values, version=expected_version + 1
    )
    if not changed:
        raise Refused("decided_already", "Somebody else decided this sample just now.")
    return Adjudication.objects.get(item=item)


def _check(item: RoundItem, round: Round, actor: User, ruling: Ruling) -> None:
    if not can(actor, round.project, Capability.ADJUDICATE):
        raise NotAllowed("not_adjudicator", "Only QA or the clinical lead decide disagreements.")
    annotations = list(item.annotations.all())
    if any(annotation.annotator_id == actor.pk for annotation in annotations):
        raise NotAllowed("own_label", "You labelled this sample yourself; somebody else must decide.")
    if not disagree([vote_of(annotation) for annotation in annotations]):
        raise Invalid("no_disagreement", "The annotators agree on this sample.")
    check_decision(ruling.crisis_type, ruling.severity, ruling.is_edge_case, ruling.edge_case_kind)
    if not ruling.reason.strip():
        raise Invalid("reason", "Say why: annotators learn from it.")
    if ruling.guideline_section not in {section.code for section in sections(round.guideline.markdown)}:
        raise Invalid("guideline_section", "Choose the guideline section that settles it.")
