"""What the commands share: finding a project, a release, a version and who acts, with errors that say what is wrong."""

from __future__ import annotations

from django.core.management.base import CommandError

from datasets_app.models import Release
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.accounts.selectors import members_with
from training_app.models import ModelVersion
from training_app.selectors import latest_version

LATEST = "latest"


def find_project(slug: str) -> Project:
    """Return the project of a slug. Raises CommandError."""
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        raise CommandError(f"there is no project {slug!r}")
    return project


def find_release(project: Project, version: str) -> Release:
    """Return a release of a project by its version. Raises CommandError."""
    release = Release.objects.filter(project=project, version=version).first()
    if release is None:
        raise CommandError(f"project {project.slug} has no release {version!r}")
    return release


def find_version(project: Project, wanted: str) -> ModelVersion:
    """Return a model version by number, or the newest for "latest". Raises CommandError."""
    numbered = ModelVersion.objects.filter(project=project, version=wanted.removeprefix("v")).first()
    version = latest_version(project) if wanted == LATEST else numbered
    if version is None:
        raise CommandError(f"project {project.slug} has no model version {wanted!r}")
    return version


def find_actor(project: Project, username: str | None) -> User:
    """Return who acts: the named user, or the project's only ML engineer. Raises CommandError."""
    able = members_with(project, Capability.TRAINING_RUN)
    if username:
        actor = able.filter(username=username).first()
        if actor is None:
            raise CommandError(f"{username!r} may not train in project {project.slug}")
        return actor
    people = list(able[:2])
    if len(people) != 1:
        raise CommandError("name who trains with --user: the project has no or several people who may")
    return people[0]
