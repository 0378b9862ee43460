"""Deciding disagreements, and deciding over agreement by clinical authority."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from annotation.agreement.aggregation import disagree
from annotation.errors import Invalid, NotAllowed, Refused
from annotation.guideline_text import sections
from annotation.labels import check_decision, clean_text
from annotation.models import Adjudication, AdjudicationRevision, AdjudicationSeat, Round, RoundItem
from annotation.votes import vote_of
from pixelhub.accounts.access import can
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.live.services import touch

RULED = (
    "crisis_type", "severity", "is_edge_case", "edge_case_kind", "reason", "guideline_section", "decided_by_id",
    "decided_at", "version", "overrides",
)  # fmt: skip


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
    other gets `Refused`. Clinical authority also decides where annotators agree, and over another's decision; its own
    decisions are changed by nobody without it. Raises `NotAllowed` for others than QA and the clinical lead, and for a
    person who labelled this very sample; `Invalid` without a reason or with an unknown guideline section.
    """
    round = item.round
    agreeing = _check(item, round, actor, ruling)
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
            # The round's row makes deciders take turns, so the version that is read is the one that is written over.
            state = Round.objects.select_for_update(no_key=True).values_list("state", flat=True).get(pk=round.pk)
            if state != Round.State.CLOSED:
                raise Refused("round_not_closed", "Disagreements are decided after closing and before publishing.")
            before = Adjudication.objects.select_related("decided_by").filter(item=item).first()
            if (before.version if before else 0) != expected_version:
                raise Refused("decided_already", "Somebody else decided this sample just now.")
            values["overrides"] = agreeing or _overrides(before, round, actor)
            decision = _write(item, before, values)
            AdjudicationSeat.objects.filter(item=item).delete()
            _audit(decision, round, actor)
    except IntegrityError as error:
        raise Refused("decided_already", "Somebody else decided this sample just now.") from error
    return decision


def revision_of(decision: Adjudication) -> AdjudicationRevision:
    """The history row of a decision as it stands, unsaved."""
    return AdjudicationRevision(item_id=decision.item_id, **{name: getattr(decision, name) for name in RULED})


def has_authority(decision: Adjudication, round: Round) -> bool:
    """Whether only clinical authority may change this decision."""
    return decision.overrides or can(decision.decided_by, round.project, Capability.ADJUDICATE_OVERRIDE)


def _write(item: RoundItem, before: Adjudication | None, values: dict[str, object]) -> Adjudication:
    if before is None:
        decision = Adjudication.objects.create(item=item, **values)
    else:
        same = Adjudication.objects.filter(item=item, version=before.version)
        if not same.update(**values, version=before.version + 1):
            raise Refused("decided_already", "Somebody else decided this sample just now.")
        decision = Adjudication.objects.get(item=item)
    revision_of(decision).save(force_insert=True)
    return decision


def _overrides(before: Adjudication | None, round: Round, actor: User) -> bool:
    if before is None:
        return False
    if not can(actor, round.project, Capability.ADJUDICATE_OVERRIDE):
        if has_authority(before, round):
            raise NotAllowed("clinical_decision", "The clinical lead decided this sample; only they can change it.")
        return False
    return before.overrides or before.decided_by_id != actor.pk


def _check(item: RoundItem, round: Round, actor: User, ruling: Ruling) -> bool:
    """Whether the annotators agree, so that only clinical authority decides; raises where this can't be decided."""
    if not can(actor, round.project, Capability.ADJUDICATE):
        raise NotAllowed("not_adjudicator", "Only QA or the clinical lead decide disagreements.")
    annotations = list(item.annotations.all())
    if any(annotation.annotator_id == actor.pk for annotation in annotations):
        raise NotAllowed("own_label", "You labelled this sample yourself; somebody else must decide.")
    if item.purpose != RoundItem.Purpose.WORK or len(annotations) < item.labels_wanted:
        raise Invalid("not_for_decision", "This sample doesn't have all its labels, so there is nothing to decide.")
    agreeing = not disagree([vote_of(annotation) for annotation in annotations])
    if agreeing and not can(actor, round.project, Capability.ADJUDICATE_OVERRIDE):
        raise Invalid("no_disagreement", "The annotators agree on this sample; only the clinical lead decides over it.")
    check_decision(ruling.crisis_type, ruling.severity, ruling.is_edge_case, ruling.edge_case_kind)
    if not ruling.reason.strip():
        raise Invalid("reason", "Say why: annotators learn from it.")
    if ruling.guideline_section not in {section.code for section in sections(round.guideline.markdown)}:
        raise Invalid("guideline_section", "Choose the guideline section that settles it.")
    return agreeing


def _audit(decision: Adjudication, round: Round, actor: User) -> None:
    record(
        action="annotation.adjudicate",
        actor=actor,
        project=round.project,
        target=decision,
        payload={
            "item": decision.item_id,
            "version": decision.version,
            "crisis_type": decision.crisis_type,
            "severity": decision.severity,
            "guideline_section": decision.guideline_section,
            "overrides": decision.overrides,
        },
    )
    touch(f"project:{round.project_id}:rounds")
