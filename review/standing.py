"""Whether a version's sign-off still holds, and if not, everything that speaks against it, checked anew each time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from inference.engine.errors import SignoffRefused
from inference.engine.signoff import verify_signoff
from inference.models import Deployment, SignoffVoid
from pixelhub.accounts.roles import Role
from pixelhub.keys import public_key
from review.evidence.signed import changed_parts
from review.frozen import evidence_now
from review.models import SignOff, SignOffPolicy
from review.policy import policy_of
from review.refusal import Block
from review.signin import MFA
from training_app.models import ModelVersion

__all__ = ["Standing", "has_served", "signoff_standing", "void_of"]


@dataclass(frozen=True, slots=True)
class Standing:
    """The approvals on which a version may serve, the latest first, and what speaks against them."""

    approvals: tuple[SignOff, ...]
    blocks: tuple[Block, ...]

    @property
    def holds(self) -> bool:
        return not self.blocks

    @property
    def envelope(self) -> dict[str, Any]:
        """What a deployment carries: the latest approval, and the others beside it."""
        first, *others = self.approvals
        return first.envelope | ({"others": [row.envelope for row in others]} if others else {})


def signoff_standing(version: ModelVersion, *, with_bytes: bool = True) -> Standing:
    """Signatures, decisions, voids, policy, and every part of the evidence, against what lies there now.

    A version that has served before keeps what its policy asked when it was signed; for a first promotion the
    project's policy of today has to be met as well. `with_bytes` False leaves the bundle's files to the caller.
    """
    signoffs = list(SignOff.objects.filter(model_version=version).order_by("-created_at", "-pk"))
    url = reverse("review:signoff", args=[version.pk])
    rejections = [row for row in signoffs if row.decision == SignOff.Decision.REJECTED]
    if rejections:
        return Standing((), (Block("rejected", f"Version {version.version} was rejected by a clinical lead.", url),))
    if not signoffs:
        return Standing((), (Block("unsigned", f"Version {version.version} has no sign-off by a clinical lead.", url),))
    latest = signoffs[0]
    approvals = tuple(row for row in signoffs if row.evidence_sha256 == latest.evidence_sha256)
    blocks = _void_blocks(latest, url)
    evidence, missing = evidence_now(version, with_bytes=with_bytes)
    blocks += missing
    if evidence is not None:
        changed = changed_parts(latest.document, evidence)
        if changed:
            blocks.append(
                Block(
                    "evidence_changed",
                    f"The evidence changed after version {version.version} was signed, it needs a new review: "
                    f"{', '.join(changed).lower()}.",
                    url,
                )
            )
    blocks += _signature_blocks(version, Standing(approvals, ()).envelope, url)
    if not has_served(version):
        blocks += _policy_blocks(policy_of(version.project), approvals, url)
    return Standing(approvals, tuple(blocks))


def has_served(version: ModelVersion) -> bool:
    """Whether it was in production before: only then is promoting it a way back, under what held at that time."""
    return Deployment.objects.filter(model_version=version).exists()


def void_of(signoff: SignOff) -> SignoffVoid | None:
    """By whom and why the evidence of this sign-off was voided; None while it counts."""
    voids = SignoffVoid.objects.filter(project=signoff.project_id, evidence_sha256=signoff.evidence_sha256)
    return voids.select_related("voided_by").first()


def _policy_blocks(policy: SignOffPolicy, approvals: tuple[SignOff, ...], url: str) -> list[Block]:
    """What the project's policy of today asks of a first promotion and these approvals do not meet."""
    found = []
    if len(approvals) < policy.approvals:
        found.append(f"asks for {policy.approvals} people to approve; {len(approvals)} did")
    methods = [row.document.get("signed_in", {}).get("methods", ()) for row in approvals]
    if policy.requires_mfa and any(MFA not in shown for shown in methods):
        found.append("asks for a second factor; somebody signed without one")
    leads = sum(row.role == Role.CLINICAL_LEAD for row in approvals)
    wants_leads = policy.approvals == 2 and policy.second_role == SignOffPolicy.SecondRole.CLINICAL_LEAD
    if wants_leads and leads < 2 <= len(approvals):
        found.append("asks for two clinical leads; one of the two is none")
    evidence = approvals[0].document.get("evidence") or {}
    if policy.requires_fairness and not evidence.get("fairness_sha256"):
        found.append("asks for a fairness report; none was signed")
    if policy.requires_edge_cases and not evidence.get("edge_cases_sha256"):
        found.append("asks for a proof that edge cases were kept; none was signed")
    return [Block("policy", f"The project's policy {says}.", url) for says in found]


def _void_blocks(signoff: SignOff, url: str) -> list[Block]:
    void = void_of(signoff)
    if void is None:
        return []
    by = str(void.voided_by) if void.voided_by else "the hub"
    return [Block("voided", f"The sign-off was voided by {by} on {void.voided_at:%d %b %Y}: {void.reason}", url)]


def _signature_blocks(version: ModelVersion, envelope: dict[str, Any], url: str) -> list[Block]:
    try:
        verify_signoff(envelope, version.bundle_sha256, public_key())
    except SignoffRefused as error:
        return [Block("signature", f"The sign-off of version {version.version} does not hold ({error}).", url)]
    except FileNotFoundError:
        return [Block("no_key", "The hub has no public key to check sign-offs with.", url)]
    return []
