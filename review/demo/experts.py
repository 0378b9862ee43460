"""The demo's expert labels, and what is made of them: a practice set, two qualification sets, hidden checks.

No expert set them: each says of itself that the demo did, by what its text was generated for.
"""

from __future__ import annotations

from annotation.models import GoldLabel, Round
from annotation.services import ExpertLabel, gold_set, set_create
from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, SIX_TYPES
from pixelhub.accounts.models import Project
from pixelhub.jobs.base import JobContext
from review.demo.conversations import (
    EXPERTS_FILE,
    SEED,
    bring_in_for_experts,
    records_of,
    truth_of,
)
from review.demo.people import demo_guideline, demo_person

Use = GoldLabel.Use
# Of the eight conversations of each type: one to practise on, two for each of the two sets, three hidden in rounds.
USES = (Use.PRACTICE, *[Use.QUALIFICATION] * 4, *[Use.HIDDEN] * 3)
RATIONALE = "Set by the demo's set-up: a program wrote this text for “{label}”. No clinician has read it."
SETS = (
    (Round.Kind.PRACTICE, "Practice", 7),
    (Round.Kind.QUALIFICATION, "Qualification A", 14),
    (Round.Kind.QUALIFICATION, "Qualification B", 14),
)


def set_expert_labels(ctx: JobContext, project: Project) -> None:
    """An expert label for each conversation of the experts' file, by what its text was generated for."""
    bring_in_for_experts(ctx, project)
    records = records_of(project, EXPERTS_FILE).order_by("content_hash")
    truth = truth_of(records)
    done = set(GoldLabel.objects.filter(project=project).values_list("record", flat=True))
    seen = dict.fromkeys(CRISIS_TYPE_LABELS, 0)
    guideline, actor = demo_guideline(project), demo_person("quinn")
    for record in records:
        crisis_type, severity = truth[record.pk]
        use = USES[seen[crisis_type] % len(USES)]
        seen[crisis_type] += 1
        if record.pk in done:
            continue
        label = ExpertLabel(
            crisis_type=crisis_type,
            severity=severity if crisis_type in SIX_TYPES else None,
            guideline_section=crisis_type,
            rationale=RATIONALE.format(label=CRISIS_TYPE_LABELS[crisis_type]),
        )
        gold_set(project=project, record=record, use=use, label=label, guideline=guideline, actor=actor, simulated=True)


def make_sets(ctx: JobContext, project: Project) -> None:
    """A practice set and two qualification sets; a second attempt is on the second one."""
    for kind, name, count in SETS:
        if not Round.objects.filter(project=project, kind=kind, name=name).exists():
            set_create(
                project=project,
                kind=kind,
                name=name,
                guideline=demo_guideline(project),
                actor=demo_person("dana"),
                count=count,
                seed=SEED,
            )
