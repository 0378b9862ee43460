"""Making a version out of a version: a student, an INT8 export."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from training_app import services
from training_app.access import get_version_for
from training_app.models import ModelVersion, TrainingRun

STUDENT_LAYERS = ("2", "3")


@require_POST
def version_student(request: HttpRequest, pk: int) -> HttpResponse:
    """Queue the distillation of a student of two or three layers."""
    layers = request.POST.get("layers", "")
    chosen = int(layers) if layers in STUDENT_LAYERS else 3

    def start(version: ModelVersion, actor: User) -> TrainingRun:
        return services.student_start(version=version, actor=actor, layers=chosen)

    return _start(request, pk, start)


@require_POST
def version_int8(request: HttpRequest, pk: int) -> HttpResponse:
    """Queue the INT8 export of a version."""

    def start(version: ModelVersion, actor: User) -> TrainingRun:
        return services.int8_start(version=version, actor=actor)

    return _start(request, pk, start)


def _start(request: HttpRequest, pk: int, start: Callable[[ModelVersion, User], TrainingRun]) -> HttpResponse:
    actor = cast(User, request.user)
    version = get_version_for(actor, pk, Capability.TRAINING_RUN)
    try:
        run = start(version, actor)
    except services.RunRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(version)
    messages.success(request, f"{run.name} is queued.")
    return redirect(run)
