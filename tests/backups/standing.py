"""A small hub that has been at work: labels, a release, a signed model in production, a key to score with."""

from django.urls import reverse

from pixelhub.accounts.services import api_key_create
from pixelhub.audit.verification import audit_publish_head
from tests.datasets.making import compiled, published, synthetic
from tests.inference.deployed import deploy
from tests.personas import make_world


def fill() -> dict[str, str]:
    """What is looked for after a restore: the release's address and manifest, a key's token, who can sign in."""
    world = make_world()
    engineer = world.user("ml_engineer")
    synthetic(world.project, 60)
    published(world.project)
    release = compiled(world.project)
    deploy(world)
    audit_publish_head()
    _, token = api_key_create(project=world.project, name="drill", scopes=["score"], actor=engineer)
    return {
        "release": reverse("datasets:release_detail", args=[release.pk]),
        "manifest": release.manifest_sha256,
        "token": token,
        "person": engineer.username,
    }
