"""Fill an empty hub for the scoring benchmark: a project, a signed deployment of the given bundle, an API key.

Run by benchmarks.scoring in the benchmark's own environment; prints the key's token.
"""

from __future__ import annotations

import sys
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402  (after django.setup)

from datasets_app.models import Release  # noqa: E402
from inference.services import deployment_activate  # noqa: E402
from pixelhub.accounts.models import User  # noqa: E402
from pixelhub.accounts.services import api_key_create, project_create, user_create  # noqa: E402
from pixelhub.canonical import sha256_file, sha256_hex, sha256_json  # noqa: E402
from pixelhub.objects import get_store  # noqa: E402
from pixelhub.signing import load_or_create_key  # noqa: E402
from review.figures import campaign_sha256  # noqa: E402
from review.models import Campaign  # noqa: E402
from training_app.models import Evaluation, ModelVersion, TrainingRun  # noqa: E402

CARD = b"# Model of a benchmark\n"


def main(folder: Path, slug: str = "bench") -> str:
    """The token of a key that may score with the bundle in `folder`, in a project of that name."""
    trainer = user_create(username=f"{slug}-trainer", password=None)
    lead = user_create(username=f"{slug}-lead", password=None)
    project = project_create(slug=slug, name="Benchmark")
    version = _register(project, trainer, folder)
    document = {
        "format": "pixelhub.signoff/1",
        "decision": "approved",
        "project": project.slug,
        "model_version": version.version,
        "bundle_sha256": version.bundle_sha256,
        **_evidence(version, lead),
        "signer": {"id": lead.pk, "name": "bench", "role": "clinical_lead"},
        "trainer": {"id": trainer.pk, "name": "bench"},
    }
    key = load_or_create_key(settings.SIGNING_KEY_FILE)
    settings.SIGNING_PUBLIC_KEY_FILE.write_bytes(key.public.pem())
    envelope = {"document": document, "signature": key.sign(document)}
    deployment_activate(project=project, model_version=version, signoff=envelope, actor=lead)
    _, token = api_key_create(
        project=project,
        name="bench",
        scopes=["score", "batch", "conversations", "model", "read"],
        actor=trainer,
        rate_per_minute=100_000_000,
    )
    return token


def _evidence(version: ModelVersion, lead: User) -> dict[str, str]:
    """An evaluation and a review, both empty, with their digests: the hub's watch retires what rests on nothing."""
    metrics = {"of": "a benchmark"}
    evaluation = Evaluation.objects.create(
        model_version=version, metrics=metrics, sha256=sha256_json(metrics), test_set_sha256="0" * 64, use_number=1
    )
    campaign = Campaign(
        project=version.project,
        model_version=version,
        evaluation=evaluation,
        state=Campaign.State.CLOSED,
        seed=1,
        minimum_judged=0,
        bundle_sha256=version.bundle_sha256,
        predictions_sha256="0" * 64,
        created_by=lead,
        sha256="0" * 64,
    )
    campaign.save()
    campaign.sha256 = campaign_sha256(campaign)
    campaign.save(update_fields=["sha256"])
    named = {
        "evaluation_sha256": evaluation.sha256,
        "test_set_sha256": evaluation.test_set_sha256,
        "campaign_sha256": campaign.sha256,
        "card_sha256": sha256_hex(CARD),
    }
    return named | {"evidence_sha256": sha256_json({"bundle_sha256": version.bundle_sha256, **named})}


def _register(project: object, trainer: object, folder: Path) -> ModelVersion:
    sha256 = sha256_file(folder / "bundle.json")
    prefix = f"models/{sha256}/"
    get_store().publish(prefix, {path.name: path for path in folder.iterdir()}, last="bundle.json")
    get_store().put(f"evaluations/{sha256}/card.md", CARD)
    release = Release.objects.create(project=project, version="bench", object_prefix="releases/bench/")
    run = TrainingRun.objects.create(
        project=project, release=release, name="bench", config={}, config_sha256="0" * 64, started_by=trainer
    )
    return ModelVersion.objects.create(
        project=project,
        version="1.0.0",
        run=run,
        release=release,
        trainer=trainer,
        bundle_sha256=sha256,
        object_prefix=prefix,
        threshold=0.5,
        temperature=1.0,
    )


if __name__ == "__main__":
    print(main(Path(sys.argv[1])))
