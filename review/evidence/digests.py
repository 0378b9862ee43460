"""What a sign-off is bound to, as digests anyone can recompute from the same facts.

Every digest is SHA-256 over canonical JSON (sorted keys, no spaces, UTF-8) and carries a format name, so that two
kinds of facts can never share one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pixelhub.canonical import canonical_json, sha256_hex

SIGNOFF_FORMAT = "pixelhub.signoff/1"


@dataclass(frozen=True, slots=True)
class JudgementFacts:
    """A finished judgement: who (pseudonym), on which conversation, and what was said."""

    content_hash: str
    expert: str
    blind_type: str
    blind_severity: int | None
    verdict: str
    comment: str
    judged_at: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a decision rests on, each part by digest; `card_sha256` is empty where no card was written."""

    bundle_sha256: str
    evaluation_sha256: str
    test_set_sha256: str
    campaign_sha256: str
    card_sha256: str
    files: Mapping[str, str]  # file name -> sha256, as the bundle lists them


def judgement_digest(facts: JudgementFacts) -> str:
    return _digest("pixelhub.judgement/1", asdict(facts))


def campaign_digest(
    *,
    bundle_sha256: str,
    predictions_sha256: str,
    seed: int,
    population: Mapping[str, int],
    cases: Iterable[tuple[str, str, float]],
    judgements: Iterable[str],
) -> str:
    """Digest of a closed campaign. `cases`: (content hash, stratum, weight); `judgements`: their digests."""
    return _digest(
        "pixelhub.campaign/1",
        {
            "bundle_sha256": bundle_sha256,
            "predictions_sha256": predictions_sha256,
            "seed": seed,
            "population": dict(population),
            "cases": sorted([key, stratum, weight] for key, stratum, weight in cases),
            "judgements": sorted(judgements),
        },
    )


def evidence_digest(evidence: Evidence) -> str:
    return _digest("pixelhub.evidence/1", {**asdict(evidence), "files": dict(evidence.files)})


def signoff_document(
    *,
    decision: str,
    project: str,
    model_version: str,
    evidence: Evidence,
    signer: Mapping[str, Any],
    trainer: Mapping[str, Any],
    reason: str,
    missed_targets: Sequence[str],
    decided_at: str,
) -> dict[str, Any]:
    """The document that is signed.

    `signer` and `trainer` carry `id` and `name`; `missed_targets` are those that the signer saw clearly failed.
    """
    return {
        "format": SIGNOFF_FORMAT,
        "decision": decision,
        "project": project,
        "model_version": model_version,
        "bundle_sha256": evidence.bundle_sha256,
        "evaluation_sha256": evidence.evaluation_sha256,
        "test_set_sha256": evidence.test_set_sha256,
        "campaign_sha256": evidence.campaign_sha256,
        "card_sha256": evidence.card_sha256,
        "evidence_sha256": evidence_digest(evidence),
        "signer": {**signer, "role": "clinical_lead"},
        "trainer": dict(trainer),
        "reason": reason,
        "missed_targets": list(missed_targets),
        "decided_at": decided_at,
    }


def _digest(format_name: str, facts: Mapping[str, Any]) -> str:
    return sha256_hex(canonical_json({"format": format_name, **facts}))
