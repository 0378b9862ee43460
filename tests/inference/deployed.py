"""Versions and sign-offs for tests: real rows, real objects, real signatures over a tiny model."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from datasets_app.models import Release
from inference.models import Deployment
from inference.services import deployment_activate
from pixelhub.accounts.models import Project, User
from pixelhub.canonical import sha256_hex
from pixelhub.objects import get_store
from pixelhub.signing import load_or_create_key
from tests.inference.tiny import tiny_files
from tests.personas import World
from training_app.models import ModelVersion, TrainingRun


def register(
    world: World,
    version: str = "1.0.0",
    *,
    project: Project | None = None,
    files: dict[str, bytes] | None = None,
    **tiny: Any,
) -> ModelVersion:
    """A registered version whose bundle lies in the object store: `files`, or those of `tiny_files(**tiny)`."""
    owner = project or world.project
    files = files or tiny_files(**tiny)
    sha256 = sha256_hex(files["bundle.json"])
    prefix = f"models/{sha256}/"
    for name, data in files.items():
        get_store().put(f"{prefix}{name}", data)
    get_store().put(f"evaluations/{sha256}/card.md", b"# A tiny model\n")
    trainer = world.user("ml_engineer") if owner == world.project else world.outsider("ml_engineer")
    release, _ = Release.objects.get_or_create(project=owner, version="r1", defaults={"object_prefix": "releases/x/"})
    run = TrainingRun.objects.create(
        project=owner, release=release, name=f"run {version}", config={}, config_sha256="0" * 64, started_by=trainer
    )
    return ModelVersion.objects.create(
        project=owner,
        version=version,
        run=run,
        release=release,
        trainer=trainer,
        bundle_sha256=sha256,
        object_prefix=prefix,
        files={},
        threshold=0.5,
        temperature=1.0,
    )


def sign(model_version: ModelVersion, lead: User, /, **changes: Any) -> dict[str, Any]:
    """An envelope signed by the hub's key; `changes` replace fields of the document before it is signed."""
    trainer = model_version.trainer
    document: dict[str, Any] = {
        "format": "pixelhub.signoff/1",
        "decision": "approved",
        "project": model_version.project.slug,
        "model_version": model_version.version,
        "bundle_sha256": model_version.bundle_sha256,
        "evaluation_sha256": "1" * 64,
        "test_set_sha256": "2" * 64,
        "campaign_sha256": "3" * 64,
        "evidence_sha256": "4" * 64,
        "signer": {"id": lead.pk, "name": lead.display_name, "role": "clinical_lead"},
        "trainer": {"id": trainer.pk, "name": trainer.display_name},
        "reason": "read and agreed",
        "decided_at": "2026-01-01T00:00:00+00:00",
    }
    document |= changes
    key = load_or_create_key(settings.SIGNING_KEY_FILE)
    settings.SIGNING_PUBLIC_KEY_FILE.parent.mkdir(parents=True, exist_ok=True)
    settings.SIGNING_PUBLIC_KEY_FILE.write_bytes(key.public.pem())
    return {"document": document, "signature": key.sign(document)}


def deploy(world: World, version: str = "1.0.0", **tiny: Any) -> Deployment:
    """Register, sign and activate in alpha."""
    model_version = register(world, version, **tiny)
    envelope = sign(model_version, world.user("clinical_lead"))
    return deployment_activate(
        project=world.project, model_version=model_version, signoff=envelope, actor=world.user("ml_engineer")
    )


def place(model_version: ModelVersion, envelope: Any) -> Deployment:
    """A ledger row written past the services, as somebody with access to the database could."""
    return Deployment.objects.create(
        project=model_version.project,
        model_version=model_version,
        bundle_sha256=model_version.bundle_sha256,
        signoff=envelope,
    )


def flip(model_version: ModelVersion, name: str, at: int = -5) -> None:
    """Flip one bit of a stored file of the bundle."""
    key = f"{model_version.object_prefix}{name}"
    data = bytearray(get_store().read(key))
    data[at] ^= 1
    get_store().put(key, bytes(data))
