"""What the racing processes do; named by tests/review/test_races.py."""

from __future__ import annotations

import uuid
from typing import Any

from django.urls import reverse
from django.utils import timezone

from inference.models import Deployment
from pixelhub.accounts.models import User
from pixelhub.accounts.services import project_create
from pixelhub.audit.models import AuditEvent
from pixelhub.audit.selectors import chain_verify
from review import services
from review.clinical.errors import wrong_decisions
from review.models import Campaign, ErrorOpening, FairnessReport, ReviewCase, SignOff
from review.refusal import Refused
from review.services.fairness import fairness_report_make
from review.services.readings import error_open
from review.signin import PASSWORD, SignIn
from tests.personas import World
from tests.review.staged import REASON, Staged, stage_version
from training_app.models import ModelVersion


def before_fork() -> None:
    """Load all addresses: services name pages in their refusals, and each racer would import some seconds of code."""
    reverse("home")


def staged() -> Staged:
    """A version of its own project, beside those of other races."""
    name = f"r{uuid.uuid4().hex[:8]}"
    world = World(
        project=project_create(slug=name, name=name), other_project=project_create(slug=f"{name}-other", name=name)
    )
    return stage_version(world, seed=int(name[1:], 16))


def prepare_review() -> list[int]:
    """A version nobody has opened a review of; returns it and a clinical lead."""
    ready = staged()
    return [ready.version.pk, ready.lead.pk]


def prepare_case() -> list[int]:
    """A case with a blind label; returns it and its expert."""
    ready = staged()
    case = ready.open_campaign().cases.first()
    expert = ready.world.user("qa")
    services.case_label(case=case, expert=expert, crisis_type="none", severity=None)
    return [case.pk, expert.pk]


def prepare_decision(leads: int) -> list[Any]:
    """A reviewed version; returns it and its clinical leads."""
    ready = staged()
    ready.reviewed()
    for number in range(1, leads + 1):
        ready.read_misses(ready.world.user("clinical_lead", n=number))
    return [ready.version.pk, [ready.world.user("clinical_lead", n=n).pk for n in range(1, leads + 1)]]


def prepare_promotions() -> list[Any]:
    """Two approved versions of one project; returns them and who may promote."""
    first = staged()
    first.approved()
    second = stage_version(first.world, seed=first.version.pk + 1_000_000)
    second.approved()
    return [[first.version.pk, second.version.pk], first.trainer.pk]


def open_review(version: int, lead: int) -> str:
    return said(
        lambda: services.campaign_create(
            version=ModelVersion.objects.get(pk=version), actor=User.objects.get(pk=lead), size=5, seed=1
        )
    )


def judge(case: int, expert: int) -> str:
    found = ReviewCase.objects.select_related("campaign", "record").get(pk=case)
    return said(lambda: services.case_judge(case=found, expert=User.objects.get(pk=expert), verdict="agree"))


def sign(version: int, lead: int, decision: str) -> str:
    found, signer = ModelVersion.objects.get(pk=version), User.objects.get(pk=lead)
    return said(
        lambda: services.signoff_decide(
            version=found,
            signer=signer,
            decision=decision,
            reason=REASON,
            signed_in=SignIn(signer.pk, timezone.now(), (PASSWORD,)),
        )
    )


def promote(version: int, actor: int) -> str:
    return said(
        lambda: services.version_promote(version=ModelVersion.objects.get(pk=version), actor=User.objects.get(pk=actor))
    )


def look(version: int) -> dict[str, Any]:
    """What stands in the database afterwards."""
    project = ModelVersion.objects.get(pk=version).project_id
    return {
        "states": sorted(ModelVersion.objects.filter(project=project).values_list("state", flat=True)),
        "decisions": sorted(SignOff.objects.filter(project=project).values_list("decision", flat=True)),
        "campaigns": Campaign.objects.filter(project=project).count(),
        "active": Deployment.objects.filter(project=project, retired_at=None).count(),
        "deployments": Deployment.objects.filter(project=project).count(),
        "audit": list(chain_verify().problems),
    }


def said(act: Any) -> str:
    """ "done", or the refusal; any other exception ends the race."""
    try:
        act()
    except Refused as refused:
        return str(refused)
    return "done"


def prepare_errors() -> list[Any]:
    """An evaluated version; returns it, its lead, its trainer and the hash of a crisis that it missed."""
    ready = staged()
    missed = wrong_decisions(ready.version)[0].content_hash
    return [ready.version.pk, ready.lead.pk, ready.trainer.pk, missed]


def open_error(version: int, reader: int, content_hash: str) -> int:
    """The row that stands for the opening."""
    found = ModelVersion.objects.get(pk=version)
    return error_open(version=found, reader=User.objects.get(pk=reader), content_hash=content_hash).pk


def make_report(version: int, actor: int) -> int:
    """The row of the report."""
    found = ModelVersion.objects.get(pk=version)
    return fairness_report_make(version=found, actor=User.objects.get(pk=actor)).pk


def look_at_findings(version: int) -> dict[str, Any]:
    events = AuditEvent.objects.filter(project_id=ModelVersion.objects.get(pk=version).project_id)
    return {
        "openings": ErrorOpening.objects.filter(model_version=version).count(),
        "reports": FairnessReport.objects.filter(model_version=version).count(),
        "events": [events.filter(action=action).count() for action in ("error.open", "fairness.report")],
        "audit": list(chain_verify().problems),
    }
