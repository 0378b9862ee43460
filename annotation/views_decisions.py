"""Pages around decisions: flags, the choice of who settles disagreements, the private digest; thin."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from annotation import services
from annotation.access import get_flag_for, get_own_seat_for, get_round_for
from annotation.errors import AnnotationError
from annotation.models import Round
from annotation.selectors_adjudication import RESOLVED_BY, flags_for
from annotation.selectors_aggregation import aggregation_choices
from annotation.selectors_digest import digest_of
from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_access

PAGE = 25


@require_GET
def flags(request: HubRequest) -> HttpResponse:
    """Flagged samples that this person may look into."""
    return _flags_page(request)


@require_POST
def flag_resolve(request: HubRequest, pk: int) -> HttpResponse:
    """Say what came of a flag."""
    flag = get_flag_for(request.user, pk)
    try:
        services.flag_resolve(flag=flag, actor=request.user, resolution=request.POST.get("resolution", ""))
    except AnnotationError as error:
        return _flags_page(request, refused=flag.pk, refusal=str(error), status=error.status)
    messages.success(request, "Noted.")
    return redirect("annotation:flags")


@require_GET
def round_aggregate(request: HubRequest, pk: int) -> HttpResponse:
    """What would settle the disagreements that nobody decided, and what is lost by each way."""
    round = get_round_for(request.user, pk, Capability.ADJUDICATE)
    require(request.user, round.project, Capability.SNAPSHOT_PUBLISH)
    if round.state != Round.State.CLOSED:
        messages.info(request, "Labels are published when a round is closed, and only once.")
        return redirect("annotation:round_detail", pk=pk)
    context = {"round": round, **aggregation_choices(round)}
    return render(request, "annotation/round_aggregate.html", context)


@require_GET
def round_digest(request: HubRequest, pk: int) -> HttpResponse:
    """One's own digest of a decided round; nobody can open another's."""
    round = get_round_for(request.user, pk)
    seat = get_own_seat_for(request.user, round)
    if round.state != Round.State.PUBLISHED:
        return render(request, "annotation/round_digest.html", {"round": round, "digest": None})
    services.digest_read(seat=seat)
    digest = digest_of(request.user, round)
    page = Paginator(digest.changed, PAGE).get_page(request.GET.get("page"))
    again = next((entry for entry in page if str(entry.position) == request.GET.get("again")), None)
    if again is not None:
        record_access(actor=request.user, project=round.project, target=again.item, record=again.item.record_id)
    context = {"round": round, "digest": digest, "page": page, "again": again}
    return render(request, "annotation/round_digest.html", context)


def _flags_page(request: HubRequest, *, refused: int = 0, refusal: str = "", status: int = 200) -> HttpResponse:
    project = current_project(request)
    if not any(can(request.user, project, capability) for capability in RESOLVED_BY.values()):
        raise PermissionDenied("Your role does not look into flags.")
    waiting = Paginator(flags_for(request.user, project), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": waiting,
        "resolved": flags_for(request.user, project, open_only=False)
        .filter(resolved_at__isnull=False)
        .order_by("-resolved_at")[:PAGE],
        "may_decide": can(request.user, project, Capability.ADJUDICATE_OVERRIDE),
        "refused": refused,
        "refusal": refusal,
        "typed": request.POST.get("resolution", ""),
    }
    return render(request, "annotation/flags.html", context, status=status)
