"""The demo's rounds: one that programs have labelled, with some of its labels reviewed, and one for the visitor."""

from __future__ import annotations

from annotation.models import Annotation, QualityReview, Round
from annotation.services import (
    Finding,
    Layout,
    quality_draw,
    quality_review,
    round_adjudicate_simulated,
    round_close,
    round_create,
    round_open,
    round_publish,
    round_simulate,
)
from datasets_app.corpus.taxonomy import NONE_TYPE
from pixelhub.accounts.models import Project
from pixelhub.jobs.base import JobContext
from review.demo.conversations import (
    EXPERTS_FILE,
    FIRST_FILE,
    LABEL_FILE,
    SEED,
    bring_in_to_label,
    records_of,
    truth_of,
)
from review.demo.people import SIMULATED_ANNOTATORS, demo_guideline, demo_person, simulated_annotators

SIMULATED_ROUND, OPEN_ROUND = "Simulated round", "Your first round"
# Expert-labelled ones among what each person reads: enough for a chart of the simulated three, two for a visitor.
HIDDEN_IN_SIMULATED, HIDDEN_IN_OPEN = 0.03, 0.1
REVIEWS_DRAWN, REVIEWS_LEFT = 40, 10
REVIEW_COMMENT = "Made by the demo's set-up: the text was written for this type and severity. Nobody read the label."


def simulate_round(ctx: JobContext, project: Project) -> None:
    """A round that three programs label, closed, decided by what the texts were generated for, and published."""
    made = Round.objects.filter(project=project, name=SIMULATED_ROUND).first()
    actor, annotators = demo_person("dana"), simulated_annotators()
    if made is None:
        made = round_create(
            project=project,
            name=SIMULATED_ROUND,
            guideline=demo_guideline(project),
            annotators=annotators,
            actor=actor,
            records=records_of(project, FIRST_FILE),
            seed=SEED,
            simulated=True,
            layout=Layout(gold_share=HIDDEN_IN_SIMULATED),
        )
    truth = truth_of(records_of(project, FIRST_FILE, EXPERTS_FILE))
    if made.state == Round.State.DRAFT:
        made = round_open(round=made, actor=actor)
    if made.state == Round.State.OPEN:
        accuracy = {person.pk: SIMULATED_ANNOTATORS[person.username] for person in annotators}
        round_simulate(
            project=project, round=made, truth=truth, annotators=annotators, accuracy=accuracy, seed=SEED, actor=actor
        )
        made = round_close(round=made, actor=actor)
    if made.state == Round.State.CLOSED:
        round_adjudicate_simulated(round=made, truth=truth, actor=actor)
        round_publish(round=made, actor=actor, name="Simulated labels of synthetic conversations")


def review_simulated_labels(ctx: JobContext, project: Project) -> None:
    """Some of the simulated labels drawn for review and most of those judged; the rest waits for a visitor from QA."""
    round, actor = Round.objects.get(project=project, name=SIMULATED_ROUND), demo_person("quinn")
    drawn = QualityReview.objects.filter(annotation__item__round=round)
    if not drawn.exists():
        quality_draw(round=round, actor=actor, count=REVIEWS_DRAWN, seed=SEED, oversample=True)
    truth = truth_of(records_of(project, FIRST_FILE))
    kept = set(drawn.order_by("-pk").values_list("pk", flat=True)[:REVIEWS_LEFT])
    waiting = drawn.filter(verdict=QualityReview.Verdict.PENDING).exclude(pk__in=kept).order_by("pk")
    for review in waiting.select_related("annotation__item__round__project", "annotation__item__round__guideline"):
        label = review.annotation
        quality_review(review=review, actor=actor, finding=_finding(label, *truth[label.item.record_id]))


def open_round(ctx: JobContext, project: Project) -> None:
    """A round for whoever signs in as Ada or Ben."""
    bring_in_to_label(ctx, project)
    made = Round.objects.filter(project=project, name=OPEN_ROUND).first()
    if made is None:
        made = round_create(
            project=project,
            name=OPEN_ROUND,
            guideline=demo_guideline(project),
            annotators=[demo_person("ada"), demo_person("ben")],
            actor=demo_person("dana"),
            records=records_of(project, LABEL_FILE),
            seed=SEED,
            layout=Layout(gold_share=HIDDEN_IN_OPEN),
        )
    if made.state == Round.State.DRAFT:
        round_open(round=made, actor=demo_person("dana"))


def _finding(label: Annotation, crisis_type: str, severity: int | None) -> Finding:
    severity = None if crisis_type == NONE_TYPE else severity
    if (label.crisis_type, label.severity) == (crisis_type, severity):
        return Finding(verdict=QualityReview.Verdict.AGREED)
    same_type = label.crisis_type == crisis_type
    return Finding(
        verdict=QualityReview.Verdict.MINOR if same_type else QualityReview.Verdict.MAJOR,
        crisis_type=crisis_type,
        severity=severity,
        guideline_section=crisis_type,
        comment=REVIEW_COMMENT,
    )
