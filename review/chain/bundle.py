"""An evidence bundle: everything behind a model version as one ZIP file that an outsider verifies without the hub.

Deterministic: the same rows, objects and key give the same bytes. No conversation text, no comments and no notes are
in it; what they hash to is. `review.offline.verify_evidence` checks it and says how; it is enclosed.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from pixelhub.canonical import canonical_json, sha256_hex
from pixelhub.keys import signing_key
from pixelhub.objects import ObjectNotFound, get_store
from pixelhub.signing import PublicKey
from review.chain.bundle_audit import audit_files
from review.chain.bundle_data import data_files
from review.figures import campaign_document
from review.found import newest_finding
from review.models import Campaign, FairnessReport, SignOff
from review.offline import ed25519, evidence_zip, verify_evidence
from review.refusal import Refused
from review.standing import void_of
from training_app.models import Evaluation, ModelVersion
from training_app.services.evaluations import CARD

__all__ = ["evidence_zip_of", "fingerprint"]

_README = Path(__file__).with_name("bundle_readme.md")
_PROGRAMS = (verify_evidence, ed25519, evidence_zip)


def fingerprint(key: PublicKey) -> str:
    """What people tell each other by hand: the SHA-256 of the public key's 32 bytes."""
    return sha256_hex(key.raw())


def evidence_zip_of(version: ModelVersion, *, with_weights: bool = False) -> bytes:
    """The bundle's bytes. Raises Refused where a part that it must hold is not there."""
    signoffs = list(SignOff.objects.filter(model_version=version).order_by("pk"))
    files = _model_files(version, with_weights=with_weights)
    files |= _review_files(version, signoffs)
    files |= data_files(version)
    files |= audit_files(version, signoffs)
    named = {f"signoffs/{number:03d}.json": row for number, row in enumerate(signoffs, start=1)}
    files |= {name: canonical_json(row.envelope) for name, row in named.items()}
    files["version.json"] = canonical_json(
        {
            "project": version.project.slug,
            "version": version.version,
            "kind": version.kind,
            "bundle_sha256": version.bundle_sha256,
            "threshold": version.threshold,
            "temperature": version.temperature,
            "standing": [name for name, row in named.items() if _stands(row, signoffs, files)],
        }
    )
    return _sealed(files)


def _sealed(files: dict[str, bytes]) -> bytes:
    """With the programs, the key, the manifest and its signature."""
    key = signing_key()
    files = files | {f"{program.__name__.rpartition('.')[2]}.py": _source(program) for program in _PROGRAMS}
    files |= {"README.md": _README.read_bytes(), verify_evidence.KEY: key.public.pem()}
    entries = {name: {"sha256": sha256_hex(data), "bytes": len(data)} for name, data in files.items()}
    manifest = {"format": verify_evidence.FORMAT, "fingerprint": fingerprint(key.public), "files": entries}
    files[verify_evidence.MANIFEST] = canonical_json(manifest)
    files[verify_evidence.SIGNATURE] = canonical_json(key.sign(manifest))
    return evidence_zip.packed(files)


def _source(program: object) -> bytes:
    return Path(str(program.__file__)).read_bytes()  # type: ignore[attr-defined]


def _stands(signoff: SignOff, signoffs: Sequence[SignOff], files: dict[str, bytes]) -> bool:
    """An approval over exactly what is enclosed, not voided, while nobody has rejected the version."""
    if any(row.decision == SignOff.Decision.REJECTED for row in signoffs) or void_of(signoff) is not None:
        return False
    said = {**(signoff.document.get("evidence") or {}), **signoff.document}
    wanted = {file: said[field] for field, file in verify_evidence.SIGNED_FILES.items() if said.get(field)}
    return all(sha256_hex(files.get(file, b"")) == digest for file, digest in wanted.items())


def _model_files(version: ModelVersion, *, with_weights: bool) -> dict[str, bytes]:
    store, prefix = get_store(), version.object_prefix
    names = ["bundle.json", *(sorted(version.files) if with_weights else [])]
    try:
        return {f"model/{name}": store.read(f"{prefix}{name}") for name in names}
    except ObjectNotFound as error:
        raise Refused(f"A file of the model is missing in the object store ({error}).") from None


def _review_files(version: ModelVersion, signoffs: Sequence[SignOff]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    evaluation = _evaluation(version, signoffs)
    if evaluation is not None:
        files["evaluation/metrics.json"] = canonical_json(evaluation.metrics)
    campaign = _campaign(version, signoffs)
    if campaign is not None:
        files["campaign/campaign.json"] = canonical_json(campaign_document(campaign))
        files["campaign/figures.json"] = canonical_json(campaign.figures)
    fairness = newest_finding(FairnessReport, version)
    if fairness is not None:
        files["fairness/report.json"] = canonical_json(fairness.document)
    with suppress(ObjectNotFound):
        files["card.md"] = get_store().read(f"{version.evidence_prefix}{CARD}")
    return files


def _evaluation(version: ModelVersion, signoffs: Sequence[SignOff]) -> Evaluation | None:
    """The one that the last sign-off names, or the newest."""
    rows = Evaluation.objects.filter(model_version=version, split="test").order_by("-use_number")
    signed = rows.filter(sha256__in=[_named(row, "evaluation_sha256") for row in signoffs[-1:]]).first()
    return signed or rows.first()


def _campaign(version: ModelVersion, signoffs: Sequence[SignOff]) -> Campaign | None:
    rows = Campaign.objects.filter(model_version=version, state=Campaign.State.CLOSED).order_by("-closed_at", "-pk")
    signed = rows.filter(sha256__in=[_named(row, "campaign_sha256") for row in signoffs[-1:]]).first()
    return signed or rows.first()


def _named(signoff: SignOff, field: str) -> str:
    return str(signoff.document.get(field) or (signoff.document.get("evidence") or {}).get(field) or "")
