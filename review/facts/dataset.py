"""Figures of conversations, imports and releases."""

from __future__ import annotations

from typing import Any, TypedDict

from django.db.models import Count, F, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce
from django.urls import reverse

from datasets_app.corpus.taxonomy import NONE_TYPE, SIX_TYPES, SPLIT_SHARES, SPLITS
from datasets_app.models import ImportBatch, Record, Release
from pixelhub.accounts.models import Project
from review.facts.fact import Fact, unknown

__all__ = ["dataset_facts", "latest_release"]

SYNTHETIC = "synthetic conversations"
SIMULATED = "simulated annotators"


class _Shared(TypedDict):
    """What all figures of one release have in common."""

    url: str
    caveat: str
    subject: str


_UNSETTLED = Q(source="real", state=Record.State.ACTIVE) & ~Q(pii_state__in=Record.PII_SETTLED)
#: What a release can be asked.
_OF_A_RELEASE = (
    "dataset_size",
    "train_per_type",
    "release_duplicates",
    "leakage",
    "split_shares",
    "qa_reports",
)


def dataset_facts(project: Project) -> dict[str, Fact]:
    return {**_record_facts(project), **_import_facts(project), **_release_facts(project)}


def latest_release(project: Project) -> Release | None:
    """The newest published release."""
    return Release.objects.filter(project=project, state=Release.State.PUBLISHED).order_by("-pk").first()


def _record_facts(project: Project) -> dict[str, Fact]:
    # What was withdrawn is no part of the data any more.
    records = Record.objects.filter(project=project, state=Record.State.ACTIVE)
    url = reverse("datasets:record_list")
    found = records.aggregate(
        total=Count("pk"),
        distinct=Count("content_hash", distinct=True),
        real=Count("pk", filter=Q(source="real")),
        real_unsettled=Count("pk", filter=_UNSETTLED),
        synthetic=Count("pk", filter=Q(source="synthetic")),
        augmented=Count("pk", filter=Q(source="augmented")),
        edge=Count("pk", filter=Q(is_edge_case=True)),
        edge_kinds=Count("edge_case_kind", distinct=True, filter=~Q(edge_case_kind="")),
        synthetic_types=Count(
            "proposed_type", distinct=True, filter=Q(source="synthetic", proposed_type__in=SIX_TYPES)
        ),
    )
    pii_url = f"{url}?source=real&use=pending"
    return {
        "real_unsettled": Fact(
            found["real_unsettled"], f"of {found['real']:,} wait for a decision on identifiers", url=pii_url
        )
        if found["real"]
        else unknown("no real conversations were imported yet", pii_url),
        "real_demographics": _demographics(project, url),
        "real_records": Fact(found["real"], "real conversations", url=url),
        "synthetic_records": Fact(found["synthetic"], "synthetic conversations", url=url),
        "synthetic_types": Fact(found["synthetic_types"], "crisis types among the synthetic ones", url=url),
        "augmented_records": Fact(found["augmented"], "augmented conversations", url=url),
        "edge_records": Fact(found["edge"], "conversations marked as edge cases", url=url),
        "edge_kinds": Fact(found["edge_kinds"], "kinds of edge case", url=url),
        "duplicates": Fact(
            found["total"] - found["distinct"],
            f"exact duplicates among {found['total']:,} conversations",
            url=url,
            caveat="" if found["real"] else SYNTHETIC,
        )
        if found["total"]
        else unknown("nothing was imported yet", url),
    }


_DEMOGRAPHICS = ("demographics", "metadata__demographics", "input__demographics", "input__metadata__demographics")


def _demographics(project: Project, url: str) -> Fact:
    """Different tellings of who speaks among real conversations, wherever the import put them."""
    told = [KT(f"metadata__{path}") for path in _DEMOGRAPHICS]
    real = Record.objects.filter(project=project, source="real", state=Record.State.ACTIVE)
    found = real.annotate(told=Coalesce(*told)).exclude(told=None).exclude(told="")
    counted = found.aggregate(kinds=Count("told", distinct=True), records=Count("pk"))
    return Fact(
        counted["kinds"], f"different demographics, told for {counted['records']:,} real conversations", url=url
    )


def _import_facts(project: Project) -> dict[str, Fact]:
    batches = ImportBatch.objects.filter(project=project)
    url = reverse("datasets:imports")
    if not batches.filter(source="real").exists():
        return {"imports_unbalanced": unknown("no real conversations were imported yet", url)}
    unfinished = batches.exclude(state=ImportBatch.State.DONE).count()
    unbalanced = batches.exclude(read=F("accepted") + F("duplicates") + F("quarantined")).count()
    detail = f"imports of {batches.count()} that failed, run or do not add up"
    return {"imports_unbalanced": Fact(unfinished + unbalanced, detail, url=url)}


def _release_facts(project: Project) -> dict[str, Fact]:
    count = Release.objects.filter(project=project, state=Release.State.PUBLISHED).count()
    facts = {"releases": Fact(count, "published releases", url=reverse("datasets:releases"))}
    release = latest_release(project)
    if release is None:
        missing = unknown("no release was published yet", reverse("datasets:releases"))
        return facts | dict.fromkeys(_OF_A_RELEASE, missing)
    url = reverse("datasets:release_detail", args=[release.pk])
    total = int(release.counts["total"])
    train = release.counts["splits"]["train"]["types"]
    weakest = min(SIX_TYPES, key=lambda kind: train[kind])
    shared: _Shared = {"url": url, "caveat": release_caveat(release), "subject": f"release {release.version}"}
    figures = _gate_figures(release, "leakage")
    duplicates = figures.get("duplicates")
    facts["dataset_size"] = Fact(total, f"annotated samples in release {release.version}", **shared)
    facts["train_per_type"] = Fact(
        train[weakest],
        f"{weakest} is the rarest ({train[NONE_TYPE]:,} without a crisis)",
        **shared,
    )
    facts["release_duplicates"] = (
        Fact(duplicates / max(total, 1), f"{duplicates} of {total:,}", **shared)
        if duplicates is not None
        else unknown("the release was compiled without this check", url)
    )
    facts["leakage"] = (
        Fact(
            duplicates + figures["groups_across_splits"],
            "records or groups in two splits",
            **shared,
        )
        if duplicates is not None
        else unknown("the release was compiled without this check", url)
    )
    facts["split_shares"] = _split_shares(release, shared)
    facts["qa_reports"] = Fact(
        1 if release.quality else 0,
        f"QA report of release {release.version}",
        url=reverse("datasets:release_quality", args=[release.pk]),
        caveat=shared["caveat"],
        subject=shared["subject"],
    )
    return facts


def _split_shares(release: Release, shared: _Shared) -> Fact:
    """The largest gap between a split's share and the one that was asked for."""
    total = max(int(release.counts["total"]), 1)
    shares = {split: release.counts["splits"][split]["total"] / total for split in SPLITS}
    wanted = release.params.get("shares") or SPLIT_SHARES
    gap = max(abs(shares[split] - wanted[split]) for split in SPLITS)
    return Fact(gap, "off at most: " + ", ".join(f"{split} {shares[split]:.1%}" for split in SPLITS), **shared)


def release_caveat(release: Release) -> str:
    """What of the release is synthetic or simulated, in words; empty when nothing is."""
    total = int(release.counts["total"]) or 1
    made = sum(
        count
        for split in release.counts["splits"].values()
        for source, count in split["sources"].items()
        if source != "real"
    )
    parts = []
    if made:
        parts.append(SYNTHETIC if made == total else f"{made / total:.0%} synthetic")
    if release.counts.get("simulated_labels"):
        parts.append(SIMULATED)
    return ", ".join(parts)


def _gate_figures(release: Release, name: str) -> dict[str, Any]:
    return next((gate["figures"] for gate in release.gates if gate["gate"] == name), {})
