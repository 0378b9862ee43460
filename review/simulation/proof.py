"""What must hold after a simulated review: the audit chain, every step's events, every signature checked offline."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from pathlib import Path

from django.conf import settings

from inference.models import Deployment
from pixelhub.accounts.models import Project
from pixelhub.audit.selectors import chain_verify
from review.models import SignOff
from review.offline.verify_signoff import main as verify_offline
from review.simulation.steps import Log

__all__ = ["problems_after"]


def problems_after(log: Log, project: Project, *, in_production: str) -> list[str]:
    """Everything that does not hold; `in_production` is the number of the version that has to answer now."""
    problems = [f"step “{step.title}” left too few events: {lack}" for step in log.steps for lack in step.missing]
    problems += [f"audit chain: {problem}" for problem in chain_verify().problems]
    problems += _signature_problems(project, log)
    running = Deployment.objects.filter(project=project, retired_at=None).select_related("model_version").first()
    if running is None or running.model_version.version != in_production:
        problems.append(f"version {in_production} should be in production")
    return problems


def _signature_problems(project: Project, log: Log) -> list[str]:
    """Each decision by the program that outsiders use; and one changed byte has to be refused."""
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "signoff.json"
        for signoff in SignOff.objects.filter(project=project).select_related("model_version", "signer"):
            named = f"{signoff.decision} of version {signoff.model_version.version} by {signoff.signer}"
            others = SignOff.objects.filter(model_version=signoff.model_version, decision=signoff.decision)
            second = others.exclude(pk=signoff.pk).first()
            arguments = []
            if second is not None:
                (Path(folder) / "second.json").write_text(json.dumps(second.envelope), encoding="utf-8")
                arguments = ["--second", str(Path(folder) / "second.json")]
            path.write_text(json.dumps(signoff.envelope), encoding="utf-8")
            if _checked(path, arguments) != 0:
                problems.append(f"offline: {named} does not hold")
            forged = {**signoff.envelope, "document": {**signoff.document, "reason": f"{signoff.reason}."}}
            path.write_text(json.dumps(forged), encoding="utf-8")
            if _checked(path, arguments) == 0:
                problems.append(f"offline: {named} holds with other words")
            log.note(f"checked offline: {named}")
    return problems


def _checked(path: Path, arguments: list[str]) -> int:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return verify_offline([str(path), str(settings.SIGNING_PUBLIC_KEY_FILE), *arguments])
