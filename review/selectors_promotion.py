"""What stands between an approved version and production, as next actions of those who can do something about it."""

from __future__ import annotations

from django.db.models import Exists, OuterRef
from django.urls import reverse

from inference.models import Deployment
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability, Role
from pixelhub.accounts.selectors import roles_in
from pixelhub.ui.actions import NextAction
from review.altered import newer_parts
from review.gates import GateStanding
from review.models import GateWaiver, PromotionFreeze, SignOff
from review.production_gates import gates_of
from training_app.models import ModelVersion, VersionState

__all__ = ["production_actions", "promotion_actions"]


def promotion_actions(user: User, project: Project) -> list[NextAction]:
    """Promote what nothing holds; where gates hold it, those who may waive one are led there and others are told.

    What only the stored bytes could say (an altered file) is left to the page of the promotion.
    """
    promotes, waives = can(user, project, Capability.PROMOTE), can(user, project, Capability.GATE_WAIVE)
    if not promotes and not waives:
        return []
    signed = Exists(SignOff.objects.filter(model_version=OuterRef("pk")))
    versions = list(ModelVersion.objects.filter(signed, project=project, state=VersionState.APPROVED).order_by("-pk"))
    frozen = bool(versions) and PromotionFreeze.objects.filter(project=project, lifted_at=None).exists()
    found = []
    for version in versions:
        held = [standing for standing in gates_of(version) if not standing.stands]
        if waives and held:
            found += _to_waive(user, project, version, held)
        if promotes:
            found.append(_to_promote(version, held, frozen))
    return found


def production_actions(project: Project) -> list[NextAction]:
    """What serves was signed before its newest evidence was made: that stands, but nobody has said so of this."""
    running = Deployment.objects.filter(project=project, retired_at=None).select_related("model_version").first()
    newer = newer_parts(running.model_version, running.signoff["document"]) if running else []
    if running is None or not newer:
        return []
    return [
        NextAction(
            f"Look at version {running.model_version.version} in production again",
            f"Newer than its sign-off: {', '.join(newer).lower()}. Void the sign-off if it no longer holds.",
            reverse("review:signoff", args=[running.model_version_id]),
            12,
            role=Role.CLINICAL_LEAD,
        )
    ]


def _to_waive(user: User, project: Project, version: ModelVersion, held: list[GateStanding]) -> list[NextAction]:
    """One action for all gates that miss a half which this person could give."""
    seats = set(roles_in(user, project)).intersection(GateWaiver.Seat.values)
    mine = [
        standing
        for standing in held
        if any(getattr(standing, seat) is None for seat in seats)
        and all(half.person_id != user.pk for half in standing.halves)
    ]
    if not mine:
        return []
    waited_for = [standing for standing in mine if standing.halves]
    first = (waited_for or mine)[0]
    detail = f"{_names(held)} hold{'s' * (len(held) == 1)} it. Look: a better figure, or a waiver by two people."
    if waited_for:
        detail = (
            f"{waited_for[0].halves[0].person} has waived “{first.gate.title}”; the {first.missing} decides as well."
        )
    role = Role.CLINICAL_LEAD if Role.CLINICAL_LEAD in seats else Role.PM
    title = f"Gates hold version {version.version}"
    return [NextAction(title, detail, _gate_url(first, version), 11 if waited_for else 24, len(mine), role)]


def _to_promote(version: ModelVersion, held: list[GateStanding], frozen: bool) -> NextAction:
    url, role = reverse("review:promotion"), Role.ML_ENGINEER
    if frozen:
        detail = "Nothing new goes to production until a clinical lead or an administrator lets it."
        return NextAction(f"Version {version.version} waits: promotions are frozen", detail, url, 60, role=role)
    if held:
        title = f"Version {version.version} waits for {len(held)} gate{'s' * (len(held) > 1)}"
        detail = f"{_names(held)}: a better figure, or a waiver by a PM and a clinical lead."
        return NextAction(title, detail, _gate_url(held[0], version), 50, role=role)
    detail = "Signed by a clinical lead, and its gates stand; one step puts it into production."
    return NextAction(f"Promote version {version.version}", detail, url, 11, role=role)


def _names(held: list[GateStanding]) -> str:
    return ", ".join(standing.gate.title for standing in held)


def _gate_url(standing: GateStanding, version: ModelVersion) -> str:
    return f"{reverse('review:gate_detail', args=[standing.gate.key])}?version={version.pk}"
