"""Sign-off: what is signed, what was missed, what was measured; then the password again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from pixelhub.accounts.access import can, require
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_access
from review import services
from review.access import get_version_for
from review.evidence.digests import Evidence, evidence_digest
from review.forms import SignOffForm
from review.frozen import gather_evidence
from review.models import Campaign, SignOff
from review.refusal import Refused
from review.selectors import missed_positives
from review.views.person import signed_in
from training_app.models import Evaluation, ModelVersion, VersionState
from training_app.services.evaluations import failed_targets


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def signoff(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_version_for(signed_in(request), pk)
    form = SignOffForm(request.POST or None)
    if request.method == "POST":
        require(signed_in(request), version.project, Capability.SIGNOFF_DECIDE)
        if form.is_valid() and _reauthenticated(request, form):
            try:
                decided = services.signoff_decide(
                    version=version,
                    signer=signed_in(request),
                    decision=form.cleaned_data["decision"],
                    reason=form.cleaned_data["reason"],
                    seen_evidence_sha256=form.cleaned_data["evidence_sha256"],
                )
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, f"Your decision is signed: version {version.version} is {decided.decision}.")
                return redirect("review:signoff", version.pk)
    return render(request, "review/signoff.html", _context(request, version, form), status=400 if form.errors else 200)


def _reauthenticated(request: HttpRequest, form: SignOffForm) -> bool:
    """Ask the password again through the sign-in backends, so that lock-out counts these attempts too."""
    user = authenticate(request, username=signed_in(request).get_username(), password=form.cleaned_data["password"])
    if user is not None and user.pk == signed_in(request).pk:
        return True
    form.add_error("password", "This is not your password.")
    return False


def _context(request: HttpRequest, version: ModelVersion, form: SignOffForm) -> dict[str, Any]:
    evidence, problem = _evidence(version)
    evaluation = Evaluation.objects.filter(model_version=version, split="test").order_by("-use_number").first()
    signoffs = SignOff.objects.filter(model_version=version).select_related("signer")
    campaign = (
        Campaign.objects.filter(model_version=version, state=Campaign.State.CLOSED).order_by("-closed_at").first()
    )
    refusal = _why_not(request, version, signoffs, problem)
    digest = evidence_digest(evidence) if evidence else ""
    missed = missed_positives(evaluation) if evaluation else []
    may_read = can(signed_in(request), version.project, Capability.RAWTEXT_VIEW)
    if may_read and missed:
        shown = sum(row["record"] is not None for row in missed)
        record_access(actor=signed_in(request), project=version.project, target=version, missed_cases=shown)
    return {
        "version": version,
        "evidence": evidence,
        "evidence_sha256": digest,
        "problem": problem,
        "evaluation": evaluation,
        "metrics": _metric_rows(evaluation) if evaluation else [],
        "per_type": [row for row in evaluation.metrics["per_type"] if row["f1"]] if evaluation else [],
        "failed_targets": failed_targets(evaluation.metrics) if evaluation else [],
        "missed": missed,
        "may_read": may_read,
        "campaign": campaign,
        "signoffs": signoffs,
        "refusal": refusal,
        "form": _form(form, digest) if not refusal else None,
    }


def _form(form: SignOffForm, digest: str) -> SignOffForm:
    """The decision is bound to the evidence on the page, not to what an earlier page showed."""
    if form.is_bound:
        form.data = {**form.data.dict(), "evidence_sha256": digest}  # type: ignore[attr-defined]  # a QueryDict
    else:
        form.initial["evidence_sha256"] = digest
    return form


def _evidence(version: ModelVersion) -> tuple[Evidence | None, str]:
    try:
        return gather_evidence(version), ""
    except Refused as refused:
        return None, str(refused)


def _why_not(request: HttpRequest, version: ModelVersion, signoffs: Any, problem: str) -> str:
    """Why this person cannot decide now; empty when they can."""
    if not can(signed_in(request), version.project, Capability.SIGNOFF_DECIDE):
        return "A clinical lead decides on this version."
    if version.trainer_id == signed_in(request).pk:
        return "You trained this version; another clinical lead has to decide."
    if any(row.signer_id == signed_in(request).pk for row in signoffs):
        return "You have decided on this version."
    if problem:
        return problem
    if version.state not in (VersionState.IN_REVIEW, VersionState.APPROVED):
        return f"Version {version.version} is {version.get_state_display().lower()}; it is not up for decision."
    return ""


_SHOWN = (
    ("sensitivity", "Sensitivity"),
    ("specificity", "Specificity"),
    ("false_positive_rate", "False-positive rate"),
    ("macro_f1", "F1, mean over the types"),
)


def _metric_rows(evaluation: Evaluation) -> list[dict[str, Any]]:
    measured = evaluation.metrics["metrics"]
    return [{"label": label, **measured[name]} for name, label in _SHOWN if name in measured]
