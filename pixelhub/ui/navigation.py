"""The side bar: what exists, and which of it this person may open.

Addresses are named by strings and resolved late, because the foundation must not import the floors above it; a name
that no app serves leaves its item out.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Final

from django.urls import NoReverseMatch, reverse

from pixelhub.accounts.roles import Capability as C


@dataclass(frozen=True, slots=True)
class Item:
    """One destination; open to holders of any of ``needs`` (to every member when empty)."""

    label: str
    url_name: str
    icon: str
    needs: tuple[C, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    label: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str
    icon: str
    current: bool


@dataclass(frozen=True, slots=True)
class Section:
    label: str
    links: tuple[Link, ...]


NAVIGATION: Final[tuple[Group, ...]] = (
    Group(
        "",
        (
            Item("Home", "home", "home"),
            Item("Program board", "review:board", "board", (C.BOARD_VIEW,)),
            Item("Evidence", "review:evidence_search", "search", (C.DATASET_VIEW, C.MODEL_VIEW, C.AUDIT_VIEW)),
        ),
    ),
    Group(
        "Data",
        (
            Item("Imports", "datasets:imports", "import", (C.DATASET_VIEW,)),
            Item("Records", "datasets:record_list", "records", (C.DATASET_VIEW,)),
            Item("Synthesis", "datasets:synthesis", "dialogue", (C.DATASET_VIEW,)),
            Item("Identifiers", "datasets:pii_queue", "shield", (C.PII_REVIEW,)),
            Item("Duplicates", "datasets:duplicates", "copies", (C.DATASET_VIEW,)),
            Item("Augmentation", "datasets:augmentations", "copies", (C.DATASET_VIEW,)),
            Item("Variations", "datasets:variations", "review", (C.DATASET_VIEW,)),
            Item("Label snapshots", "datasets:snapshots", "snapshot", (C.DATASET_VIEW,)),
            Item("Releases", "datasets:releases", "release", (C.DATASET_VIEW,)),
            Item("Stage ladders", "datasets:ladders", "board", (C.DATASET_VIEW,)),
            Item("Inventory", "datasets:inventory", "records", (C.DATASET_VIEW,)),
        ),
    ),
    Group(
        "Annotation",
        (
            Item("Start here", "annotation:start", "board", (C.ANNOTATE,)),
            Item("Label", "annotation:label", "label", (C.ANNOTATE,)),
            Item("Feedback", "annotation:feedback", "review", (C.ANNOTATE,)),
            Item("Rounds", "annotation:rounds", "rounds", (C.AGREEMENT_VIEW, C.ROUND_MANAGE, C.ADJUDICATE)),
            Item("Load", "annotation:load", "people", (C.ROUND_MANAGE, C.GUIDELINE_APPROVE)),
            Item("Care", "annotation:care", "user", (C.ANNOTATE,)),
            Item("Expert labels", "annotation:gold", "shield", (C.ADJUDICATE,)),
            Item("Practice and tests", "annotation:learning_sets", "review", (C.ADJUDICATE, C.ROUND_MANAGE)),
            Item("Drift", "annotation:drift", "scores", (C.ADJUDICATE, C.ROUND_MANAGE)),
            Item("Annotation policy", "annotation:policy", "lock", (C.ROUND_MANAGE,)),
            Item("Guidelines", "annotation:guidelines", "guideline", (C.ANNOTATE, C.AGREEMENT_VIEW)),
        ),
    ),
    Group(
        "Models",
        (
            Item("Training runs", "training:runs", "run", (C.TRAINING_VIEW,)),
            Item("Tuning", "training:studies", "scores", (C.TRAINING_VIEW,)),
            Item("Model versions", "training:versions", "versions", (C.MODEL_VIEW,)),
            Item("Expert review", "review:campaigns", "review", (C.REVIEW_JUDGE, C.CAMPAIGN_MANAGE, C.MODEL_VIEW)),
        ),
    ),
    Group(
        "Serving",
        (
            Item("Deployments", "inference:deployments", "deploy", (C.MODEL_VIEW,)),
            Item("Cases", "inference:case_board", "warning", (C.CASE_VIEW,)),
            Item("Monitoring", "inference:monitoring", "pulse", (C.CASE_FIGURES,)),
            Item("Case figures", "inference:case_figures", "scores", (C.CASE_FIGURES,)),
            Item("Console", "inference:console", "console", (C.SCORE_VIEW,)),
            Item("Live conversation", "inference:session_try", "talk", (C.SCORE_VIEW,)),
            Item("Conversations", "inference:sessions", "dialogue", (C.SCORE_VIEW,)),
            Item("Scores", "inference:scores", "scores", (C.SCORE_VIEW,)),
            Item("Integration", "inference:integration", "download", (C.SCORE_VIEW,)),
        ),
    ),
    Group(
        "Administration",
        (
            Item("People", "accounts:people", "people", (C.PEOPLE_MANAGE,)),
            Item("API keys", "accounts:api_keys", "key", (C.APIKEY_MANAGE,)),
            Item("Jobs", "jobs:list", "jobs", (C.JOBS_VIEW,)),
            Item("Audit", "audit:list", "audit", (C.AUDIT_VIEW,)),
        ),
    ),
)


def address(url_name: str) -> str | None:
    """The address of a named URL; None where no app serves that name."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return None


def sections_for(capabilities: Set[C], path: str) -> list[Section]:
    """The navigation of someone with these capabilities; the link that ``path`` lies under is current."""
    allowed: list[tuple[str, list[tuple[Item, str]]]] = []
    for group in NAVIGATION:
        reachable = [
            (item, url)
            for item in group.items
            if (not item.needs or capabilities & set(item.needs)) and (url := address(item.url_name))
        ]
        if reachable:
            allowed.append((group.label, reachable))
    current = _closest([url for _, items in allowed for _, url in items], path)
    return [
        Section(label, tuple(Link(item.label, url, item.icon, url == current) for item, url in items))
        for label, items in allowed
    ]


def _closest(urls: list[str], path: str) -> str | None:
    """The longest address that is the path or a folder above it; the home page only for itself."""
    fitting = [url for url in urls if path == url or (url != "/" and path.startswith(url))]
    return max(fitting, key=len, default=None)


__all__ = ["NAVIGATION", "Group", "Item", "Link", "Section", "address", "sections_for"]
