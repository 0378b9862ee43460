"""The job that fills the demo workspace: stage after stage, each done once, whatever dies on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pixelhub.accounts.models import Project
from pixelhub.jobs.base import JobContext, JobError, JobHandler, register
from review.demo import answers, conversations, data_rooms, expert_set, experts, keys, made_up, model, rounds, talks

Stage = Callable[[JobContext, Project], None]


def stages() -> list[tuple[str, Stage]]:
    """What is done, in order. A stage that left its trace in the database passes over what is there."""
    return [
        ("Writing synthetic conversations", conversations.bring_in_conversations),
        ("Setting expert labels", experts.set_expert_labels),
        ("Making practice and qualification sets", experts.make_sets),
        ("Simulating a round of labels", rounds.simulate_round),
        ("Opening a round to label by hand", rounds.open_round),
        ("Reviewing some of the simulated labels", rounds.review_simulated_labels),
        ("Following some conversations turn by turn", talks.follow_conversations),
        ("Answering some conversations by the rules", answers.answer_by_rules),
        ("Making a key for programs", keys.show_a_key),
        ("Making up edge cases to read", made_up.make_up_conversations),
        ("Compiling the first release", model.compile_release),
        ("Drawing a trial of an expert set", expert_set.draw_a_trial),
        ("Starting the first training run", model.start_training),
        ("Having the first release scored", model.score_release),
        ("Building a stage ladder", data_rooms.build_a_ladder),
        ("Making children of some conversations", data_rooms.augment_the_release),
    ]


@register
class DemoPrepare(JobHandler):
    """Synthetic conversations, expert labels and sets, rounds, a release and what is made of it, a training run."""

    kind = "demo.prepare"
    label = "Prepare the demo workspace"
    queue = "default"
    heavy = True

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Go through the stages."""
        project = ctx.job.project
        if project is None:
            raise JobError("The demo needs its project.")
        todo = stages()
        for number, (note, stage) in enumerate(todo):
            ctx.progress(number, len(todo), unit="steps", note=note)
            ctx.flush()
            stage(ctx, project)
        with ctx.step(done=len(todo), total=len(todo), unit="steps", note="Ready"):
            pass
        return {"project": project.slug}
