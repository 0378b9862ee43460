"""The demo's trial of an expert set: drawn, rated once by a program, its second rating left to the visitor."""

from __future__ import annotations

import random

from datasets_app.corpus.taxonomy import NONE_TYPE
from pixelhub.accounts.models import Project
from pixelhub.jobs.base import JobContext
from review.demo.conversations import SEED
from review.demo.people import demo_person
from review.models import Expert, ExpertExample, ExpertSet
from review.refusal import Refused
from review.services import example_rate, expert_change, expert_set_draw
from review.simulation.experts import simulated_experts_ensure

SIZE = 12
#: How often the simulated expert says what the text was written for; otherwise the opposite.
ACCURACY = 0.9
COMMENT = "Said by the demo's set-up: a program wrote this text and a program rated it. No expert has read it."


def draw_a_trial(ctx: JobContext, project: Project) -> None:
    """Twelve conversations that the demo's release does not train on, each rated once by a simulated expert."""
    lead = demo_person("clara")
    found = ExpertSet.objects.filter(project=project).first()
    if found is None:
        try:
            found = expert_set_draw(project=project, actor=lead, name="Demo trial", size=SIZE, seed=SEED)
        except Refused:  # a demo of very few conversations has nothing left beside its release
            return
    (expert,) = simulated_experts_ensure(project=project, actor=lead, count=1)
    for example in ExpertExample.objects.filter(expert_set=found).exclude(ratings__expert=expert):
        rng = random.Random(f"{SEED}:{example.content_hash}")  # noqa: S311  (repeatable, no secret)
        meant = example.facts["given_type"]
        other = "passive_ideation" if meant == NONE_TYPE else NONE_TYPE
        kind = meant if rng.random() < ACCURACY else other
        example_rate(
            example=example,
            expert=expert,
            crisis_type=kind,
            severity=None if kind == NONE_TYPE else (example.facts["given_severity"] or 3),
            rubric={"evidence": rng.randint(3, 5), "authentic": rng.randint(1, 3)},
            comment=COMMENT,
        )
    # Cases of reviews to come are for the people who visit; a program that nobody runs would keep them for itself.
    for listed in Expert.objects.filter(project=project, user=expert, active=True):
        expert_change(expert=listed, actor=lead, specialty=listed.specialty, capacity=listed.capacity, active=False)
