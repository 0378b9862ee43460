"""The evidence that a sign-off is bound to, and the document that is signed over it.

`docs/signoff.md` describes both formats for people away from the hub; `docs/schema/signoff.schema.json` is the
document's JSON Schema. Format 1 is what was signed before 2026-11-27: it is still read and checked, never written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from review.evidence.digests import named_digest

SIGNOFF_FORMAT: Final = "pixelhub.signoff/2"
FIRST_SIGNOFF_FORMAT: Final = "pixelhub.signoff/1"
EVIDENCE_FORMAT: Final = "pixelhub.evidence/2"

#: Part of the evidence -> what it is called on pages and in refusals, in the order in which it is read.
PARTS: Final[Mapping[str, str]] = {
    "bundle_sha256": "Bundle",
    "weights": "Weights",
    "tokenizer": "Tokenizer",
    "threshold": "Threshold",
    "temperature": "Temperature",
    "release": "Release",
    "release_manifest_sha256": "Manifest of the release",
    "test_set_sha256": "Test set",
    "config_sha256": "Training configuration",
    "code_version": "Code version",
    "evaluation_sha256": "Metrics on the test set",
    "predictions_sha256": "Predictions on the test set",
    "campaign_sha256": "Expert review",
    "campaigns": "All expert reviews",
    "fairness_sha256": "Fairness report",
    "edge_cases_sha256": "Proof that edge cases were kept",
    "card_sha256": "Model card",
}
#: What a document says beside its evidence too, so that a reader of either format finds it in the same place.
TOP_LEVEL: Final = ("bundle_sha256", "evaluation_sha256", "test_set_sha256", "campaign_sha256", "card_sha256")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a decision rests on, each part by digest; a part that nobody made is empty."""

    bundle_sha256: str
    weights: Mapping[str, str]  # file name -> sha256, as the bundle lists them
    tokenizer: Mapping[str, str]
    threshold: float
    temperature: float
    release: str
    release_manifest_sha256: str
    test_set_sha256: str
    config_sha256: str
    code_version: str
    evaluation_sha256: str
    predictions_sha256: str
    campaign_sha256: str  # of the newest closed review
    campaigns: tuple[str, ...]  # of all closed ones over these bytes, sorted
    fairness_sha256: str
    edge_cases_sha256: str
    card_sha256: str

    @property
    def document(self) -> dict[str, Any]:
        """The evidence as it stands in the signed document."""
        return {
            "format": EVIDENCE_FORMAT,
            **{name: _plain(getattr(self, name)) for name in PARTS},
        }


@dataclass(frozen=True, slots=True)
class Policy:
    """What the project asked of a sign-off when it was given."""

    approvals: int
    second_role: str
    requires_mfa: bool
    fresh_s: int


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the document names."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Makers:
    """Who made the version: nobody of them may sign it.

    `registrar` is None where registration predates its record; `ancestors` made what it was made from:
    they compiled its release, or trained, started or registered what a student or an INT8 export came from.
    """

    trainer: Person
    starter: Person
    registrar: Person | None
    ancestors: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What the signer says, and how they proved who they are."""

    decision: str
    reason: str
    role: str
    decided_at: str
    signed_in_at: str
    methods: Sequence[str]
    misses: int
    misses_opened: int
    readings_sha256: str
    objections: int  # readers of wrong decisions who say: not to production
    missed_targets: Sequence[str]


def evidence_digest(evidence: Evidence, form: str = SIGNOFF_FORMAT) -> str:
    """The digest a document of that format is bound to."""
    if form != FIRST_SIGNOFF_FORMAT:
        return evidence_document_digest(evidence.document)
    facts = {name: getattr(evidence, name) for name in TOP_LEVEL}
    return named_digest("pixelhub.evidence/1", {**facts, "files": {**evidence.weights, **evidence.tokenizer}})


def evidence_document_digest(document: Mapping[str, Any]) -> str:
    """The digest of the evidence as a signed document of format 2 holds it."""
    return named_digest(str(document.get("format")), {key: value for key, value in document.items() if key != "format"})


def changed_parts(signed: Mapping[str, Any], now: Evidence) -> list[str]:
    """The names of the parts that are no longer what this document was signed over.

    A document of format 1 does not list all of them: what it cannot name is called "Evidence".
    """
    before = signed.get("evidence") if signed.get("format") == SIGNOFF_FORMAT else None
    known = before if isinstance(before, dict) else {name: signed.get(name) for name in TOP_LEVEL}
    current = now.document
    changed = [label for name, label in PARTS.items() if name in known and known[name] != current[name]]
    if not changed and signed.get("evidence_sha256") != evidence_digest(now, str(signed.get("format"))):
        return ["Evidence"]
    return changed


def signoff_document(
    *,
    project: str,
    model_version: str,
    evidence: Evidence,
    policy: Policy,
    signer: Person,
    makers: Makers,
    act: Decision,
) -> dict[str, Any]:
    """The document that is signed; see docs/signoff.md."""
    return {
        "format": SIGNOFF_FORMAT,
        "decision": act.decision,
        "project": project,
        "model_version": model_version,
        **{name: getattr(evidence, name) for name in TOP_LEVEL},
        "evidence": evidence.document,
        "evidence_sha256": evidence_digest(evidence),
        "policy": asdict(policy),
        "signer": {**asdict(signer), "role": act.role},
        "signed_in": {"at": act.signed_in_at, "methods": sorted(act.methods)},
        "trainer": asdict(makers.trainer),
        "starter": asdict(makers.starter),
        "registrar": asdict(makers.registrar) if makers.registrar else None,
        "ancestors": [asdict(person) for person in makers.ancestors],
        "readings": {"misses": act.misses, "opened": act.misses_opened, "sha256": act.readings_sha256},
        "objections": act.objections,
        "missed_targets": list(act.missed_targets),
        "reason": act.reason,
        "decided_at": act.decided_at,
    }


def _plain(value: Any) -> Any:
    """As JSON gives it back, so that what is signed and what is read again are equal."""
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


if {field.name for field in fields(Evidence)} != PARTS.keys():
    raise TypeError("every part of the evidence needs its name in PARTS")
