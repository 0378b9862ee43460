"""Reads of the integration suite's runs."""

from __future__ import annotations

from inference.models import Deployment, IntegrationRun
from pixelhub.accounts.models import Project

__all__ = ["latest_run"]


def latest_run(project: Project) -> IntegrationRun | None:
    """The newest run against what is in production now; None where that version was not tested."""
    active = Deployment.objects.filter(project=project, retired_at=None).first()
    if active is None:
        return None
    return IntegrationRun.objects.filter(project=project, deployment=active).first()
