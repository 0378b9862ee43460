"""What the pages about rounds are rendered from."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from annotation.access import can_read_agreement
from annotation.models import Flag, Guideline, Round
from annotation.presentation_agreement import agreement_context
from annotation.selectors import agreement_of, annotator_progress, disagreements, round_progress
from annotation.selectors_adjudication import RESOLVED_BY
from annotation.selectors_assignment import anything_left_for
from annotation.services.publication import PUBLISHED_KINDS
from pixelhub.accounts.access import can
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability


def round_context(user: User, round: Round, part: str = "") -> dict[str, Any]:
    """Everything on a round's page; agreement and people's figures only for those who may read them.

    `part` says which part of the agreement is open.
    """
    invited = round.round_annotators.filter(annotator=user).exists()
    context: dict[str, Any] = {
        "round": round,
        "progress": round_progress(round),
        "topic": f"project:{round.project_id}:rounds",
        "may_manage": can(user, round.project, Capability.ROUND_MANAGE),
        "may_label": invited and round.state == Round.State.OPEN and anything_left_for(round, user),
        "reads_agreement": can_read_agreement(user, round),
    }
    if not context["reads_agreement"]:
        return context
    figures = agreement_of(round)
    undecided = _undecided(round)
    context.update(
        people=annotator_progress(round),
        disagreements=len(figures["disputed"]),
        undecided=undecided,
        may_adjudicate=can(user, round.project, Capability.ADJUDICATE),
        flags=Flag.objects.filter(item__round=round).select_related("item", "annotator"),
        looks_into_flags=any(can(user, round.project, capability) for capability in RESOLVED_BY.values()),
        step=next_step(user, round, context["progress"].remaining, undecided),
        agreement=agreement_context(user, round, figures, part),
    )
    return context


def _undecided(round: Round) -> int:
    """Disagreements without a decision; nobody decides before the round is closed, so an open one isn't searched."""
    if round.state != Round.State.CLOSED:
        return 0
    return sum(1 for item in disagreements(round) if not hasattr(item, "adjudication"))


def next_step(user: User, round: Round, remaining: int, undecided: int) -> dict[str, Any]:
    """What happens next in this round: a sentence and, where this person may do it, the act."""
    state = Round.State
    manages = can(user, round.project, Capability.ROUND_MANAGE)
    if round.state == state.DRAFT and round.guideline.state != Guideline.State.APPROVED:
        url = reverse("annotation:guideline_detail", args=[round.guideline_id])
        return {"text": "The guideline waits for a clinical lead's approval.", "url": url, "label": "Look at it"}
    if round.state == state.DRAFT:
        act = {"post": reverse("annotation:round_open", args=[round.pk]), "label": "Open the round"} if manages else {}
        return {"text": "Ready: opening it lets the annotators in.", **act}
    if round.state == state.OPEN:
        act = {"post": reverse("annotation:round_close", args=[round.pk]), "label": "Close the round"}
        text = f"{remaining} labels are still missing." if remaining else "All labels are in."
        return {"text": text, "ask": remaining > 0, **(act if manages else {})}
    if round.state == state.CLOSED and undecided:
        may = can(user, round.project, Capability.ADJUDICATE)
        url = reverse("annotation:round_adjudicate", args=[round.pk])
        link = {"url": url, "label": "Decide them"} if may else {}
        if may and round.kind in PUBLISHED_KINDS and can(user, round.project, Capability.SNAPSHOT_PUBLISH):
            other = reverse("annotation:round_aggregate", args=[round.pk])
            link["other"], link["other_label"] = other, "Publish without deciding them…"
        text = f"{undecided} disagreements wait" if undecided > 1 else "1 disagreement waits"
        return {"text": f"{text} for a decision.", **link}
    if round.state == state.CLOSED and round.kind not in PUBLISHED_KINDS:
        return {"text": "This round was for learning; its labels are not published."}
    if round.state == state.CLOSED:
        may = can(user, round.project, Capability.SNAPSHOT_PUBLISH)
        url = reverse("annotation:round_publish", args=[round.pk])
        return {"text": "Everything is decided.", **({"post": url, "label": "Publish the labels"} if may else {})}
    return {"text": "The labels are published; a data engineer compiles them into a release."}
