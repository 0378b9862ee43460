"""What the pages about rounds are rendered from."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from annotation.access import can_read_agreement
from annotation.models import Flag, Guideline, Round
from annotation.selectors import agreement_of, annotator_progress, disagreements, left_for, round_progress
from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS
from pixelhub.accounts.access import can
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability

VERDICT_STATE = {"pass": "pass", "fail": "fail", "not yet settled": "pending"}


def round_context(user: User, round: Round) -> dict[str, Any]:
    """Everything on a round's page; agreement and people's figures only for those who may read them."""
    invited = round.round_annotators.filter(annotator=user).exists()
    context: dict[str, Any] = {
        "round": round,
        "progress": round_progress(round),
        "topic": f"project:{round.project_id}:rounds",
        "may_manage": can(user, round.project, Capability.ROUND_MANAGE),
        "may_label": invited and round.state == Round.State.OPEN and left_for(round, user) > 0,
        "reads_agreement": can_read_agreement(user, round),
    }
    if not context["reads_agreement"]:
        return context
    figures = agreement_of(round)
    unsettled = disagreements(round)
    undecided = sum(1 for item in unsettled if not hasattr(item, "adjudication"))
    context.update(
        figures=figures,
        verdict=VERDICT_STATE[figures["verdict"]],
        people=annotator_progress(round),
        confusion=_confusion(figures),
        disagreements=len(unsettled),
        undecided=undecided,
        flags=Flag.objects.filter(item__round=round).select_related("item", "annotator"),
        step=next_step(user, round, context["progress"].remaining, undecided),
    )
    return context


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
        if may and can(user, round.project, Capability.SNAPSHOT_PUBLISH):
            other = reverse("annotation:round_aggregate", args=[round.pk])
            link["other"], link["other_label"] = other, "Publish without deciding them…"
        text = f"{undecided} disagreements wait" if undecided > 1 else "1 disagreement waits"
        return {"text": f"{text} for a decision.", **link}
    if round.state == state.CLOSED:
        may = can(user, round.project, Capability.SNAPSHOT_PUBLISH)
        url = reverse("annotation:round_publish", args=[round.pk])
        return {"text": "Everything is decided.", **({"post": url, "label": "Publish the labels"} if may else {})}
    return {"text": "The labels are published; a data engineer compiles them into a release."}


def _confusion(figures: dict[str, Any]) -> list[dict[str, Any]]:
    largest = max((n for r, row in enumerate(figures["confusion"]) for c, n in enumerate(row) if r != c), default=0)
    return [
        {
            "code": code,
            "name": CRISIS_TYPE_LABELS[code],
            "cells": [
                {"n": n, "same": row == column, "level": 0 if row == column or not n else 1 + (3 * n) // (largest + 1)}
                for column, n in enumerate(figures["confusion"][row])
            ],
            "kappa": figures["per_category"][row]["kappa"],
            "interval": figures["per_category"][row]["interval"],
            "ratings": figures["per_category"][row]["ratings"],
        }
        for row, code in enumerate(figures["categories"])
    ]
