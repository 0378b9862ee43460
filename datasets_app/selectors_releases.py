"""Reads of releases for their pages: gates with links, quality, comparisons, choices of the form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from .models import Record, Release

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project

_HASH_PREFIX = "sha256:"
_SHORT = 19  # "sha256:" and twelve digits


def published_releases(project: Project) -> QuerySet[Release]:
    """The project's published releases, newest first."""
    return Release.objects.filter(project=project, state=Release.State.PUBLISHED)


def record_links(project: Project, names: Iterable[str]) -> dict[str, str]:
    """The address of the record behind each content hash, or its first digits; names without a record are left out.

    A record whose words were changed by a later review has another hash now, so it is not found.
    """
    prefixes = {part for name in names for part in name.split(" ~ ") if part.startswith(_HASH_PREFIX)}
    if not prefixes:
        return {}
    wanted = Q()
    for prefix in prefixes:
        wanted |= Q(content_hash__startswith=prefix)
    found = {}
    for pk, content in Record.objects.filter(wanted, project=project).values_list("pk", "content_hash"):
        for prefix in prefixes:
            if content.startswith(prefix):
                found[prefix] = reverse("datasets:record_detail", args=[pk])
    return found


def linked(names: Iterable[str], links: Mapping[str, str]) -> list[dict[str, Any]]:
    """Offending ids as the pages show them: each a list of parts with a short text and, where known, an address."""
    return [
        {
            "name": name,
            "parts": [
                {"text": part[:_SHORT] if part.startswith(_HASH_PREFIX) else part, "url": links.get(part, "")}
                for part in name.split(" ~ ")
            ],
        }
        for name in names
    ]


def gate_title(name: str) -> str:
    """The name of a gate as people read it."""
    return "PII" if name == "pii" else name.replace("_", " ").capitalize()


def gates_shown(release: Release) -> list[dict[str, Any]]:
    """The gates of a release with titles, figures as people read them, and links to the offending records."""
    links = record_links(release.project, [name for gate in release.gates for name in gate["offending"]])
    return [
        {
            **gate,
            "title": gate_title(gate["gate"]),
            "figures": [(name.replace("_", " "), value) for name, value in gate["figures"].items()],
            "offenders": linked(gate["offending"], links),
        }
        for gate in release.gates
    ]


def quality_shown(release: Release, report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The metrics of a release's QA report with links to the flagged records."""
    metrics = report.get("metrics", [])
    links = record_links(release.project, [name for metric in metrics for name in metric["examples"]])
    return [{**metric, "offenders": linked(metric["examples"], links)} for metric in metrics]


def comparison_shown(project: Project, found: Mapping[str, Any]) -> dict[str, Any]:
    """A comparison with links: what differs, in the order in which it matters."""
    contamination = found["contamination"]
    near = contamination["near_duplicates"]
    sections = [
        ("Tested now, trained or tuned on before", contamination["trained_before_tested_now"], {}),
        ("Moved to another split", found["moved"], found["moved"]["ways"]),
        ("Labelled otherwise", found["relabelled"], found["relabelled"]["ways"]),
        ("Added", found["added"], {}),
        ("Removed", found["removed"], {}),
    ]
    if near is not None:
        sections.insert(
            1,
            ("Tested now, like something trained on before",
             {"count": near["tested"], "examples": near["examples"]}, {}),
        )  # fmt: skip
    links = record_links(project, [name for _, part, _ in sections for name in part["examples"]])
    return {
        "old": found["old"],
        "new": found["new"],
        "kept": found["kept"],
        "counts": [
            {**row, "change": row["new"] - row["old"], "name": row["name"].replace("_", " ")} for row in found["counts"]
        ],
        "gates": [{**gate, "title": gate_title(gate["gate"])} for gate in found["gates"]],
        "contaminated": contamination["trained_before_tested_now"]["count"] + (near["tested"] if near else 0),
        "sections": [
            {
                "title": title,
                "count": part["count"],
                "ways": [{"way": way, "count": count} for way, count in ways.items()],
                "offenders": linked(part["examples"], links),
            }
            for title, part, ways in sections
        ],
    }
