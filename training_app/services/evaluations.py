"""The one evaluation of a version on its release's test split: counted before it opens, recorded after."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from django.db import transaction

from pixelhub.accounts.models import Project, User
from pixelhub.audit.services import record
from pixelhub.canonical import sha256_json
from pixelhub.live.services import touch
from pixelhub.objects import get_store
from training_app.cards import CARD, card_store
from training_app.learn.comparison import compare_predictions
from training_app.learn.verdicts import FAIL
from training_app.models import Evaluation, ModelVersion, TestSetUse, VersionState
from training_app.services.versions import version_set_state
from training_app.stored import PREDICTIONS, predictions_of
from training_app.topics import versions_topic

__all__ = ["CARD", "PREDICTIONS", "evaluation_begin", "evaluation_record", "failed_targets"]

TEST: Final = "test"


def evaluation_begin(*, version: ModelVersion, actor: User) -> int:
    """Count one opening of the release's test split by this version and return its number on that release.

    A version opens it once; a restart after a crash is the same opening, because the same bytes give the same
    answers and nobody has seen them in between.
    """
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=version.project_id)
        uses = TestSetUse.objects.filter(release=version.release)
        use = uses.filter(model_version=version).first()
        if use is None:
            use = TestSetUse.objects.create(
                project=version.project, release=version.release, model_version=version, by=actor
            )
            record(
                action="test_set.use",
                actor=actor,
                project=version.project,
                target=version,
                payload={"release": version.release.version, "manifest_sha256": version.release.manifest_sha256},
            )
        return uses.filter(pk__lte=use.pk).count()


def evaluation_record(
    *, version: ModelVersion, metrics: Mapping[str, Any], predictions: Path, use_number: int, actor: User
) -> Evaluation:
    """Record an evaluation once, keep its predictions and the model card beside the bundle, and validate the version.

    A version with a target that it clearly fails stays a candidate. Raises ValueError for metrics of other bytes.
    """
    if metrics["bundle_sha256"] != version.bundle_sha256:
        raise ValueError("these metrics are of another bundle")
    get_store().put(f"{version.evidence_prefix}{PREDICTIONS}", predictions)
    measured = dict(metrics) | {"against_production": _against_production(version, metrics)}
    with transaction.atomic():
        locked = ModelVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
        recorded = Evaluation.objects.filter(model_version=locked, split=TEST).first()
        if recorded is not None:
            return recorded
        evaluation = Evaluation.objects.create(
            model_version=locked,
            split=TEST,
            metrics=measured,
            sha256=sha256_json(measured),
            test_set_sha256=metrics["test_set_sha256"],
            use_number=use_number,
        )
        record(
            action="model_version.evaluate",
            actor=actor,
            project=version.project,
            target=version,
            payload={
                "evaluation_sha256": evaluation.sha256,
                "test_set_sha256": evaluation.test_set_sha256,
                "use_number": use_number,
                "missed": len(metrics["missed"]),
            },
        )
        if locked.state == VersionState.CANDIDATE and not failed_targets(metrics):
            version_set_state(version=locked, state=VersionState.VALIDATED, actor=actor)
            version.state = locked.state
        touch(versions_topic(version.project_id))
        card_store(version)
    return evaluation


def _against_production(version: ModelVersion, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return McNemar's test against the version in production, or the reason why there is none."""
    former = ModelVersion.objects.filter(project_id=version.project_id, state=VersionState.PRODUCTION).first()
    if former is None or former.pk == version.pk:
        return {"reason": "no version was in production"}
    named = {"version": former.version, "bundle_sha256": former.bundle_sha256}
    same = Evaluation.objects.filter(
        model_version=former, split=TEST, test_set_sha256=metrics["test_set_sha256"]
    ).exists()
    if not same:
        return named | {"reason": f"version {former.version} was never evaluated on this test set"}
    return named | compare_predictions(predictions_of(former), predictions_of(version))


def failed_targets(metrics: Mapping[str, Any]) -> list[str]:
    """The names of the targets that the evaluation clearly fails."""
    failed = [name for name, metric in metrics["metrics"].items() if metric["verdict"] == FAIL]
    return failed + [row["crisis_type"] for row in metrics["per_type"] if row["f1"] and row["f1"]["verdict"] == FAIL]
