"""What the integration suite found, kept as evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from inference.models import Deployment, IntegrationRun
from pixelhub.audit.services import record
from pixelhub.canonical import sha256_json

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project, User

__all__ = ["REPORT_FORMAT", "ReportRefused", "integration_run_record"]

REPORT_FORMAT: Final = "pixelhub.integration/1"


class ReportRefused(Exception):
    """The document is no report of the suite, or one of another version than this project's."""


@transaction.atomic
def integration_run_record(*, project: Project, report: dict[str, Any], actor: User | None) -> IntegrationRun:
    """Keep a report against this project's version in production. Raises ReportRefused."""
    outcomes = report.get("outcomes")
    if report.get("format") != REPORT_FORMAT or not isinstance(outcomes, list) or not outcomes:
        raise ReportRefused(f"the document is not {REPORT_FORMAT}")
    passed = sum(outcome.get("passed") is True for outcome in outcomes if isinstance(outcome, dict))
    measured = report.get("measured") or {}
    deployment = Deployment.objects.filter(project=project, retired_at=None).first()
    served = measured.get("bundle_sha256")
    if served is not None and (deployment is None or deployment.bundle_sha256 != served):
        raise ReportRefused("the report is about another version than the one in production here")
    load: dict[str, Any] = next((outcome["measured"] for outcome in outcomes if outcome.get("name") == "load"), {})
    sha256 = sha256_json(report)
    run = IntegrationRun.objects.create(
        project=project,
        deployment=deployment if served else None,
        passed=passed,
        total=len(outcomes),
        clients=int(load.get("clients") or 0) if _passed(outcomes, "load") else 0,
        report=report,
        sha256=sha256,
        run_by=actor,
    )
    payload = {"passed": passed, "total": len(outcomes), "sha256": sha256, "bundle_sha256": served}
    record(action="integration.record", actor=actor, project=project, target=run, payload=payload)
    return run


def _passed(outcomes: list[dict[str, Any]], name: str) -> bool:
    return any(outcome.get("name") == name and outcome.get("passed") is True for outcome in outcomes)
