"""Two releases beside each other."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from datasets_app.access import HubRequest, get_release_for
from datasets_app.models import Release
from datasets_app.selectors_releases import comparison_shown, published_releases
from datasets_app.services import ReleaseRefused
from datasets_app.services.comparison import comparison_of, comparison_start
from pixelhub.jobs.models import Job

from .releases import release_tabs


@require_http_methods(["GET", "POST"])
def release_compare(request: HubRequest, pk: int) -> HttpResponse:
    """What a release has that an earlier one (`with`) had not; POST has it worked out."""
    new = get_release_for(request.user, pk)
    old = _other(request, new)
    if request.method == "POST":
        try:
            if old is None:
                raise ReleaseRefused("Choose a release to compare with.")
            comparison_start(old=old, new=new, actor=request.user)
        except ReleaseRefused as refused:
            messages.error(request, str(refused))
            return redirect("datasets:release_compare", pk=new.pk)
        return redirect(f"{reverse('datasets:release_compare', args=[new.pk])}?with={old.pk}")
    found = comparison_of(old, new) if old is not None else None
    context = {
        "release": new,
        "other": old,
        "project": new.project,
        "others": published_releases(new.project).exclude(pk=new.pk),
        "comparison": comparison_shown(new.project, found) if found else None,
        "job": None if found or old is None else _job(old, new),
        "tabs": release_tabs(new, "compare"),
    }
    return render(request, "datasets/release_compare.html", context)


def _other(request: HubRequest, new: Release) -> Release | None:
    """The other release, of the same project. 404 for an id that is none of it."""
    named = request.POST.get("with") or request.GET.get("with") or ""
    if not named:
        return None
    # An id beyond 64 bits would be an error of the database.
    known = named.isascii() and named.isdecimal() and len(named) <= 18
    found = published_releases(new.project).filter(pk=int(named)).first() if known else None
    if found is None:
        raise Http404("No such release.")
    return found


def _job(old: Release, new: Release) -> Job | None:
    return Job.objects.filter(
        kind="release.compare", project=new.project, idempotency_key=f"compare-{old.pk}-{new.pk}"
    ).first()
