"""Campaigns: list, open, watch, close."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.roles import Capability
from review import selectors, services
from review.access import get_campaign_for
from review.figures import campaign_problems
from review.forms import CampaignForm
from review.models import Campaign
from review.refusal import Refused
from review.selectors_experts import campaign_load, own_share, split_cases
from review.spread import campaign_spread
from review.topics import campaign_topic, review_topic
from review.views.person import signed_in


@require_GET
def campaigns(request: HttpRequest) -> HttpResponse:
    project = current_project(request)
    require(signed_in(request), project, Capability.MODEL_VIEW)
    context = {
        "campaigns": selectors.campaigns_of(project)[:200],
        "reviewable": selectors.reviewable_versions(project),
        "topic": review_topic(project.pk),
    }
    return render(request, _template(request, "review/campaigns.html", "review/_campaigns.html"), context)


@require_http_methods(["GET", "POST"])
def campaign_create(request: HttpRequest) -> HttpResponse:
    project = current_project(request)
    require(signed_in(request), project, Capability.CAMPAIGN_MANAGE)
    initial = {"version": request.GET.get("version", "")}
    form = CampaignForm(request.POST or None, project=project, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            campaign = services.campaign_create(
                version=form.cleaned_data["version"],
                actor=signed_in(request),
                size=form.cleaned_data["size"],
                minimum_judged=form.cleaned_data["minimum_judged"],
                minimum_reviewers=form.cleaned_data["minimum_reviewers"] or 1,
                maximum_reviewers=form.cleaned_data["maximum_reviewers"],
                judge_first=form.cleaned_data["judge_first"],
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"The review is open: {campaign.cases.count()} cases were drawn.")
            return redirect("review:campaign_detail", campaign.pk)
    context = {"form": form, "reviewable": selectors.reviewable_versions(project).exists()}
    return render(request, "review/campaign_create.html", context, status=400 if form.errors else 200)


@require_GET
def campaign_detail(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = get_campaign_for(signed_in(request), pk)
    closed = campaign.state == Campaign.State.CLOSED
    person = signed_in(request)
    manages = can(person, campaign.project, Capability.EXPERT_MANAGE)
    decides = can(person, campaign.project, Capability.REVIEW_RESOLVE)
    judges = can(person, campaign.project, Capability.REVIEW_JUDGE)
    context = {
        "campaign": campaign,
        "progress": selectors.campaign_progress(campaign),
        # While experts still judge blind, nobody sees which way the others lean.
        "figures": campaign.figures if closed else None,
        # What the sample holds would prime whoever still judges it.
        "spread": campaign_spread(campaign) if closed or not judges else [],
        "loads": campaign_load(campaign) if manages and not closed else [],
        "own": own_share(campaign, person),
        "split": [] if closed else split_cases(campaign, None if decides else person),
        "problems": campaign_problems(campaign) if closed else [],
        "cases": selectors.cases_of(campaign) if closed else [],
        "is_trainer": campaign.model_version.trainer_id == person.pk,
        "topic": campaign_topic(campaign.project_id, campaign.pk),
    }
    return render(request, _template(request, "review/campaign_detail.html", "review/_campaign.html"), context)


@require_POST
def campaign_close(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = get_campaign_for(signed_in(request), pk, Capability.CAMPAIGN_MANAGE)
    try:
        services.campaign_close(campaign=campaign, actor=signed_in(request))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "The review is closed and its digest is fixed. A clinical lead can decide now.")
    return redirect("review:campaign_detail", campaign.pk)


def _template(request: HttpRequest, page: str, fragment: str) -> str:
    """The fragment alone for a live refresh, the page otherwise."""
    return fragment if getattr(request, "htmx", False) else page
