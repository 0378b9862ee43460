"""Around a sign-off: voiding, policy, the signed document and the key it is checked with."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from pixelhub.accounts.access import current_project, require
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_export
from pixelhub.keys import public_key
from review import services
from review.access import get_signoff_for, get_version_for, require_one_of
from review.forms_signoff import PolicyForm, ReasonForm
from review.models import SignOff, SignOffPolicy
from review.policy import policy_of
from review.refusal import Refused
from review.views.person import signed_in


@require_http_methods(["GET", "POST"])
def signoff_void(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the approval of a version back."""
    version = get_version_for(signed_in(request), pk, Capability.SIGNOFF_GOVERN)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.signoff_void(version=version, actor=signed_in(request), reason=form.cleaned_data["reason"])
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"The sign-off of version {version.version} is void.")
            return redirect("review:promotion")
    approvals = SignOff.objects.filter(model_version=version, decision=SignOff.Decision.APPROVED)
    context = {"version": version, "form": form, "approvals": approvals.select_related("signer")}
    return render(request, "review/signoff_void.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def signoff_policy(request: HttpRequest) -> HttpResponse:
    """What the project asks of a sign-off, and what it asked before."""
    project, user = current_project(request), signed_in(request)
    require_one_of(user, project, Capability.MODEL_VIEW, Capability.SIGNOFF_GOVERN)
    policy = policy_of(project)
    names = [name for name in PolicyForm.base_fields if name != "reason"]
    form = PolicyForm(request.POST or None, initial={name: getattr(policy, name) for name in names})
    if request.method == "POST":
        require(user, project, Capability.SIGNOFF_GOVERN)
        if form.is_valid():
            chosen = form.cleaned_data | {"second_role": form.cleaned_data["second_role"] or policy.second_role}
            try:
                services.signoff_policy_set(project=project, actor=user, **chosen)
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, "The policy is set; it counts for every sign-off from now on.")
                return redirect("review:signoff_policy")
    context = {
        "policy": policy,
        "form": form,
        "history": SignOffPolicy.objects.filter(project=project).select_related("set_by"),
    }
    return render(request, "review/signoff_policy.html", context, status=400 if form.errors else 200)


@require_GET
def signoff_document(request: HttpRequest, pk: int) -> HttpResponse:
    """The signed document with its signature, as it is checked away from the hub."""
    signoff = get_signoff_for(signed_in(request), pk)
    record_export(
        actor=signed_in(request),
        project=signoff.project,
        what="signoff",
        target=signoff,
        sha256=signoff.evidence_sha256,
    )
    name = f"signoff-{signoff.model_version.version}-{signoff.pk}.json"
    answer = JsonResponse(signoff.envelope, json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_GET
def signing_key(request: HttpRequest) -> HttpResponse:
    """The public half of the hub's key."""
    require_one_of(signed_in(request), current_project(request), Capability.MODEL_VIEW, Capability.SIGNOFF_GOVERN)
    try:
        pem = public_key().pem()
    except FileNotFoundError:
        raise Http404("Nothing was signed here yet.") from None
    return HttpResponse(pem, content_type="text/plain")
