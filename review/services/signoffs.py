"""Sign-off: a clinical lead's decision over exactly one bundle, on evidence frozen at that moment; and its end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from inference.models import SignoffVoid
from inference.services import signoff_void_record
from pixelhub.accounts.access import require
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.keys import signing_key
from review.evidence.signed import Decision, Evidence, Person, evidence_digest, signoff_document
from review.frozen import closed_campaign, gather_evidence, test_evaluation
from review.makers import makers_of, registrar_of
from review.models import SignOff
from review.policy import policy_of, signed_policy
from review.reading_proof import objections_to, readings_of
from review.refusal import Block, Refused, refused_for
from review.services.eligibility import DECIDABLE, Eligibility, eligibility, sign_in_blocks
from review.signin import SignIn
from review.topics import touch_review
from review.wording import MAX_REASON, checked_text
from training_app.models import ModelVersion, VersionState
from training_app.services import version_set_state
from training_app.services.evaluations import failed_targets

__all__ = ["signoff_decide", "signoff_void"]


def signoff_decide(
    *,
    version: ModelVersion,
    signer: User,
    decision: str,
    reason: str,
    signed_in: SignIn | None,
    seen_evidence_sha256: str | None = None,
) -> SignOff:
    """Sign an approval or a refusal of exactly the version's bytes.

    `signed_in` is how the signer proved who they are, within the window; `seen_evidence_sha256` is the digest they
    had before their eyes: a decision on other evidence is refused. Raises PermissionDenied for people who may not
    sign here, Refused with everything that stands against it; a refused attempt is recorded too.
    """
    found = eligibility(version, signer)
    if not found.role:
        require(signer, version.project, Capability.SIGNOFF_DECIDE)
    try:
        return _decided(version, signer, decision, reason, signed_in, seen_evidence_sha256, found)
    except Refused as refused:
        _refusal_record(version, signer, decision, refused)
        raise


def _decided(
    version: ModelVersion,
    signer: User,
    decision: str,
    reason: str,
    signed_in: SignIn | None,
    seen: str | None,
    found: Eligibility,
) -> SignOff:
    if decision not in SignOff.Decision.values:
        raise Refused("Choose to approve or to reject.")
    reason = checked_text(reason, name="Reason", longest=MAX_REASON, required=True)
    blocks = [*found.against(decision), *sign_in_blocks(signer, found.policy, signed_in)]
    if found.evidence is not None and seen is not None and evidence_digest(found.evidence) != seen:
        says = "The evidence changed since you opened this page; read it again before you sign."
        blocks.append(Block("evidence_moved", says))
    if blocks or found.evidence is None or signed_in is None:
        raise refused_for(blocks)
    try:
        return _signoff_insert(version, signer, decision, reason, signed_in, found.role, found.evidence)
    except IntegrityError:
        raise Refused("This decision stands already: one person decides once on the same evidence.") from None


@transaction.atomic
def _signoff_insert(
    version: ModelVersion,
    signer: User,
    decision: str,
    reason: str,
    signed_in: SignIn,
    role: str,
    evidence: Evidence,
) -> SignOff:
    locked = (
        ModelVersion.objects.select_for_update(no_key=True, of=("self",))
        .select_related("project", "trainer", "run__started_by", "release")
        .get(pk=version.pk)
    )
    if locked.state not in DECIDABLE:
        raise Refused(f"Version {locked.version} is {locked.get_state_display().lower()}; it is not up for decision.")
    # Everything but the files once more, now that nobody else can decide: hashing some 100 MB waits for no lock.
    if evidence_digest(gather_evidence(locked, with_bytes=False)) != evidence_digest(evidence):
        says = "The evidence changed while you signed; read it again."
        raise refused_for([Block("evidence_moved", says)])
    if SignoffVoid.objects.filter(project=locked.project, evidence_sha256=evidence_digest(evidence)).exists():
        raise Refused("A sign-off over this very evidence was voided; it takes new evidence to sign again.")
    document = _document(locked, signer, decision, reason, signed_in, role, evidence, timezone.now())
    registrar = registrar_of(locked)
    signoff = SignOff.objects.create(
        project=locked.project,
        model_version=locked,
        campaign=closed_campaign(locked),
        bundle_sha256=evidence.bundle_sha256,
        evidence_sha256=document["evidence_sha256"],
        decision=decision,
        reason=reason,
        signer=signer,
        role=role,
        trainer=locked.trainer,
        starter=locked.run.started_by,
        registrar=registrar,
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
            "role": role,
            "methods": list(signed_in.methods),
        },
    )
    state = _state_after(locked, signoff)
    if locked.state != state:
        version_set_state(version=locked, state=state, actor=signer)
    version.state = state
    touch_review(locked.project)
    return signoff


def _document(
    version: ModelVersion,
    signer: User,
    decision: str,
    reason: str,
    signed_in: SignIn,
    role: str,
    evidence: Evidence,
    now: datetime,
) -> dict[str, Any]:
    evaluation = test_evaluation(version)
    readings = readings_of(version, signer, until=now)
    return signoff_document(
        project=version.project.slug,
        model_version=version.version,
        evidence=evidence,
        policy=signed_policy(policy_of(version.project)),
        signer=Person(signer.pk, str(signer)),
        makers=makers_of(version),
        act=Decision(
            decision=decision,
            reason=reason,
            role=role,
            decided_at=now.isoformat(timespec="microseconds"),
            signed_in_at=signed_in.at.isoformat(timespec="microseconds"),
            methods=signed_in.methods,
            misses=len(evaluation.metrics.get("missed", [])),
            misses_opened=readings.opened,
            readings_sha256=readings.sha256,
            objections=objections_to(version),
            missed_targets=failed_targets(evaluation.metrics),
        ),
    )


def _state_after(version: ModelVersion, signoff: SignOff) -> str:
    """Rejected by anybody is rejected; approved once as many have approved this evidence as the policy asks."""
    if signoff.decision == SignOff.Decision.REJECTED:
        return VersionState.REJECTED
    approvals = SignOff.objects.filter(
        model_version=version, decision=SignOff.Decision.APPROVED, evidence_sha256=signoff.evidence_sha256
    )
    leads = approvals.filter(role="clinical_lead").exists()
    enough = approvals.count() >= policy_of(version.project).approvals and leads
    return VersionState.APPROVED if enough else version.state


def signoff_void(*, version: ModelVersion, actor: User, reason: str) -> SignoffVoid:
    """Take the version's approval back, whoever gave it: it leaves production at once, and its evidence is spent.

    Raises PermissionDenied for anybody but clinical leads and administrators, Refused where nothing stands to void.
    """
    require(actor, version.project, Capability.SIGNOFF_GOVERN)
    reason = checked_text(reason, name="Reason", longest=MAX_REASON, required=True)
    try:
        return _void(version, actor, reason)
    except IntegrityError:
        raise Refused("This sign-off is void already.") from None


@transaction.atomic
def _void(version: ModelVersion, actor: User, reason: str) -> SignoffVoid:
    # The same order of locks as a promotion: the project, then its version, then the end of the audit chain.
    project = type(version.project).objects.select_for_update(no_key=True).get(pk=version.project_id)
    locked = ModelVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
    signoff = SignOff.objects.filter(model_version=locked, decision=SignOff.Decision.APPROVED).first()
    if signoff is None or locked.state == VersionState.REJECTED:
        raise Refused(f"Version {locked.version} has no approval that could be voided.")
    void = signoff_void_record(
        project=project,
        evidence_sha256=signoff.evidence_sha256,
        bundle_sha256=signoff.bundle_sha256,
        reason=reason,
        actor=actor,
    )
    after = {VersionState.APPROVED: VersionState.IN_REVIEW, VersionState.PRODUCTION: VersionState.RETIRED}
    if locked.state in after:
        version_set_state(version=locked, state=after[VersionState(locked.state)], actor=actor)
    version.state = locked.state
    touch_review(project)
    return void


@transaction.atomic
def _refusal_record(version: ModelVersion, signer: User, decision: str, refused: Refused) -> None:
    record(
        action="signoff.refuse",
        actor=signer,
        project=version.project,
        target=version,
        payload={
            "decision": decision if decision in SignOff.Decision.values else "",
            "model_version": version.version,
            "bundle_sha256": version.bundle_sha256,
            "blocks": [block.code for block in refused.blocks],
        },
    )
