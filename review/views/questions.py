"""The clinical questions about a version: its misses and over-escalations read one by one, and the edge cases."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from datasets_app.corpus.taxonomy import EDGE_CASE_LABELS
from pixelhub.accounts.access import can, require
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_access
from review import selectors_findings as selectors
from review.access import get_version_for
from review.clinical.edge_cases import OUTCOMES
from review.clinical.errors import Reading, WrongDecision
from review.clinical.reasons import REASONS
from review.forms_findings import AnswerForm, ErrorsFilterForm
from review.models import EdgeCaseCheck, ErrorKind
from review.refusal import Refused
from review.services import edge_cases as edge_case_services
from review.services import readings as services
from review.topics import questions_topic
from review.views.person import signed_in
from training_app.models import ModelVersion

_PAGE = 50
_REASON_KEYS = "1234567"


@require_GET
def clinical_questions(request: HttpRequest, pk: int) -> HttpResponse:
    user, version = signed_in(request), get_version_for(signed_in(request), pk)
    kind = _kind(request)
    form = ErrorsFilterForm(request.GET)
    wanted = {name: form.cleaned_data[name] for name in ("state", "crisis_type")} if form.is_valid() else {}
    try:
        read = selectors.errors_read(version, user)[kind]
        problem = ""
    except Refused as refused:
        read, problem = None, str(refused)
    context = {
        "version": version,
        "kind": kind,
        "is_miss": kind == ErrorKind.MISS,
        "read": read,
        "problem": problem,
        "page": Paginator(read.chosen(**wanted) if read else [], _PAGE).get_page(request.GET.get("page")),
        "form": form,
        "may_read": _may_read(request, version),
        "tabs": selectors.question_tabs(version, kind),
        "here": request.get_full_path(),
        "topic": questions_topic(version.project_id, version.pk),
    }
    return render(request, _template(request, "clinical_questions"), context)


@require_GET
def error_next(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_version_for(signed_in(request), pk, Capability.REVIEW_JUDGE)
    kind = _kind(request)
    try:
        error = selectors.next_error(version, signed_in(request), kind)
    except Refused as refused:
        messages.error(request, str(refused))
        error = None
    else:
        if error is None:
            messages.success(request, "You have opened all of them. Thank you.")
    if error is None:
        return redirect(f"{_questions(version)}?kind={kind}")
    return redirect("review:error_read", version.pk, error.key)


@require_http_methods(["GET", "POST"])
def error_read(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    user, version = signed_in(request), get_version_for(signed_in(request), pk, Capability.REVIEW_JUDGE)
    require(user, version.project, Capability.RAWTEXT_VIEW)
    content_hash = f"sha256:{key}"
    try:
        services.error_open(version=version, reader=user, content_hash=content_hash)
        errors = selectors.errors_read(version, user)
    except Refused as refused:
        raise Http404(str(refused)) from None
    kind, position = next(
        (kind, at)
        for kind, read in errors.items()
        for at, error in enumerate(read.errors)
        if error.content_hash == content_hash
    )
    shown = errors[kind].errors
    status = 200
    form = AnswerForm(request.POST or None, error=kind)
    if request.method == "POST":
        try:
            if form.is_valid():
                services.error_answer(version=version, reader=user, content_hash=content_hash, **form.cleaned_data)
                return _after_answer(request, version, kind)
            messages.error(request, "Choose a reason; words have at most 2,000 characters.")
            status = 400
        except Refused as refused:
            messages.error(request, str(refused))
            status = 409
    error = shown[position]
    if error.record is not None:
        record_access(actor=user, project=version.project, target=version, record=error.record.pk)
    context = {
        "version": version,
        "error": error,
        "is_miss": kind == ErrorKind.MISS,
        "kind": kind,
        "position": position + 1,
        "read": errors[kind],
        "before": shown[position - 1] if position else None,
        "after": shown[position + 1] if position + 1 < len(shown) else None,
        "reasons": [
            (code, label, number) for number, (code, label) in zip(_REASON_KEYS, REASONS[kind].items(), strict=True)
        ],
        "mine": _reading_of(error, user.pk),
        "tabs": selectors.question_tabs(version, kind),
    }
    return render(request, "review/error_read.html", context, status=status)


@require_GET
def edge_cases(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_version_for(signed_in(request), pk)
    check = EdgeCaseCheck.objects.filter(model_version=version).select_related("created_by").first()
    found = check.document["outcomes"] if check else {}
    context = {
        "version": version,
        "check": check,
        "outcomes": [(OUTCOMES[name], count) for name, count in found.items()],
        "kinds": [
            {**row, "title": EDGE_CASE_LABELS.get(row["name"], row["name"].capitalize())}
            for row in (check.document["kinds"] if check else [])
        ],
        "imports": [
            {**row, "why": [(reason.replace("_", " "), count) for reason, count in row["refused_why"].items()]}
            for row in (check.document["imports"] if check else [])
        ],
        "job": selectors.last_job(version, edge_case_services.KIND),
        "may_make": can(signed_in(request), version.project, Capability.CAMPAIGN_MANAGE),
        "tabs": selectors.question_tabs(version, "edge_cases"),
        "topic": questions_topic(version.project_id, version.pk),
    }
    return render(request, _template(request, "edge_cases"), context)


@require_POST
def edge_cases_check(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_version_for(signed_in(request), pk, Capability.CAMPAIGN_MANAGE)
    edge_case_services.edge_cases_request(version=version, actor=signed_in(request))
    messages.success(request, "The release is being read; this page shows what was found when it is there.")
    return redirect("review:edge_cases", version.pk)


def _after_answer(request: HttpRequest, version: ModelVersion, kind: str) -> HttpResponse:
    error = selectors.next_error(version, signed_in(request), kind)
    if error is not None:
        return redirect("review:error_read", version.pk, error.key)
    messages.success(request, "You have opened all of them. Thank you.")
    return redirect(f"{_questions(version)}?kind={kind}")


def _reading_of(error: WrongDecision, reader: int) -> Reading | None:
    found = (reading for reading in error.readings if reading.reader.pk == reader and reading.answer)
    return next(found, None)


def _may_read(request: HttpRequest, version: ModelVersion) -> bool:
    needed = (Capability.REVIEW_JUDGE, Capability.RAWTEXT_VIEW)
    return all(can(signed_in(request), version.project, capability) for capability in needed)


def _kind(request: HttpRequest) -> str:
    asked = request.GET.get("kind", ErrorKind.MISS)
    if asked not in ErrorKind.values:
        raise Http404("There is no such kind of error.")
    return asked


def _questions(version: ModelVersion) -> str:
    return reverse("review:clinical_questions", args=[version.pk])


def _template(request: HttpRequest, name: str) -> str:
    return f"review/{'_' if getattr(request, 'htmx', False) else ''}{name}.html"
