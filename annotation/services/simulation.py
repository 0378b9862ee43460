"""Labels made by a program, for demonstrations. Marked as such on the round, and so on everything made from it."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils import timezone

from annotation.errors import Invalid, Refused
from annotation.guideline_text import sections
from annotation.labels import LabelInput, label_sha256, payload_sha256
from annotation.models import Adjudication, AdjudicationRevision, Annotation, AnnotationRevision, Round, Slot
from annotation.selectors import disagreements
from annotation.services.adjudications import revision_of
from annotation.services.simulation_skills import NEIGHBOUR, STAYS_CLOSE, Skill
from datasets_app.corpus.taxonomy import CRISIS_TYPES, NONE_TYPE, SIX_TYPES
from pixelhub.accounts.models import Project, User
from pixelhub.audit.services import record
from pixelhub.canonical import canonical_json, sha256_hex
from pixelhub.live.services import touch

Truth = Mapping[int, tuple[str, int | None]]
BATCH = 500
SEVERITY_SLIPS = 0.1


def round_simulate(
    *,
    project: Project,
    round: Round,
    truth: Truth,
    annotators: Sequence[User],
    accuracy: Mapping[int, float] | None = None,
    skills: Mapping[int, Skill] | None = None,
    seed: int,
    actor: User | None,
) -> int:
    """Fill every free slot of an open simulated round, hidden checks too; returns the number of labels made.

    `truth` maps record id to (type, severity); `accuracy` maps user id to the chance of naming the true type, or
    `skills` to a whole confusion matrix. The same seed gives the same labels. Raises `Invalid` when a record has no
    truth or the annotators are too few.
    """
    if not round.simulated:
        raise Refused("not_simulated", "Only a round made as a simulation takes simulated labels.")
    generator = random.Random(seed)  # noqa: S311  (reproducible, not secret)
    with transaction.atomic():
        locked = Round.objects.select_for_update(of=("self",), no_key=True).select_related("guideline").get(pk=round.pk)
        if locked.state != Round.State.OPEN or locked.project_id != project.pk:
            raise Refused("round_not_open", "The round must be open.")
        slots = list(
            Slot.objects.filter(round=locked, state=Slot.State.FREE)
            .select_related("item__record")
            .order_by("item__position", "number")
        )
        _assign(slots, annotators, generator)
        annotations = [_simulated(slot, locked, truth, accuracy or {}, skills or {}, generator) for slot in slots]
        _store_slots(slots)
        made = Annotation.objects.bulk_create(annotations, batch_size=BATCH)
        AnnotationRevision.objects.bulk_create((_first_revision(row) for row in made), batch_size=BATCH)
        digest = sha256_hex(canonical_json([row.sha256 for row in made]))
        record(
            action="round.simulate",
            actor=actor,
            project=project,
            target=locked,
            payload={"labels": len(made), "annotations_sha256": digest, "seed": seed},
        )
        touch(f"project:{project.pk}:rounds")
    return len(made)


def round_adjudicate_simulated(*, round: Round, truth: Truth, actor: User) -> int:
    """Decide every open disagreement of a closed simulated round by the truth; returns how many."""
    if not round.simulated:
        raise Refused("not_simulated", "Only a simulated round is decided by a program.")
    known = {section.code for section in sections(round.guideline.markdown)}
    with transaction.atomic():
        locked = Round.objects.select_for_update(no_key=True).get(pk=round.pk)
        if locked.state != Round.State.CLOSED:
            raise Refused("round_not_closed", "Close the round first.")
        decided = []
        for item in disagreements(locked):
            if hasattr(item, "adjudication"):
                continue
            crisis_type, severity = _true_label(truth, item.record_id)
            decided.append(
                Adjudication(
                    item=item,
                    crisis_type=crisis_type,
                    severity=severity,
                    reason="Simulated decision: the label that the text was generated for.",
                    guideline_section=crisis_type if crisis_type in known else next(iter(known), "simulated"),
                    decided_by=actor,
                    decided_at=timezone.now(),
                )
            )
        made = Adjudication.objects.bulk_create(decided, batch_size=BATCH)
        AdjudicationRevision.objects.bulk_create((revision_of(row) for row in made), batch_size=BATCH)
        payload = {"decisions": len(decided), "items": len(locked.items.all())}
        record(action="round.adjudicate_simulated", actor=actor, project=round.project, target=round, payload=payload)
        touch(f"project:{round.project_id}:rounds")
    return len(decided)


def _assign(slots: Sequence[Slot], annotators: Sequence[User], generator: random.Random) -> None:
    """Spread slots evenly, reserved ones to whom they are reserved for; no two of a sample go to one person."""
    load = {person.pk: 0 for person in annotators}
    people = {person.pk: person for person in annotators}
    taken: dict[int, set[int]] = {}
    for slot in slots:
        used = taken.setdefault(slot.item_id, set())
        reserved = slot.reserved_for_id
        free = [pk for pk in load if pk not in used and reserved in (None, pk)]
        if not free:
            raise Invalid("annotators", "Too few annotators for the labels asked per sample.")
        chosen = min(free, key=lambda pk: (load[pk], generator.random()))
        load[chosen] += 1
        used.add(chosen)
        slot.annotator, slot.state = people[chosen], Slot.State.DONE


def _store_slots(slots: Sequence[Slot]) -> None:
    """One update for each person and five hundred slots: a CASE over as many rows takes a database far longer."""
    by_person: dict[int | None, list[int]] = {}
    for slot in slots:
        by_person.setdefault(slot.annotator_id, []).append(slot.pk)
    for person, pks in by_person.items():
        for start in range(0, len(pks), BATCH):
            chosen = Slot.objects.filter(pk__in=pks[start : start + BATCH])
            chosen.update(annotator=person, state=Slot.State.DONE)


def _simulated(
    slot: Slot,
    round: Round,
    truth: Truth,
    accuracy: Mapping[int, float],
    skills: Mapping[int, Skill],
    generator: random.Random,
) -> Annotation:
    person = slot.annotator
    assert person is not None
    crisis_type, severity = _true_label(truth, slot.item.record_id)
    said = _said(crisis_type, person.pk, accuracy, skills, generator)
    right = said == crisis_type
    if not right:
        crisis_type = said
        severity = None if crisis_type == NONE_TYPE else severity or generator.randint(1, 3)
    if severity is not None and generator.random() < SEVERITY_SLIPS:
        severity = min(5, max(1, severity + generator.choice((-1, 1))))
    label = LabelInput(crisis_type=crisis_type, severity=severity, confidence=0.9 if right else 0.6, seconds_spent=0)
    values = label.fields()
    context = {
        "round": round.pk,
        "record": slot.item.record.content_hash,
        "annotator": person.pseudonym,
        "guideline_version": round.guideline.version,
        "revision": 1,
    }
    return Annotation(
        slot=slot,
        item_id=slot.item_id,
        annotator=person,
        guideline_id=round.guideline_id,
        # Of this slot too: two rounds simulated with one seed must not share ids.
        client_uuid=uuid.uuid5(uuid.UUID(int=generator.getrandbits(128)), str(slot.pk)),
        submitted_at=timezone.now(),
        revision=1,
        payload_sha256=payload_sha256(slot.pk, None, label),
        sha256=label_sha256(label=values, context=context, prev_sha256=""),
        **values,
    )


def _said(
    crisis_type: str,
    person: int,
    accuracy: Mapping[int, float],
    skills: Mapping[int, Skill],
    generator: random.Random,
) -> str:
    if person in skills:
        return skills[person].say(crisis_type, generator)
    return crisis_type if generator.random() < accuracy[person] else _mistaken(crisis_type, generator)


def _mistaken(crisis_type: str, generator: random.Random) -> str:
    if generator.random() < STAYS_CLOSE:
        return NEIGHBOUR[crisis_type]
    return generator.choice([other for other in CRISIS_TYPES if other != crisis_type])


def _true_label(truth: Truth, record_id: int) -> tuple[str, int | None]:
    if record_id not in truth:
        raise Invalid("truth", f"No label is known for record {record_id}.")
    crisis_type, severity = truth[record_id]
    return crisis_type, (severity or 3) if crisis_type in SIX_TYPES else None


def _first_revision(row: Annotation) -> AnnotationRevision:
    shared = ("crisis_type", "secondary_types", "severity", "confidence", "is_edge_case", "edge_case_kind", "spans")
    more = ("about_someone_else", "uncertain", "note", "seconds_spent", "submitted_at", "revision")
    hashes = ("payload_sha256", "sha256", "prev_sha256")
    return AnnotationRevision(
        annotation=row, client_uuid=row.client_uuid, **{name: getattr(row, name) for name in shared + more + hashes}
    )
