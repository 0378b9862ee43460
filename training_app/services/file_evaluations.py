"""Evaluations on labelled files: recorded for good, beside the one on the test split and never counted as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction

from pixelhub.accounts.models import User
from pixelhub.audit.services import record
from pixelhub.canonical import sha256_json
from pixelhub.live.services import touch
from training_app.cards import card_store
from training_app.models import FileEvaluation, ModelVersion
from training_app.topics import versions_topic

MAX_NAME: Final = 120


def file_evaluation_record(
    *, version: ModelVersion, name: str, metrics: Mapping[str, Any], actor: User | None
) -> FileEvaluation:
    """Record what a version did on a file; the same figures are recorded once. The model card then shows them.

    Raises ValueError for metrics of other bytes.
    """
    if metrics["bundle_sha256"] != version.bundle_sha256:
        raise ValueError("these metrics are of another bundle")
    title = " ".join(name.split())[:MAX_NAME] or "file"
    digest = sha256_json(dict(metrics))
    with transaction.atomic():
        locked = ModelVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
        same = FileEvaluation.objects.filter(model_version=locked, name=title, sha256=digest).first()
        if same is not None:
            return same
        evaluation = FileEvaluation.objects.create(
            model_version=locked,
            name=title,
            file_sha256=metrics["file"]["sha256"],
            label_kind=metrics["label_kind"],
            overlap=metrics["file"]["overlap"] or 0,
            metrics=dict(metrics),
            sha256=digest,
            by=actor,
        )
        record(
            action="model_version.evaluate_file",
            actor=actor,
            project=version.project,
            target=version,
            payload={
                "file_sha256": evaluation.file_sha256,
                "evaluation_sha256": digest,
                "label_kind": evaluation.label_kind,
                "n": metrics["n"],
                "missed": metrics["missed_count"],
            },
        )
        card_store(locked)
        touch(versions_topic(version.project_id))
    return evaluation
