"""Sign-off: a clinical lead's decision over exactly one bundle, on evidence frozen at that moment."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from pixelhub.accounts.access import require
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.keys import signing_key
from review.evidence.digests import Evidence, evidence_digest, signoff_document
from review.frozen import closed_campaign, gather_evidence, test_evaluation
from review.models import SignOff
from review.refusal import Refused
from review.topics import touch_review
from review.wording import MAX_REASON, checked_text
from training_app.models import ModelVersion, VersionState
from training_app.services import version_set_state
from training_app.services.evaluations import failed_targets

__all__ = ["signoff_decide"]

#: A second lead may still add a decision to an approved version; a refusal then takes the approval back.
_DECIDABLE = (VersionState.IN_REVIEW, VersionState.APPROVED)
_STATE_AFTER = {
    SignOff.Decision.APPROVED: VersionState.APPROVED,
    SignOff.Decision.REJECTED: VersionState.REJECTED,
}


def signoff_decide(
    *,
    version: ModelVersion,
    signer: User,
    decision: str,
    reason: str,
    seen_evidence_sha256: str | None = None,
) -> SignOff:
    """Sign an approval or a refusal of exactly the version's bytes. The caller has asked for the password again.

    `seen_evidence_sha256` is the digest the signer had before their eyes; a decision on other evidence is refused.
    Raises PermissionDenied for people who are no clinical lead, Refused for the trainer, a second decision, missing
    or altered evidence, or a version that is not up for decision.
    """
    require(signer, version.project, Capability.SIGNOFF_DECIDE)
    if decision not in SignOff.Decision.values:
        raise Refused("Choose to approve or to reject.")
    reason = checked_text(reason, name="Reason", longest=MAX_REASON, required=True)
    _check_signer(version, signer)
    evidence = gather_evidence(version)
    if seen_evidence_sha256 is not None and evidence_digest(evidence) != seen_evidence_sha256:
        raise Refused("The evidence changed since you opened this page; read it again before you sign.")
    try:
        return _signoff_insert(version, signer, decision, reason, evidence)
    except IntegrityError:
        raise Refused("This decision stands already: one person decides once on a version.") from None


def _check_signer(version: ModelVersion, signer: User) -> None:
    if version.trainer_id == signer.pk:
        raise Refused("You trained this version; somebody else has to decide on it.")
    if SignOff.objects.filter(model_version=version, signer=signer).exists():
        raise Refused("You have decided on this version already.")


@transaction.atomic
def _signoff_insert(version: ModelVersion, signer: User, decision: str, reason: str, evidence: Evidence) -> SignOff:
    locked = ModelVersion.objects.select_for_update(no_key=True).select_related("project", "trainer").get(pk=version.pk)
    if locked.state not in _DECIDABLE:
        raise Refused(f"Version {locked.version} is {locked.get_state_display().lower()}; it is not up for decision.")
    if locked.state == VersionState.APPROVED:
        _check_signer(locked, signer)
    now = timezone.now()
    document = signoff_document(
        decision=decision,
        project=locked.project.slug,
        model_version=locked.version,
        evidence=evidence,
        signer={"id": signer.pk, "name": str(signer)},
        trainer={"id": locked.trainer_id, "name": str(locked.trainer)},
        reason=reason,
        missed_targets=failed_targets(test_evaluation(locked).metrics),
        decided_at=now.isoformat(timespec="microseconds"),
    )
    signoff = SignOff.objects.create(
        project=locked.project,
        model_version=locked,
        campaign=closed_campaign(locked),
        bundle_sha256=evidence.bundle_sha256,
        decision=decision,
        reason=reason,
        signer=signer,
        trainer=locked.trainer,
        document=document,
        signature=signing_key().sign(document),
    )
    record(
        action="signoff.decide",
        actor=signer,
        project=locked.project,
        target=signoff,
        payload={
            "decision": decision,
            "model_version": locked.version,
            "bundle_sha256": evidence.bundle_sha256,
            "evidence_sha256": document["evidence_sha256"],
        },
    )
    state = _STATE_AFTER[SignOff.Decision(decision)]
    if locked.state != state:
        version_set_state(version=locked, state=state, actor=signer)
    version.state = state
    touch_review(locked.project)
    return signoff
