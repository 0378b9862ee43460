"""Expert labels: set one by one, taken over from decided samples, imported; retired, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from annotation.errors import Invalid, NotAllowed, Refused
from annotation.guideline_text import sections
from annotation.labels import check_decision, clean_text
from annotation.models import Adjudication, GoldLabel, Guideline, Round, RoundItem
from datasets_app.corpus.taxonomy import CRISIS_TYPES
from datasets_app.models import Record
from datasets_app.selectors import usable_records
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record as audit
from pixelhub.live.services import touch

DECIDED = (Round.State.CLOSED, Round.State.PUBLISHED)


@dataclass(frozen=True)
class ExpertLabel:
    """What an expert says of a record, and why."""

    crisis_type: str
    severity: int | None
    guideline_section: str
    rationale: str = ""
    also_accepted: tuple[str, ...] = ()


def gold_set(
    *,
    project: Project,
    record: Record,
    use: str,
    label: ExpertLabel,
    guideline: Guideline,
    actor: User,
    simulated: bool = False,
) -> GoldLabel:
    """Set the expert label of a record. A record has one at a time: retire it to set another.

    `simulated`: a program says so, for a demonstration; every page that shows the label says that.
    Raises `NotAllowed` for others than QA and the clinical lead, `Invalid` naming the field, `Refused` when the record
    has one already.
    """
    require_expert(project, actor)
    check_expert_label(label, guideline)
    if use not in GoldLabel.Use.values:
        raise Invalid("use", "Choose what the expert label is for.")
    if guideline.project_id != project.pk or not usable_records(project).filter(pk=record.pk).exists():
        raise Invalid("record", "This record can't be labelled: it is withdrawn, or its identifiers wait for review.")
    try:
        with transaction.atomic():
            made = GoldLabel.objects.create(
                project=project,
                record=record,
                use=use,
                crisis_type=label.crisis_type,
                severity=label.severity,
                also_accepted=list(label.also_accepted),
                rationale=clean_text(label.rationale, name="The rationale", limit=2000),
                guideline=guideline,
                guideline_section=label.guideline_section,
                simulated=simulated,
                set_by=actor,
            )
            _audit("gold.set", made, actor)
    except IntegrityError as error:
        raise Refused("gold_exists", "This record has an expert label already. Retire it first.") from error
    return made


def gold_from_round(*, round: Round, use: str, actor: User, count: int | None = None) -> list[GoldLabel]:
    """Take over the decisions on a closed or published round's disagreements as expert labels; returns the new ones.

    The reason of the decision becomes the rationale. Records that have an expert label, or can't be used, are passed
    over. With `count`, the first so many.
    """
    require_expert(round.project, actor)
    if use not in GoldLabel.Use.values:
        raise Invalid("use", "Choose what the expert labels are for.")
    if round.state not in DECIDED:
        raise Refused("round_not_closed", "Close the round and decide its disagreements first.")
    with transaction.atomic():
        taken = GoldLabel.objects.filter(project=round.project, retired_at__isnull=True)
        rulings = (
            Adjudication.objects.filter(item__round=round, item__purpose=RoundItem.Purpose.WORK)
            .filter(item__record__in=usable_records(round.project).values("pk"))
            .exclude(item__record__in=taken.values("record"))
            .select_related("item")
            .order_by("item__position")
        )
        try:
            made = GoldLabel.objects.bulk_create(
                GoldLabel(
                    project=round.project,
                    record_id=ruling.item.record_id,
                    use=use,
                    crisis_type=ruling.crisis_type,
                    severity=ruling.severity,
                    rationale=ruling.reason,
                    guideline_id=round.guideline_id,
                    guideline_section=ruling.guideline_section,
                    simulated=round.simulated,
                    set_by=actor,
                )
                for ruling in rulings[:count]
            )
        except IntegrityError as error:
            raise Refused("gold_exists", "Somebody else took some of them over just now. Look again.") from error
        if not made:
            raise Refused("nothing_decided", "No decided sample of this round is without an expert label.")
        audit(
            action="gold.from_round",
            actor=actor,
            project=round.project,
            target=round,
            payload={"use": use, "made": len(made), "first": made[0].pk, "last": made[-1].pk},
        )
        touch(f"project:{round.project_id}:rounds")
    return made


def gold_retire(*, gold: GoldLabel, actor: User) -> GoldLabel:
    """Take an expert label out of use. Samples that carry it already keep it."""
    require_expert(gold.project, actor)
    with transaction.atomic():
        changed = GoldLabel.objects.filter(pk=gold.pk, retired_at__isnull=True).update(retired_at=timezone.now())
        if not changed:
            raise Refused("retired_already", "This expert label was retired already.")
        gold.refresh_from_db()
        _audit("gold.retire", gold, actor)
    return gold


def require_expert(project: Project, actor: User) -> None:
    """Raise `NotAllowed` unless this person decides what is right: QA or the clinical lead."""
    if not can(actor, project, Capability.ADJUDICATE):
        raise NotAllowed("not_expert", "Only QA or the clinical lead set expert labels.")


def check_expert_label(label: ExpertLabel, guideline: Guideline) -> None:
    """Raise `Invalid`, naming the field, unless the label fits together and names a section of the guideline."""
    check_decision(label.crisis_type, label.severity, False, "")
    if not _distinct_types(label.also_accepted) or label.crisis_type in label.also_accepted:
        raise Invalid("also_accepted", "Also accepted types are other known types, each once.")
    if label.guideline_section not in {section.code for section in sections(guideline.markdown)}:
        raise Invalid("guideline_section", "Choose a section of the guideline.")


def _distinct_types(codes: Sequence[str]) -> bool:
    return len(set(codes)) == len(codes) and set(codes) <= set(CRISIS_TYPES)


def _audit(action: str, gold: GoldLabel, actor: User) -> None:
    payload = {"record": gold.record_id, "use": gold.use, "crisis_type": gold.crisis_type, "severity": gold.severity}
    audit(action=action, actor=actor, project=gold.project, target=gold, payload=payload)
    touch(f"project:{gold.project_id}:rounds")
