"""Reads of stage ladders for their pages: rows of tables out of a ladder's manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from django.db.models import QuerySet

from .corpus.routing import load_routing
from .corpus.stages import LADDERS
from .models import StageLadder

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project

# Codes of the validators in words; what is not here is told by its code.
REASONS: Final = {
    "empathy_below": "too little empathy",
    "reasoning_below": "too little reasoning",
    "safety_below": "too little safety",
    "no_reply": "no reply to learn from",
    "too_few_turns": "too few turns",
    "incoherent": "one thing said over and over",
    "no_persona_id": "no persona named",
    "no_voice_signature": "no voice signature",
    "pii_pending": "identifiers wait for a review",
}


def ladders_in(project: Project) -> QuerySet[StageLadder]:
    """The project's ladders, newest first."""
    return StageLadder.objects.filter(project=project).select_related("release", "job", "created_by")


def recipe_shown(recipe: str) -> list[dict[str, Any]]:
    """The stages of a recipe with their shares in percent, and what each asks, in words."""
    shown = []
    for rung in LADDERS[recipe].rungs:
        demands = rung.demands
        asks = [
            f"{name} at least {value:.2f}"
            for name, value in (
                ("empathy", demands.empathy), ("reasoning", demands.reasoning), ("safety", demands.safety)
            )
            if value is not None
        ]  # fmt: skip
        asks += [f"{demands.min_turns} turns"] if demands.min_turns else []
        asks += ["a voice"] if demands.needs_voice else []
        asks += ["or a crisis"] if demands.crisis_override else []
        shown.append({"number": rung.number, "label": rung.label, "percent": f"{100 * rung.share:g}", "asks": asks})
    return shown


def families_shown() -> list[tuple[str, int]]:
    """Every family with its stage of the four, as the table beside the code has it."""
    routing = load_routing()
    found = {route.name: route.stage for route in routing.routes if route.stage is not None}
    return sorted(found.items(), key=lambda entry: (entry[1], entry[0]))


def reason_in_words(code: str) -> str:
    """What a validator's or a reader's code means."""
    return REASONS.get(code) or code.replace("_", " ")


def ladder_shown(ladder: StageLadder) -> dict[str, Any]:
    """The tables of a published ladder; {} before it is."""
    manifest = ladder.manifest
    if not manifest:
        return {}
    stages = [
        {"name": name, **stage, "moved": sum(stage["moved_out"].values()), "scores": _scores(stage["scores"])}
        for name, stage in manifest["stage_metrics"].items()
    ]
    for stage in stages:
        stage["percent_wanted"] = f"{100 * stage['share_wanted']:.1f}%"
        stage["percent"] = f"{100 * stage['share']:.1f}%"
        stage["deviation"] = f"{stage['deviation_points']:+.2f}"
    return {
        "stages": stages,
        "edge_cases": sum(stage["edge_cases"] for stage in stages),
        "edge_cases_left_out": sum(stage["edge_cases_left_out"] for stage in stages),
        "moved": sum(stage["moved_in"] for stage in stages),
        "overrides": sum(stage["crisis_overrides"] for stage in stages),
        "crises_left_out": sum(stage["crises_left_out"] for stage in stages),
        "bias_flagged": sum(stage["bias_flagged"] for stage in stages),
        "pending": sum(stage["reasons"].get("pii_pending", 0) for stage in stages),
        "quarantined": manifest["rejected"] + manifest["refused"],
        "empty": [stage["label"] for stage in stages if stage["name"] in manifest["empty_stages"]],
        "reasons": _crossed(stages, lambda stage: stage["reasons"], reason_in_words),
        "moves": _crossed(stages, lambda stage: stage["moved_out"], reason_in_words),
        "refused": [(reason_in_words(code), count) for code, count in manifest["refused_reasons"].items()],
        "families": _crossed(stages, lambda stage: stage["families"], _spaced),
        "sources": _crossed(stages, lambda stage: stage["sources"], _spaced),
        "types": _crossed(stages, lambda stage: stage["crisis_types"], str),
        "files": [{"name": name, **facts} for name, facts in manifest["files"].items()],
    }


def _scores(scores: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The scores that a stage asks for: what it holds on average and at least."""
    return [
        {"name": name, "mean": f"{found['mean']:.2f}", "target": f"{found['target']:.2f}"}
        for name, found in scores.items()
        if found["target"] is not None and found["mean"] is not None
    ]


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _crossed(
    stages: Iterable[Mapping[str, Any]],
    counts_of: Callable[[Mapping[str, Any]], Mapping[str, int]],
    named: Callable[[str], str],
) -> list[dict[str, Any]]:
    """A table of counts: a row for each name that any stage has, a cell for each stage, most first."""
    columns = [counts_of(stage) for stage in stages]
    names = {name for column in columns for name in column}
    rows = [
        {"code": name, "name": named(name), "cells": cells, "total": sum(cells)}
        for name in names
        if (cells := [column.get(name, 0) for column in columns])
    ]
    return sorted(rows, key=lambda row: (-row["total"], row["code"]))
