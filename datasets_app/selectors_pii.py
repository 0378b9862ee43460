"""Reads for the review of identifiers and for the keeping of originals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone

from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.jobs.models import FINAL_STATES, Job
from pixelhub.ui.actions import NextAction

from .corpus.pii.evaluation.figures import wilson
from .models import ImportBatch, PiiFinding, PiiLease, Record

__all__ = [
    "KIND_NAMES",
    "PiiCounts",
    "batch_identifiers",
    "count_in_state",
    "decided_records",
    "earlier_purged",
    "finding_rows",
    "kind_rows",
    "open_job",
    "pending_records",
    "people_reviewing",
    "pii_actions",
    "pii_counts",
    "record_payload",
    "spot_check",
]

KIND_NAMES: Final[dict[str, str]] = {
    "email": "E-mail",
    "phone": "Phone",
    "ssn": "Social security",
    "credit_card": "Credit card",
    "postal_address": "Postal address",
    "personal_name": "Name",
    "date_of_birth": "Date of birth",
    "ip_address": "IP address",
    "url": "Web address",
}
_CHECKS: Final = ("risk", "pii", "structure", "content")
_TONE_OF_LEVEL: Final = {"critical": "bad", "error": "bad", "warning": "warn", "info": "muted"}
_HIGH: Final = 0.9
_MEDIUM: Final = 0.6


@dataclass(frozen=True)
class PiiCounts:
    """Active records by state of their review."""

    unscanned: int = 0
    clean: int = 0
    pending: int = 0
    reviewed: int = 0
    checked: int = 0

    @property
    def to_review(self) -> int:
        """Records that a person had or has to look at."""
        return self.pending + self.reviewed

    @property
    def usable(self) -> int:
        """Records that may be labelled and released."""
        return self.clean + self.reviewed + self.checked


def pending_records(project: Project) -> QuerySet[Record]:
    """The project's records that wait for a reviewer, oldest first."""
    return Record.objects.filter(
        project=project, state=Record.State.ACTIVE, pii_state=Record.PiiState.PENDING
    ).order_by("pk")


def pii_counts(project: Project, batch: ImportBatch | None = None) -> PiiCounts:
    """Active records of the project, or of one of its imports, by state of their review."""
    found = Record.objects.filter(project=project, state=Record.State.ACTIVE)
    if batch is not None:
        found = found.filter(import_batch=batch)
    rows = found.order_by().values_list("pii_state").annotate(count=Count("pk"))
    return PiiCounts(**{str(state): count for state, count in rows})


def count_in_state(project: Project, state: str) -> int:
    """How many active records of the project are in this state of their review; counted in the index alone."""
    return Record.objects.filter(project=project, state=Record.State.ACTIVE, pii_state=state).count()


def spot_check(project: Project) -> dict[str, Any] | None:
    """What people found in conversations in which the rules had found nothing; None where nobody looked yet.

    `read` conversations, in `missed` of them an identifier, and the share with its 95% interval.
    """
    rows = PiiFinding.objects.filter(record=OuterRef("pk"))
    looked_at = Record.objects.filter(project=project, pii_state=Record.PiiState.REVIEWED).exclude(
        Exists(rows.exclude(origin=PiiFinding.Origin.PERSON))
    )
    read = looked_at.count()
    if not read:
        return None
    missed = looked_at.filter(Exists(rows)).count()
    low, high = wilson(missed, read)
    return {"read": read, "missed": missed, "share": missed / read, "low": low, "high": high}


def decided_records(project: Project) -> QuerySet[Record]:
    """Pending records whose findings were all decided in bulk: only the confirmation is missing."""
    undecided = PiiFinding.objects.filter(record=OuterRef("pk"), state=PiiFinding.State.PENDING)
    decided = PiiFinding.objects.filter(record=OuterRef("pk"))
    return pending_records(project).filter(Exists(decided), ~Exists(undecided))


def kind_rows(project: Project) -> list[dict[str, Any]]:
    """Open findings by kind and confidence, most frequent kind first, with what is decided but not confirmed."""
    findings = PiiFinding.objects.filter(record__in=pending_records(project).order_by())
    counts: dict[str, dict[str, int]] = {}
    for kind, confidence, state, count in (
        findings.order_by().values_list("kind", "confidence", "state").annotate(count=Count("pk"))
    ):
        row = counts.setdefault(kind, {"high": 0, "medium": 0, "low": 0, "decided": 0})
        row[_band(confidence) if state == PiiFinding.State.PENDING else "decided"] += count
    rows: list[dict[str, Any]] = [
        {"kind": kind, "name": KIND_NAMES[kind], "open": row["high"] + row["medium"] + row["low"], **row}
        for kind, row in counts.items()
    ]
    return sorted(rows, key=lambda row: (-row["open"], row["kind"]))


def people_reviewing(project: Project) -> int:
    """How many people hold a record now."""
    held = PiiLease.objects.filter(record__project=project, until__gte=timezone.now())
    return held.values("holder").distinct().count()


def open_job(project: Project, kind: str) -> Job | None:
    """The job of this kind that still runs or waits in the project."""
    return Job.objects.filter(project=project, kind=kind).exclude(state__in=FINAL_STATES).order_by("-pk").first()


def record_payload(record: Record) -> dict[str, Any]:
    """What the review page needs of a record that its reader holds; this is raw text."""
    return {
        "id": record.pk,
        "version": record.content_hash,
        "about": f"{record.source}, {record.family.replace('_', ' ')}",
        "messages": record.messages,
        "findings": [
            {
                "id": row.pk,
                "turn": row.turn,
                "start": row.start,
                "end": row.end,
                "kind": row.kind,
                "confidence": round(row.confidence, 2),
                "state": row.state,
            }
            for row in record.pii_findings.all()
        ],
    }


def batch_identifiers(batch: ImportBatch) -> PiiCounts:
    """An import's active records by state of their review."""
    return pii_counts(batch.project, batch)


def earlier_purged(batch: ImportBatch) -> ImportBatch | None:
    """An earlier import of the same bytes whose original was deleted since."""
    same = ImportBatch.objects.filter(project=batch.project_id, file_sha256=batch.file_sha256, pk__lt=batch.pk)
    return same.filter(original_purged_at__isnull=False).first()


def finding_rows(record: Record) -> list[dict[str, Any]]:
    """What screening says of a record, as rows to show: risk first, then identifiers, then the content gates."""
    rows = []
    for entry in sorted(record.findings, key=_rank):
        check, turn = entry.get("check", "content"), entry.get("turn")
        rows.append(
            {
                "what": _what(check, entry),
                "level": entry.get("level", "info"),
                "tone": _TONE_OF_LEVEL.get(entry.get("level", "info"), "muted"),
                "confidence": entry.get("confidence"),
                "turn": turn + 1 if isinstance(turn, int) else None,
                "action": str(entry.get("action", "")).replace("_", " "),
            }
        )
    identifiers = [
        {
            "what": f"{KIND_NAMES[row.kind]}: {row.get_state_display().lower()}",
            "level": "",
            "tone": "muted",
            "confidence": row.confidence,
            "turn": row.turn + 1,
            "action": "",
        }
        for row in record.pii_findings.all()
    ]
    return rows + identifiers


def pii_actions(user: User, project: Project) -> list[NextAction]:
    """What this user should do next about identifiers."""
    if not can(user, project, Capability.PII_REVIEW):
        return []
    pending = count_in_state(project, Record.PiiState.PENDING)
    unscanned = count_in_state(project, Record.PiiState.UNSCANNED)
    actions = []
    if pending:
        waits = "conversation waits" if pending == 1 else "conversations wait"
        actions.append(
            NextAction(
                "Review identifiers",
                f"{pending:,} {waits} for identifier review. They can’t be labelled or released before it.",
                reverse("datasets:pii_queue"),
                25,
                count=pending,
                role="data_engineer",
            )
        )
    if unscanned and open_job(project, "dataset.screen") is None:
        waits = "conversation was" if unscanned == 1 else "conversations were"
        actions.append(
            NextAction(
                "Search for identifiers",
                f"{unscanned:,} {waits} never searched for identifiers.",
                reverse("datasets:pii_queue"),
                35,
                count=unscanned,
                role="data_engineer",
            )
        )
    return actions


def _rank(entry: dict[str, Any]) -> int:
    check = entry.get("check")
    return _CHECKS.index(check) if check in _CHECKS else len(_CHECKS)


def _what(check: str, entry: dict[str, Any]) -> str:
    if check == "risk":
        families = ", ".join(str(family).replace("_", " ") for family in entry.get("families", ()))
        return f"Risk {entry.get('risk_level', '')}: {families}" if families else f"Risk {entry.get('risk_level', '')}"
    if check == "pii":
        return f"Identifier: {KIND_NAMES.get(str(entry.get('kind')), 'unknown')}"
    name = str(entry.get("gate") or entry.get("rule") or check).replace("_", " ").capitalize()
    reason = str(entry.get("reason", "")).replace("_", " ")
    return f"{name}: {reason}" if reason else name


def _band(confidence: float) -> str:
    if confidence >= _HIGH:
        return "high"
    return "medium" if confidence >= _MEDIUM else "low"
