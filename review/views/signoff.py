"""Sign-off: what is signed, what stands in the way, what was missed and measured; then the signature."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from pixelhub.accounts.access import can, require
from pixelhub.accounts.roles import Capability
from pixelhub.accounts.second_factor import has_second_factor
from review import services
from review.access import get_version_for
from review.clinical.errors import read_by
from review.evidence.signed import evidence_digest
from review.forms_signoff import SignOffForm
from review.models import Campaign, SignOff
from review.presentation_signoff import metric_rows, part_rows
from review.refusal import Block, Refused
from review.selectors import missed_positives
from review.services.eligibility import eligibility, sign_in_blocks
from review.signin import sign_in_again, sign_in_of
from review.standing import void_of
from review.views.person import signed_in
from training_app.models import Evaluation, ModelVersion
from training_app.services.evaluations import failed_targets


@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def signoff(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_version_for(signed_in(request), pk)
    form = SignOffForm(request.POST or None, asks_code=has_second_factor(signed_in(request)))
    status = 200
    if request.method == "POST":
        status = _sign(request, version, form)
        if status == 200:
            return redirect("review:signoff", version.pk)
    return render(request, "review/signoff.html", _context(request, version, form), status=status)


def _sign(request: HttpRequest, version: ModelVersion, form: SignOffForm) -> int:
    """Sign what the form says; returns the status to answer with, the form saying why where nothing was signed."""
    user = signed_in(request)
    if not eligibility(version, user, with_bytes=False).role:
        require(user, version.project, Capability.SIGNOFF_DECIDE)
    if not form.is_valid():
        return 400
    proof = sign_in_of(request, user)
    if form.cleaned_data["password"]:
        try:
            proof = sign_in_again(
                request, user, password=form.cleaned_data["password"], code=form.cleaned_data.get("code", "")
            )
        except Refused as refused:
            form.add_error("password", str(refused))
            return 400
    try:
        decided = services.signoff_decide(
            version=version,
            signer=user,
            decision=form.cleaned_data["decision"],
            reason=form.cleaned_data["reason"],
            signed_in=proof,
            seen_evidence_sha256=form.cleaned_data["evidence_sha256"],
        )
    except Refused as refused:
        for block in refused.blocks:
            form.add_error(None, block.says)
        return 409
    messages.success(request, f"Your decision is signed: version {version.version} is {decided.decision} by you.")
    return 200


def _context(request: HttpRequest, version: ModelVersion, form: SignOffForm) -> dict[str, Any]:
    user = signed_in(request)
    found = eligibility(version, user)
    evaluation = Evaluation.objects.filter(model_version=version, split="test").order_by("-use_number").first()
    signoffs = list(SignOff.objects.filter(model_version=version).select_related("signer"))
    campaign = (
        Campaign.objects.filter(model_version=version, state=Campaign.State.CLOSED).order_by("-closed_at").first()
    )
    digest = evidence_digest(found.evidence) if found.evidence else ""
    may_read = can(user, version.project, Capability.RAWTEXT_VIEW) and can(
        user, version.project, Capability.REVIEW_JUDGE
    )
    missed = _missed(request, version, evaluation)
    proof = sign_in_of(request, user)
    fresh = proof is not None and not sign_in_blocks(user, found.policy, proof)
    approvals = [row for row in signoffs if row.decision == "approved" and row.evidence_sha256 == digest]
    return {
        "version": version,
        "evidence": found.evidence,
        "evidence_sha256": digest,
        "parts": part_rows(version, found.evidence, campaign.pk if campaign else None) if found.evidence else [],
        "blocks": _blocks_shown(found.blocks, signoffs, user.pk),
        "before_approval": found.before_approval if found.role else (),
        "broken": [block for block in found.blocks if block.code in {"bytes", "evaluation", "campaign", "fairness"}],
        "evaluation": evaluation,
        "metrics": metric_rows(evaluation.metrics) if evaluation else [],
        "per_type": [row for row in evaluation.metrics["per_type"] if row["f1"]] if evaluation else [],
        "failed_targets": failed_targets(evaluation.metrics) if evaluation else [],
        "missed": missed,
        "unread": sum(not row["opened"] for row in missed),
        "may_read": may_read,
        "campaign": campaign,
        "signoffs": [{"row": row, "void": void_of(row)} for row in signoffs],
        "approvals": approvals,
        "policy": found.policy,
        "still_needed": max(0, found.policy.approvals - len(approvals)),
        "may_void": can(user, version.project, Capability.SIGNOFF_GOVERN),
        "proof": proof if fresh else None,
        "now": timezone.now(),
        "form": _form(form, digest, fresh=fresh, may_approve=not found.before_approval) if not found.blocks else None,
    }


def _blocks_shown(blocks: tuple[Block, ...], signoffs: list[SignOff], user: int) -> list[Block]:
    """For somebody who has decided, that this is done is all there is to say."""
    decided = [block for block in blocks if block.code == "decided"]
    if decided and any(row.signer_id == user for row in signoffs):
        return decided
    return list(blocks)


def _missed(request: HttpRequest, version: ModelVersion, evaluation: Evaluation | None) -> list[dict[str, Any]]:
    """Every missed crisis, and whether this person has opened it. Their words are on a page of their own."""
    if evaluation is None:
        return []
    opened = read_by(version, signed_in(request))
    return [
        {**row, "opened": row["content_hash"] in opened, "key": row["content_hash"].removeprefix("sha256:")}
        for row in missed_positives(evaluation)
    ]


def _form(form: SignOffForm, digest: str, *, fresh: bool, may_approve: bool) -> SignOffForm:
    """Bound to the evidence on this page, not to that of an earlier one; approving lives when it may."""
    if form.is_bound:
        form.data = {**form.data.dict(), "evidence_sha256": digest}  # type: ignore[attr-defined]  # a QueryDict
    else:
        form.initial["evidence_sha256"] = digest
    if not may_approve:
        form.offer_rejection_only()
    form.fields["password"].required = not fresh
    if fresh:
        form.fields["password"].help_text = "You signed in again just now; leave it empty while that counts."
    return form
