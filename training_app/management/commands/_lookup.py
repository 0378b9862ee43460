"""What the commands share: finding a project, a release, a version and who acts, with errors that say what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser

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


def model_arguments(parser: CommandParser) -> None:
    """Add how a model version is named: its number or "latest", and the project where several have models."""
    parser.add_argument("version", nargs="?", help='version number or "latest" (the default)')
    parser.add_argument("--model", help="the same, as an option")
    parser.add_argument("--project", help="slug of the project; not needed when only one has models, demos aside")


def find_model(options: Mapping[str, Any], wanted: str | None = None) -> ModelVersion:
    """Return the version that `model_arguments` name. Raises CommandError."""
    asked = wanted or options.get("version") or options.get("model") or LATEST
    return find_version(project_with_models(options["project"]), asked)


def project_with_models(slug: str | None) -> Project:
    """Return the project of a slug, or the only one that has model versions. Raises CommandError.

    A demo's models count only where nothing else has any: nobody means them who has trained one of their own.
    """
    if slug:
        return find_project(slug)
    having = Project.objects.filter(model_versions__isnull=False).distinct().order_by("is_demo", "slug")
    projects = list(having)
    own = [project for project in projects if not project.is_demo] or projects
    if len(own) != 1:
        slugs = ", ".join(project.slug for project in own)
        raise CommandError(
            f"name the project with --project: {slugs} have model versions" if own else "no project has a model version"
        )
    return own[0]


def find_person(username: str | None) -> User | None:
    """Return the named user, None when nobody is named. Raises CommandError."""
    if not username:
        return None
    person = User.objects.filter(username=username).first()
    if person is None:
        raise CommandError(f"there is no user {username!r}")
    return person


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
