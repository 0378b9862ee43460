"""Screening of records: identifiers, risk and content gates become findings; nothing is deleted.

Real people's words and what was derived from them wait for a person where an identifier was found. Synthetic ones are
checked and reported: nobody stands behind them. Findings hold places and kinds, never words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from django.utils.crypto import salted_hmac

from datasets_app.corpus import taxonomy
from datasets_app.corpus.hashing import record_hash
from datasets_app.corpus.pii import Finding, scan, without_identifiers
from datasets_app.models import PiiFinding, Record
from pixelhub.accounts.models import Project, User
from pixelhub.audit.services import record as audit
from pixelhub.live.services import touch

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from datasets_app.corpus.screening import Assessment

CHUNK_RECORDS: Final = 200
_OWN_CHECKS: Final = frozenset({"risk", "content", "pii"})
_LEVEL_OF_RISK: Final = {"none": "info", "low": "info", "moderate": "warning", "high": "error", "imminent": "critical"}
_SCREENED_FIELDS: Final = (
    "metadata", "external_id", "group_key", "group_keys", "record_hash", "intake_hash", "pii_state", "findings",
    "risk_score", "risk_severity",
)  # fmt: skip


class StepContext(Protocol):
    """What screening needs of a job."""

    @property
    def checkpoint(self) -> dict[str, Any]: ...
    def step(
        self, *, done: int | None = None, total: int | None = None, checkpoint: dict[str, Any] | None = None,
        unit: str = "", note: str = "",
    ) -> AbstractContextManager[None]: ...  # fmt: skip


def intake_digest(project_id: int, content_hash: str) -> str:
    """The keyed digest under which a text that was rewritten since is found again when it is brought in once more.

    Keyed, because a plain hash of the words beside their rewritten form lets anybody who guesses a telephone number
    check the guess. It follows SECRET_KEY: after a change of that key old copies are not recognised.
    """
    return salted_hmac("datasets.intake", f"{project_id}:{content_hash}", algorithm="sha256").hexdigest()


def rewritten_hashes(*, project: Project, hashes: Iterable[str]) -> set[str]:
    """Those of the content hashes whose text is here already, whatever it reads like since its review."""
    of_digest = {intake_digest(project.pk, content): content for content in hashes}
    found = Record.objects.filter(project=project, intake_hash__in=list(of_digest))
    return {of_digest[digest] for digest in found.values_list("intake_hash", flat=True)}


def screen_records(records: Sequence[Record]) -> list[PiiFinding]:
    """Screen records in memory and return the unsaved findings that wait for a person.

    Sets pii_state, findings, risk_score, risk_severity and intake_hash; for real words also takes identifiers out of
    metadata, external id and group keys, which nobody reviews. Nothing is saved: see `findings_save`. A record that
    a person has reviewed keeps that state.
    """
    waiting: list[PiiFinding] = []
    for record in records:
        found = scan(record.messages)
        record.findings = [
            *(entry for entry in record.findings if entry.get("check") not in _OWN_CHECKS),
            *_risk_and_content(record),
        ]
        record.intake_hash = record.intake_hash or intake_digest(record.project_id, record.content_hash)
        if record.source == taxonomy.Source.SYNTHETIC:
            record.pii_state = Record.PiiState.CHECKED
            record.findings += [_reported(finding) for finding in found]
            continue
        _clean_keys(record)
        if record.pii_state == Record.PiiState.REVIEWED:
            continue
        record.pii_state = Record.PiiState.PENDING if found else Record.PiiState.CLEAN
        waiting += [_row(record, finding) for finding in found]
    return waiting


def findings_save(findings: Iterable[PiiFinding], *, pk_of: Mapping[str, int]) -> int:
    """Save findings of records stored as `pk_of` (content hash to id) says; those of others are left out.

    Returns how many were saved. Call inside the transaction that stores the records.
    """
    kept = []
    for finding in findings:
        pk = pk_of.get(finding.record.content_hash)
        if pk is not None:
            finding.record_id = pk
            kept.append(finding)
    PiiFinding.objects.bulk_create(kept, batch_size=1000, ignore_conflicts=True)
    return len(kept)


def records_screen(*, project: Project, actor: User | None, ctx: StepContext) -> dict[str, int]:
    """Screen every record of the project that nothing has looked at yet; resumes by itself. Returns counts by state."""
    states: Counter[str] = Counter(ctx.checkpoint.get("states", {}))
    unscanned = Record.objects.filter(project=project, pii_state=Record.PiiState.UNSCANNED).order_by("pk")
    done = sum(states.values())
    total = done + unscanned.count()
    while True:
        checkpoint: dict[str, Any] = {}
        with ctx.step(done=done, total=total, unit="records", checkpoint=checkpoint):
            chunk = list(unscanned.select_for_update(no_key=True)[:CHUNK_RECORDS])
            findings = screen_records(chunk)
            Record.objects.bulk_update(chunk, _SCREENED_FIELDS, batch_size=100)
            findings_save(findings, pk_of={record.content_hash: record.pk for record in chunk})
            states.update(record.pii_state for record in chunk)
            checkpoint["states"] = dict(states)
            if chunk:
                touch(f"project:{project.pk}:records")
            elif done:
                audit(action="record.screen", actor=actor, project=project, payload={"states": dict(states)})
        if not chunk:
            return {"screened": done, **states}
        done += len(chunk)


def _row(record: Record, finding: Finding) -> PiiFinding:
    return PiiFinding(
        record=record,
        turn=finding.turn,
        start=finding.start,
        end=finding.end,
        kind=finding.kind,
        confidence=finding.confidence,
        placeholder=finding.placeholder,
    )


def _reported(finding: Finding) -> dict[str, Any]:
    return {
        "check": "pii",
        "level": "info",
        "kind": finding.kind,
        "turn": finding.turn,
        "start": finding.start,
        "end": finding.end,
        "confidence": round(finding.confidence, 3),
        "action": "keep",
    }


def _risk_and_content(record: Record) -> list[dict[str, Any]]:
    # Imported where it is needed: compiling the rules takes a second, and few processes screen.
    from datasets_app.corpus.content_gates import content_gates
    from datasets_app.corpus.screening import assess

    found = assess(record.messages)
    record.risk_score, record.risk_severity = found.score, found.severity
    content = [{"check": "content", **finding.as_dict()} for finding in content_gates(record.messages, found)]
    return [_risk_entry(found), *content] if found.signals or found.crisis else content


def _risk_entry(found: Assessment) -> dict[str, Any]:
    return {
        "check": "risk",
        "level": _LEVEL_OF_RISK[found.risk_level],
        "crisis_type": found.crisis_type,
        "severity": found.severity,
        "confidence": found.score,
        "risk_level": found.risk_level,
        "timeline": found.timeline,
        "families": sorted({signal.family for signal in found.signals}),
        "protective_factors": list(found.protective_factors),
        "about_someone_else": found.about_someone_else,
        "action": "label" if found.crisis else "keep",
    }


def _clean_keys(record: Record) -> None:
    """Take identifiers out of what stands beside the conversation; it is scanned by rules alone, on the safe side."""
    record.metadata = without_identifiers(record.metadata)
    if scan([_said(record.external_id)]):
        record.external_id = f"ext-{intake_digest(record.project_id, record.external_id)[:32]}"
        record.record_hash = record_hash(record.external_id, record.stage, record.source, record.proposed_severity)
    record.group_keys = [
        f"{key.partition(':')[0]}:{intake_digest(record.project_id, key)[:32]}"
        if scan([_said(key.partition(":")[2] or key)])
        else key
        for key in record.group_keys
    ]
    if record.group_keys:
        record.group_key = record.group_keys[0][:255]


def _said(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}
