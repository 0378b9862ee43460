"""The agreement part of a round's page: a verdict in a sentence, what it means, where it is low, what to do next."""

from __future__ import annotations

from math import floor
from typing import Any

from django.urls import reverse

from annotation.agreement.discussion import SEVERITY
from annotation.agreement.estimates import ENOUGH_ITEMS
from annotation.guideline_text import Section, sections
from annotation.models import Guideline, Round, RoundItem
from annotation.selectors_agreement import LIVE
from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS
from pixelhub.accounts.access import can
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability

PARTS = (
    ("types", "By type"),
    ("confusion", "Who says what"),
    ("raters", "By rater"),
    ("sources", "Sources and edge cases"),
    ("severity", "Severity"),
    ("confidence", "Confidence"),
    ("discuss", "To discuss"),
)
DISCUSSED = 40  # rows of the discussion list on the page; the file has all
CONFUSIONS = 20
CONTESTED = 3
NOTHING: dict[str, Any] = {"value": None, "interval": None}
Figures = dict[str, Any]


def agreement_context(user: User, round: Round, figures: Figures, part: str) -> dict[str, Any]:
    """Template context of `annotation/_agreement.html`; an unknown `part` is the first."""
    part = part if part in dict(PARTS) else PARTS[0][0]
    here = reverse("annotation:round_detail", args=[round.pk])
    tabs = [
        {
            "url": f"{here}?part={code}#agreement-parts",
            "label": label,
            "current": code == part,
            "count": len(figures["disputed"]) if code == "discuss" else None,
        }
        for code, label in PARTS
    ]
    context = {
        "figures": figures,
        "part": part,
        "tabs": tabs,
        "headline": headline(figures),
        "bar": bars([{"value": figures["kappa"], "interval": figures["interval"]}], figures)[0],
        "meaning": meaning(figures, ended=round.state not in LIVE),
        "moves": moves(user, round, figures),
    }
    return {**context, **_PARTS[part](round, figures)}


def headline(figures: Figures) -> dict[str, str]:
    """The verdict: a state for the badge, its word, and a sentence."""
    gate, items = figures["gate"], figures["paired_items"]
    if figures["kappa"] is None or figures["interval"] is None or items < ENOUGH_ITEMS:
        text = f"Too early to say: {items} of at least {ENOUGH_ITEMS} samples have two labels."
        return {"state": "pending", "word": "too few samples", "text": text}
    if figures["verdict"] == "pass":
        text = f"Agreement is shown: the whole 95% interval lies above {gate}."
        return {"state": "pass", "word": "passes", "text": text}
    if figures["verdict"] == "fail":
        text = f"Agreement is not good enough yet: the whole 95% interval lies at or below {gate}."
        return {"state": "fail", "word": "does not pass", "text": text}
    return {
        "state": "pending",
        "word": "not yet settled",
        "text": f"Not settled: the 95% interval reaches across {gate}, so these labels allow for both answers.",
    }


def meaning(figures: Figures, *, ended: bool) -> list[str]:
    """What the headline rests on and what more samples would do, in sentences."""
    said = []
    outlook, sizes, gate = figures["outlook"], figures["sizes"], figures["gate"]
    if outlook and not ended and outlook["at"] > figures["paired_items"] >= ENOUGH_ITEMS:
        said.append(
            f"If the samples to come are like those so far, all {outlook['at']:,} of this round will show agreement in "
            f"{outlook['above']:.0%} of cases, show that it is too low in {outlook['below']:.0%}, and leave it open in "
            f"{outlook['open']:.0%}."
        )
    if sizes and figures["verdict"] == "not yet settled" and figures["paired_items"] >= ENOUGH_ITEMS:
        said.append(_size_sentence(sizes, gate))
    if figures["skew"] and figures["skew"]["skewed"] and figures["ac1"] is not None and figures["kappa"] is not None:
        name = CRISIS_TYPE_LABELS[figures["skew"]["type"]].lower()
        said.append(
            f"{figures['skew']['share']:.0%} of the labels are “{name}”. On such skewed labels kappa takes most of the "
            f"agreement for chance, so a few disagreements weigh much; Gwet's AC1 takes less for chance and is shown "
            f"beside it. The gate stays on kappa."
        )
    return said


def _size_sentence(sizes: dict[str, Any], gate: float) -> str:
    start = f"If the true kappa is {sizes['assumed']:.3f}, "
    if sizes["even"] is None:
        return f"{start}it is too close to {gate} for any round that people could label to tell: clarify the guideline."
    likely = f"{sizes['likely']:,}" if sizes["likely"] is not None else "more than anybody labels"
    return (
        f"{start}a round of {sizes['even']:,} samples settles it in half of all cases, one of {likely} in nine of ten."
    )


def moves(user: User, round: Round, figures: Figures) -> list[dict[str, Any]]:
    """What to do about an agreement that hasn't passed: clarify, discuss, train again, measure again."""
    if figures["verdict"] == "pass" or figures["paired_items"] < ENOUGH_ITEMS:
        return []
    found: list[dict[str, Any]] = []
    ended = round.state not in LIVE
    here = reverse("annotation:round_detail", args=[round.pk])
    for entry in figures["contested"][:CONTESTED]:
        links = section_links(round.guideline, entry["between"])
        found.append({"text": _contested_sentence(entry), "links": links, "read": bool(links)})
    standing_out = [row["rater"] for row in figures["by_rater"] if row["stands_out"]]
    if standing_out:
        differs = "differs" if len(standing_out) == 1 else "differ"
        text = f"{_listed(standing_out)} {differs} from the others more than chance explains. Talk first; "
        text += "the guideline may be what is unclear."
        found.append({"text": text, "links": [{"url": f"{here}?part=raters#agreement-parts", "label": "By rater"}]})
    if figures["disputed"]:
        text = f"{len(figures['disputed']):,} samples to discuss, those that could hurt somebody first, without names."
        found.append({"text": text, "links": [{"url": f"{here}?part=discuss#agreement-parts", "label": "The list"}]})
    if not ended:
        found.append({"text": "When the round is closed, a retraining round can be made from the disputed samples."})
    elif can(user, round.project, Capability.ROUND_MANAGE):
        found += _follow_ups(round, figures)
    return found


def section_links(guideline: Guideline, between: list[str]) -> list[dict[str, str]]:
    """The guideline sections about these types (or about severity) that the guideline has."""
    page = reverse("annotation:guideline_detail", args=[guideline.pk])
    known = sections(guideline.markdown)
    return [
        {"url": f"{page}#{section.anchor}", "label": section.title}
        for code in between
        for section in known
        if _is_about(section, code)
    ]


def bars(estimates: list[dict[str, Any]], figures: Figures) -> list[dict[str, Any] | None]:
    """A bar for each estimate, on one scale for all."""
    lows = [estimate["interval"]["low"] for estimate in estimates if estimate["interval"] is not None]
    start = min(0.5, floor(10 * (min([*lows, figures["gate"]]) - 0.02)) / 10)
    return [bar(estimate, figures["gate"], start) for estimate in estimates]


def bar(estimate: dict[str, Any], gate: float, start: float) -> dict[str, Any] | None:
    """Places in percent of an interval, its estimate and the gate on a scale that ends at 1; None without interval."""
    interval = estimate["interval"]
    if interval is None or estimate["value"] is None:
        return None

    def place(value: float) -> float:
        return round(100 * (min(max(value, start), 1.0) - start) / (1 - start), 2)

    low, high = place(interval["low"]), place(interval["high"])
    return {
        "start": f"{start:.1f}",
        "low": low,
        "width": round(max(high - low, 0.4), 2),
        "point": place(estimate["value"]),
        "gate": place(gate),
        "above": round(100 - place(gate), 2),
        "label": f"{estimate['value']:.3f}, 95% interval {interval['low']:.3f} to {interval['high']:.3f}, gate {gate}",
    }


def _contested_sentence(entry: dict[str, Any]) -> str:
    samples = "1 sample" if entry["items"] == 1 else f"{entry['items']:,} samples"
    if entry["between"] == [SEVERITY]:
        return f"Severities two or more apart on {samples}."
    first, second = (CRISIS_TYPE_LABELS[code].lower() for code in entry["between"])
    return f"“{first}” or “{second}”: in question on {samples}."


def _follow_ups(round: Round, figures: Figures) -> list[dict[str, Any]]:
    found = []
    if figures["disputed"]:
        found.append(
            {
                "text": "Train again on what was disputed: the same people label those samples once more.",
                "post": reverse("annotation:round_retrain", args=[round.pk]),
                "label": "Make a retraining round",
            }
        )
    found.append(
        {
            "text": "Then measure again on fresh samples: a retraining says nothing about agreement by itself.",
            "post": reverse("annotation:round_follow", args=[round.pk]),
            "label": "Make the next agreement round",
        }
    )
    return found


def _is_about(section: Section, code: str) -> bool:
    return section.code.startswith(SEVERITY) if code == SEVERITY else section.code == code


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _types(round: Round, figures: Figures) -> dict[str, Any]:
    estimates = []
    for entry in figures["per_category"]:
        known = entry["enough"] and entry["interval"] is not None
        estimates.append({"value": entry["kappa"], "interval": entry["interval"]} if known else NOTHING)
    return {
        "rows": [
            {
                **entry,
                "kappa": estimate,
                "bar": drawn,
                "links": section_links(round.guideline, [entry["category"]]),
            }
            for entry, estimate, drawn in zip(figures["per_category"], estimates, bars(estimates, figures), strict=True)
        ],
        "pairs": figures["by_pair"] if len(figures["by_pair"]) > 1 else [],
    }


def _confusion(round: Round, figures: Figures) -> dict[str, Any]:
    table, codes = figures["directions"]["table"], figures["categories"]
    largest = max((n for i, row in enumerate(table) for j, n in enumerate(row) if i != j), default=0)
    people = _people(figures)
    found = figures["directions"]["confusions"][:CONFUSIONS]
    return {
        "table": [
            {
                "code": code,
                "total": sum(table[i]),
                "cells": [
                    {"n": n, "same": i == j, "level": 0 if i == j or not n else 1 + (3 * n) // (largest + 1)}
                    for j, n in enumerate(table[i])
                ],
            }
            for i, code in enumerate(codes)
        ],
        "confusions": [{**row, "person": people.get(row["rater"], "")} for row in found],
    }


def _raters(round: Round, figures: Figures) -> dict[str, Any]:
    people, rows = _people(figures), figures["by_rater"]
    drawn = bars([row["kappa"] for row in rows], figures)
    return {
        "rows": [
            {**row, "person": people.get(row["rater"], ""), "bar": one} for row, one in zip(rows, drawn, strict=True)
        ]
    }


def _sources(round: Round, figures: Figures) -> dict[str, Any]:
    edge = figures["edge_cases"]
    rows = [(source["source"].capitalize(), source["kappa"]) for source in figures["by_source"]]
    rows += [("Edge cases", edge["edge"]), ("All others", edge["rest"])]
    drawn = bars([kappa for _, kappa in rows], figures)
    return {
        "rows": [{"name": name, "kappa": kappa, "bar": one} for (name, kappa), one in zip(rows, drawn, strict=True)],
        "edge": edge,
    }


def _severity(round: Round, figures: Figures) -> dict[str, Any]:
    return {"severity": figures["severity"]}


def _confidence(round: Round, figures: Figures) -> dict[str, Any]:
    return {"confidence": figures["confidence"]}


def _discuss(round: Round, figures: Figures) -> dict[str, Any]:
    shown = figures["disputed"][:DISCUSSED]
    places = dict(
        RoundItem.objects.filter(pk__in=[int(entry["item"]) for entry in shown]).values_list("pk", "position")
    )
    rows = [
        {
            **entry,
            "position": places.get(int(entry["item"])),
            "said": list(zip(entry["types"], entry["severities"], strict=True)),
            "links": section_links(round.guideline, entry["about"]),
        }
        for entry in shown
    ]
    return {"rows": rows, "more": len(figures["disputed"]) - len(rows)}


def _people(figures: Figures) -> dict[str, str]:
    return {person.pseudonym: str(person) for person in User.objects.filter(pseudonym__in=figures["raters"])}


_PARTS = {
    "types": _types,
    "confusion": _confusion,
    "raters": _raters,
    "sources": _sources,
    "severity": _severity,
    "confidence": _confidence,
    "discuss": _discuss,
}
