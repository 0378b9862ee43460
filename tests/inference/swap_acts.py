"""Put a version of the tiny model into production on the hub at hand: `python -m tests.inference.swap_acts 2.0.0`."""

from __future__ import annotations

import sys

import django

django.setup()

from django.conf import settings  # noqa: E402  (after django.setup)

from inference.services import deployment_activate  # noqa: E402
from pixelhub.accounts.models import Project, User  # noqa: E402
from pixelhub.canonical import sha256_hex  # noqa: E402
from pixelhub.objects import get_store  # noqa: E402
from pixelhub.signing import load_or_create_key  # noqa: E402
from tests.inference.tiny import tiny_files  # noqa: E402
from training_app.models import ModelVersion, TrainingRun  # noqa: E402


def main(number: str) -> None:
    """Register the version where it is new, sign it and activate it."""
    project, lead = Project.objects.get(slug="bench"), User.objects.get(username="bench-lead")
    version = ModelVersion.objects.filter(project=project, version=number).first() or _registered(project, number)
    document = {
        "format": "pixelhub.signoff/1",
        "decision": "approved",
        "project": project.slug,
        "model_version": number,
        "bundle_sha256": version.bundle_sha256,
        "signer": {"id": lead.pk, "name": "bench", "role": "clinical_lead"},
        "trainer": {"id": version.trainer_id, "name": "bench"},
    }
    signature = load_or_create_key(settings.SIGNING_KEY_FILE).sign(document)
    envelope = {"document": document, "signature": signature}
    deployment_activate(project=project, model_version=version, signoff=envelope, actor=lead)


def _registered(project: Project, number: str) -> ModelVersion:
    first = ModelVersion.objects.get(project=project, version="1.0.0")
    files = tiny_files(threshold=0.3)
    sha256 = sha256_hex(files["bundle.json"])
    prefix = f"models/{sha256}/"
    for name, data in files.items():
        get_store().put(f"{prefix}{name}", data)
    get_store().put(f"evaluations/{sha256}/card.md", b"# Another tiny model\n")
    run = TrainingRun.objects.create(
        project=project,
        release=first.release,
        name=number,
        config={},
        config_sha256="0" * 64,
        started_by=first.trainer,
    )
    return ModelVersion.objects.create(
        project=project,
        version=number,
        run=run,
        release=first.release,
        trainer=first.trainer,
        bundle_sha256=sha256,
        object_prefix=prefix,
        threshold=0.3,
        temperature=1.0,
    )


if __name__ == "__main__":
    main(sys.argv[1])
