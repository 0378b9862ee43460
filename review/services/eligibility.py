"""Everything that stands between a person and their signature under a version, in plain words."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from inference.models import SignoffVoid
from pixelhub.accounts.models import User
from pixelhub.accounts.second_factor import has_second_factor, is_overdue
from review.evidence.signed import Evidence, evidence_digest
from review.frozen import evidence_now
from review.makers import hand_in, makers_of
from review.models import SignOff, SignOffPolicy
from review.policy import policy_of, signer_role
from review.refusal import Block
from review.services.readings import unread_misses
from review.signin import MFA, PASSWORD, SignIn
from training_app.models import ModelVersion, VersionState

__all__ = ["DECIDABLE", "Eligibility", "eligibility", "sign_in_blocks"]

#: A second lead may still add a decision to an approved version; a refusal then takes the approval back.
DECIDABLE = (VersionState.IN_REVIEW, VersionState.APPROVED)


@dataclass(frozen=True, slots=True)
class Eligibility:
    """What this person could sign now. `blocks` stand against any decision, `before_approval` against approving only.

    To reject is always the smaller step: nobody has to read everything before saying no.
    """

    evidence: Evidence | None
    role: str
    policy: SignOffPolicy
    blocks: tuple[Block, ...]
    before_approval: tuple[Block, ...]

    def against(self, decision: str) -> tuple[Block, ...]:
        """Everything that stands against this decision."""
        approving = decision == SignOff.Decision.APPROVED
        return self.blocks + (self.before_approval if approving else ())


def eligibility(version: ModelVersion, user: User, *, with_bytes: bool = True) -> Eligibility:
    """All of it, not only the first: who signs, what state the version is in, and whether the evidence is whole."""
    policy = policy_of(version.project)
    role = signer_role(user, policy)
    evidence, missing = evidence_now(version, with_bytes=with_bytes)
    blocks = _person_blocks(version, user, role) + _state_blocks(version) + missing
    if evidence is not None:
        blocks += _evidence_blocks(version, user, evidence)
    return Eligibility(evidence, role, policy, tuple(blocks), tuple(_approval_blocks(version, user, policy, evidence)))


def sign_in_blocks(user: User, policy: SignOffPolicy, proof: SignIn | None) -> list[Block]:
    """What is wrong with how this person signed in for this act."""
    security = reverse("mfa_index")
    if policy.requires_mfa and not has_second_factor(user):
        says = "The project's policy asks for a second factor when signing; set up an authenticator app first."
        return [Block("second_factor_missing", says, security, "Set it up")]
    if is_overdue(user):
        says = "Your role asks for a second factor; set up an authenticator app before you sign."
        return [Block("second_factor_missing", says, security, "Set it up")]
    if proof is None or proof.user_id != user.pk or PASSWORD not in proof.methods:
        return [Block("sign_in_needed", "Sign in once more with your password before you sign.")]
    if not proof.is_fresh(timezone.now()):
        says = f"Your sign-in of {proof.at:%H:%M} UTC has expired; enter your password again."
        return [Block("sign_in_expired", says)]
    if (policy.requires_mfa or has_second_factor(user)) and MFA not in proof.methods:
        return [Block("second_factor_needed", "Enter the code of your authenticator app as well.")]
    return []


def _person_blocks(version: ModelVersion, user: User, role: str) -> list[Block]:
    blocks = []
    if not role:
        blocks.append(Block("not_a_signer", "A clinical lead decides on this version."))
    hand = hand_in(makers_of(version), user)
    if hand:
        blocks.append(Block("made_it", hand))
    return blocks


def _state_blocks(version: ModelVersion) -> list[Block]:
    if version.state in DECIDABLE:
        return []
    says = f"Version {version.version} is {version.get_state_display().lower()}; it is not up for decision."
    if version.state in (VersionState.CANDIDATE, VersionState.VALIDATED):
        says += " It comes up once experts have reviewed it."
    return [Block("state", says)]


def _evidence_blocks(version: ModelVersion, user: User, evidence: Evidence) -> list[Block]:
    blocks = []
    mine = SignOff.objects.filter(model_version=version, signer=user)
    if any(row.evidence_sha256 == evidence_digest(evidence, row.document.get("format", "")) for row in mine):
        blocks.append(Block("decided", "You have decided on this version already, on this very evidence."))
    void = SignoffVoid.objects.filter(project=version.project_id, evidence_sha256=evidence_digest(evidence)).first()
    if void is not None:
        says = f"A sign-off over this very evidence was voided ({void.reason}). It takes new evidence to sign again."
        blocks.append(Block("voided", says, reverse("review:campaigns"), "Open a new review"))
    return blocks


def _approval_blocks(
    version: ModelVersion, user: User, policy: SignOffPolicy, evidence: Evidence | None
) -> list[Block]:
    blocks = []
    unread = unread_misses(version, user)
    if unread:
        crises = "crisis that it missed was" if unread == 1 else "crises that it missed were"
        says = f"{unread} {crises} not opened by you yet. Read every one before you approve."
        blocks.append(Block("unread_misses", says, "#missed", "Go to the missed crises"))
    if policy.requires_fairness and evidence is not None and not evidence.fairness_sha256:
        blocks.append(
            Block(
                "fairness",
                "The project's policy asks for a fairness report; none was made.",
                reverse("review:fairness", args=[version.pk]),
                "Make one",
            )
        )
    if policy.requires_edge_cases and evidence is not None and not evidence.edge_cases_sha256:
        says = "The project's policy asks for a proof that edge cases were kept; none was made."
        blocks.append(Block("edge_cases", says, reverse("review:edge_cases", args=[version.pk]), "Look for them"))
    return blocks
